"""Sales of Tryton as customer orders: what was bought, and where its shipments are."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from connectors.contracts.orders import Address, Order, OrderItem, OrderState, Shipment
from connectors.money import ZERO, round_money
from connectors.vendors.tryton.failures import expecting_known_shapes
from connectors.vendors.tryton.session import Domain, Record, TrytonSession, at, many
from connectors.vendors.tryton.units import plain

BEGUN = frozenset({"assigned", "picked", "packed"})
_ADDRESS = ("street", "city", "postal_code", "country.code")
_LINE_FIELDS = (
    "type",
    "sequence",
    "product.code",
    "product.name",
    "description",
    "quantity",
    "unit_price",
    "taxes.rate",
    "taxes.type",
)
_SHIPMENT_FIELDS = ("number", "state", "reference", "effective_date", "planned_date")
FIELDS = (
    "number",
    "state",
    "party",
    "party.name",
    "party.email",
    "party.contact_mechanisms.type",
    "party.contact_mechanisms.value",
    "sale_date",
    "quotation_date",
    "create_date",
    "invoice_state",
    "shipment_state",
    "shipping_date",
    "currency.code",
    "total_amount",
    *(f"shipment_address.{name}" for name in _ADDRESS),
    *(f"lines.{name}" for name in _LINE_FIELDS),
    *(f"shipments.{name}" for name in _SHIPMENT_FIELDS),
    *(f"shipments.delivery_address.{name}" for name in _ADDRESS),
)


class SaleBook:
    """Reads sales with their lines and shipments, a few hundred with one question."""

    def __init__(self, session: TrytonSession) -> None:
        self._session = session

    def find(self, domain: Domain) -> Iterator[tuple[Record, Order]]:
        """Each sale as it stands in Tryton and as an order; those without a number were never offered."""
        scope = [domain, ["number", "!=", None], ["company", "=", self._session.company()]]
        for page in self._session.pages("sale.sale", scope, FIELDS):
            with expecting_known_shapes():
                yield from [(record, read_order(record)) for record in page]


def read_order(record: Record) -> Order:
    shipments = [one for one in many(record, "shipments") if one["state"] != "cancelled"]
    shipment = _last_on_its_way(shipments)
    address = shipment["delivery_address."] if shipment else record["shipment_address."]
    planned = [one["planned_date"] for one in shipments if one["planned_date"] and one["state"] not in ("done",)]
    return Order(
        number=record["number"],
        email=at(record, "party.email") or "",
        customer_name=at(record, "party.name") or "",
        ordered_on=record["sale_date"] or record["quotation_date"] or record["create_date"].date(),
        state=_state(record, shipments),
        items=tuple(_read_item(line) for line in _lines(record)),
        total=Decimal(record["total_amount"]),
        currency=at(record, "currency.code"),
        expected_on=max(planned, default=record["shipping_date"]),
        shipment=_read_shipment(shipment),
        address=read_address(address),
    )


def _state(record: Record, shipments: Sequence[Record]) -> OrderState:
    """As a customer would put it. Done is a shipment of which nothing is left to do: it has arrived."""
    states = {one["state"] for one in shipments}
    if record["state"] == "cancelled":
        return OrderState.CANCELLED
    if states and states <= {"done"} and record["shipment_state"] == "sent":
        return OrderState.DELIVERED
    if states and states <= {"done", "shipped"}:
        return OrderState.SHIPPED
    if states & {"done", "shipped"}:
        return OrderState.BACK_ORDER
    if states & BEGUN:
        return OrderState.PICKING
    if not shipments and record["state"] == "done":
        return OrderState.DELIVERED
    return OrderState.PAID if record["invoice_state"] == "paid" else OrderState.RECEIVED


def _lines(record: Record) -> Sequence[Record]:
    lines = [line for line in many(record, "lines") if line["type"] == "line"]
    return sorted(lines, key=lambda line: (line["sequence"] is None, line["sequence"] or 0, line["id"]))


def _read_item(line: Record) -> OrderItem:
    description = line["description"] or ""
    return OrderItem(
        at(line, "product.code") or "",
        at(line, "product.name") or description,
        plain(Decimal(line["quantity"])),
        price_with_tax(Decimal(line["unit_price"]), many(line, "taxes")),
    )


def price_with_tax(price: Decimal, taxes: Sequence[Record]) -> Decimal | None:
    """None where a tax is not a part of the price, so that nobody can say it for one piece."""
    if any(tax["type"] != "percentage" for tax in taxes):
        return None
    return round_money(price * (1 + sum((Decimal(tax["rate"]) for tax in taxes), ZERO)))


def _last_on_its_way(shipments: Sequence[Record]) -> Record | None:
    """The one that left last, else the one that leaves next."""
    gone = [one for one in shipments if one["state"] in ("shipped", "done")]
    if gone:
        return max(gone, key=lambda one: (one["effective_date"] or date.min, one["id"]))
    return min(shipments, key=lambda one: one["id"], default=None)


def _read_shipment(record: Record | None) -> Shipment | None:
    """Tryton itself knows no carriers: its own number stands for the parcel's where the shipment says no other."""
    if record is None or record["state"] not in ("shipped", "done"):
        return None
    left_on = record["effective_date"]
    return Shipment(
        "", record["reference"] or record["number"] or "", left_on, left_on if record["state"] == "done" else None
    )


def read_address(record: Record | None) -> Address | None:
    if record is None:
        return None
    parts = (record["street"], record["city"], record["postal_code"], at(record, "country.code"))
    return Address(*(part or "" for part in parts)) if all(parts) else None
