"""The report of supplier invoices in words: charts and tables of what `automations/invoices/report.py` has counted."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from automations.invoices.report import (
    OPEN_STANDINGS,
    AgeBand,
    Aged,
    InvoiceFact,
    InvoiceReport,
    Standing,
    SupplierLine,
)
from automations.invoices.standings import InvoiceChoice
from bot.console.charts import Figure, Series, bars
from bot.console.row_charts import RowChart, lying_bars
from bot.console.words import Words
from bot.pages.formats import Formats
from bot.reports.report import Cell, Column, Drawing, Link, Money, Report, Table
from connectors.money import ZERO

KEY = "invoices"
MOST_BARS, MOST_CURRENCIES = 10, 3
BAND_TONES = {AgeBand.TO_7: "accent", AgeBand.TO_30: "warm", AgeBand.OVER_30: "bad"}
STANDING_TONES = {
    Standing.MATCHED: "good",
    Standing.RELEASED: "accent",
    Standing.SETTLED: "soft",
    Standing.WAITING: "rest",
    Standing.HELD: "warm",
}


def describe_invoices(
    counted: InvoiceReport, choice: InvoiceChoice, words: Words, formats: Formats, made_at: datetime
) -> Report:
    return _Description(counted, words, formats, made_at).describe(choice)


class _Description:
    def __init__(self, counted: InvoiceReport, words: Words, formats: Formats, made_at: datetime) -> None:
        self._counted = counted
        self._words = words
        self._formats = formats
        self._made_at = made_at

    def describe(self, choice: InvoiceChoice) -> Report:
        return Report(
            KEY,
            self._text("title"),
            self._made_at,
            [self._text("note.age"), self._text("note.twice")],
            [self._reasons_chart(), self._suppliers_chart(), *self._money_charts()],
            [self._standings(), self._reasons(), self._suppliers(), self._released(), self._oldest()],
            self._filters(choice),
        )

    def _filters(self, choice: InvoiceChoice) -> Sequence[tuple[str, str]]:
        days = [("lists.since", choice.since), ("lists.until", choice.until)]
        told = [(self._words.text(name), self._formats.day(day)) for name, day in days if day is not None]
        return [*told, (self._column("supplier"), choice.supplier)] if choice.supplier else told

    def _reasons_chart(self) -> Drawing:
        by_code: defaultdict[str, Counter[AgeBand]] = defaultdict(Counter)
        for (code, _owner, _currency), aged in self._counted.reasons.items():
            by_code[code].update({band: one.count for band, one in aged.bands.items()})
        codes = sorted(by_code, key=lambda code: (-by_code[code].total(), code))[:MOST_BARS]
        series = [
            Series(self._band(band), tone, [by_code[code][band] for code in codes]) for band, tone in BAND_TONES.items()
        ]
        chart = lying_bars([self._words.reason(code) for code in codes], series, self._count)
        return self._drawing("reasons", chart, "reason")

    def _suppliers_chart(self) -> Drawing:
        by_name: defaultdict[str, Counter[Standing]] = defaultdict(Counter)
        for (name, _currency), line in self._counted.suppliers.items():
            by_name[name].update({standing: one.count for standing, one in line.standings.items()})
        names = sorted(by_name, key=lambda name: (*_most_open(by_name[name]), name))[:MOST_BARS]
        series = [
            Series(self._standing(standing), tone, [by_name[name][standing] for name in names])
            for standing, tone in STANDING_TONES.items()
        ]
        return self._drawing("suppliers", lying_bars(names, series, self._count), "supplier")

    def _money_charts(self) -> Sequence[Drawing]:
        """Money of open documents by age; currencies cannot stand in one chart."""
        by_currency: defaultdict[str, list[Aged]] = defaultdict(list)
        for (_name, currency), line in self._counted.suppliers.items():
            if line.open.count:
                by_currency[currency].append(line.open)
        most = sorted(by_currency, key=lambda one: (-sum(aged.count for aged in by_currency[one]), one))
        return [self._money_chart(currency, by_currency[currency]) for currency in most[:MOST_CURRENCIES]]

    def _money_chart(self, currency: str, open_ones: Sequence[Aged]) -> Drawing:
        sums = [sum((aged.bands[band].amount for aged in open_ones), ZERO) for band in AgeBand]
        series = Series(self._column("open"), "warm", sums)
        chart = bars([self._band(band) for band in AgeBand], series, self._count)
        return Drawing(
            f"money-{currency.lower()}",
            self._text("chart.money", currency=currency),
            self._text("chart.money.about", currency=currency),
            chart,
            self._column("age"),
        )

    def _drawing(self, key: str, chart: RowChart, column: str) -> Drawing:
        title, about = self._text(f"chart.{key}"), self._text(f"chart.{key}.about")
        return Drawing(key, title, about, chart, self._column(column))

    def _standings(self) -> Table:
        rows: list[list[Cell]] = [
            [self._standing(standing), currency, one.count, Money(one.amount, currency)]
            for (standing, currency), one in sorted(
                self._counted.standings.items(), key=lambda pair: (list(Standing).index(pair[0][0]), pair[0][1])
            )
        ]
        return self._table("standing", [("standing", False), *_MONEY], rows)

    def _reasons(self) -> Table:
        lines = sorted(self._counted.reasons.items(), key=lambda pair: (-pair[1].count, pair[0]))
        rows: list[list[Cell]] = [
            [
                self._words.reason(code),
                self._words.owner(owner),
                currency,
                aged.count,
                Money(aged.amount, currency),
                *_by_age(aged, currency),
            ]
            for (code, owner, currency), aged in lines
        ]
        return self._table("by-reason", [("reason", False), ("owner", False), *_MONEY, *_BANDS], rows)

    def _suppliers(self) -> Table:
        lines = sorted(self._counted.suppliers.items(), key=lambda pair: (-pair[1].open.count, pair[0]))
        columns = [("supplier", False), ("currency", False), *((one.value, True) for one in _COUNTED)]
        rows = [self._supplier_row(name, currency, line) for (name, currency), line in lines]
        return self._table("by-supplier", [*columns, ("open", True), *_BANDS], rows)

    def _supplier_row(self, name: str, currency: str, line: SupplierLine) -> list[Cell]:
        counts = [line.standings[standing].count for standing in _COUNTED]
        return [name, currency, *counts, Money(line.open.amount, currency), *_by_age(line.open, currency)]

    def _released(self) -> Table:
        lines = sorted(self._counted.released.items(), key=lambda pair: (-pair[1].count, pair[0]))
        rows: list[list[Cell]] = [
            [self._words.reason(code), currency, one.count, Money(one.amount, currency)]
            for (code, currency), one in lines
        ]
        return self._table("released", [("reason", False), *_MONEY], rows)

    def _oldest(self) -> Table:
        names = ("document", "supplier", "issued", "reason", "owner", "currency")
        columns = [*((name, False) for name in names), ("age_days", True), ("amount", True)]
        return self._table("oldest", columns, [self._oldest_row(fact) for fact in self._counted.oldest])

    def _oldest_row(self, fact: InvoiceFact) -> list[Cell]:
        codes = list(dict.fromkeys(code for code, _owner in fact.reasons))
        owners = list(dict.fromkeys(owner for _code, owner in fact.reasons))
        return [
            Link(fact.title, f"/console/runs/{fact.run_id}/items/{fact.item_id}"),
            fact.supplier,
            fact.issued_on,
            "; ".join(self._words.reason(code) for code in codes),
            ", ".join(self._words.owner(owner) for owner in owners),
            fact.currency,
            fact.age_days(self._formats.local_day(self._made_at)),
            Money(fact.amount, fact.currency),
        ]

    def _table(self, key: str, columns: Sequence[tuple[str, bool]], rows: Sequence[Sequence[Cell]]) -> Table:
        made = [Column(name, self._column(name), is_figure) for name, is_figure in columns]
        note = self._words.text_or(f"reports.invoices.table.{key}.note", "")
        return Table(key, self._text(f"table.{key}"), made, rows, self._words.text("reports.empty"), note)

    def _text(self, key: str, **values: object) -> str:
        return self._words.text(f"reports.invoices.{key}", **values)

    def _column(self, name: str) -> str:
        return self._words.text(f"reports.column.{name}")

    def _band(self, band: AgeBand) -> str:
        return self._words.text(f"reports.column.{band}")

    def _standing(self, standing: Standing) -> str:
        return self._words.text(f"reports.column.{standing}")

    def _count(self, figure: Figure) -> str:
        return self._formats.number(figure if figure % 1 else int(figure))


_COUNTED = (Standing.MATCHED, Standing.RELEASED, Standing.HELD, Standing.WAITING)
_MONEY = (("currency", False), ("count", True), ("amount", True))
_BANDS = tuple((band.value, True) for band in AgeBand)


def _by_age(aged: Aged, currency: str) -> list[Money]:
    return [Money(aged.bands[band].amount, currency) for band in AgeBand]


def _most_open(counts: Mapping[Standing, int]) -> tuple[int, int]:
    """Sorts those with most open documents first, then those with most of all."""
    return -sum(counts[standing] for standing in OPEN_STANDINGS), -sum(counts.values())
