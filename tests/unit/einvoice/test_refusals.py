"""What is no trustworthy invoice is refused, with a code for the report and a reason for a person."""

import time
from collections.abc import Callable

import pytest

from connectors.contracts.documents import UnreadableDocumentError
from connectors.einvoice.reader import MAX_BYTES, read_invoice

Change = Callable[[str, str, str], str]
Refusal = Callable[..., UnreadableDocumentError]


@pytest.mark.parametrize("content", [b"", b"  \r\n", b"\xef\xbb\xbf", b"\0\0\0"])
def test_an_empty_file_is_refused(refusal_of: Refusal, content: bytes) -> None:
    assert refusal_of(content).code == "EMPTY"


def test_a_pdf_called_xml_is_refused_as_the_pdf_that_it_is(refusal_of: Refusal) -> None:
    refusal = refusal_of(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "invoice.XML")
    assert refusal.code == "PDF_NOT_XML"
    assert 'is a PDF although it is called "invoice.XML"' in refusal.reason


def test_a_damaged_pdf_is_refused_with_what_to_ask_for(refusal_of: Refusal) -> None:
    refusal = refusal_of(b"%PDF-1.7\n", "invoice.pdf")
    assert refusal.code == "PDF_NOT_XML"
    assert "although" not in refusal.reason
    assert "damaged" in refusal.reason
    assert "Ask the supplier" in refusal.reason


def test_other_kinds_of_files_are_named(refusal_of: Refusal) -> None:
    assert "ZIP" in refusal_of(b"PK\x03\x04rest").reason
    assert "JPEG" in refusal_of(b"\xff\xd8\xff\xe0rest").reason
    assert refusal_of("number;amount\n1;2\n").code == "NOT_XML"
    assert refusal_of('{"invoice": 1}').code == "NOT_XML"
    assert "no element" in refusal_of("<!-- nothing -->").reason
    for interchange in ("UNA:+.? '\nUNB+UNOC:3+SELLER+BUYER", "UNB+UNOC:3+SELLER+BUYER"):
        refusal = refusal_of(interchange)
        assert (refusal.code, "is EDIFACT" in refusal.reason) == ("UNKNOWN_FORMAT", True)


def test_an_entity_bomb_is_refused_before_it_is_opened(
    sample_bytes: Callable[[str], bytes], refusal_of: Refusal
) -> None:
    started = time.perf_counter()
    assert refusal_of(sample_bytes("entity_bomb.xml")).code == "DTD_FORBIDDEN"
    assert time.perf_counter() - started < 1


def test_an_external_entity_is_refused_and_never_read(
    sample_bytes: Callable[[str], bytes], refusal_of: Refusal
) -> None:
    refusal = refusal_of(sample_bytes("external_entity.xml"))
    assert refusal.code == "DTD_FORBIDDEN"
    assert "root:" not in refusal.reason


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-16-be", "utf-16-le"])
def test_a_document_type_cannot_hide_behind_an_encoding(
    sample_bytes: Callable[[str], bytes], refusal_of: Refusal, codec: str
) -> None:
    declared = "UTF-8" if codec == "utf-8-sig" else "UTF-16"
    bomb = sample_bytes("entity_bomb.xml").decode().replace('"UTF-8"', f'"{declared}"')
    assert refusal_of(bomb.encode(codec)).code == "DTD_FORBIDDEN"


def test_a_document_type_cannot_hide_behind_comments_and_instructions(ubl_invoice: str, refusal_of: Refusal) -> None:
    hidden = "<!-- > --><?note <Invoice> ?>\n<!DOCTYPE x [<!ENTITY a 'b'>]>\n<Invoice xmlns="
    assert refusal_of(ubl_invoice.replace("<Invoice xmlns=", hidden, 1)).code == "DTD_FORBIDDEN"


def test_the_word_doctype_inside_a_text_is_no_document_type(ubl_invoice: str, change: Change) -> None:
    text = change(ubl_invoice, "Bolt M8", "<![CDATA[<!DOCTYPE bolt>]]>")
    assert read_invoice(text.encode()).lines[0].description == "<!DOCTYPE bolt>"


