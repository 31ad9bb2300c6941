"""From bytes to an XML tree, without ever letting the file define entities or reach another file."""

import re

from lxml import etree

from connectors.contracts.documents import UnreadableDocumentError
from connectors.einvoice.encoding import decode_document
from connectors.einvoice.refusal import RefusalCode, quote, refuse

_WHITESPACE = re.compile(r"[ \t\r\n]*")
_DOCTYPE = re.compile(r"<!doctype\s+([^\s>\[]*)", re.IGNORECASE)
_START_TAG = re.compile(r"<([A-Za-z_][^\s/<>]*)")
_BEFORE_ROOT = (("<?", "?>"), ("<!--", "-->"))
# Without `huge_tree` libxml2 stops at a depth of 256 and at texts of 10 million characters.
_LIMIT_ERRORS = frozenset({etree.ErrorTypes.ERR_RESOURCE_LIMIT, etree.ErrorTypes.ERR_NAME_TOO_LONG})

# A line of an invoice has some forty tags: enough for ten thousand lines, and a tree that fits into memory.
MAX_TAGS = 1_000_000


def parse_document(content: bytes) -> etree._Element:
    """The root element of a well-formed XML file; comments and processing instructions are dropped.

    Raises:
        UnreadableDocumentError: WRONG_ENCODING, TRUNCATED, DTD_FORBIDDEN, NOT_AN_INVOICE (a web page), TOO_LARGE
            (nested too deeply) or NOT_XML.
    """
    text = decode_document(content)
    root_name = _scan_prolog(text)
    if text.count("<") > MAX_TAGS:
        raise refuse(RefusalCode.TOO_LARGE, f"The file has more than {MAX_TAGS:,} tags; no invoice needs so many.")
    # The text is handed over in UTF-8, whatever it was; `encoding` overrules the declaration that is still in it.
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        no_network=True,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(text.encode("utf-8"), parser)
    except etree.XMLSyntaxError as error:
        raise _explain(error, text, root_name) from None


def _scan_prolog(text: str) -> str:
    """Walk to the first element and return its name: a document type can stand nowhere else in well-formed XML."""
    position = _skip_comments(text)
    if doctype := _DOCTYPE.match(text, position):
        raise _refuse_doctype(doctype[1])
    start_tag = _START_TAG.match(text, position)
    if start_tag is None:
        found = quote(text[position:][:40].strip()) if text[position:] else "no element at all"
        raise refuse(RefusalCode.NOT_XML, f"The file is not XML: it begins with {found}. Ask for the XML invoice.")
    if start_tag[1].lower() == "html":
        raise _refuse_web_page()
    return start_tag[1]


def _skip_comments(text: str) -> int:
    position = 0
    while True:
        whitespace = _WHITESPACE.match(text, position)
        position = whitespace.end() if whitespace else position
        marks = next((pair for pair in _BEFORE_ROOT if text.startswith(pair[0], position)), None)
        if marks is None:
            return position
        end = text.find(marks[1], position + len(marks[0]))
        if end < 0:
            raise refuse(RefusalCode.TRUNCATED, "The file ends before its first element. Ask for it again.")
        position = end + len(marks[1])


def _refuse_doctype(name: str) -> UnreadableDocumentError:
    if name.lower() == "html":
        return _refuse_web_page()
    return refuse(
        RefusalCode.DTD_FORBIDDEN,
        "The file carries a document type declaration, which can be used to attack the reader and which no "
        "e-invoice needs. It was not opened; ask the supplier for a file without one.",
    )


def _refuse_web_page() -> UnreadableDocumentError:
    return refuse(
        RefusalCode.NOT_AN_INVOICE,
        "The file is a web page (html), probably the error page of a server. Download the invoice again.",
    )


def _explain(error: etree.XMLSyntaxError, text: str, root_name: str) -> UnreadableDocumentError:
    if getattr(error, "code", None) in _LIMIT_ERRORS:
        return refuse(
            RefusalCode.TOO_LARGE,
            "The XML is nested too deeply or holds a text of more than 10 million characters, for example an "
            "attachment. Ask for the invoice without its attachments.",
        )
    message = " ".join(str(error.msg).split())
    if not re.search(f"</{re.escape(root_name)}\\s*>", text):
        return refuse(
            RefusalCode.TRUNCATED,
            f"The file ends before the closing tag of {quote(root_name)}: a part is missing. Ask for it again.",
        )
    return refuse(RefusalCode.NOT_XML, f"The XML is not well-formed: {message}. Ask for it again.")
