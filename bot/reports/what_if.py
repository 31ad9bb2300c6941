"""The answer to "what if the limits were different" in words: a chart before and after, and tables."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from automations.invoices.recorded import JOB_NAME
from automations.invoices.what_if import Change, Shift, WhatIf
from automations.rules.matching.match import MatchStatus
from bot.console.charts import Series, stacked_bars
from bot.console.words import Words
from bot.pages.formats import Formats
from bot.reports.report import Cell, Column, Drawing, Link, Money, Report, Table
from connectors.money import ZERO

KEY = "what-if"
# What a verdict is called in the job's own words, from the bottom of the chart, with its colour.
VERDICTS = {
    MatchStatus.MATCHED: ("matched", "good"),
    MatchStatus.WAITING: ("waiting", "accent"),
    MatchStatus.EXCEPTION: ("held", "warm"),
}
_SHIFT = ("count_before", "count_after", "amount_before", "amount_after", "change")


def describe_what_if(answer: WhatIf, words: Words, formats: Formats, made_at: datetime) -> Report:
    return _Description(answer, words, formats).describe(made_at)


class _Description:
    def __init__(self, answer: WhatIf, words: Words, formats: Formats) -> None:
        self._answer = answer
        self._words = words
        self._formats = formats

    def describe(self, made_at: datetime) -> Report:
        answer = self._answer
        statuses = {self._verdict(status): answer.statuses[status] for status in VERDICTS}
        reasons = {self._words.reason(code): shift for code, shift in answer.reasons.items()}
        return Report(
            KEY,
            self._text("result"),
            made_at,
            self._notes(),
            [self._chart()],
            [
                self._shifts("by-status", "by_status", "verdict", statuses),
                self._changes(),
                self._shifts("by-reason", "by_reason", "reason", _largest_change_first(reasons)),
                self._shifts("by-supplier", "by_supplier", "supplier", _largest_change_first(answer.suppliers)),
            ],
        )

    def _notes(self) -> Sequence[str]:
        answer, number = self._answer, self._formats.number
        notes = [self._text("tried", count=number(answer.tried), changed=number(len(answer.changes)))]
        if answer.left_out:
            notes.append(self._text("left_out", count=number(answer.left_out)))
        return [*notes, self._text("note.facts"), self._text("note.near")]

    def _chart(self) -> Drawing:
        series = [
            Series(
                self._verdict(status),
                tone,
                [self._answer.statuses[status].before.count, self._answer.statuses[status].after.count],
            )
            for status, (_word, tone) in VERDICTS.items()
        ]
        names = [self._text("before"), self._text("after")]
        chart = stacked_bars(names, series, lambda figure: self._formats.number(int(figure)))
        return Drawing("verdicts", self._text("chart"), self._text("chart.about"), chart, self._column("verdict"))

    def _shifts(self, key: str, title: str, column: str, shifts: Mapping[str, Shift]) -> Table:
        columns = [(column, False), ("currency", False), *((name, True) for name in _SHIFT)]
        rows = [row for name, shift in shifts.items() for row in _rows_of(name, shift)]
        return self._table(key, title, columns, rows)

    def _changes(self) -> Table:
        columns = ("document", "supplier", "verdict", "came", "went", "stays", "currency")
        changes = sorted(self._answer.changes, key=lambda one: (-one.invoice.amount, one.invoice.item_id))
        rows = [self._change_row(change) for change in changes]
        return self._table("invoices", "invoices", [*((name, False) for name in columns), ("amount", True)], rows)

    def _change_row(self, change: Change) -> list[Cell]:
        recorded, invoice = change.invoice, change.invoice.facts.invoice
        before, after = self._verdict(change.before), self._verdict(change.after)
        return [
            Link(recorded.title, f"/console/runs/{recorded.run_id}/items/{recorded.item_id}"),
            invoice.supplier,
            after if before == after else self._text("shift", before=before, after=after),
            *(self._reasons(codes) for codes in (change.came, change.went, change.stays)),
            invoice.currency,
            Money(recorded.amount, invoice.currency),
        ]

    def _reasons(self, codes: Sequence[str]) -> str:
        return "; ".join(self._words.reason(code) for code in codes) or "–"

    def _table(
        self, key: str, title: str, columns: Sequence[tuple[str, bool]], rows: Sequence[Sequence[Cell]]
    ) -> Table:
        made = [Column(name, self._column(name), is_figure) for name, is_figure in columns]
        return Table(key, self._text(title), made, rows, self._words.text("reports.empty"))

    def _verdict(self, status: MatchStatus) -> str:
        return self._words.outcome(JOB_NAME, VERDICTS[status][0])

    def _column(self, name: str) -> str:
        return self._words.text(f"reports.column.{name}")

    def _text(self, key: str, **values: object) -> str:
        return self._words.text(f"what_if.{key}", **values)


def _rows_of(name: str, shift: Shift) -> list[list[Cell]]:
    """A row a currency."""
    before, after = shift.before, shift.after
    rows: list[list[Cell]] = []
    for currency in sorted({*before.amounts, *after.amounts}):
        was, becomes = before.amounts.get(currency, ZERO), after.amounts.get(currency, ZERO)
        counts = (before.counts.get(currency, 0), after.counts.get(currency, 0))
        money = [Money(amount, currency) for amount in (was, becomes, becomes - was)]
        rows.append([name, currency, *counts, *money])
    return rows


def _largest_change_first(shifts: Mapping[str, Shift]) -> Mapping[str, Shift]:
    def size(shift: Shift) -> Decimal | int:
        return abs(shift.after.count - shift.before.count)

    return dict(sorted(shifts.items(), key=lambda pair: (-size(pair[1]), -pair[1].before.count, pair[0])))