def test_a_web_page_is_called_a_web_page(sample_bytes: Callable[[str], bytes], refusal_of: Refusal) -> None:
    for page in (sample_bytes("error_page.xml"), b"<html><body>502</body></html>", b"<HTML><br></HTML>"):
        refusal = refusal_of(page)
        assert refusal.code == "NOT_AN_INVOICE"
        assert "web page" in refusal.reason


@pytest.mark.parametrize("share", [0.005, 0.02, 0.3, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_called_truncated(ubl_invoice: str, refusal_of: Refusal, share: float) -> None:
    content = ubl_invoice.encode()
    assert refusal_of(content[: int(len(content) * share)]).code == "TRUNCATED"


def test_a_file_cut_inside_a_character_is_called_truncated(ubl_invoice: str, refusal_of: Refusal) -> None:
    content = ubl_invoice.encode()
    assert refusal_of(content[: content.index("ř".encode()) + 1]).code == "TRUNCATED"


def test_broken_markup_is_refused_with_its_line(ubl_invoice: str, refusal_of: Refusal, change: Change) -> None:
    refusal = refusal_of(change(ubl_invoice, "<cbc:ID>HV-2026/0417</cbc:ID>", "<cbc:ID>HV & Co</cbc:ID>"))
    assert refusal.code == "NOT_XML"
    assert "line 7" in refusal.reason


def test_a_file_over_the_limit_is_refused_unread(refusal_of: Refusal) -> None:
    refusal = refusal_of(b"<" + b"x" * MAX_BYTES)
    assert refusal.code == "TOO_LARGE"
    assert "20 MB" in refusal.reason


def test_bottomless_nesting_is_refused(refusal_of: Refusal) -> None:
    assert refusal_of("<a>" * 5000 + "</a>" * 5000).code == "TOO_LARGE"


def test_an_attachment_beyond_the_parsers_limit_is_refused_with_what_to_ask_for(
    ubl_invoice: str, refusal_of: Refusal, change: Change
) -> None:
    refusal = refusal_of(change(ubl_invoice, "bm90ZQ==", "QUFB" * 2_600_000))
    assert refusal.code == "TOO_LARGE"
    assert "without its attachments" in refusal.reason


@pytest.mark.parametrize(
    ("root", "code", "named"),
    [
        ('<p:FatturaElettronica xmlns:p="urn:x"/>', "UNKNOWN_FORMAT", "FatturaPA"),
        ('<CrossIndustryDocument xmlns="urn:x"/>', "UNKNOWN_FORMAT", "ZUGFeRD 1.0"),
        ("<Invoice/>", "UNKNOWN_FORMAT", "none"),
        ('<Invoice xmlns="urn:isdoc"/>', "UNKNOWN_FORMAT", "urn:isdoc"),
        ("<testSet/>", "NOT_AN_INVOICE", "testSet"),
        ('<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2"/>', "NOT_AN_INVOICE", "Order"),
    ],
)
def test_another_format_is_refused_by_its_name(refusal_of: Refusal, root: str, code: str, named: str) -> None:
    refusal = refusal_of(root)
    assert refusal.code == code
    assert named in refusal.reason


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("<cbc:ID>HV-2026/0417</cbc:ID>", "", "invoice number (BT-1)"),
        ("<cbc:ID>HV-2026/0417</cbc:ID>", "<cbc:ID>  </cbc:ID>", "invoice number (BT-1)"),
        ("<cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>", "", "currency (BT-5)"),
        ('<cbc:InvoicedQuantity unitCode="BX">4</cbc:InvoicedQuantity>', "", "quantity (BT-129) of line 2"),
        ('<cbc:PriceAmount currencyID="EUR">30.00</cbc:PriceAmount>', "", "price (BT-146) of line 2"),
        (
            '<cbc:Amount currencyID="EUR">20.00</cbc:Amount>',
            "",
            "amount of the allowance or charge of line 2, allowance or charge 1",
        ),
    ],
)
def test_a_missing_field_is_named_with_its_place(
    ubl_invoice: str, refusal_of: Refusal, change: Change, old: str, new: str, field: str
) -> None:
    refusal = refusal_of(change(ubl_invoice, old, new))
    assert refusal.code == "MISSING_FIELD"
    assert f"The {field} is missing" in refusal.reason


