"""Why a file is refused: the codes that the quarantine, the report and the tests share."""

from enum import StrEnum

from connectors.contracts.documents import UnreadableDocumentError


class RefusalCode(StrEnum):
    EMPTY = "EMPTY"
    TOO_LARGE = "TOO_LARGE"
    PDF_NOT_XML = "PDF_NOT_XML"
    NOT_XML = "NOT_XML"
    TRUNCATED = "TRUNCATED"
    WRONG_ENCODING = "WRONG_ENCODING"
    DTD_FORBIDDEN = "DTD_FORBIDDEN"
    NOT_AN_INVOICE = "NOT_AN_INVOICE"
    UNKNOWN_FORMAT = "UNKNOWN_FORMAT"
    MISSING_FIELD = "MISSING_FIELD"
    BAD_VALUE = "BAD_VALUE"


QUOTED_CHARACTERS = 60


def refuse(code: RefusalCode, reason: str) -> UnreadableDocumentError:
    """The error to raise; `reason` is one or two sentences for the person who looks into the quarantine."""
    return UnreadableDocumentError(code.value, reason)


def quote(text: str) -> str:
    """A piece of the file for a sentence: one line, short, and visible even when it is made of control characters."""
    shown = text if len(text) <= QUOTED_CHARACTERS else text[:QUOTED_CHARACTERS] + "…"
    return ascii(shown) if not shown.isprintable() else f'"{shown}"'
