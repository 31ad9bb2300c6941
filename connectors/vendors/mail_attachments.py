"""Which attachments of a mail are supplier documents."""

from pathlib import PurePath

from connectors.contracts.documents import UnreadableDocumentError
from connectors.contracts.mail import Attachment
from connectors.contracts.mailbox import ReceivedMail
from connectors.einvoice.pdf import extract_invoice
from connectors.einvoice.reader import MAX_BYTES

XML, PDF, CSV = ".xml", ".pdf", ".csv"
_SUFFIXES = {
    "application/xml": XML,
    "text/xml": XML,
    "application/pdf": PDF,
    "text/csv": CSV,
}
LONGEST_NAME = 200


def documents_of(mail: ReceivedMail) -> list[Attachment]:
    """XML, PDF and CSV files. Beside an XML file, a PDF without an invoice inside is the picture of it and left out."""
    files = [(file, _suffix(file)) for file in mail.attachments]
    has_xml = any(suffix == XML for _, suffix in files)
    return [
        Attachment(_short(file.name, suffix), file.media_type, file.content)
        for file, suffix in files
        if suffix is not None and not (has_xml and suffix == PDF and not _carries_invoice(file.content))
    ]


def refusal_of(file: Attachment) -> str | None:
    """Why a file is not handed over; None = it is."""
    size = len(file.content)
    if size <= MAX_BYTES:
        return None
    return (
        f"The file has {size / 1024 / 1024:.1f} MB; more than {MAX_BYTES // 1024 // 1024} MB are not read. "
        "Ask for the invoice without its attachments."
    )


def _suffix(file: Attachment) -> str | None:
    """By its name; of one without a telling name by its media type."""
    written = PurePath(file.name).suffix.lower()
    if written in (XML, PDF, CSV):
        return written
    return _SUFFIXES.get(file.media_type.lower()) if not written else None


def _short(name: str, suffix: str | None) -> str:
    stem = name.removesuffix(PurePath(name).suffix)
    return name if len(name) <= LONGEST_NAME else f"{stem[: LONGEST_NAME - len(suffix or '')]}{suffix or ''}"


def _carries_invoice(content: bytes) -> bool:
    try:
        extract_invoice(content)
    except UnreadableDocumentError:
        return False
    return True