def test_a_missing_seller_or_number_is_named_in_cii_too(cii_invoice: str, refusal_of: Refusal, change: Change) -> None:
    nameless = change(cii_invoice, "<ram:Name>Lichtmanufaktur Übersee GmbH</ram:Name>", "")
    assert "seller name (BT-27)" in refusal_of(nameless).reason
    assert "invoice number (BT-1)" in refusal_of(change(cii_invoice, "<ram:ID>LM 2026-88</ram:ID>", "")).reason


def test_an_invoice_without_lines_cannot_be_matched(ubl_invoice: str, refusal_of: Refusal) -> None:
    refusal = refusal_of(ubl_invoice[: ubl_invoice.index("<cac:InvoiceLine>")] + "</Invoice>")
    assert refusal.code == "MISSING_FIELD"
    assert "no lines" in refusal.reason


@pytest.mark.parametrize(
    "amount",
    ["NaN", "INF", "Infinity", "-Infinity", "1E+9", "1,50", "1 000", "0x10", "١٢", "9" * 14, "--1", ".", "1_0"],
)
def test_an_amount_that_is_no_plain_number_is_refused(
    ubl_invoice: str, refusal_of: Refusal, change: Change, amount: str
) -> None:
    refusal = refusal_of(change(ubl_invoice, ">100.00</cbc:PayableAmount>", f">{amount}</cbc:PayableAmount>"))
    assert refusal.code == "BAD_VALUE"
    assert "The amount due (BT-115) is" in refusal.reason


@pytest.mark.parametrize("amount", ["+100", "0100.00", "100.", " 100.00\n", "99.9999999999", "-5"])
def test_every_spelling_of_a_decimal_in_xml_schema_is_read(ubl_invoice: str, change: Change, amount: str) -> None:
    text = change(ubl_invoice, ">100.00</cbc:PayableAmount>", f">{amount}</cbc:PayableAmount>")
    payable = read_invoice(text.encode()).payable
    assert payable is not None
    assert float(payable) == float(amount)


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        (">2026-11-02<", ">2026-02-30<", "issue date (BT-2)"),
        (">2026-11-02<", ">02.11.2026<", "issue date (BT-2)"),
        (">2026-11-02<", ">0000-11-02<", "issue date (BT-2)"),
        (">EUR</cbc:DocumentCurrencyCode>", ">euro</cbc:DocumentCurrencyCode>", "currency (BT-5)"),
        (">100</cbc:BaseQuantity>", ">0</cbc:BaseQuantity>", "price base quantity (BT-149) of line 1"),
        (">HV-2026/0417<", ">HV<b/>-1<", "invoice number (BT-1)"),
        (">HV-2026/0417<", f">{'9' * 5000}<", "invoice number (BT-1)"),
        ("<cbc:ID>HV-2026/0417</cbc:ID>", "<cbc:ID>HV-1</cbc:ID><cbc:ID>HV-2</cbc:ID>", "invoice number (BT-1)"),
        ('"EUR">100.00</cbc:PayableAmount>', '"HUF">100.00</cbc:PayableAmount>', "amount due (BT-115)"),
        (
            "<cbc:ChargeIndicator>true<",
            "<cbc:ChargeIndicator>yes<",
            "charge indicator of allowance or charge 1",
        ),
    ],
)
def test_an_impossible_value_is_refused_by_its_field(
    ubl_invoice: str, refusal_of: Refusal, change: Change, old: str, new: str, field: str
) -> None:
    refusal = refusal_of(change(ubl_invoice, old, new))
    assert refusal.code == "BAD_VALUE"
    assert f"The {field} is" in refusal.reason


@pytest.mark.parametrize("stated", ['format="102">20261331', 'format="610">202611', 'format="4">03112026'])
def test_an_impossible_cii_date_is_refused(cii_invoice: str, refusal_of: Refusal, change: Change, stated: str) -> None:
    refusal = refusal_of(change(cii_invoice, 'format="102">20261103', stated))
    assert refusal.code == "BAD_VALUE"
    assert "issue date (BT-2)" in refusal.reason
