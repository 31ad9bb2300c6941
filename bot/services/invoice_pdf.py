"""An issued invoice as a PDF in the customer's language, from left to right or from right to left."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal
from pathlib import Path

from babel import Locale
from fpdf import FPDF, XPos, YPos
from fpdf.enums import Align
from fpdf.fonts import FontFace

from bot.pages.formats import Formats
from bot.texts import Language
from connectors.contracts.sales_invoices import SalesInvoice

FONTS = Path(__file__).parents[1] / "pages" / "fonts"
FONT = "DejaVu"
MARGIN_MM = 18
LINE_MM = 6
COLUMN_WIDTHS = (38, 12, 18, 14, 18)
GREY = (90, 90, 90)
SHADE = (242, 239, 233)

# It reports every table of a font that it leaves out.
logging.getLogger("fontTools").setLevel(logging.ERROR)


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
        self._is_rtl = language.direction == "rtl"
        self._start, self._end = (Align.R, Align.L) if self._is_rtl else (Align.L, Align.R)
        self._pdf = FPDF(format="A4")
        self._pdf.add_font(FONT, "", FONTS / "DejaVuSans.ttf")
        self._pdf.add_font(FONT, "B", FONTS / "DejaVuSans-Bold.ttf")
        self._pdf.set_text_shaping(use_shaping_engine=True)
        self._pdf.set_margin(MARGIN_MM)
        self._pdf.set_title(f"{self._word('title')} {invoice.number}")
        self._pdf.set_lang(language.locale.replace("_", "-"))
        # The same invoice gives the same file.
        self._pdf.set_creation_date(datetime.combine(invoice.issued_on, time(), UTC))

    def render(self) -> bytes:
        self._pdf.add_page()
        self._print_heading()
        self._print_parties()
        self._print_lines()
        self._print_totals()
        return bytes(self._pdf.output())

    def _print_heading(self) -> None:
        invoice = self._invoice
        self._line(f"{self._word('title')} {invoice.number}", size=20, style="B", height=11)
        self._line(self._word("copy"), color=GREY)
        self._pdf.ln(LINE_MM)
        self._line(f"{self._word('issued_on')}: {self._formats.day(invoice.issued_on)}")
        self._line(f"{self._word('order')}: {invoice.order_number}")
        self._pdf.ln(LINE_MM)

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
        self._line(title, size=9, color=GREY)
        for place, text in enumerate(lines):
            self._line(text, style="" if place else "B")
        self._pdf.ln(LINE_MM)

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
        aligns, widths = [self._start, *[self._end] * 4], list(COLUMN_WIDTHS)
        if self._is_rtl:
            head, rows = head[::-1], [row[::-1] for row in rows]
            aligns, widths = aligns[::-1], widths[::-1]
        self._pdf.set_font(FONT, "", 9)
        with self._pdf.table(
            col_widths=tuple(widths),
            text_align=tuple(aligns),
            borders_layout="HORIZONTAL_LINES",
            headings_style=FontFace(emphasis="BOLD", fill_color=SHADE),
            line_height=LINE_MM,
            padding=1,
        ) as table:
            for row in [head, *rows]:
                table.row(row)
        self._pdf.ln(LINE_MM)

    def _print_totals(self) -> None:
        invoice = self._invoice
        for name, amount in (("net_total", invoice.net_total), ("tax_total", invoice.tax_total)):
            self._line(f"{self._word(name)}: {self._money(amount)}", align=self._end)
        total = f"{self._word('gross_total')}: {self._money(invoice.gross_total)}"
        self._line(total, align=self._end, style="B", size=13, height=9)

    def _line(
        self,
        text: str,
        align: Align | None = None,
        style: str = "",
        size: int = 11,
        height: int = LINE_MM,
        color: tuple[int, int, int] = (0, 0, 0),
    ) -> None:
        self._pdf.set_font(FONT, style, size)
        self._pdf.set_text_color(*color)
        self._pdf.multi_cell(0, height, text, align=align or self._start, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self._pdf.set_text_color(0, 0, 0)

    def _money(self, amount: Decimal) -> str:
        return self._formats.money(amount, self._invoice.currency)

    def _percent(self, rate: Decimal) -> str:
        return f"{self._formats.number(rate)} %"

    def _word(self, name: str) -> str:
        return str(self._terms[f"invoice_{name}"])
