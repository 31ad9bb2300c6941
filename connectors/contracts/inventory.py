"""Inventory: what lies where, what left it, by which rule it is ordered again, and what suppliers ask for it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple, Protocol


class ItemSite(NamedTuple):
    """An item at a site; sorts by item, then site."""

    item: str
    site: str


class DemandKind(StrEnum):
    """A loss (breakage, theft, stocktaking) left the site, too, but nobody wanted it."""

    CUSTOMER = "customer"
    LOSS = "loss"


class ReorderPolicy(StrEnum):
    """How the figures of a rule are read; see `ReorderRule`."""

    ORDER_POINT = "order_point"
    FIXED_QUANTITY = "fixed_quantity"
    S_S = "s_S"
    NEWSVENDOR = "newsvendor"
    PERIODIC_REVIEW = "periodic_review"
    LOT_SIZING = "lot_sizing"
    DDMRP = "ddmrp"
    TIME_PHASED = "time_phased"


@dataclass(frozen=True, slots=True)
class StockLevel:
    """What lies at a site, in `uom`. `unit_cost` is what a stock unit is worth in the books, in `currency`."""

    item: str
    site: str
    uom: str
    on_hand: Decimal
    reserved: Decimal
    unit_cost: Decimal
    currency: str

    @property
    def key(self) -> ItemSite:
        return ItemSite(self.item, self.site)


@dataclass(frozen=True, slots=True)
class DemandRecord:
    """Stock units that left a site on a day; several records of a day add up."""

    item: str
    site: str
    on: date
    quantity: Decimal
    kind: DemandKind = DemandKind.CUSTOMER


@dataclass(frozen=True, slots=True)
class ReorderRule:
    """How an item is ordered again at a site. Figures in stock units; what is missing follows from the forecast.

    | policy | figures |
    |---|---|
    | order_point | `minimum`, `maximum` |
    | fixed_quantity | `reorder_point`; `quantity`, or for an economic one `fixed_cost`, `holding_cost` (a year) |
    | s_S | `reorder_point` and `order_up_to`, or `fixed_cost`, `holding_cost`, `stockout_cost` (unit and day) |
    | newsvendor | `holding_cost` and `stockout_cost` per unit and day |
    | periodic_review | `review_days`; else the job's |
    | lot_sizing | `fixed_cost`, `holding_cost` (unit and week), `periods` (weeks looked ahead, 12) |
    | ddmrp | `lead_time_factor`, `variability`; `order_cycle` (days) |
    | time_phased | `minimum`, `target`, `watch_days`, `cover_days` |

    `forecast` names a method, "auto" or "none"; empty = "auto" where the policy cannot do without one or misses
    figures, else "none". `service_level` is per order cycle, between 0 and 1. `horizon_days` is the lead time that
    counts, in calendar days; None = that of the supplier. The rule acts from `snoozed_until` on. `trigger` is "below"
    or "at_or_below". Vendors check nothing: an unknown policy or a wrong figure (NaN where it is no number at all) is
    an exception of its item.
    """

    item: str
    site: str
    policy: str
    figures: Mapping[str, Decimal] = field(default_factory=dict)
    forecast: str = ""
    service_level: Decimal | None = None
    horizon_days: int | None = None
    snoozed_until: date | None = None
    trigger: str = "below"

    @property
    def key(self) -> ItemSite:
        return ItemSite(self.item, self.site)


@dataclass(frozen=True, slots=True)
class SupplierBreak:
    """The price of a purchase unit from a number of purchase units on."""

    from_units: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True)
class SupplierTerms:
    """What a supplier asks for an item. Prices are per purchase unit, `moq` and `multiple` in stock units.

    The lead time is in working days of the supplier's country; `reliability` is the share of its orders that came
    in full and in time.
    """

    item: str
    supplier: str
    currency: str
    list_price: Decimal
    breaks: tuple[SupplierBreak, ...] = ()
    moq: Decimal = Decimal(0)
    multiple: Decimal | None = None
    stock_units_per_purchase_unit: Decimal = Decimal(1)
    purchase_uom: str = ""
    lead_time_days: int = 0
    holiday_country: str | None = None
    reliability: Decimal = Decimal(1)
    is_blocked: bool = False


@dataclass(frozen=True, slots=True)
class KitPart:
    """So many stock units of the component are in one unit of the kit."""

    component: str
    quantity: Decimal


class Inventory(Protocol):
    """The stock-keeping side of an ERP. Everything is read in bulk; what is unknown is missing in the answer.

    Raises:
        Unavailable, RateLimited, AuthFailed: any method, when the system says so.
    """

    def list_rules(
        self, after: ItemSite | None = None, limit: int = 1000, site: str | None = None
    ) -> Sequence[ReorderRule]:
        """The rules in the order of item and site, from the first after this key on; of one site if it is named."""
        ...

    def find_rules(self, keys: Iterable[ItemSite]) -> Mapping[ItemSite, ReorderRule]: ...

    def list_stock(
        self, after: ItemSite | None = None, limit: int = 1000, site: str | None = None
    ) -> Sequence[StockLevel]:
        """The stock in the same order."""
        ...

    def find_stock(self, keys: Iterable[ItemSite]) -> Mapping[ItemSite, StockLevel]: ...

    def find_demand(
        self, keys: Iterable[ItemSite], first: date, last: date
    ) -> Mapping[ItemSite, Sequence[DemandRecord]]:
        """What left the sites from the first to the last day, both included, the oldest first."""
        ...

    def find_terms(self, items: Iterable[str]) -> Mapping[str, Sequence[SupplierTerms]]:
        """By item, in the order of the suppliers' names."""
        ...

    def kits(self) -> Mapping[str, Sequence[KitPart]]:
        """All items that are made of others."""
        ...


def all_rules(inventory: Inventory, site: str | None = None, size: int = 1000) -> Iterator[Sequence[ReorderRule]]:
    """All rules in pieces of at most `size`."""
    piece = inventory.list_rules(None, size, site)
    while piece:
        yield piece
        piece = inventory.list_rules(piece[-1].key, size, site)
