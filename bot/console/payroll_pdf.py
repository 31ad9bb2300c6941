"""Pay on paper: a payslip with the explanation of each line, and the register of a period."""

from collections.abc import Sequence
from datetime import UTC, datetime, time
from decimal import Decimal

from fpdf import FPDF, XPos, YPos
from fpdf.enums import Align
from fpdf.fonts import FontFace

from automations.payroll.exports import ApprovedSlip
from automations.rules.payroll.periods import Period
from bot.console.words import Words
from bot.reports.pdf import MOST_ROWS
from bot.services.invoice_pdf import FONT, FONTS, GREY, LINE_MM, MARGIN_MM, SHADE
from bot.texts import Language
from connectors.contracts.people import LineKind
from connectors.payslip_record import describe_line

SLIP_WIDTHS, REGISTER_WIDTHS = (40, 70, 26), (16, 44, 28, 28, 28)


def print_payslip(one: ApprovedSlip, words: Words, language: Language) -> bytes:
    slip, pay = one.slip, words.pay
    period = Period(slip.first, slip.last)
    sheet = _Sheet(words, language, words.text("payroll.slip"), period)
    sheet.line(one.employee.name, style="B")
    sheet.line(f"{one.employee.id}, {words.country(one.employee.country)}", color=GREY)
    for note in slip.notes:
        sheet.line(words.text_or(f"payroll.note.{note}", note), size=9)
    for kind in LineKind:
        lines = [describe_line(line) for line in slip.lines if line.kind is kind]
        if not lines:
            continue
        sheet.gap()
        sheet.line(words.text(f"payroll.kind.{kind.value}"), size=12, style="B")
        rows = [
            (
                pay.line(line["code"], line.get("label", "")),
                " ".join(filter(None, (pay.explanation(line, slip.currency), line.get("law")))),
                words.amount(line["amount"], slip.currency),
            )
            for line in lines
        ]
        head = tuple(words.text(f"payroll.{name}") for name in ("line", "explanation", "amount"))
        sheet.table([head, *rows], SLIP_WIDTHS, amounts=1)
    sheet.gap()
    for name, amount in (("gross", slip.gross), ("deductions", slip.deductions)):
        sheet.line(f"{words.text(f'payroll.{name}')}: {_money(words, amount, slip.currency)}", is_at_end=True)
    net = f"{words.text('payroll.net')}: {_money(words, slip.net, slip.currency)}"
    sheet.line(net, style="B", size=13, is_at_end=True)
    return sheet.render()


def print_register(slips: Sequence[ApprovedSlip], period: Period, words: Words, language: Language) -> bytes:
    sheet = _Sheet(words, language, words.text("payroll.register"), period)
    for currency in sorted({one.slip.currency for one in slips}):
        of_currency = [one for one in slips if one.slip.currency == currency]
        sheet.gap()
        sheet.line(currency, size=12, style="B")
        head = ("", *(words.text(f"payroll.{name}") for name in ("employee", "gross", "deductions", "net")))
        rows = [
            (
                one.employee.id,
                one.employee.name,
                *_figures(words, currency, one.slip.gross, one.slip.deductions, one.slip.net),
            )
            for one in of_currency[:MOST_ROWS]
        ]
        sums = [
            sum((getattr(one.slip, name) for one in of_currency), Decimal(0)) for name in ("gross", "deductions", "net")
        ]
        sheet.table(
            [head, *rows, ("", words.text("payroll.total"), *_figures(words, currency, *sums))], REGISTER_WIDTHS, 3
        )
        left_out = len(of_currency) - MOST_ROWS
        if left_out > 0:
            sheet.line(words.text("reports.rows_left_out", count=words.figure(str(left_out))), size=9)
    return sheet.render()


def _figures(words: Words, currency: str, *amounts: Decimal) -> tuple[str, ...]:
    return tuple(_money(words, amount, currency) for amount in amounts)


def _money(words: Words, amount: Decimal, currency: str) -> str:
    return words.amount(f"{amount:f}", currency)


class _Sheet:
    """An A4 page in the house style, from left to right or from right to left."""

    def __init__(self, words: Words, language: Language, title: str, period: Period) -> None:
        self._is_rtl = language.direction == "rtl"
        self._start, self._end = (Align.R, Align.L) if self._is_rtl else (Align.L, Align.R)
        pdf = FPDF(format="A4")
        pdf.add_font(FONT, "", FONTS / "DejaVuSans.ttf")
        pdf.add_font(FONT, "B", FONTS / "DejaVuSans-Bold.ttf")
        pdf.set_text_shaping(use_shaping_engine=True)
        pdf.set_margin(MARGIN_MM)
        pdf.set_title(f"{title} {period.first} – {period.last}")
        pdf.set_lang(language.locale.replace("_", "-"))
        # The same slips give the same file.
        pdf.set_creation_date(datetime.combine(period.last, time(), UTC))
        pdf.add_page()
        self._pdf = pdf
        self.line(title, size=20, style="B", height=11)
        days = (words.day(period.first.isoformat()), words.day(period.last.isoformat()))
        self.line(f"{days[0]} – {days[1]}", color=GREY)
        self.gap()

    def render(self) -> bytes:
        return bytes(self._pdf.output())

    def gap(self) -> None:
        self._pdf.ln(LINE_MM / 2)

    def line(
        self,
        text: str,
        *,
        style: str = "",
        size: int = 10,
        height: int = LINE_MM,
        color: tuple[int, int, int] = (0, 0, 0),
        is_at_end: bool = False,
    ) -> None:
        self._pdf.set_font(FONT, style, size)
        self._pdf.set_text_color(*color)
        align = self._end if is_at_end else self._start
        self._pdf.multi_cell(0, height, text, align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self._pdf.set_text_color(0, 0, 0)

    def table(self, rows: Sequence[Sequence[str]], widths: Sequence[int], amounts: int) -> None:
        """The first row is the head; the last `amounts` columns are figures."""
        aligns = [self._start] * (len(widths) - amounts) + [self._end] * amounts
        order = slice(None, None, -1) if self._is_rtl else slice(None)
        self._pdf.set_font(FONT, "", 8)
        with self._pdf.table(
            col_widths=tuple(widths)[order],
            text_align=tuple(aligns)[order],
            borders_layout="HORIZONTAL_LINES",
            headings_style=FontFace(emphasis="BOLD", fill_color=SHADE),
            line_height=LINE_MM - 1,
            padding=1,
        ) as table:
            for row in rows:
                table.row(list(row)[order])
