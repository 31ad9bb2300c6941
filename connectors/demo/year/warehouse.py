"""A year of one product at one site: customers take, the weekly review orders, suppliers deliver as they do."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from connectors.demo.year.goods import Goods, Habit
from connectors.demo.year.shape import DAYS, YearShape, draw_count

ONE_DAY = timedelta(days=1)
REVIEW_WEEKS = 3  # an order lasts so long
SHARE_OF_PART_DELIVERIES, SHARE_OF_REJECTS, SHARE_OF_BREAKAGE = 0.08, 0.03, 0.004


@dataclass(slots=True)
class SoldLine:
    """A customer's line; `shipped_on` None = it waits."""

    on: date
    quantity: int
    shipped_on: date | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    on: date
    quantity: int
    accepted: int


@dataclass(slots=True)
class Replenishment:
    """A line that was ordered; what is not delivered yet is still to come."""

    ordered_on: date
    quantity: int
    expected_on: date
    deliveries: list[Delivery] = field(default_factory=list)


@dataclass(slots=True)
class SiteYear:
    """What became of one product at one site, with what lies there in the evening of the last day."""

    sold: list[SoldLine] = field(default_factory=list)
    lost: list[tuple[date, int]] = field(default_factory=list)
    ordered: list[Replenishment] = field(default_factory=list)
    on_hand: int = 0
    order_point: int = 0
    order_up_to: int = 0

    @property
    def reserved(self) -> int:
        return sum(line.quantity for line in self.sold if line.shipped_on is None)


def live_through(goods: Goods, site: str, shape: YearShape) -> SiteYear:
    """Nothing is lost: what is not there is sent when it comes, the oldest line first."""
    random = shape.chance("warehouse", goods.sku, site)
    year = SiteYear()
    year.order_point, year.order_up_to = order_levels(goods)
    year.on_hand = year.order_up_to
    coming: dict[date, list[tuple[Replenishment, int, int]]] = {}
    waiting: deque[SoldLine] = deque()
    review_weekday = sum(map(ord, goods.supplier.name)) % 5
    for offset in range(DAYS):
        day = shape.first_day + timedelta(days=offset)
        for order, quantity, accepted in coming.pop(day, ()):
            order.deliveries.append(Delivery(day, quantity, accepted))
            year.on_hand += accepted
        for line in _customers(goods, day, shape.first_day, random):
            year.sold.append(line)
            waiting.append(line)
        _send(waiting, year, day)
        if year.on_hand and random.random() < SHARE_OF_BREAKAGE:
            year.on_hand -= 1
            year.lost.append((day, 1))
        if day.weekday() == review_weekday:
            _review(goods, year, waiting, coming, day, random)
    return year


def order_levels(goods: Goods) -> tuple[int, int]:
    """Below which stock it is ordered, and up to which: lead time and some more, and what an order lasts."""
    weekly = goods.weekly * _mean_quantity(goods)
    order_point = round(weekly * goods.supplier.lead_days / 5 * 1.4) + 1
    return order_point, order_point + max(goods.pack, round(weekly * REVIEW_WEEKS))


def _mean_quantity(goods: Goods) -> float:
    return 7.0 if goods.habit is Habit.INTERMITTENT else 1.5


def _customers(goods: Goods, day: date, first_day: date, random: Random) -> Iterator[SoldLine]:
    for _ in range(draw_count(random, goods.rate(day, first_day))):
        if goods.habit is Habit.INTERMITTENT:
            yield SoldLine(day, random.randint(3, 11))
        else:
            yield SoldLine(day, random.choice((1, 1, 1, 2, 2, 2)))


def _send(waiting: deque[SoldLine], year: SiteYear, day: date) -> None:
    while waiting and waiting[0].quantity <= year.on_hand:
        line = waiting.popleft()
        line.shipped_on = day
        year.on_hand -= line.quantity


def _review(
    goods: Goods,
    year: SiteYear,
    waiting: deque[SoldLine],
    coming: dict[date, list[tuple[Replenishment, int, int]]],
    day: date,
    random: Random,
) -> None:
    on_order = sum(quantity for parts in coming.values() for _order, quantity, _accepted in parts)
    position = year.on_hand + on_order - sum(line.quantity for line in waiting)
    if position >= year.order_point:
        return
    quantity = -(-(year.order_up_to - position) // goods.pack) * goods.pack
    order = Replenishment(day, quantity, working_days_after(day, goods.supplier.lead_days))
    year.ordered.append(order)
    is_late = random.random() > float(goods.supplier.reliability)
    arrival = working_days_after(order.expected_on, random.randint(2, 12)) if is_late else order.expected_on
    parts = [quantity]
    if quantity > 1 and random.random() < SHARE_OF_PART_DELIVERIES:
        parts = [quantity - quantity // 3, quantity // 3] if quantity > 2 else [1, 1]
    for number, part in enumerate(parts):
        rejected = part // 10 + 1 if part > 1 and random.random() < SHARE_OF_REJECTS else 0
        coming.setdefault(working_days_after(arrival, 4 * number), []).append((order, part, part - rejected))


def working_days_after(day: date, count: int) -> date:
    """Monday to Friday count; zero days after a Sunday is Monday."""
    while count > 0 or day.weekday() >= 5:
        day += ONE_DAY
        count -= day.weekday() < 5
    return day
