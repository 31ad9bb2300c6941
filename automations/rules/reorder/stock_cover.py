"""Stock cover: how long stock will last, what it ties up, what hardly moves, and which products matter most."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from automations.rules.reorder.lots import InvalidRuleError
from connectors.money import ZERO


class AbcClass(StrEnum):
    """By the value used: A are the few products that make up most of it, C the many that make up the rest."""

    A = "A"
    B = "B"
    C = "C"


@dataclass(frozen=True, slots=True)
class StockedItem:
    """`used` is what left in the window of the report, in stock units; `unit_cost` what one of them costs."""

    item: str
    on_hand: Decimal
    used: Decimal
    unit_cost: Decimal


@dataclass(frozen=True, slots=True)
class CoverSettings:
    """Demand is that of the last `window_days`; stock that covers more than `slow_days` moves slowly.

    A products make up the first `a_share` of the value used, A and B together the first `b_share`. Raises
    InvalidRuleError.
    """

    window_days: int = 90
    slow_days: int = 180
    a_share: Decimal = Decimal("0.80")
    b_share: Decimal = Decimal("0.95")

    def __post_init__(self) -> None:
        if self.window_days < 1 or self.slow_days < 1:
            raise InvalidRuleError("The window and the limit for slow movers are 1 day or more.")
        if not 0 <= self.a_share <= self.b_share <= 1:
            raise InvalidRuleError("The shares of A, and of A and B together, rise and lie between 0 and 1.")


@dataclass(frozen=True, slots=True)
class ItemCover:
    """`days_of_cover` is None where nothing was used: stock lasts for ever. Stock below 0 covers 0 days."""

    item: str
    on_hand: Decimal
    days_of_cover: Decimal | None
    money_tied_up: Decimal
    value_used: Decimal
    abc_class: AbcClass
    moves_slowly: bool


@dataclass(frozen=True, slots=True)
class StockCover:
    """The items, the one that ties up most first, and their sums; `days_of_cover` is by value."""

    items: tuple[ItemCover, ...]
    days_of_cover: Decimal | None
    money_tied_up: Decimal
    money_in_slow_movers: Decimal


USUAL_COVER = CoverSettings()


def measure_cover(stocked: Sequence[StockedItem], settings: CoverSettings = USUAL_COVER) -> StockCover:
    """All items are of one site and one currency; money is not rounded. Raises InvalidRuleError."""
    for one in stocked:
        _check(one)
    classes = classify_by_value({one.item: one.used * one.unit_cost for one in stocked}, settings)
    if len(classes) < len(stocked):
        raise InvalidRuleError("An item is listed twice: add up its stock first.")
    items = sorted(
        (_cover(one, classes[one.item], settings) for one in stocked), key=lambda one: (-one.money_tied_up, one.item)
    )
    tied_up = _sum(one.money_tied_up for one in items)
    return StockCover(
        tuple(items),
        _days(tied_up, _sum(one.value_used for one in items), settings.window_days),
        tied_up,
        _sum(one.money_tied_up for one in items if one.moves_slowly),
    )


def classify_by_value(values: dict[str, Decimal], settings: CoverSettings = USUAL_COVER) -> dict[str, AbcClass]:
    """Pareto's classes; the product that crosses a limit is in the higher class, one without value always in C."""
    total, before, classes = _sum(values.values()), ZERO, {}
    for item, value in sorted(values.items(), key=lambda pair: (-pair[1], pair[0])):
        if before < settings.a_share * total:
            classes[item] = AbcClass.A
        elif before < settings.b_share * total:
            classes[item] = AbcClass.B
        else:
            classes[item] = AbcClass.C
        before += value
    return classes


def _cover(one: StockedItem, abc_class: AbcClass, settings: CoverSettings) -> ItemCover:
    on_hand = max(one.on_hand, ZERO)
    days = _days(on_hand, one.used, settings.window_days)
    return ItemCover(
        item=one.item,
        on_hand=one.on_hand,
        days_of_cover=days,
        money_tied_up=on_hand * one.unit_cost,
        value_used=one.used * one.unit_cost,
        abc_class=abc_class,
        moves_slowly=on_hand > 0 and (days is None or days > settings.slow_days),
    )


def _days(held: Decimal, used: Decimal, window_days: int) -> Decimal | None:
    return held * window_days / used if used else None


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)


def _check(one: StockedItem) -> None:
    if not all(figure.is_finite() for figure in (one.on_hand, one.used, one.unit_cost)):
        raise InvalidRuleError(f"A figure of item {one.item} is no number: correct its stock, use or cost.")
    if one.used < 0 or one.unit_cost < 0:
        raise InvalidRuleError(f"Use and cost of item {one.item} are 0 or more: correct {one.used} or {one.unit_cost}.")
