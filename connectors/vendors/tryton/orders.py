"""Customer orders in Tryton: reading sales, and changing what Tryton still lets be changed."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from connectors.contracts.orders import UNDELIVERED, Address, Order
from connectors.email_address import normalise_email
from connectors.errors import NotFound, Rejected
from connectors.order_number import normalise_order_number
from connectors.vendors.order_changes import (
    require_complete,
    require_not_dispatched,
    require_not_packed,
    with_quantity,
)
from connectors.vendors.tryton.failures import expecting_known_shapes
from connectors.vendors.tryton.purchase_orders import MARK
from connectors.vendors.tryton.sales import SaleBook
from connectors.vendors.tryton.session import Record, TrytonSession, escape_pattern, many

SALE, SHIPMENT, NOTE = "model.sale.sale", "model.stock.shipment.out", "ir.note"
OFFERED = ("draft", "quotation")
# How a shipment comes back to the state in which its address may be changed.
_BACK: dict[str, Sequence[str]] = {"draft": (), "waiting": ("draft",), "assigned": ("wait", "draft")}
Change = Callable[[Record, Order], None]


class TrytonOrders:
    """A change leaves a note with its key at the sale, after it is done.

    What is asked for is always the state to be reached, so doing it again after a death is harmless. Once Tryton
    processes a sale, only its address can be changed: it has moves and invoices by then.
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
        found = [order for _sale, order in self._sales.find(address)]
        # Two conditions on a relation may be met by two of its records.
        own = [order for order in found if normalise_email(order.email) == wanted]
        return sorted(own, key=lambda order: (order.ordered_on, order.number), reverse=True)

    def undelivered_orders(self) -> Sequence[Order]:
        found = self._sales.find([["state", "in", ["confirmed", "processing"]]])
        return sorted((order for _sale, order in found if order.state in UNDELIVERED), key=lambda order: order.number)

    def cancel_order(self, number: str, idempotency_key: str) -> Order:
        def cancel(sale: Record, order: Order) -> None:
            require_not_packed(order.state)
            _require_offered(sale)
            self._session.write(f"{SALE}.cancel", [sale["id"]])

        return self._change(number, idempotency_key, "cancel", {}, cancel)

    def change_address(self, number: str, address: Address, idempotency_key: str) -> Order:
        def change(sale: Record, order: Order) -> None:
            require_not_dispatched(order.state)
            require_complete(address)
            if order.address != address:
                self._send_to(sale, self._address_of(sale["party"], address))

        return self._change(number, idempotency_key, "address", asdict(address), change)

    def change_quantity(self, number: str, sku: str, quantity: Decimal, idempotency_key: str) -> Order:
        def change(sale: Record, order: Order) -> None:
            require_not_packed(order.state)
            with_quantity(order.items, sku, quantity)
            _require_offered(sale)
            self._set_quantity(sale, sku, quantity)

        detail = {"sku": sku, "quantity": format(quantity.normalize(), "f")}
        return self._change(number, idempotency_key, "quantity", detail, change)

    def check(self) -> str:
        count = self._session.read(f"{SALE}.search_count", [])
        return f"Tryton holds {count} sales."

    def _find(self, number: str) -> tuple[Record, Order]:
        wanted = normalise_order_number(number)
        found = list(self._sales.find([["number", "ilike", escape_pattern(wanted)]]))
        if not found:
            raise NotFound(f"There is no order {number!r}.")
        return found[0]

    def _change(self, number: str, key: str, kind: str, detail: dict[str, Any], change: Change) -> Order:
        sale, order = self._find(number)
        told = f"{MARK}{key}\n{kind} {detail}"
        resource = f"sale.sale,{sale['id']}"
        done = self._done(resource, key)
        if done not in (None, told):
            raise Rejected(f"Another change was already made with the key {key!r}.")
        if done is None:
            change(sale, order)
            self._session.write(f"model.{NOTE}.create", [{"resource": resource, "message": told}])
        return self.find_order(number)

    def _done(self, resource: str, key: str) -> str | None:
        """The change of this sale that was made with the key; Tryton shows notes only sale by sale."""
        domain = [["resource", "=", resource], ["message", "like", escape_pattern(f"{MARK}{key}\n") + "%"]]
        found = self._session.search(NOTE, domain, ["message"])
        with expecting_known_shapes():
            return found[0]["message"] if found else None

    def _set_quantity(self, sale: Record, sku: str, quantity: Decimal) -> None:
        search = self._session.search
        line = search("sale.line", [["sale", "=", sale["id"]], ["product.code", "=", sku]], ["id"])[0]["id"]
        changed = [["write", [line], {"quantity": float(quantity)}]] if quantity else [["delete", [line]]]
        if sale["state"] == "quotation":
            self._session.write(f"{SALE}.draft", [sale["id"]])
        self._session.write(f"{SALE}.write", [sale["id"]], {"lines": changed})
        self._session.write(f"{SALE}.quote", [sale["id"]])

    def _address_of(self, party: int, address: Address) -> int:
        """The customer's address that says so; a new one where there is none."""
        parts = {"street": address.street, "city": address.city, "postal_code": address.postcode}
        domain = [["party", "=", party], ["country.code", "=", address.country]]
        same = [[name, "=", part] for name, part in parts.items()]
        if found := self._session.search("party.address", [*domain, *same], ["id"]):
            known: int = found[0]["id"]
            return known
        countries = self._session.search("country.country", [["code", "=", address.country.upper()]], ["id"])
        if not countries:
            raise Rejected(
                f"Tryton knows no country {address.country!r}; load its countries with trytond_import_countries."
            )
        values = {**parts, "party": party, "country": countries[0]["id"], "delivery": True}
        created: list[int] = self._session.write("model.party.address.create", [values])
        return created[0]

    def _send_to(self, sale: Record, address: int) -> None:
        shipments = [one for one in many(sale, "shipments") if one["state"] != "cancelled"]
        if not shipments:
            _require_offered(sale)
            self._session.write(f"{SALE}.write", [sale["id"]], {"shipment_address": address})
        for shipment in shipments:
            if shipment["state"] not in _BACK:
                raise Rejected("The parcel is packed already; Tryton does not let its address be changed.")
            for button in _BACK[shipment["state"]]:
                self._session.write(f"{SHIPMENT}.{button}", [shipment["id"]])
            self._session.write(f"{SHIPMENT}.write", [shipment["id"]], {"delivery_address": address})
            self._session.write(f"{SHIPMENT}.wait", [shipment["id"]])


def _require_offered(sale: Record) -> None:
    if sale["state"] not in OFFERED:
        raise Rejected("Tryton processes the order already; a colleague has to change it there.")
