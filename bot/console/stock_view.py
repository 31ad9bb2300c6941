"""What a proposal of stock reorder shows: the chart of projected stock and the list of open drafts."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from automations.reorder.drafts import Draft
from bot.console.charts import Chart, Series, lines
from bot.console.words import Words
from bot.pages.formats import Formats
from connectors.contracts.purchasing import PurchaseRequest
from connectors.database.chunks import in_chunks
from connectors.database.models.work import RunItem
from connectors.money import round_money

STOCK_REORDER = "stock-reorder"
POSITION = ("on_hand", "on_order", "requested", "reserved", "demand", "projected")
TAKEN_OFF = frozenset({"reserved", "demand"})
LINES_SHOWN = 200
# Figures that people read with two decimals; the record keeps six.
MOST_DIGITS = 15


@dataclass(frozen=True, slots=True)
class DraftOrder:
    """Drafts that would be one order now; `paths` lead from a request's key to its explanation."""

    draft: Draft
    amount: Decimal
    expected_on: date
    paths: Mapping[str, str]

    @property
    def first(self) -> PurchaseRequest:
        return self.draft[0]

    @property
    def shown(self) -> Draft:
        return self.draft[:LINES_SHOWN]

    @property
    def hidden(self) -> int:
        """How many lines are not shown."""
        return max(0, len(self.draft) - LINES_SHOWN)


@dataclass(frozen=True, slots=True)
class ShownFigure:
    name: str
    text: str


def stock_values(detail: Mapping[str, Any], words: Words, formats: Formats) -> Mapping[str, Any]:
    """What the item page of a proposal needs beside the recorded detail."""
    return {
        "stock_chart": chart_of(detail, words, formats),
        "stock_position": position_of(detail, words),
        "stock_rule": rule_figures_of(detail, words),
    }


def chart_of(detail: Mapping[str, Any], words: Words, formats: Formats) -> Chart | None:
    """Projected stock with and without the order, against reorder point and target; None where nothing is ordered."""
    days = detail.get("days")
    if not days:
        return None
    names = [formats.short_day(date.fromisoformat(day)) for day, _without, _with in days]
    figures = detail["figures"]
    series = [
        Series(words.text("reorder.chart.with"), "good", [Decimal(stock) for _day, _without, stock in days]),
        Series(words.text("reorder.chart.without"), "bad", [Decimal(stock) for _day, stock, _with in days]),
        *(
            Series(words.text(f"reorder.figure.{name}"), tone, [Decimal(figures[name])] * len(days))
            for name, tone in (("reorder_point", "warm"), ("target", "soft"))
        ),
    ]
    return lines(names, series, lambda figure: formats.number(_rounded(Decimal(figure))))


def position_of(detail: Mapping[str, Any], words: Words) -> Sequence[ShownFigure]:
    """The figures that add up to the projected stock, in their order; what is taken off has a minus."""
    figures = detail.get("figures", {})
    return [
        ShownFigure(name, _figure(_negated(figures[name]) if name in TAKEN_OFF else figures[name], words))
        for name in POSITION
        if name in figures
    ]


def rule_figures_of(detail: Mapping[str, Any], words: Words) -> Sequence[ShownFigure]:
    """What the rule compares with, and the figures that it followed from."""
    figures = detail.get("figures", {})
    return [ShownFigure(name, _figure(text, words)) for name, text in figures.items() if name not in POSITION and text]


def describe_drafts(session: Session, drafts: Sequence[Draft]) -> Sequence[DraftOrder]:
    """Orders with their sums, and the way to the explanation of each line."""
    paths = _paths(session, [one for draft in drafts for one in draft[:LINES_SHOWN]])
    return [
        DraftOrder(
            draft,
            sum((one.amount for one in draft), Decimal(0)),
            max(one.expected_on for one in draft),
            {one.idempotency_key: paths[one.explanation] for one in draft if one.explanation in paths},
        )
        for draft in drafts
    ]


def _paths(session: Session, requests: Sequence[PurchaseRequest]) -> Mapping[str, str]:
    """By explanation ("<run>/<item>"): the page of that item."""
    keys: defaultdict[str, set[str]] = defaultdict(set)
    for one in requests:
        run, _, key = one.explanation.partition("/")
        keys[run].add(key)
    paths: dict[str, str] = {}
    for run, wanted in keys.items():
        for chunk in in_chunks(sorted(wanted)):
            query = select(RunItem.key, RunItem.id).where(RunItem.run_id == run, RunItem.key.in_(chunk))
            found = session.execute(query)
            paths.update((f"{run}/{key}", f"/console/runs/{run}/items/{number}") for key, number in found)
    return paths


def _figure(text: str, words: Words) -> str:
    try:
        number = Decimal(text)
    except ArithmeticError:
        return text
    return words.figure(format(_rounded(number), "f"))


def _negated(text: str) -> str:
    try:
        return format(0 - Decimal(text), "f")
    except ArithmeticError:
        return text


def _rounded(number: Decimal) -> Decimal:
    """To what people read, without zeros behind; a number beyond any stock stays as it is."""
    return round_money(number).normalize() + 0 if number.adjusted() < MOST_DIGITS else number
