"""Replay: how many customers would have left empty-handed, and how much stock would have lain, under another rule.

A day goes like this. In the morning arrives what is due; it first serves those who wait. Then the day's demand is
served as far as stock reaches. What is missing is lost (lost sales) or waits for the next arrivals (backorders). In the
evening stock is counted and the rule is asked; its order arrives in the morning of the day that the lead time says, at
the earliest the next. What was really done is replayed the same way with the recorded receipts in place of a rule, so
that both differ in nothing else.

Two limits. Recorded demand has to be what customers asked for: where only sales were recorded, stock-outs hide part of
it and every rule looks better than it was. And a rule set from the same days that are replayed looks better than it
will be: set it from the days before.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from automations.rules.reorder.demand_pattern import InvalidHistoryError
from automations.rules.reorder.lots import InvalidRuleError
from automations.rules.reorder.order_point import OrderPointRule, StockPosition, order_quantity
from automations.rules.reorder.supply import LeadTime
from automations.rules.reorder.time_phased import StockMove
from connectors.money import ZERO

OrderingRule = Callable[[StockPosition, date], Decimal]
"""What to order in the evening of a day, 0 for nothing; in the position `reserved` is what customers wait for."""


class Shortage(StrEnum):
    """What becomes of demand that stock does not serve."""

    LOST_SALES = "lost_sales"
    BACKORDERS = "backorders"


@dataclass(frozen=True, slots=True)
class RecordedDemand:
    """What customers asked for on each day from `first_day` on, in stock units, and the stock of that morning.

    `unit_cost` is what a unit in stock ties up. Raises InvalidHistoryError.
    """

    first_day: date
    opening_stock: Decimal
    per_day: tuple[Decimal, ...]
    unit_cost: Decimal = ZERO
    shortage: Shortage = Shortage.LOST_SALES

    def __post_init__(self) -> None:
        if not self.per_day:
            raise InvalidHistoryError("There is no day to replay: give the demand of at least one.")
        for name, figure in (("opening stock", self.opening_stock), ("unit cost", self.unit_cost)):
            if not figure.is_finite() or figure < 0:
                raise InvalidHistoryError(f"The {name} is {figure}: correct it to 0 or more.")
        for number, demand in enumerate(self.per_day):
            if not demand.is_finite() or demand < 0:
                day = self.first_day + timedelta(days=number)
                raise InvalidHistoryError(f"The demand of {day} is {demand}: count returns on the day of their sale.")


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """What came of it, in stock units and in the currency of the unit cost.

    `days_short` are days on which somebody was not served in full, `days_out_of_stock` days that ended with an empty
    shelf. `units_short` counts a unit once, on the day it was asked for. `average_stock` is that of the evenings.
    `orders_placed` counts receipts where what was really done is replayed.
    """

    days: int
    days_short: int
    days_out_of_stock: int
    units_demanded: Decimal
    units_short: Decimal
    average_stock: Decimal
    money_tied_up: Decimal
    orders_placed: int
    stock_by_day: tuple[Decimal, ...]

    @property
    def fill_rate(self) -> Decimal | None:
        return _fill_rate(self.units_demanded, self.units_short)


@dataclass(frozen=True, slots=True)
class ReplayTotals:
    """Several products together; `days_short` and `days_out_of_stock` are of products times `days`."""

    products: int
    days: int
    days_short: int
    days_out_of_stock: int
    units_demanded: Decimal
    units_short: Decimal
    money_tied_up: Decimal
    orders_placed: int

    @property
    def fill_rate(self) -> Decimal | None:
        return _fill_rate(self.units_demanded, self.units_short)


def follow_order_point(rule: OrderPointRule) -> OrderingRule:
    return lambda position, day: order_quantity(position, rule, day)


def replay_rule(
    recorded: RecordedDemand, rule: OrderingRule, lead_time: LeadTime, in_transit: Iterable[StockMove] = ()
) -> ReplayResult:
    """The recorded days under a rule; `in_transit` had been ordered before and arrives as it did.

    Raises InvalidHistoryError, and InvalidRuleError where the rule orders less than nothing.
    """
    shelf = _Shelf(recorded.opening_stock, recorded.shortage)
    shelf.expect_all(in_transit, recorded.first_day)
    orders = 0
    for number, demand in enumerate(recorded.per_day):
        day = recorded.first_day + timedelta(days=number)
        shelf.live(day, demand)
        ordered = rule(shelf.position, day)
        if not ordered.is_finite() or ordered < 0:
            raise InvalidRuleError(f"On {day} the rule orders {ordered}: an order is 0 or more.")
        if ordered:
            shelf.expect(max(lead_time.arrival(day), day + timedelta(days=1)), ordered)
            orders += 1
    return shelf.result(recorded, orders)


def replay_receipts(recorded: RecordedDemand, receipts: Sequence[StockMove]) -> ReplayResult:
    """The recorded days as they were: with all receipts of these days, whenever ordered. Raises InvalidHistoryError."""
    shelf = _Shelf(recorded.opening_stock, recorded.shortage)
    shelf.expect_all(receipts, recorded.first_day)
    end = recorded.first_day + timedelta(days=len(recorded.per_day))
    for number, demand in enumerate(recorded.per_day):
        shelf.live(recorded.first_day + timedelta(days=number), demand)
    return shelf.result(recorded, sum(receipt.on < end for receipt in receipts))


def total_replays(results: Sequence[ReplayResult]) -> ReplayTotals:
    return ReplayTotals(
        products=len(results),
        days=max((result.days for result in results), default=0),
        days_short=sum(result.days_short for result in results),
        days_out_of_stock=sum(result.days_out_of_stock for result in results),
        units_demanded=sum((result.units_demanded for result in results), ZERO),
        units_short=sum((result.units_short for result in results), ZERO),
        money_tied_up=sum((result.money_tied_up for result in results), ZERO),
        orders_placed=sum(result.orders_placed for result in results),
    )


@dataclass(slots=True)
class _Shelf:
    """A product's stock, lived through day by day."""

    stock: Decimal
    shortage: Shortage
    waiting: Decimal = ZERO
    on_order: Decimal = ZERO
    due: dict[date, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    short_by_day: list[Decimal] = field(default_factory=list)
    stock_by_day: list[Decimal] = field(default_factory=list)

    @property
    def position(self) -> StockPosition:
        return StockPosition(self.stock, on_order=self.on_order, reserved=self.waiting)

    def expect(self, day: date, quantity: Decimal) -> None:
        self.due[day] += quantity
        self.on_order += quantity

    def expect_all(self, receipts: Iterable[StockMove], first_day: date) -> None:
        for receipt in receipts:
            if receipt.on < first_day:
                raise InvalidHistoryError(f"The receipt of {receipt.on} is part of the opening stock: leave it out.")
            if not receipt.quantity.is_finite() or receipt.quantity < 0:
                raise InvalidHistoryError(
                    f"The receipt of {receipt.on} is {receipt.quantity}: subtract what went back from what came."
                )
            self.expect(receipt.on, receipt.quantity)

    def live(self, day: date, demand: Decimal) -> None:
        arrived = self.due.pop(day, ZERO)
        self.on_order -= arrived
        served_late = min(self.waiting, arrived)
        self.waiting -= served_late
        self.stock += arrived - served_late
        served = min(self.stock, demand)
        self.stock -= served
        if self.shortage is Shortage.BACKORDERS:
            self.waiting += demand - served
        self.short_by_day.append(demand - served)
        self.stock_by_day.append(self.stock)

    def result(self, recorded: RecordedDemand, orders: int) -> ReplayResult:
        days = len(self.stock_by_day)
        average = sum(self.stock_by_day, ZERO) / days
        return ReplayResult(
            days=days,
            days_short=sum(short > 0 for short in self.short_by_day),
            days_out_of_stock=sum(stock == 0 for stock in self.stock_by_day),
            units_demanded=sum(recorded.per_day, ZERO),
            units_short=sum(self.short_by_day, ZERO),
            average_stock=average,
            money_tied_up=average * recorded.unit_cost,
            orders_placed=orders,
            stock_by_day=tuple(self.stock_by_day),
        )


def _fill_rate(demanded: Decimal, short: Decimal) -> Decimal | None:
    """The share of demand served on its day; None where nobody asked."""
    return 1 - short / demanded if demanded else None
