"""Why a hold of an earlier run is gone: what changed between the two verdicts on one document."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum


class Change(StrEnum):
    """What changed; `SETTINGS` are the limits of the job, `OUTSIDE` anything that leaves no figure with us."""

    OVERRIDE = "override"
    ORDER = "order"
    RECEIVED = "received"
    ACCEPTED = "accepted"
    ORDERED = "ordered"
    BILLED = "billed"
    PRICE = "price"
    SETTINGS = "settings"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class HoldPlace:
    """A hold by its code and its place, an order line or empty."""

    code: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class OrderFigures:
    """One order line as it was at a verdict."""

    ordered: Decimal | None = None
    received: Decimal | None = None
    accepted: Decimal | None = None
    billed: Decimal | None = None
    price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class SeenVerdict:
    """What a verdict was made of: its holds, its order and order lines, and a mark of the settings."""

    holds: Sequence[HoldPlace] = ()
    order: str | None = None
    lines: Mapping[str, OrderFigures] = field(default_factory=dict)
    settings: str = ""


@dataclass(frozen=True, slots=True)
class Release:
    """A hold that is gone, what changed, and the figure before and after where it is one."""

    hold: HoldPlace
    change: Change
    before: str | None = None
    after: str | None = None


_FIGURES: Mapping[Change, str] = {
    Change.RECEIVED: "received",
    Change.ACCEPTED: "accepted",
    Change.ORDERED: "ordered",
    Change.BILLED: "billed",
    Change.PRICE: "price",
}
# Where to look first; what else changed on the line explains it less.
_CAUSES: Mapping[str, tuple[Change, ...]] = {
    "NOT_RECEIVED": (Change.RECEIVED, Change.BILLED),
    "QTY_OVER_RECEIVED": (Change.RECEIVED, Change.BILLED),
    "QTY_UNDER_RECEIVED": (Change.RECEIVED, Change.BILLED),
    "QTY_OVER_ACCEPTED": (Change.ACCEPTED, Change.RECEIVED, Change.BILLED),
    "QTY_UNDER_ACCEPTED": (Change.ACCEPTED, Change.RECEIVED, Change.BILLED),
    "QTY_OVER_ORDERED": (Change.ORDERED, Change.BILLED),
    "QTY_UNDER_ORDERED": (Change.ORDERED, Change.BILLED),
    "CREDIT_OVER_BILLED": (Change.BILLED,),
    "LINE_VALUE_OVER": (Change.RECEIVED, Change.BILLED, Change.PRICE, Change.ORDERED),
    "PRICE_OVER": (Change.PRICE,),
    "PRICE_UNDER": (Change.PRICE,),
}


def explain_releases(
    before: SeenVerdict, after: SeenVerdict, passed: frozenset[HoldPlace] = frozenset()
) -> tuple[Release, ...]:
    """Each hold of the earlier verdict that the later one does not have; `passed` are those let pass by override."""
    still = set(after.holds)
    gone = [hold for hold in dict.fromkeys(before.holds) if hold not in still]
    return tuple(_explain(hold, before, after, passed) for hold in gone)


def _explain(hold: HoldPlace, before: SeenVerdict, after: SeenVerdict, passed: frozenset[HoldPlace]) -> Release:
    if hold in passed:
        return Release(hold, Change.OVERRIDE)
    if before.order != after.order:
        return Release(hold, Change.ORDER, before.order, after.order)
    was, is_now = before.lines.get(hold.place), after.lines.get(hold.place)
    if was is not None and is_now is not None:
        for change in _CAUSES.get(hold.code, ()):
            old, new = (getattr(figures, _FIGURES[change]) for figures in (was, is_now))
            if old != new:
                return Release(hold, change, _show(old), _show(new))
    return Release(hold, Change.SETTINGS if before.settings != after.settings else Change.OUTSIDE)


def _show(figure: Decimal | None) -> str | None:
    return None if figure is None else format(figure, "f")
