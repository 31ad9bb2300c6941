"""From bytes to text: the encoding a file declares must be the one it is written in."""

import codecs
import re

from connectors.einvoice.refusal import RefusalCode, quote, refuse

# Only character sets: Python's codec list also holds rot13, zlib and UTF-7, which would hide markup from the checks.
SUPPORTED = frozenset(
    {"utf-8", "ascii", "utf-16", "utf-16-le", "utf-16-be", "koi8-r", "koi8-u"}
    | {f"iso8859-{part}" for part in range(1, 17)}
    | {f"cp{page}" for page in range(1250, 1259)}
)
_SIGNATURES = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (b"<\0\0\0", "utf-32"),
    (b"\0\0\0<", "utf-32"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
_DECLARATION_BYTES = 1024
_DECLARED = re.compile(r"""\s*<\?xml\s[^>]*?\bencoding\s*=\s*["']([^"'>]*)["']""")
_CUT_OFF = ("unexpected end of data", "truncated data")


def decode_document(content: bytes) -> str:
    """The text of an XML file without its byte order mark.

    Raises:
        UnreadableDocumentError: WRONG_ENCODING, or TRUNCATED when the last character is cut in two.
    """
    by_signature = next((name for mark, name in _SIGNATURES if content.startswith(mark)), None)
    declared = _find_declared(content, by_signature or "latin-1")
    encoding = _choose_encoding(by_signature, declared)
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise _explain(error, encoding) from None
    if encoding not in {"utf-8", "ascii"} and not by_signature:
        _refuse_disguised_utf8(content, encoding)
    return text.removeprefix("\ufeff")


def _find_declared(content: bytes, readable_as: str) -> str | None:
    start = content[:_DECLARATION_BYTES].decode(readable_as, errors="replace").removeprefix("\ufeff")
    match = _DECLARED.match(start)
    if match is None:
        return None
    try:
        name = codecs.lookup(match[1]).name
    except (LookupError, ValueError):
        name = ""
    if name not in SUPPORTED:
        raise refuse(
            RefusalCode.WRONG_ENCODING,
            f"The file declares the encoding {quote(match[1])}, which is not supported. Ask for it in UTF-8.",
        )
    return name


def _choose_encoding(by_signature: str | None, declared: str | None) -> str:
    if by_signature == "utf-32":
        raise refuse(RefusalCode.WRONG_ENCODING, "The file is written in UTF-32. Ask for it in UTF-8.")
    if by_signature is None:
        if declared and declared.startswith("utf-16"):
            raise _contradiction(declared, "bytes of one-byte characters")
        return declared or "utf-8"
    allowed = {"utf-16", by_signature} if by_signature.startswith("utf-16") else {"utf-8", "ascii"}
    if declared and declared not in allowed:
        raise _contradiction(declared, by_signature.upper())
    return by_signature


def _refuse_disguised_utf8(content: bytes, declared: str) -> None:
    """A one-byte character set accepts any bytes; text that is also valid UTF-8 beyond ASCII is UTF-8 mislabelled."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return
    if not content.isascii():
        raise _contradiction(declared, "UTF-8")


def _contradiction(declared: str, found: str) -> Exception:
    return refuse(
        RefusalCode.WRONG_ENCODING,
        f"The file declares the encoding {declared.upper()} but is written in {found}. "
        "Names and numbers could be read wrongly; ask the supplier to send it again.",
    )


def _explain(error: UnicodeDecodeError, encoding: str) -> Exception:
    if error.reason in _CUT_OFF and error.end >= len(error.object):
        return refuse(RefusalCode.TRUNCATED, "The file ends in the middle of a character. Ask for it again.")
    return refuse(
        RefusalCode.WRONG_ENCODING,
        f"Byte {error.start + 1} of the file is not valid {encoding.upper()}, the encoding it claims. "
        "Ask the supplier to send it again.",
    )
