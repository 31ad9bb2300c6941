"""An invoice arrives in the encoding it declares, or it is refused."""

import codecs
from collections.abc import Callable

import pytest

from connectors.contracts.documents import UnreadableDocumentError
from connectors.einvoice.reader import read_invoice

Change = Callable[[str, str, str], str]
Refusal = Callable[..., UnreadableDocumentError]

DECLARED_UTF8 = 'encoding="UTF-8"'


def _declare(text: str, encoding: str) -> str:
    return text.replace(DECLARED_UTF8, f'encoding="{encoding}"', 1)


@pytest.mark.parametrize(
    ("declared", "codec", "mark"),
    [
        ("UTF-8", "utf-8", codecs.BOM_UTF8),
        ("UTF-16", "utf-16-le", codecs.BOM_UTF16_LE),
        ("UTF-16", "utf-16-be", codecs.BOM_UTF16_BE),
        ("UTF-16", "utf-16-le", b""),
        ("UTF-16BE", "utf-16-be", b""),
        ("ISO-8859-2", "iso8859-2", b""),
        ("windows-1250", "cp1250", b""),
    ],
)
def test_a_czech_supplier_is_read_in_every_declared_encoding(
    ubl_invoice: str, declared: str, codec: str, mark: bytes
) -> None:
    content = mark + _declare(ubl_invoice, declared).encode(codec)
    assert read_invoice(content).supplier == "Hřebík & Vrut s.r.o."


def test_latin_1_is_read_when_it_is_declared(cii_invoice: str) -> None:
    content = _declare(cii_invoice, "ISO-8859-1").encode("latin-1")
    assert read_invoice(content).supplier == "Lichtmanufaktur Übersee GmbH"


def test_a_file_without_a_declaration_is_utf_8(ubl_invoice: str, change: Change) -> None:
    content = change(ubl_invoice, '<?xml version="1.0" encoding="UTF-8"?>\n', "").encode()
    assert read_invoice(content).supplier == "Hřebík & Vrut s.r.o."


@pytest.mark.parametrize(
    ("declared", "codec", "found"),
    [
        ("UTF-8", "cp1250", "not valid UTF-8"),
        ("US-ASCII", "utf-8", "not valid ASCII"),
        ("windows-1250", "utf-8", "written in UTF-8"),
        ("UTF-16", "utf-8", "declares the encoding UTF-16"),
        ("UTF-8", "utf-16-le", "written in UTF-16-LE"),
        ("UTF-8", "utf-32", "UTF-32"),
        ("UTF-7", "utf-8", "not supported"),
        ("zlib", "utf-8", "not supported"),
        ("no-such-encoding", "utf-8", "not supported"),
    ],
)
def test_bytes_that_are_not_the_declared_encoding_are_refused(
    ubl_invoice: str, refusal_of: Refusal, declared: str, codec: str, found: str
) -> None:
    refusal = refusal_of(_declare(ubl_invoice, declared).encode(codec))
    assert refusal.code == "WRONG_ENCODING"
    assert found in refusal.reason


def test_a_byte_order_mark_must_agree_with_the_declaration(ubl_invoice: str, refusal_of: Refusal) -> None:
    content = codecs.BOM_UTF8 + _declare(ubl_invoice, "windows-1250").encode("utf-8")
    assert refusal_of(content).code == "WRONG_ENCODING"
