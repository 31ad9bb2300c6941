"""Customer orders kept in our own database."""

from collections.abc import Sequence

from sqlalchemy import func, select

from connectors.contracts.orders import Order, OrderItem, OrderState, Shipment
from connectors.database.failures import explain_failures
from connectors.database.models.trade import SalesOrder
from connectors.database.session import Database
from connectors.email_address import normalise_email
from connectors.errors import NotFound
from connectors.order_number import normalise_order_number


class HouseOrders:
    """Orders in the tables `sales_orders` and `sales_order_items`; numbers and addresses are stored normalised."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find_order(self, number: str) -> Order:
        with explain_failures(), self._database.read() as session:
            row = session.get(SalesOrder, normalise_order_number(number))
            if row is None:
                raise NotFound(f"There is no order {number!r}.")
            return _read_order(row)

    def orders_of(self, email: str) -> Sequence[Order]:
        query = (
            select(SalesOrder)
            .where(SalesOrder.email == normalise_email(email))
            .order_by(SalesOrder.ordered_on.desc(), SalesOrder.number.desc())
        )
        with explain_failures(), self._database.read() as session:
            return tuple(_read_order(row) for row in session.scalars(query))

    def check(self) -> str:
        with explain_failures(), self._database.read() as session:
            count = session.scalar(select(func.count()).select_from(SalesOrder))
        return f"Our own database holds {count} customer orders."


def _read_order(row: SalesOrder) -> Order:
    return Order(
        number=row.number,
        email=row.email,
        customer_name=row.customer_name,
        ordered_on=row.ordered_on,
        state=OrderState(row.state),
        items=tuple(OrderItem(item.sku, item.name, item.quantity) for item in row.items),
        total=row.total,
        currency=row.currency,
        expected_on=row.expected_on,
        shipment=_read_shipment(row),
    )


def _read_shipment(row: SalesOrder) -> Shipment | None:
    if row.carrier is None or row.tracking_number is None:
        return None
    return Shipment(row.carrier, row.tracking_number, row.shipped_on, row.delivered_on)
