"""The made-up year as rows of inventory: stock, demand, reorder rules and suppliers' terms."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from sqlalchemy.orm import Session

from connectors.contracts.inventory import DemandKind, ReorderPolicy
from connectors.database.models.inventory import DemandRow, ReorderRuleRow, StockLevelRow, SupplierTermsRow
from connectors.demo.year.company_year import CompanyYear, ProductAtSite
from connectors.demo.year.goods import RATES, Goods, Habit, Supplier, suppliers
from connectors.demo.year.purchases import PIECE
from connectors.demo.year.rows import Row, write_rows
from connectors.demo.year.shape import YearShape
from connectors.money import round_money

SHARE_WITH_SECOND_SUPPLIER, SHARE_BLOCKED, SHARE_WITHOUT_SUPPLIER = 0.4, 0.02, 0.01
SECOND_PRICE = Decimal("1.08")
# Which rules fit which habit; a product keeps to one.
POLICIES = {
    Habit.STEADY: (ReorderPolicy.ORDER_POINT, ReorderPolicy.FIXED_QUANTITY, ReorderPolicy.DDMRP),
    Habit.SEASONAL: (ReorderPolicy.PERIODIC_REVIEW, ReorderPolicy.TIME_PHASED, ReorderPolicy.LOT_SIZING),
    Habit.TRENDING: (ReorderPolicy.PERIODIC_REVIEW, ReorderPolicy.NEWSVENDOR),
    Habit.INTERMITTENT: (ReorderPolicy.S_S, ReorderPolicy.ORDER_POINT),
}


def write_stock(session: Session, year: CompanyYear) -> int:
    """Returns the number of products at sites."""
    write_rows(session, DemandRow, (row for place in year.stock for row in _demand(place)))
    write_rows(session, ReorderRuleRow, (_rule(year.shape, place) for place in year.stock))
    write_rows(session, SupplierTermsRow, (row for goods in year.goods for row in _terms(year.shape, goods)))
    return write_rows(session, StockLevelRow, map(_level, year.stock))


def _level(place: ProductAtSite) -> Row:
    goods = place.goods
    return {
        "item": goods.sku,
        "site": place.site,
        "uom": PIECE,
        "on_hand": Decimal(place.year.on_hand),
        "reserved": Decimal(place.year.reserved),
        "unit_cost": goods.cost,
        "currency": goods.supplier.currency,
    }


def _demand(place: ProductAtSite) -> Iterator[Row]:
    """What customers wanted, on the day on which they wanted it, and what broke."""
    wanted: Counter[object] = Counter()
    for line in place.year.sold:
        wanted[line.on] += line.quantity
    every = [*((day, count, DemandKind.CUSTOMER) for day, count in wanted.items())]
    every += [(day, count, DemandKind.LOSS) for day, count in place.year.lost]
    for day, count, kind in every:
        yield {
            "item": place.goods.sku,
            "site": place.site,
            "on": day,
            "quantity": Decimal(count),
            "kind": kind.value,
        }


def _rule(shape: YearShape, place: ProductAtSite) -> Row:
    choices = POLICIES[place.goods.habit]
    policy = choices[shape.chance("policy", place.goods.sku).randrange(len(choices))]
    return {
        "item": place.goods.sku,
        "site": place.site,
        "policy": policy.value,
        "figures": {name: str(figure) for name, figure in _figures(policy, place).items()},
        "service_level": Decimal("0.95"),
    }


def _figures(policy: ReorderPolicy, place: ProductAtSite) -> dict[str, Decimal]:
    low, high = Decimal(place.year.order_point), Decimal(place.year.order_up_to)
    unit_cost = place.goods.cost / RATES[place.goods.supplier.currency]
    ordering, holding = Decimal(8), round_money(unit_cost / 4)
    return {
        ReorderPolicy.ORDER_POINT: {"minimum": low, "maximum": high},
        ReorderPolicy.FIXED_QUANTITY: {"reorder_point": low, "fixed_cost": ordering, "holding_cost": holding},
        ReorderPolicy.S_S: {"reorder_point": low, "order_up_to": high},
        ReorderPolicy.NEWSVENDOR: {"holding_cost": Decimal("0.05"), "stockout_cost": Decimal(1)},
        ReorderPolicy.PERIODIC_REVIEW: {"review_days": Decimal(7)},
        ReorderPolicy.LOT_SIZING: {"fixed_cost": ordering, "holding_cost": Decimal("0.10")},
        ReorderPolicy.DDMRP: {"lead_time_factor": Decimal("0.5"), "variability": Decimal("0.5")},
        ReorderPolicy.TIME_PHASED: {
            "minimum": low,
            "target": high,
            "watch_days": Decimal(21),
            "cover_days": Decimal(35),
        },
    }[policy]


def _terms(shape: YearShape, goods: Goods) -> Iterator[Row]:
    random = shape.chance("terms", goods.sku)
    if random.random() < SHARE_WITHOUT_SUPPLIER:
        return
    yield _offer(goods, goods.supplier, Decimal(1), random.random() < SHARE_BLOCKED)
    if random.random() < SHARE_WITH_SECOND_SUPPLIER:
        other = random.choice([each for each in suppliers() if each.name != goods.supplier.name])
        yield _offer(goods, other, SECOND_PRICE, is_blocked=False)


def _offer(goods: Goods, supplier: Supplier, dearer: Decimal, is_blocked: bool) -> Row:
    price = round_money(goods.cost / RATES[goods.supplier.currency] * RATES[supplier.currency] * dearer)
    return {
        "item": goods.sku,
        "supplier": supplier.name,
        "currency": supplier.currency,
        "list_price": price,
        "breaks": [[str(20 * goods.pack), str(round_money(price * Decimal("0.94")))]],
        "moq": Decimal(goods.pack),
        "multiple": Decimal(goods.pack),
        "purchase_uom": PIECE,
        "lead_time_days": supplier.lead_days,
        "holiday_country": supplier.country,
        "reliability": supplier.reliability,
        "is_blocked": is_blocked,
    }
