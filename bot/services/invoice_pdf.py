"""An issued invoice as a PDF in the customer's language, from left to right or from right to left."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal

from babel import Locale

from bot.pages.formats import Formats
from bot.pages.paper import BLACK, GREY, Paper
from bot.texts import Language
from connectors.contracts.sales_invoices import SalesInvoice

COLUMN_WIDTHS = (38, 12, 18, 14, 18)
FIGURES = (False, True, True, True, True)
TEXT_SIZE = 11


@dataclass(frozen=True, slots=True)
class Seller:
    """Who issued the invoice, as printed: the name first, then address and numbers."""

    lines: Sequence[str]


def print_invoice(invoice: SalesInvoice, seller: Seller, language: Language) -> bytes:
    return _InvoiceSheet(invoice, seller, language).render()


class _InvoiceSheet:
    def __init__(self, invoice: SalesInvoice, seller: Seller, language: Language) -> None:
        self._invoice = invoice
        self._seller = seller
        self._terms = language.terms
        self._formats = Formats(language, None)
        self._territories = Locale.parse(language.locale).territories
        issued_at = datetime.combine(invoice.issued_on, time(), UTC)
        self._paper = Paper(f"{self._word('title')} {invoice.number}", language, issued_at)

    def render(self) -> bytes:
        self._print_heading()
        self._print_parties()
        self._print_lines()
        self._print_totals()
        return self._paper.render()

    def _print_heading(self) -> None:
        invoice = self._invoice
        self._paper.line(f"{self._word('title')} {invoice.number}", size=20, style="B", height=11)
        self._line(self._word("copy"), is_grey=True)
        self._paper.gap()
        self._line(f"{self._word('issued_on')}: {self._formats.day(invoice.issued_on)}")
        self._line(f"{self._word('order')}: {invoice.order_number}")
        self._paper.gap()

    def _print_parties(self) -> None:
        if self._seller.lines:
            self._print_block(self._word("seller"), self._seller.lines)
        self._print_block(self._word("buyer"), self._buyer())

    def _buyer(self) -> list[str]:
        address = self._invoice.address
        if address is None:
            return [self._invoice.customer_name]
        country = self._territories.get(address.country, address.country)
        return [self._invoice.customer_name, address.street, f"{address.postcode} {address.city}", country]

    def _print_block(self, title: str, lines: Sequence[str]) -> None:
        self._paper.line(title, size=9, colour=GREY)
        for place, text in enumerate(lines):
            self._line(text, is_bold=not place)
        self._paper.gap()

    def _print_lines(self) -> None:
        head = [self._word(name) for name in ("item", "quantity", "unit_price", "tax", "net")]
        rows = [
            [
                line.description,
                self._formats.number(line.quantity),
                self._money(line.unit_price),
                self._percent(line.tax_percent),
                self._money(line.net),
            ]
            for line in self._invoice.lines
        ]
        self._paper.table([head, *rows], COLUMN_WIDTHS, FIGURES, size=9, height=6)
        self._paper.gap()

    def _print_totals(self) -> None:
        invoice = self._invoice
        for name, amount in (("net_total", invoice.net_total), ("tax_total", invoice.tax_total)):
            self._line(f"{self._word(name)}: {self._money(amount)}", is_at_end=True)
        total = f"{self._word('gross_total')}: {self._money(invoice.gross_total)}"
        self._paper.line(total, is_at_end=True, style="B", size=13, height=9)

    def _line(self, text: str, *, is_bold: bool = False, is_grey: bool = False, is_at_end: bool = False) -> None:
        colour = GREY if is_grey else BLACK
        self._paper.line(text, style="B" if is_bold else "", size=TEXT_SIZE, colour=colour, is_at_end=is_at_end)

    def _money(self, amount: Decimal) -> str:
        return self._formats.money(amount, self._invoice.currency)

    def _percent(self, rate: Decimal) -> str:
        return f"{self._formats.number(rate)} %"

    def _word(self, name: str) -> str:
        return str(self._terms[f"invoice_{name}"])
