"""What Tryton's product suppliers say as supplier terms."""

from collections.abc import Iterator
from decimal import Decimal

from connectors.contracts.inventory import SupplierBreak, SupplierTerms
from connectors.money import ZERO
from connectors.vendors.tryton.session import Record, at, many
from connectors.vendors.tryton.units import Units, plain

TERMS_FIELDS = (
    "product.code",
    "template.products.code",
    "template.default_uom",
    "party.name",
    "party.active",
    "currency.code",
    "unit",
    "lead_time_used",
    "prices.quantity",
    "prices.unit_price",
)


def read_terms(record: Record, units: Units) -> Iterator[SupplierTerms]:
    """One for each product that they hold for. The price from the smallest quantity on is the list price."""
    prices = sorted(
        (SupplierBreak(plain(Decimal(one["quantity"])), plain(Decimal(one["unit_price"]))) for one in _prices(record)),
        key=lambda one: one.from_units,
    )
    ratio = units.convert(Decimal(1), record["unit"], at(record, "template.default_uom"))
    smallest = prices[0].from_units if prices else ZERO
    for item in _items(record):
        yield SupplierTerms(
            item,
            at(record, "party.name") or "",
            at(record, "currency.code"),
            prices[0].price if prices else ZERO,
            breaks=tuple(prices[1:]),
            moq=plain(smallest * ratio),
            stock_units_per_purchase_unit=plain(ratio),
            purchase_uom=units.code(record["unit"]),
            lead_time_days=record["lead_time_used"].days if record["lead_time_used"] else 0,
            is_blocked=not at(record, "party.active"),
        )


def _prices(record: Record) -> list[Record]:
    return [one for one in many(record, "prices") if one["unit_price"] is not None]


def _items(record: Record) -> list[str]:
    """Terms of a product hold for it alone, those of a template for all its products."""
    if record["product."] is not None:
        return [at(record, "product.code")]
    return [product["code"] for product in many(record["template."], "products") if product["code"]]
