"""The made-up customers' orders: what left the sites, gathered into baskets, with what became of them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from connectors.contracts.orders import Address, Order, OrderItem, OrderState, Shipment
from connectors.demo.year.goods import Goods, words
from connectors.demo.year.shape import YearShape
from connectors.demo.year.warehouse import SoldLine, working_days_after
from connectors.money import ZERO

FIRST_NUMBER = 20_001  # the hand-made orders of the demo have four digits
SHARE_OF_BASKETS = 0.35
CARRIERS = ("DPD", "GLS", "PPL")
DAYS_ON_THE_ROAD, DAYS_TO_PACK = 2, 1
Sold = tuple[Goods, SoldLine]


def make_orders(shape: YearShape, sold: Iterable[Sold], arrivals: Mapping[str, date]) -> Iterator[Order]:
    """The orders in the order of their days; `arrivals` says by SKU when more of it is expected."""
    random = shape.chance("customers")
    by_day: defaultdict[date, list[Sold]] = defaultdict(list)
    for goods, line in sold:
        by_day[line.on].append((goods, line))
    number = FIRST_NUMBER
    for day in sorted(by_day):
        random.shuffle(by_day[day])
        for basket in _baskets(by_day[day], random):
            yield _order(shape, number, basket, arrivals, random)
            number += 1


def _baskets(lines: Sequence[Sold], random: Random) -> Iterator[list[Sold]]:
    basket: list[Sold] = []
    for goods, line in lines:
        if basket and (random.random() > SHARE_OF_BASKETS or any(other.sku == goods.sku for other, _line in basket)):
            yield basket
            basket = []
        basket.append((goods, line))
    if basket:
        yield basket


def _order(
    shape: YearShape, number: int, basket: Sequence[Sold], arrivals: Mapping[str, date], random: Random
) -> Order:
    ordered_on = basket[0][1].on
    items = tuple(
        OrderItem(goods.sku, goods.names["en"], Decimal(line.quantity), goods.price) for goods, line in basket
    )
    waits_for = [arrivals[goods.sku] for goods, line in basket if line.shipped_on is None and goods.sku in arrivals]
    is_complete = all(line.shipped_on is not None for _goods, line in basket)
    left = max((line.shipped_on for _goods, line in basket if line.shipped_on is not None), default=ordered_on)
    shipped_on = working_days_after(left, DAYS_TO_PACK) if is_complete else None
    state, shipment = _progress(shape.last_day, shipped_on, number, random)
    name, email, address = _customer(random.randrange(shape.customers))
    return Order(
        number=f"ORD-{ordered_on.year}-{number}",
        email=email,
        customer_name=name,
        ordered_on=ordered_on,
        state=state,
        items=items,
        total=sum((item.quantity * goods.price for item, (goods, _line) in zip(items, basket, strict=True)), ZERO),
        currency="EUR",
        expected_on=max(waits_for, default=None) if shipped_on is None else shipped_on + timedelta(DAYS_ON_THE_ROAD),
        shipment=shipment,
        address=address,
    )


def _progress(today: date, shipped_on: date | None, number: int, random: Random) -> tuple[OrderState, Shipment | None]:
    if shipped_on is None:
        return OrderState.BACK_ORDER, None
    if shipped_on > today:
        return OrderState.PICKING, None
    carrier = random.choice(CARRIERS)
    delivered_on = working_days_after(shipped_on, DAYS_ON_THE_ROAD)
    is_there = delivered_on <= today
    shipment = Shipment(carrier, f"{carrier}{number:09d}", shipped_on, delivered_on if is_there else None)
    return (OrderState.DELIVERED if is_there else OrderState.SHIPPED), shipment


def _customer(number: int) -> tuple[str, str, Address]:
    """The same person for the same number."""
    first_names, last_names, places = words()["first_names"], words()["last_names"], words()["places"]
    first, last = first_names[number % len(first_names)], last_names[number // len(first_names) % len(last_names)]
    place = places[number % len(places)]
    address = Address(f"{place['street']} {number % 90 + 1}", place["city"], place["postcode"], place["country"])
    return f"{first} {last}", f"customer{number:05d}@example.com", address
