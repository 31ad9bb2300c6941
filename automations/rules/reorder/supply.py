"""When an order arrives or has to be placed, and which needs go into one order."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from automations.rules.reorder.lots import InvalidRuleError
from automations.rules.working_days import WorkingDays

FORWARD, BACKWARD = 1, -1


@dataclass(frozen=True, slots=True)
class LeadTime:
    """Days between order and receipt. `calendar` says which days count; None counts all of them.

    `landing`, where given, moves the counted day on to one of its working days: a receipt later, an order earlier.
    """

    days: int
    calendar: WorkingDays | None = None
    landing: WorkingDays | None = None

    def __post_init__(self) -> None:
        if self.days < 0:
            raise InvalidRuleError(f"A lead time is 0 days or more, not {self.days}.")

    def arrival(self, ordered_on: date) -> date:
        return self._count(ordered_on, FORWARD)

    def order_by(self, needed_on: date) -> date:
        """The last day on which an order arrives in time; `needed_on` is a day on which the supplier delivers."""
        return self._count(needed_on, BACKWARD)

    def _count(self, start: date, step: int) -> date:
        day = start
        for _ in range(self.days if self.calendar else 0):
            day = _nearest(self.calendar, day + timedelta(days=step), step)
        if self.calendar is None:
            day = start + timedelta(days=step * self.days)
        return day if self.landing is None else _nearest(self.landing, day, step)


@dataclass(frozen=True, slots=True)
class Need:
    """An item that has to be ordered from a supplier on a day."""

    item: str
    supplier: str
    order_date: date


@dataclass(frozen=True, slots=True)
class MergedOrder:
    supplier: str
    order_date: date
    items: tuple[str, ...]


def merge_needs(needs: Iterable[Need], window_days: int) -> list[MergedOrder]:
    """One order per supplier and window; a window begins with the first need that no earlier one holds."""
    orders: list[list[Need]] = []
    open_orders: dict[str, list[Need]] = {}
    for need in sorted(needs, key=lambda need: need.order_date):
        current = open_orders.get(need.supplier)
        if current is None or (need.order_date - current[0].order_date).days > window_days:
            current = open_orders[need.supplier] = []
            orders.append(current)
        current.append(need)
    return [
        MergedOrder(group[0].supplier, group[0].order_date, tuple(dict.fromkeys(need.item for need in group)))
        for group in orders
    ]


def _nearest(calendar: WorkingDays | None, day: date, step: int) -> date:
    found = day if calendar is None else calendar.nearest(day, step)
    if found is None:
        raise InvalidRuleError("The supplier's calendar has no working day within a year: correct its days off.")
    return found
