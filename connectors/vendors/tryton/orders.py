"""Customer orders in Tryton: reading sales, and changing what Tryton still lets be changed."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from connectors.contracts.orders import UNDELIVERED, Address, Order, OrderState
from connectors.email_address import normalise_email
from connectors.errors import NotFound, Rejected
from connectors.order_number import normalise_order_number
from connectors.vendors.order_changes import (
    require_complete,
    require_not_dispatched,
    require_not_packed,
    with_quantity,
)
from connectors.vendors.tryton.contacts import addresses_of
from connectors.vendors.tryton.failures import expecting_known_shapes
from connectors.vendors.tryton.purchase_orders import MARK
from connectors.vendors.tryton.sales import SaleBook, read_address
from connectors.vendors.tryton.session import Record, TrytonSession, escape_pattern, many

SALE, SHIPMENT, NOTE = "model.sale.sale", "model.stock.shipment.out", "ir.note"
DRAFT = "draft"
OFFERED = (DRAFT, "quotation")
# How a shipment comes back to the state in which its address may be changed.
_BACK: dict[str, Sequence[str]] = {"draft": (), "waiting": ("draft",), "assigned": ("wait", "draft")}
# What the first of the two notes of a change says more than the second.
BEGUN = "\n(begun)"


@dataclass(frozen=True, slots=True)
class _Change:
    """`require` refuses what may not be begun; `carry_out` brings about a state, and goes on where a death left it."""

    kind: str
    detail: dict[str, Any]
    require: Callable[[Record, Order], None]
    carry_out: Callable[[Record, Order], None]

    def told(self, key: str) -> str:
        return f"{MARK}{key}\n{self.kind} {self.detail}"


class TrytonOrders:
    """A change leaves two notes with its key at the sale: before its first step, and after its last.

    What was begun is carried out whatever the rules for new changes say of the sale by then; what was finished is
    never touched again. Once Tryton processes a sale, only its address can be changed: it has moves and invoices.
    """

    def __init__(self, session: TrytonSession) -> None:
        self._session = session
        self._sales = SaleBook(session)

    def find_order(self, number: str) -> Order:
        return self._find(number)[1]

    def orders_of(self, email: str) -> Sequence[Order]:
        wanted = normalise_email(email)
        address = [
            ["party.contact_mechanisms.type", "=", "email"],
            ["party.contact_mechanisms.value", "ilike", escape_pattern(wanted)],
        ]
        # Two conditions on a relation may be met by two of its records.
        own = [order for sale, order in self._sales.find(address) if wanted in addresses_of(sale["party."])]
        return sorted(own, key=lambda order: (order.ordered_on, order.number), reverse=True)

    def undelivered_orders(self) -> Sequence[Order]:
        found = self._sales.find([["state", "in", ["confirmed", "processing"]]])
        return sorted((order for _sale, order in found if order.state in UNDELIVERED), key=lambda order: order.number)

    def cancel_order(self, number: str, idempotency_key: str) -> Order:
        def require(sale: Record, order: Order) -> None:
            require_not_packed(order.state)
            _require_offered(sale)

        def carry_out(sale: Record, order: Order) -> None:
            if order.state is not OrderState.CANCELLED:
                _require_offered(sale)
                self._session.write(f"{SALE}.cancel", [sale["id"]])

        return self._change(number, idempotency_key, _Change("cancel", {}, require, carry_out))

    def change_address(self, number: str, address: Address, idempotency_key: str) -> Order:
        def require(sale: Record, order: Order) -> None:
            require_not_dispatched(order.state)
            require_complete(address)
            self._country(address)
            _require_changeable(sale, address)

        def carry_out(sale: Record, _order: Order) -> None:
            _require_changeable(sale, address)
            self._send_to(sale, address)

        return self._change(number, idempotency_key, _Change("address", asdict(address), require, carry_out))

    def change_quantity(self, number: str, sku: str, quantity: Decimal, idempotency_key: str) -> Order:
        def require(sale: Record, order: Order) -> None:
            require_not_packed(order.state)
            with_quantity(order.items, sku, quantity)
            _require_offered(sale)

        def carry_out(sale: Record, order: Order) -> None:
            reached = sum(item.quantity for item in order.items if item.sku == sku) == quantity
            if not reached or sale["state"] == DRAFT:
                _require_offered(sale)
                self._set_quantity(sale, sku, quantity)

        detail = {"sku": sku, "quantity": format(quantity.normalize(), "f")}
        return self._change(number, idempotency_key, _Change("quantity", detail, require, carry_out))

    def check(self) -> str:
        count = self._session.read(f"{SALE}.search_count", [])
        return f"Tryton holds {count} sales."

    def _find(self, number: str) -> tuple[Record, Order]:
        wanted = normalise_order_number(number)
        found = list(self._sales.find([["number", "ilike", escape_pattern(wanted)]]))
        if not found:
            raise NotFound(f"There is no order {number!r}.")
        return found[0]

    def _change(self, number: str, key: str, change: _Change) -> Order:
        sale, order = self._find(number)
        told = change.told(key)
        noted = self._noted(sale, key)
        if noted - {told, told + BEGUN}:
            raise Rejected(f"Another change was already made with the key {key!r}.")
        if told in noted:
            return order
        if not noted:
            change.require(sale, order)
            self._note(sale, told + BEGUN)
        change.carry_out(sale, order)
        self._note(sale, told)
        return self.find_order(number)

    def _noted(self, sale: Record, key: str) -> set[str]:
        """What was noted of this sale with the key; Tryton shows notes only sale by sale."""
        resource = ["resource", "=", f"sale.sale,{sale['id']}"]
        message = ["message", "like", escape_pattern(f"{MARK}{key}\n") + "%"]
        found = self._session.search(NOTE, [resource, message], ["message"])
        with expecting_known_shapes():
            return {note["message"] for note in found}

    def _note(self, sale: Record, message: str) -> None:
        values = {"resource": f"sale.sale,{sale['id']}", "message": message}
        self._session.write(f"model.{NOTE}.create", [values])

    def _set_quantity(self, sale: Record, sku: str, quantity: Decimal) -> None:
        """An item that is gone already is out of the offer; what is left to do is to offer it again."""
        domain = [["sale", "=", sale["id"]], ["product.code", "=", sku]]
        lines = [line["id"] for line in self._session.search("sale.line", domain, ["id"])]
        if quantity and not lines:
            raise NotFound(f"The order has no item {sku!r} any more.")
        changed = [["write", lines, {"quantity": float(quantity)}]] if quantity else [["delete", lines]]
        self._amend(sale, {"lines": changed} if lines else {})

    def _amend(self, sale: Record, values: dict[str, Any]) -> None:
        """Take an offer back, change it, and offer it again."""
        if sale["state"] != DRAFT:
            self._session.write(f"{SALE}.draft", [sale["id"]])
        if values:
            self._session.write(f"{SALE}.write", [sale["id"]], values)
        self._session.write(f"{SALE}.quote", [sale["id"]])

    def _address_of(self, party: int, address: Address) -> int:
        """The customer's address that says so; a new one where there is none."""
        parts = {"street": address.street, "city": address.city, "postal_code": address.postcode}
        domain = [["party", "=", party], ["country.code", "=", address.country]]
        same = [[name, "=", part] for name, part in parts.items()]
        if found := self._session.search("party.address", [*domain, *same], ["id"]):
            known: int = found[0]["id"]
            return known
        values = {**parts, "party": party, "country": self._country(address), "delivery": True}
        created: list[int] = self._session.write("model.party.address.create", [values])
        return created[0]

    def _country(self, address: Address) -> int:
        found = self._session.search("country.country", [["code", "=", address.country.upper()]], ["id"])
        if not found:
            raise Rejected(
                f"Tryton knows no country {address.country!r}; load its countries with trytond_import_countries."
            )
        country: int = found[0]["id"]
        return country

    def _send_to(self, sale: Record, address: Address) -> None:
        if _is_offered_elsewhere(sale, address):
            self._amend(sale, {"shipment_address": self._address_of(sale["party"], address)})
        for shipment in _elsewhere(sale, address):
            for button in _BACK[shipment["state"]]:
                self._session.write(f"{SHIPMENT}.{button}", [shipment["id"]])
            values = {"delivery_address": self._address_of(sale["party"], address)}
            self._session.write(f"{SHIPMENT}.write", [shipment["id"]], values)
            self._session.write(f"{SHIPMENT}.wait", [shipment["id"]])


def _shipments(sale: Record) -> Sequence[Record]:
    return [one for one in many(sale, "shipments") if one["state"] != "cancelled"]


def _is_offered_elsewhere(sale: Record, address: Address) -> bool:
    """Whether the order itself says where its parcels will go, and says otherwise or is not offered again yet."""
    is_there = read_address(sale["shipment_address."]) == address and sale["state"] != DRAFT
    return not _shipments(sale) and not is_there


def _elsewhere(sale: Record, address: Address) -> Sequence[Record]:
    """The shipments that go to another address, or that a change of address left in draft."""
    return [
        one for one in _shipments(sale) if one["state"] == DRAFT or read_address(one["delivery_address."]) != address
    ]


def _require_changeable(sale: Record, address: Address) -> None:
    """All parcels go to the new address or none does, so each is looked at before the first is changed."""
    if _is_offered_elsewhere(sale, address):
        _require_offered(sale)
    if any(shipment["state"] not in _BACK for shipment in _elsewhere(sale, address)):
        raise Rejected("The parcel is packed already; Tryton does not let its address be changed.")


def _require_offered(sale: Record) -> None:
    if sale["state"] not in OFFERED:
        raise Rejected("Tryton processes the order already; a colleague has to change it there.")
