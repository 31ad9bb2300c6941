"""The invoice inside a PDF (Factur-X, ZUGFeRD): its embedded XML is taken out, nothing else of the PDF is used."""

import logging
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from connectors.contracts.documents import UnreadableDocumentError
from connectors.einvoice.refusal import RefusalCode, refuse

# Factur-X 1.07.2 names the first; the others are those of XRechnung and ZUGFeRD 2.0. In order of preference.
INVOICE_NAMES = ("factur-x.xml", "xrechnung.xml", "zugferd-invoice.xml")
MAX_XML_BYTES = 20 * 1024 * 1024
# Far more than any invoice carries; a tree of files that leads back to itself ends here.
MAX_FILES, MAX_NODES = 200, 2_000
_PLAIN_FILTERS = {None, "/FlateDecode"}
# What pypdf raises on a PDF that is broken or made to break it.
_BROKEN = (
    PyPdfError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    AssertionError,
    ArithmeticError,
    RuntimeError,
    zlib.error,
)
# pypdf warns of every fault that it repairs; the refusal says what people have to know.
logging.getLogger("pypdf").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class EmbeddedInvoice:
    """The bytes of the XML, and how many further files the PDF carries."""

    xml: bytes
    other_files: int


def extract_invoice(content: bytes) -> EmbeddedInvoice:
    """Take the invoice out of a PDF.

    Raises:
        UnreadableDocumentError: PDF_NOT_XML (no invoice in it, encrypted, or not to be opened) or TOO_LARGE.
    """
    try:
        return _extract(PdfReader(BytesIO(content), strict=False))
    except _BROKEN as error:
        if isinstance(error, UnreadableDocumentError):
            raise
        raise refuse(
            RefusalCode.PDF_NOT_XML,
            "The PDF is damaged and cannot be opened, so nobody can say whether an invoice is in it. "
            "Ask the supplier to send it again, or for the XML file.",
        ) from None


def _extract(reader: PdfReader) -> EmbeddedInvoice:
    if reader.is_encrypted:
        raise refuse(
            RefusalCode.PDF_NOT_XML, "The PDF is encrypted. Ask the supplier for one without a password, or the XML."
        )
    files = list(_embedded_files(reader))
    for wanted in INVOICE_NAMES:
        for name, stream in files:
            if name.lower() == wanted:
                return EmbeddedInvoice(_read_stream(stream), len(files) - 1)
    raise refuse(
        RefusalCode.PDF_NOT_XML,
        f"The PDF carries no invoice as XML ({', '.join(INVOICE_NAMES)}), and pictures of invoices are not read. "
        "Ask the supplier for the XML file.",
    )


def _embedded_files(reader: PdfReader) -> Iterator[tuple[str, Any]]:
    """Names and streams of all embedded files: those in the tree of names, and those only associated with the PDF."""
    root = reader.root_object
    tree = _entry(_entry(root, "/Names"), "/EmbeddedFiles")
    seen: set[int] = set()
    for specification in (*_leaves(tree), *(_resolve(each) for each in _entry(root, "/AF") or ())):
        if id(specification) in seen or not isinstance(specification, dict):
            continue
        seen.add(id(specification))
        if len(seen) > MAX_FILES:
            raise refuse(RefusalCode.TOO_LARGE, f"The PDF carries more than {MAX_FILES} files. Ask for the XML alone.")
        held = _entry(specification, "/EF")
        stream = _entry(held, "/UF") or _entry(held, "/F")
        if stream is not None:
            yield str(_entry(specification, "/UF") or _entry(specification, "/F") or ""), stream


def _leaves(tree: Any) -> Iterator[Any]:
    """The file specifications of a tree of names, without recursion: a hostile tree can be deep, or a ring."""
    waiting, visited = [tree], 0
    while waiting:
        node = waiting.pop(0)
        visited += 1
        if visited > MAX_NODES:
            raise refuse(RefusalCode.TOO_LARGE, "The PDF's list of files does not end. Ask for the XML invoice.")
        if not isinstance(node, dict):
            continue
        names = list(_entry(node, "/Names") or ())
        yield from (_resolve(each) for each in names[1 : 2 * MAX_FILES + 2 : 2])
        waiting += [_resolve(kid) for kid in list(_entry(node, "/Kids") or ())[:MAX_NODES]]


def _read_stream(stream: Any) -> bytes:
    """The bytes of one file. pypdf unpacks 75 MB at most; other filters than Flate no invoice needs."""
    filters = _entry(stream, "/Filter")
    chain = list(filters) if isinstance(filters, list) else [filters]
    if len(chain) > 1 or not set(chain) <= _PLAIN_FILTERS:
        raise refuse(
            RefusalCode.PDF_NOT_XML,
            "The invoice in the PDF is packed in an unusual way, which can be used to attack the reader. "
            "Ask the supplier for the XML file.",
        )
    content: bytes = stream.get_data()
    if len(content) > MAX_XML_BYTES:
        raise refuse(
            RefusalCode.TOO_LARGE,
            f"The invoice in the PDF has more than {MAX_XML_BYTES // 1024 // 1024} MB. "
            "Ask for the invoice without its attachments.",
        )
    return content


def _entry(holder: Any, name: str) -> Any:
    return _resolve(holder.get(name)) if isinstance(holder, dict) else None


def _resolve(value: Any) -> Any:
    found = value.get_object() if hasattr(value, "get_object") else value
    return None if type(found).__name__ == "NullObject" else found
