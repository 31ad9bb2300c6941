"""Pay on paper: a payslip with the explanation of each line, and the register of a period."""

from collections.abc import Sequence
from datetime import UTC, datetime, time
from decimal import Decimal

from automations.payroll.exports import ApprovedSlip
from automations.rules.payroll.periods import Period
from bot.console.words import Words
from bot.pages.paper import GREY, LINE_MM, Paper
from bot.reports.pdf import MOST_ROWS
from bot.texts import Language
from connectors.contracts.people import LineKind
from connectors.payslip_record import describe_line

SLIP_WIDTHS, REGISTER_WIDTHS = (40, 70, 26), (16, 44, 28, 28, 28)
SLIP_FIGURES, REGISTER_FIGURES = (False, False, True), (False, False, True, True, True)
SMALL_GAP_MM = LINE_MM / 2


def print_payslip(one: ApprovedSlip, words: Words, language: Language) -> bytes:
    slip, pay = one.slip, words.pay
    period = Period(slip.first, slip.last)
    paper = _begin(words, language, words.text("payroll.slip"), period)
    paper.line(one.employee.name, style="B")
    paper.line(f"{one.employee.id}, {words.country(one.employee.country)}", colour=GREY)
    for note in slip.notes:
        paper.line(words.text_or(f"payroll.note.{note}", note), size=9)
    for kind in LineKind:
        lines = [describe_line(line) for line in slip.lines if line.kind is kind]
        if not lines:
            continue
        paper.gap(SMALL_GAP_MM)
        paper.line(words.text(f"payroll.kind.{kind.value}"), size=12, style="B")
        rows = [
            (
                pay.line(line["code"], line.get("label", "")),
                " ".join(filter(None, (pay.explanation(line, slip.currency), line.get("law")))),
                words.amount(line["amount"], slip.currency),
            )
            for line in lines
        ]
        head = tuple(words.text(f"payroll.{name}") for name in ("line", "explanation", "amount"))
        paper.table([head, *rows], SLIP_WIDTHS, SLIP_FIGURES)
    paper.gap(SMALL_GAP_MM)
    for name, amount in (("gross", slip.gross), ("deductions", slip.deductions)):
        paper.line(f"{words.text(f'payroll.{name}')}: {_money(words, amount, slip.currency)}", is_at_end=True)
    net = f"{words.text('payroll.net')}: {_money(words, slip.net, slip.currency)}"
    paper.line(net, style="B", size=13, is_at_end=True)
    return paper.render()


def print_register(slips: Sequence[ApprovedSlip], period: Period, words: Words, language: Language) -> bytes:
    paper = _begin(words, language, words.text("payroll.register"), period)
    for currency in sorted({one.slip.currency for one in slips}):
        of_currency = [one for one in slips if one.slip.currency == currency]
        paper.gap(SMALL_GAP_MM)
        paper.line(currency, size=12, style="B")
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
        total = ("", words.text("payroll.total"), *_figures(words, currency, *sums))
        paper.table([head, *rows, total], REGISTER_WIDTHS, REGISTER_FIGURES)
        left_out = len(of_currency) - MOST_ROWS
        if left_out > 0:
            paper.line(words.text("reports.rows_left_out", count=words.figure(str(left_out))), size=9)
    return paper.render()


def _figures(words: Words, currency: str, *amounts: Decimal) -> tuple[str, ...]:
    return tuple(_money(words, amount, currency) for amount in amounts)


def _money(words: Words, amount: Decimal, currency: str) -> str:
    return words.amount(f"{amount:f}", currency)


def _begin(words: Words, language: Language, title: str, period: Period) -> Paper:
    """The head with the days; the same slips give the same file."""
    made_at = datetime.combine(period.last, time(), UTC)
    paper = Paper(f"{title} {period.first} – {period.last}", language, made_at)
    paper.line(title, size=20, style="B", height=11)
    days = (words.day(period.first.isoformat()), words.day(period.last.isoformat()))
    paper.line(f"{days[0]} – {days[1]}", colour=GREY)
    paper.gap(SMALL_GAP_MM)
    return paper
