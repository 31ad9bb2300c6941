"""The made-up year put together: one source for demo, tests and benches."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from connectors.demo.year.bills import MadeInvoice, make_invoices
from connectors.demo.year.goods import Goods, make_goods
from connectors.demo.year.purchases import MadeOrder, make_purchase_orders
from connectors.demo.year.shape import SITES, YearShape
from connectors.demo.year.warehouse import SiteYear, live_through


class ProductAtSite(NamedTuple):
    goods: Goods
    site: str
    year: SiteYear


@dataclass(frozen=True, slots=True)
class CompanyYear:
    """Sales, purchases and stock that fit together: what was sold was there, and what is there was bought."""

    shape: YearShape
    goods: Sequence[Goods]
    stock: Sequence[ProductAtSite]
    purchase_orders: Sequence[MadeOrder]
    invoices: Sequence[MadeInvoice]

    def arrivals(self) -> dict[str, date]:
        """By SKU the first day on which more of it is expected."""
        found: dict[str, date] = {}
        for made in self.purchase_orders:
            for line in made.order.lines:
                if line.received < line.quantity and made.order.expected_on is not None:
                    expected_on = max(made.order.expected_on, self.shape.last_day)
                    found[line.item] = min(found.get(line.item, expected_on), expected_on)
        return found


def make_year(shape: YearShape) -> CompanyYear:
    goods = make_goods(shape)
    stock = [ProductAtSite(each, site, live_through(each, site, shape)) for each in goods for site in SITES]
    orders = list(
        make_purchase_orders((place.goods, place.site, line) for place in stock for line in place.year.ordered)
    )
    return CompanyYear(shape, goods, stock, orders, list(make_invoices(shape, orders)))
