"""The e-invoice reader: bytes of a file in, its invoices or a refusal with its reason out."""

import re
from dataclasses import replace
from pathlib import PurePath

from lxml import etree

from connectors.contracts.documents import Invoice, UnreadableDocumentError
from connectors.einvoice.cii import CII
from connectors.einvoice.cii import ROOT as CII_ROOT
from connectors.einvoice.csv_file import is_csv_layout, read_csv
from connectors.einvoice.mapping import build_invoice
from connectors.einvoice.pdf import extract_invoice
from connectors.einvoice.refusal import RefusalCode, quote, refuse
from connectors.einvoice.ubl import CREDIT_NOTE_ROOT, INVOICE_ROOT, UBL
from connectors.einvoice.xml_document import parse_document

MAX_BYTES = 20 * 1024 * 1024
PDF_SIGNATURE = b"%PDF"
# White space, byte order marks, and the zeros of a download that never happened.
_NOTHING = b" \t\r\n\xef\xbb\xbf\xfe\xff\0"
_OTHER_SIGNATURES = {
    b"PK\x03\x04": "a ZIP archive (or an office document)",
    b"\x1f\x8b": "a gzip archive",
    b"\xd0\xcf\x11\xe0": "an old office document or a saved mail",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
}
# The service string (UNA) and the header (UNB) of an EDIFACT interchange.
_EDIFACT = re.compile(rb"UNA.{6}\s*UNB.|UNB\+", re.DOTALL)
# Root elements of invoice formats that people send by mistake: naming the format tells what to ask for.
_OTHER_FORMATS = {
    "FatturaElettronica": "FatturaPA (Italy)",
    "FatturaElettronicaSemplificata": "FatturaPA, simplified (Italy)",
    "CrossIndustryDocument": "ZUGFeRD 1.0",
    "Facturae": "Facturae (Spain)",
    "Finvoice": "Finvoice (Finland)",
    "StandardBusinessDocument": "an SBDH envelope around a document",
    "SelfBilledInvoice": "UBL SelfBilledInvoice",
    "M_INVOIC": "EDIFACT INVOIC written as XML",
    "cXML": "cXML",
}
# The same, where only the namespace tells: its beginning, and whose format it is.
_OTHER_NAMESPACES = {
    "urn:un:unece:uncefact:data:standard:CBFBUY": "a draft of ZUGFeRD 1.0",
    "http://isdoc.cz/namespace/": "ISDOC (Czechia)",
}
_WHAT_WE_READ = (
    "Read are UBL 2.1 invoices and credit notes, UN/CEFACT CII (XRechnung), PDF files that carry one of them "
    "(ZUGFeRD 2, Factur-X), and CSV in our column layout."
)


def read_invoices(content: bytes, name: str = "") -> tuple[Invoice, ...]:
    """All invoices of a file: several only in CSV.

    Raises:
        UnreadableDocumentError: with a code of `RefusalCode`; no other exception leaves this function.
    """
    is_csv = PurePath(name).suffix.lower() == ".csv" or is_csv_layout(content)
    if not is_csv or _is_pdf(content):
        return (read_invoice(content, name),)
    _refuse_other_content(content)
    invoices = read_csv(content)
    if not invoices:
        raise refuse(RefusalCode.EMPTY, "The CSV file has a header and no rows. Ask for it again.")
    return invoices


def read_invoice(content: bytes, name: str = "") -> Invoice:
    """Read one UBL 2.1 or CII document, or the one inside a PDF; `name` is the file name, to word a refusal.

    Nothing is checked beyond what reading needs: see `check_arithmetic` for the sums.

    Raises:
        UnreadableDocumentError: with a code of `RefusalCode`; no other exception leaves this function.
    """
    _refuse_other_content(content)
    if not _is_pdf(content):
        return _read_xml(content)
    try:
        embedded = extract_invoice(content)
    except UnreadableDocumentError as error:
        raise _tell_disguise(error, name) from None
    _refuse_other_content(embedded.xml)
    return replace(_read_xml(embedded.xml), pdf_attachments=embedded.other_files)


def _read_xml(content: bytes) -> Invoice:
    root = parse_document(content)
    if root.tag == INVOICE_ROOT:
        return build_invoice(root, UBL)
    if root.tag == CREDIT_NOTE_ROOT:
        return build_invoice(root, UBL, is_credit_note=True)
    if root.tag == CII_ROOT:
        return build_invoice(root, CII)
    raise _refuse_format(root)


def _is_pdf(content: bytes) -> bool:
    return _start_of(content).startswith(PDF_SIGNATURE)


def _start_of(content: bytes) -> bytes:
    return content[:1024].removeprefix(b"\xef\xbb\xbf").lstrip()


def _refuse_other_content(content: bytes) -> None:
    start = _start_of(content)
    if not content.strip(_NOTHING):
        raise refuse(RefusalCode.EMPTY, "The file is empty. Ask for it again.")
    if len(content) > MAX_BYTES:
        raise refuse(
            RefusalCode.TOO_LARGE,
            f"The file has {len(content) / 1024 / 1024:.1f} MB; more than {MAX_BYTES // 1024 // 1024} MB are not read. "
            "Ask for the invoice without its attachments.",
        )
    if _EDIFACT.match(start):
        raise refuse(RefusalCode.UNKNOWN_FORMAT, f"The file is EDIFACT (INVOIC), which is not read. {_WHAT_WE_READ}")
    for signature, kind in _OTHER_SIGNATURES.items():
        if start.startswith(signature):
            raise refuse(RefusalCode.NOT_XML, f"The file is {kind}, not XML. Ask for the XML invoice itself.")


def _tell_disguise(error: UnreadableDocumentError, name: str) -> UnreadableDocumentError:
    """A PDF that is called otherwise was probably sent by mistake."""
    if PurePath(name).suffix.lower() in {"", ".pdf"}:
        return error
    return UnreadableDocumentError(error.code, f"The file is a PDF although it is called {quote(name)}. {error.reason}")


def _refuse_format(root: etree._Element) -> UnreadableDocumentError:
    qualified = etree.QName(root)
    by_namespace = (kind for start, kind in _OTHER_NAMESPACES.items() if (qualified.namespace or "").startswith(start))
    kind = _OTHER_FORMATS.get(qualified.localname) or next(by_namespace, None)
    if kind is not None:
        return refuse(RefusalCode.UNKNOWN_FORMAT, f"The file is {kind}, which is not read. {_WHAT_WE_READ}")
    if qualified.localname in {"Invoice", "CreditNote", "CrossIndustryInvoice"}:
        namespace = quote(qualified.namespace or "none")
        return refuse(
            RefusalCode.UNKNOWN_FORMAT,
            f"The file is an invoice in an unknown format (namespace {namespace}). {_WHAT_WE_READ}",
        )
    return refuse(
        RefusalCode.NOT_AN_INVOICE,
        f"The file is no invoice: its first element is {quote(qualified.localname)}. {_WHAT_WE_READ}",
    )
