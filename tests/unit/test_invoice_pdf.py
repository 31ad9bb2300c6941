"""An invoice is printed in the customer's language, whole, and the same each time."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from bot.services.invoice_pdf import Seller, print_invoice
from bot.texts import Texts
from connectors.contracts.orders import Address
from connectors.contracts.sales_invoices import SalesInvoice, SalesInvoiceLine
from connectors.settings import DATA_FOLDER

TEXTS = Texts(DATA_FOLDER)
SELLER = Seller(["Lumen & Oak s.r.o.", "Jungmannova 9, 110 00 Praha 1"])
LINE = SalesInvoiceLine("Soy candle, heather and moss", Decimal(3), Decimal("13.14"), Decimal(21), Decimal("39.42"))
INVOICE = SalesInvoice(
    "FV-2026-0031",
    "ORD-2026-1034",
    date(2026, 11, 10),
    "رضا احمدی",
    Address("Schillerstraße 15", "Berlin", "10625", "DE"),
    "EUR",
    (LINE,),
    Decimal("39.42"),
    Decimal("8.28"),
    Decimal("47.70"),
)


def letters_of(pdf: bytes) -> set[str]:
    """Every character that the fonts of the file can show: those that were printed, and no other."""
    codes = re.findall(rb"<[0-9A-F]{4}> <([0-9A-F]{4,})>", pdf)
    return {letter for code in codes for letter in bytes.fromhex(code.decode()).decode("utf-16-be")}


@pytest.mark.parametrize("language", sorted(TEXTS.languages))
def test_every_language_has_its_letters(language: str) -> None:
    pdf = print_invoice(INVOICE, SELLER, TEXTS.languages[language])
    assert pdf.startswith(b"%PDF-")
    title = str(TEXTS.languages[language].terms["invoice_title"])
    printed = letters_of(pdf)
    assert set("Schillerstraße") <= printed
    assert set(title) <= printed


def test_the_same_invoice_is_the_same_file() -> None:
    english = TEXTS.languages["en"]
    assert print_invoice(INVOICE, SELLER, english) == print_invoice(INVOICE, SELLER, english)


def test_an_invoice_of_many_lines_goes_on_on_the_next_page() -> None:
    long = replace(INVOICE, address=None, lines=(LINE,) * 60)
    pdf = print_invoice(long, Seller([]), TEXTS.languages["en"])
    assert len(re.findall(rb"/Type /Page\n", pdf)) > 1
