"""What an invoice says is what the reader returns, in both syntaxes."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from connectors.contracts.documents import DocumentType, InvoiceCharge, TaxSubtotal
from connectors.einvoice.reader import read_invoice

Change = Callable[[str, str, str], str]


def test_the_header_of_a_ubl_invoice(ubl_invoice: str) -> None:
    invoice = read_invoice(ubl_invoice.encode())
    assert (invoice.number, invoice.type, invoice.type_code) == ("HV-2026/0417", DocumentType.INVOICE, "380")
    assert (invoice.issue_date, invoice.currency) == (date(2026, 11, 2), "EUR")
    assert (invoice.supplier, invoice.supplier_tax_id) == ("Hřebík & Vrut s.r.o.", "CZ00000019")
    assert (invoice.buyer, invoice.order_reference, invoice.attachments) == ("Domek Trading a.s.", "PO-2031", 1)


def test_the_totals_of_a_ubl_invoice(ubl_invoice: str) -> None:
    invoice = read_invoice(ubl_invoice.encode())
    assert (invoice.line_total, invoice.net_total) == (Decimal(150), Decimal(160))
    assert (invoice.allowance_total, invoice.charge_total) == (Decimal(5), Decimal(15))
    assert (invoice.gross_total, invoice.prepaid) == (Decimal("191.35"), Decimal(91))
    assert (invoice.rounding, invoice.payable) == (Decimal("-0.35"), Decimal(100))
    assert invoice.taxes == (
        TaxSubtotal("S", Decimal(21), Decimal(135), Decimal("28.35")),
        TaxSubtotal("S", Decimal(12), Decimal(25), Decimal(3)),
    )


def test_tax_in_the_accounting_currency_is_not_taken_although_it_stands_first(
    ubl_invoice: str, cii_invoice: str
) -> None:
    assert read_invoice(ubl_invoice.encode()).tax_total == Decimal("31.35")
    assert read_invoice(cii_invoice.encode()).tax_total == Decimal("8.17")


def test_tax_stated_only_in_the_accounting_currency_counts_as_not_stated(cii_invoice: str, change: Change) -> None:
    text = change(cii_invoice, '<ram:TaxTotalAmount currencyID="EUR">8.17</ram:TaxTotalAmount>', "")
    assert read_invoice(text.encode()).tax_total is None


def test_a_price_for_a_hundred_keeps_its_base_quantity(ubl_invoice: str) -> None:
    bolts = read_invoice(ubl_invoice.encode()).lines[0]
    assert (bolts.quantity, bolts.uom, bolts.unit_price, bolts.price_per) == (
        Decimal(200),
        "EA",
        Decimal("12.5"),
        Decimal(100),
    )
    assert (bolts.net, bolts.tax_percent, bolts.description) == (Decimal(25), Decimal(21), "Bolt M8")


def test_the_buyers_item_number_comes_before_the_sellers_and_the_standard_one(
    ubl_invoice: str, cii_invoice: str
) -> None:
    assert [line.item for line in read_invoice(ubl_invoice.encode()).lines] == ["BOLT-8", "HV-220", "2000000000039"]
    assert [line.item for line in read_invoice(cii_invoice.encode()).lines] == ["LAMP-7", "LM-BOOK"]


def test_a_line_names_its_order_line_and_its_order(ubl_invoice: str, cii_invoice: str) -> None:
    lines = read_invoice(ubl_invoice.encode()).lines
    assert [(line.order_line, line.order_reference) for line in lines] == [
        ("10", None),
        ("20", "PO-2032"),
        (None, None),
    ]
    lamp = read_invoice(cii_invoice.encode()).lines[0]
    assert (lamp.order_line, lamp.order_reference) == ("4", "PO-3100")


def test_allowances_are_negative_and_freight_is_called_freight(ubl_invoice: str) -> None:
    assert read_invoice(ubl_invoice.encode()).charges == (
        InvoiceCharge("freight", Decimal(15), Decimal(21), is_allowance=False),
        InvoiceCharge("Regular customer", Decimal(-5), Decimal(21), is_allowance=True),
    )


def test_allowances_of_a_line_stay_with_the_line(ubl_invoice: str, cii_invoice: str) -> None:
    screws = read_invoice(ubl_invoice.encode()).lines[1]
    assert screws.charges == (InvoiceCharge("95", Decimal(-20), is_allowance=True),)
    assert screws.quantity * screws.unit_price + screws.charges[0].amount == screws.net
    book = read_invoice(cii_invoice.encode()).lines[1]
    assert book.charges == (InvoiceCharge("Shelf wear", Decimal(-4), is_allowance=True),)


def test_the_header_of_a_cii_invoice(cii_invoice: str) -> None:
    invoice = read_invoice(cii_invoice.encode())
    assert (invoice.number, invoice.type, invoice.type_code) == ("LM 2026-88", DocumentType.INVOICE, "380")
    assert (invoice.issue_date, invoice.currency) == (date(2026, 11, 3), "EUR")
    assert (invoice.supplier, invoice.supplier_tax_id) == ("Lichtmanufaktur Übersee GmbH", "DE000000017")
    assert (invoice.buyer, invoice.order_reference, invoice.attachments) == ("Domek Trading a.s.", "PO-3100", 1)


def test_the_totals_of_a_cii_invoice(cii_invoice: str) -> None:
    invoice = read_invoice(cii_invoice.encode())
    assert (invoice.line_total, invoice.net_total) == (Decimal(50), Decimal(55))
    assert (invoice.allowance_total, invoice.charge_total) == (Decimal(1), Decimal(6))
    assert (invoice.gross_total, invoice.payable) == (Decimal("63.17"), Decimal("63.17"))
    assert (invoice.prepaid, invoice.rounding) == (Decimal(0), None)
    assert [row.tax for row in invoice.taxes] == [Decimal("6.84"), Decimal("1.33")]


def test_a_logistics_charge_of_the_extended_profile_is_freight(cii_invoice: str) -> None:
    assert read_invoice(cii_invoice.encode()).charges == (
        InvoiceCharge("95", Decimal(-1), Decimal(7), is_allowance=True),
        InvoiceCharge("freight", Decimal(6), Decimal(19), is_allowance=False),
    )


def test_a_line_that_only_informs_is_not_billed(cii_invoice: str) -> None:
    lines = read_invoice(cii_invoice.encode()).lines
    assert [line.number for line in lines] == ["01", "03"]
    assert (lines[0].unit_price, lines[0].price_per, lines[0].uom) == (Decimal(30), Decimal(10), "H87")


def test_a_credit_note_has_positive_amounts_and_says_that_it_is_one(ubl_credit_note: str) -> None:
    note = read_invoice(ubl_credit_note.encode())
    assert (note.type, note.type_code, note.payable) == (DocumentType.CREDIT_NOTE, "381", Decimal("32.39"))
    assert [line.quantity for line in note.lines] == [2, 1]
    assert note.issue_date == date(2026, 11, 9)


def test_a_placeholder_for_the_order_is_kept_as_written(ubl_credit_note: str) -> None:
    assert read_invoice(ubl_credit_note.encode()).order_reference == "n/a"


def test_a_trading_name_stands_in_when_no_registered_name_is_given(ubl_credit_note: str) -> None:
    assert read_invoice(ubl_credit_note.encode()).supplier == "Gyertya Műhely Kft."


def test_the_type_code_381_makes_a_credit_note_in_any_syntax(
    ubl_invoice: str, cii_invoice: str, change: Change
) -> None:
    ubl = change(ubl_invoice, "<cbc:InvoiceTypeCode>380<", "<cbc:InvoiceTypeCode>381<")
    cii = change(cii_invoice, "<ram:TypeCode>380<", "<ram:TypeCode>381<")
    assert read_invoice(ubl.encode()).type is DocumentType.CREDIT_NOTE
    assert read_invoice(cii.encode()).type is DocumentType.CREDIT_NOTE


def test_a_corrected_invoice_is_an_invoice_and_may_be_negative(ubl_invoice: str, change: Change) -> None:
    text = change(ubl_invoice, "<cbc:InvoiceTypeCode>380<", "<cbc:InvoiceTypeCode>384<")
    text = change(text, ">2.5</cbc:InvoicedQuantity>", ">-2.5</cbc:InvoicedQuantity>")
    invoice = read_invoice(text.encode())
    assert (invoice.type, invoice.lines[2].quantity) == (DocumentType.INVOICE, Decimal("-2.5"))


def test_a_comment_inside_a_value_does_not_cut_the_value(ubl_invoice: str, change: Change) -> None:
    text = change(ubl_invoice, ">PO-2031<", ">PO-<!-- hidden -->2031<")
    assert read_invoice(text.encode()).order_reference == "PO-2031"


def test_a_name_broken_over_two_lines_is_one_name(ubl_invoice: str, change: Change) -> None:
    text = change(ubl_invoice, "Domek Trading a.s.", "Domek\n          Trading a.s.")
    assert read_invoice(text.encode()).buyer == "Domek Trading a.s."


def test_a_missing_unit_or_date_is_left_open_for_whoever_checks(ubl_invoice: str, change: Change) -> None:
    text = change(ubl_invoice, ' unitCode="KGM"', "")
    text = change(text, "<cbc:IssueDate>2026-11-02</cbc:IssueDate>", "")
    invoice = read_invoice(text.encode())
    assert (invoice.lines[2].uom, invoice.issue_date) == ("", None)
