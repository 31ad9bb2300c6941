"""Customer orders kept in our own database."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from connectors.contracts.orders import UNDELIVERED, Address, Order, OrderItem, OrderState, Shipment
from connectors.database.failures import explain_failures
from connectors.database.models.sales import SalesOrder, SalesOrderChange
from connectors.database.session import Database
from connectors.email_address import normalise_email
from connectors.errors import NotFound, Rejected
from connectors.order_number import normalise_order_number
from connectors.vendors.order_changes import (
    new_total,
    require_complete,
    require_not_dispatched,
    require_not_packed,
    with_quantity,
)


class HouseOrders:
    """Orders in the tables `sales_orders` and `sales_order_items`; numbers and addresses are stored normalised."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find_order(self, number: str) -> Order:
        with explain_failures(), self._database.read() as session:
            return _read_order(_find(session, number))

    def orders_of(self, email: str) -> Sequence[Order]:
        query = (
            select(SalesOrder)
            .where(SalesOrder.email == normalise_email(email))
            .order_by(SalesOrder.ordered_on.desc(), SalesOrder.number.desc())
        )
        with explain_failures(), self._database.read() as session:
            return tuple(_read_order(row) for row in session.scalars(query))

    def undelivered_orders(self) -> Sequence[Order]:
        query = select(SalesOrder).where(SalesOrder.state.in_(UNDELIVERED)).order_by(SalesOrder.number)
        with explain_failures(), self._database.read() as session:
            return tuple(_read_order(row) for row in session.scalars(query))

    def cancel_order(self, number: str, idempotency_key: str) -> Order:
        def cancel(row: SalesOrder) -> None:
            require_not_packed(OrderState(row.state))
            row.state = OrderState.CANCELLED
            row.expected_on = None

        return self._change(number, idempotency_key, "cancel", {}, cancel)

    def change_address(self, number: str, address: Address, idempotency_key: str) -> Order:
        def change(row: SalesOrder) -> None:
            require_not_dispatched(OrderState(row.state))
            require_complete(address)
            row.street, row.city = address.street, address.city
            row.postcode, row.country = address.postcode, address.country

        return self._change(number, idempotency_key, "address", asdict(address), change)

    def change_quantity(self, number: str, sku: str, quantity: Decimal, idempotency_key: str) -> Order:
        def change(row: SalesOrder) -> None:
            require_not_packed(OrderState(row.state))
            order = _read_order(row)
            items = with_quantity(order.items, sku, quantity)
            row.total = new_total(order, items)
            row.items = [item for item in row.items if item.sku != sku or quantity]
            for item in row.items:
                if item.sku == sku:
                    item.quantity = quantity

        detail = {"sku": sku, "quantity": format(quantity.normalize(), "f")}
        return self._change(number, idempotency_key, "quantity", detail, change)

    def _change(
        self, number: str, key: str, kind: str, detail: dict[str, Any], change: Callable[[SalesOrder], None]
    ) -> Order:
        with explain_failures(), self._database.write() as session:
            row = _find(session, number, locked=True)
            done = session.get(SalesOrderChange, key)
            if done is not None and (done.order_number, done.kind, done.detail) != (row.number, kind, detail):
                raise Rejected(f"Another change was already made with the key {key!r}.")
            if done is None:
                change(row)
                session.add(SalesOrderChange(idempotency_key=key, order_number=row.number, kind=kind, detail=detail))
                session.flush()
            return _read_order(row)

    def check(self) -> str:
        with explain_failures(), self._database.read() as session:
            count = session.scalar(select(func.count()).select_from(SalesOrder))
        return f"Our own database holds {count} customer orders."


def _find(session: Session, number: str, locked: bool = False) -> SalesOrder:
    row = session.get(SalesOrder, normalise_order_number(number), with_for_update=locked or None)
    if row is None:
        raise NotFound(f"There is no order {number!r}.")
    return row


def _read_order(row: SalesOrder) -> Order:
    return Order(
        number=row.number,
        email=row.email,
        customer_name=row.customer_name,
        ordered_on=row.ordered_on,
        state=OrderState(row.state),
        items=tuple(OrderItem(item.sku, item.name, item.quantity, item.unit_price) for item in row.items),
        total=row.total,
        currency=row.currency,
        expected_on=row.expected_on,
        shipment=_read_shipment(row),
        address=_read_address(row),
    )


def _read_shipment(row: SalesOrder) -> Shipment | None:
    if row.carrier is None or row.tracking_number is None:
        return None
    return Shipment(row.carrier, row.tracking_number, row.shipped_on, row.delivered_on)


def _read_address(row: SalesOrder) -> Address | None:
    if row.street is None or row.city is None or row.postcode is None or row.country is None:
        return None
    return Address(row.street, row.city, row.postcode, row.country)
