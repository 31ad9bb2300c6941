"""The stock report in words: charts and tables of what `automations/reorder/stock_report.py` has counted."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from automations.reorder.explanations import Explained
from automations.reorder.stock_figures import (
    DAYS_PER_WEEK,
    CoverBand,
    CoveredItem,
    LeftOut,
    ReplayedItem,
    StockReport,
    Way,
    sum_cover,
)
from automations.reorder.stock_report import DEFAULTS, MOST_REPLAYED
from automations.rules.reorder.replay import total_replays
from automations.rules.reorder.rule_replay import DAYS_BETWEEN_FORECASTS
from automations.rules.reorder.stock_cover import USUAL_COVER
from bot.console.charts import Chart, Figure, Series, lines
from bot.console.row_charts import RowChart, lying_bars
from bot.console.words import Words
from bot.pages.formats import Formats
from bot.reports.report import Cell, Column, Drawing, Link, Money, Report, Table
from connectors.contracts.inventory import ItemSite
from connectors.money import ZERO, round_money

KEY = "stock"
MOST_CURRENCIES = 2
# So many items lead to the explanation of their last proposal: those that a page shows.
MOST_LINKS = 500
WAY_TONES = {Way.AS_IT_WAS: "warm", Way.WITH_RULE: "accent"}
# From here on a figure does not fit beside a chart.
MILLION, THOUSAND = Decimal(1_000_000), Decimal(1_000)
HUNDRED, TENTH, WHOLE = Decimal(100), Decimal("0.1"), Decimal(1)
T = TypeVar("T")
GroupKey = TypeVar("GroupKey", bound=Hashable)
Explanations = Mapping[ItemSite, Explained]


def linked_items(counted: StockReport) -> Sequence[ItemSite]:
    """The items whose explanation the page leads to."""
    shown = [*_most_money_first(counted.items)[:MOST_LINKS], *(one.item for one in counted.replayed[:MOST_LINKS])]
    return list({one.key: None for one in shown})


def describe_stock(
    counted: StockReport, explained: Explanations, words: Words, formats: Formats, made_at: datetime
) -> Report:
    return _Description(counted, explained, words, formats).describe(made_at)


class _Description:
    def __init__(self, counted: StockReport, explained: Explanations, words: Words, formats: Formats) -> None:
        self._counted = counted
        self._explained = explained
        self._words = words
        self._formats = formats
        self._first_day = counted.choice.first_day(counted.today)

    def describe(self, made_at: datetime) -> Report:
        return Report(
            KEY,
            self._text("title"),
            made_at,
            self._notes(),
            [*self._cover_charts(), *self._replay_charts()],
            [self._sites(), self._classes(), self._replays(), self._items(), self._replayed_items()],
            self._filters(),
        )

    def _filters(self) -> Sequence[tuple[str, str]]:
        choice = self._counted.choice
        told = [
            (self._column("site"), choice.site),
            (self._column("class"), choice.abc_class or ""),
            (self._text("weeks"), self._formats.number(choice.weeks)),
            (self._text("shortage"), self._text(f"shortage.{choice.shortage}")),
        ]
        return [(name, value) for name, value in told if value]

    def _notes(self) -> Sequence[str]:
        number, day = self._formats.number, self._formats.day
        counted = self._counted
        notes = [
            self._text("note.cover", days=number(USUAL_COVER.window_days), slow=number(USUAL_COVER.slow_days)),
            self._text("note.replay", first=day(self._first_day), last=day(counted.today)),
            self._text("note.opening"),
            self._text("note.rule", days=number(DAYS_BETWEEN_FORECASTS), weeks=number(DEFAULTS.history_weeks)),
            self._text(f"note.{counted.choice.shortage}"),
            self._text("note.limits"),
        ]
        if counted.left_out:
            notes.append(self._text("note.left_out", reasons=" · ".join(self._left_out())))
        if counted.unreadable:
            notes.append(self._text("note.unreadable", count=number(counted.unreadable)))
        return notes

    def _left_out(self) -> Iterator[str]:
        number, counts = self._formats.number, self._counted.left_out
        for reason in LeftOut:
            if counts[reason]:
                yield self._text(f"left.{reason}", count=number(counts[reason]), most=number(MOST_REPLAYED))

    def _cover_charts(self) -> Sequence[Drawing]:
        """Money by how long stock lasts; currencies cannot stand in one chart."""
        by_currency = _grouped((one.currency, one) for one in self._counted.items)
        most = sorted(by_currency, key=lambda one: (-len(by_currency[one]), one))[:MOST_CURRENCIES]
        return [self._cover_chart(currency, by_currency[currency]) for currency in most]

    def _cover_chart(self, currency: str, items: Sequence[CoveredItem]) -> Drawing:
        bands = [band for band in CoverBand if band is not CoverBand.NONE]
        sums = [sum((one.cover.money_tied_up for one in items if one.band is band), ZERO) for band in bands]
        series = Series(self._column("tied_up"), "accent", sums)
        chart = lying_bars([self._text(band) for band in bands], [series], self._tell)
        return self._drawing("cover", chart, "cover_days", currency)

    def _replay_charts(self) -> Sequence[Drawing]:
        weekly = self._counted.weekly
        count = max((len(figures) for figures in weekly.empty.values()), default=0)
        ends = [self._first_day + timedelta(days=number * DAYS_PER_WEEK - 1) for number in range(1, count + 1)]
        names = [self._formats.short_day(day) for day in ends]
        counts = Counter(one.item.currency for one in self._counted.replayed)
        empty = {way: weekly.empty.get(way, []) for way in Way}
        charts = [self._drawing("empty", self._two_lines(names, empty), "week")]
        for currency in sorted(counts, key=lambda one: (-counts[one], one))[:MOST_CURRENCIES]:
            value = {way: weekly.value[way, currency] for way in Way}
            is_large = max(max(figures) for figures in value.values()) >= MILLION
            if is_large:
                value = {way: [figure / THOUSAND for figure in figures] for way, figures in value.items()}
            unit = self._text("thousands", currency=currency) if is_large else currency
            charts.append(self._drawing("value", self._two_lines(names, value), "week", currency, unit))
        return charts

    def _two_lines(self, names: Sequence[str], figures: Mapping[Way, Sequence[Figure]]) -> Chart:
        series = [Series(self._text(way), tone, figures[way]) for way, tone in WAY_TONES.items()]
        return lines(names, series, self._tell)

    def _sites(self) -> Table:
        grouped = _grouped(((one.key.site, one.currency), one) for one in self._counted.items)
        rows = [[site, currency, *_cover_cells(grouped[site, currency])] for site, currency in sorted(grouped)]
        return self._table("sites", ("site", "currency"), _COVER, rows)

    def _classes(self) -> Table:
        grouped = _grouped(((one.cover.abc_class, one.currency), one) for one in self._counted.items)
        rows = [[str(name), currency, *_cover_cells(grouped[name, currency])] for name, currency in sorted(grouped)]
        return self._table("classes", ("class", "currency"), _COVER, rows)

    def _replays(self) -> Table:
        grouped = _grouped(((one.item.key.site, one.item.currency), one) for one in self._counted.replayed)
        rows = [
            [site, currency, self._text(way), *_total_cells(way, grouped[site, currency], currency)]
            for site, currency in sorted(grouped)
            for way in Way
        ]
        return self._table("replay", ("site", "currency", "way"), _TOTALS, rows)

    def _items(self) -> Table:
        rows: list[list[Cell]] = [
            [
                self._item(one.key),
                one.key.site,
                str(one.cover.abc_class),
                self._text("slow") if one.cover.moves_slowly else "–",
                one.currency,
                _short(one.cover.on_hand),
                _days(one.cover.days_of_cover),
                Money(round_money(one.cover.money_tied_up), one.currency),
            ]
            for one in _most_money_first(self._counted.items)
        ]
        figures = ("on_hand", "cover_days", "tied_up")
        return self._table("items", ("item", "site", "class", "movement", "currency"), figures, rows)

    def _replayed_items(self) -> Table:
        worst = sorted(self._counted.replayed, key=lambda one: (-one.ways[Way.AS_IT_WAS].days_short, one.item.key))
        rows = [self._replayed_row(one) for one in worst]
        return self._table("replayed-items", ("item", "site", "currency"), _PAIRS, rows)

    def _replayed_row(self, one: ReplayedItem) -> list[Cell]:
        was, then = one.ways[Way.AS_IT_WAS], one.ways[Way.WITH_RULE]
        currency = one.item.currency
        money = [Money(round_money(result.money_tied_up), currency) for result in (was, then)]
        served = [_percent(result.fill_rate) for result in (was, then)]
        return [
            self._item(one.item.key),
            one.item.key.site,
            currency,
            *served,
            was.days_short,
            then.days_short,
            *(_short(result.average_stock) for result in (was, then)),
            *money,
        ]

    def _item(self, key: ItemSite) -> Cell:
        explained = self._explained.get(key)
        if explained is None:
            return key.item
        return Link(key.item, f"/console/runs/{explained.run_id}/items/{explained.item_id}")

    def _table(self, key: str, words: Sequence[str], figures: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Table:
        columns = [Column(name, self._column(name)) for name in words]
        columns += [Column(name, self._column(name), is_figure=True) for name in figures]
        note = self._words.text_or(f"reports.stock.table.{key}.note", "")
        return Table(key, self._text(f"table.{key}"), columns, rows, self._words.text("reports.empty"), note)

    def _drawing(self, key: str, chart: Chart | RowChart, column: str, currency: str = "", unit: str = "") -> Drawing:
        title, about = (self._text(f"chart.{key}{part}", currency=unit or currency) for part in ("", ".about"))
        return Drawing(f"{key}-{currency.lower()}" if currency else key, title, about, chart, self._column(column))

    def _tell(self, figure: Figure) -> str:
        return self._formats.number(int(figure))

    def _column(self, name: str) -> str:
        return self._words.text("reports.column.currency") if name == "currency" else self._text(f"column.{name}")

    def _text(self, key: str, **values: object) -> str:
        return self._words.text(f"reports.stock.{key}", **values)


_COVER = ("items", "without_stock", "cover_days", "tied_up", "slow_money")
_TOTALS = ("items", "served", "days_short", "days_empty", "average_value", "orders")
_PAIRS = (
    "served_was",
    "served_rule",
    "short_was",
    "short_rule",
    "stock_was",
    "stock_rule",
    "value_was",
    "value_rule",
)


def _cover_cells(items: Sequence[CoveredItem]) -> list[Cell]:
    total, currency = sum_cover(items), items[0].currency
    money = [Money(round_money(amount), currency) for amount in (total.money_tied_up, total.money_in_slow_movers)]
    return [total.items, total.without_stock, _days(total.days_of_cover), *money]


def _total_cells(way: Way, replayed: Sequence[ReplayedItem], currency: str) -> list[Cell]:
    total = total_replays([one.ways[way] for one in replayed])
    return [
        total.products,
        _percent(total.fill_rate),
        total.days_short,
        total.days_out_of_stock,
        Money(round_money(total.money_tied_up), currency),
        total.orders_placed,
    ]


def _most_money_first(items: Iterable[CoveredItem]) -> Sequence[CoveredItem]:
    return sorted(items, key=lambda one: (-one.cover.money_tied_up, one.key))


def _grouped(pairs: Iterable[tuple[GroupKey, T]]) -> Mapping[GroupKey, Sequence[T]]:
    groups: defaultdict[GroupKey, list[T]] = defaultdict(list)
    for key, one in pairs:
        groups[key].append(one)
    return groups


def _days(days: Decimal | None) -> Decimal | None:
    return None if days is None else days.quantize(WHOLE)


def _short(quantity: Decimal) -> Decimal:
    return quantity.quantize(TENTH) if quantity % 1 else quantity.quantize(WHOLE)


def _percent(share: Decimal | None) -> Decimal | None:
    return None if share is None else (share * HUNDRED).quantize(TENTH)
