"""The made-up year as rows of sales: products, customers' orders and what was billed for them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from connectors.contracts.orders import Order
from connectors.database.models.sales import ProductRow, SalesInvoiceRow, SalesOrder, SalesOrderItem
from connectors.demo.sales import CURRENCY, TAX_PERCENT, invoice_line
from connectors.demo.year.company_year import CompanyYear
from connectors.demo.year.customers import make_orders
from connectors.demo.year.rows import Row, write_rows
from connectors.demo.year.shape import YearShape
from connectors.money import ZERO, round_money

SHARE_ON_ACCOUNT = 0.08  # business customers pay later; everybody else paid beforehand
SHARE_NEVER_PAID, SHARE_PART_PAID, SHARE_DISPUTED = 0.06, 0.03, 0.15
PAYMENT_DAYS = 14
LANGUAGE_OF = {"CZ": "cs", "HU": "hu", "IS": "is"}


def write_sales(session: Session, year: CompanyYear) -> int:
    """Returns the number of orders."""
    arrivals = year.arrivals()
    write_rows(session, ProductRow, _products(year, arrivals))
    sold = ((place.goods, line) for place in year.stock for line in place.year.sold)
    orders = list(make_orders(year.shape, sold, arrivals))
    write_rows(session, SalesOrder, map(_order, orders))
    write_rows(session, SalesOrderItem, (item for order in orders for item in _items(order)))
    write_rows(session, SalesInvoiceRow, _invoices(year.shape, orders))
    return len(orders)


def _products(year: CompanyYear, arrivals: dict[str, date]) -> Iterator[Row]:
    free: defaultdict[str, int] = defaultdict(int)
    for place in year.stock:
        free[place.goods.sku] += max(0, place.year.on_hand - place.year.reserved)
    for goods in year.goods:
        yield {
            "sku": goods.sku,
            "names": dict(goods.names),
            "descriptions": {},
            "category": goods.category,
            "price": goods.price,
            "currency": CURRENCY,
            "stock": Decimal(free[goods.sku]),
            "expected_on": arrivals.get(goods.sku),
            "alternatives": [],
        }


def _order(order: Order) -> Row:
    shipment = order.shipment
    return {
        "number": order.number,
        "email": order.email,
        "customer_name": order.customer_name,
        "ordered_on": order.ordered_on,
        "state": order.state.value,
        "total": order.total,
        "currency": order.currency,
        "expected_on": order.expected_on,
        "carrier": shipment and shipment.carrier,
        "tracking_number": shipment and shipment.tracking_number,
        "shipped_on": shipment and shipment.shipped_on,
        "delivered_on": shipment and shipment.delivered_on,
        **(asdict(order.address) if order.address else {}),
    }


def _items(order: Order) -> Iterator[Row]:
    for item in order.items:
        yield {"order_number": order.number} | asdict(item)


def _invoices(shape: YearShape, orders: Sequence[Order]) -> Iterator[Row]:
    for order in orders:
        if order.shipment is not None and order.shipment.shipped_on is not None:
            yield _invoice(shape, order, order.shipment.shipped_on)


def _invoice(shape: YearShape, order: Order, issued_on: date) -> Row:
    lines = [invoice_line(item.name, item.quantity, item.unit_price or ZERO) for item in order.items]
    country = order.address.country if order.address else None
    return {
        "number": f"FV-{order.number.removeprefix('ORD-')}",
        "order_number": order.number,
        "issued_on": issued_on,
        "customer_name": order.customer_name,
        "address": asdict(order.address) if order.address else {},
        "currency": order.currency,
        "lines": lines,
        "net_total": sum((Decimal(line["net"]) for line in lines), ZERO),
        "tax_total": round_money(order.total * TAX_PERCENT / (100 + TAX_PERCENT)),
        "gross_total": order.total,
        "customer_email": order.email,
        "customer_language": LANGUAGE_OF.get(country or "", "en"),
        "customer_country": country,
    } | _payment(shape, order, issued_on)


def _payment(shape: YearShape, order: Order, issued_on: date) -> dict[str, Any]:
    random = shape.chance("payment", order.number)
    due_on = issued_on + timedelta(days=PAYMENT_DAYS) if random.random() < SHARE_ON_ACCOUNT else None
    luck = random.random()
    is_owed = due_on is not None and (due_on > shape.last_day or luck < SHARE_NEVER_PAID + SHARE_PART_PAID)
    paid = order.total
    if is_owed:
        paid = round_money(order.total / 2) if SHARE_NEVER_PAID <= luck < SHARE_NEVER_PAID + SHARE_PART_PAID else ZERO
    return {
        "due_on": due_on,
        "paid": paid,
        "settled_on": None if is_owed else due_on or issued_on,
        "is_disputed": is_owed and random.random() < SHARE_DISPUTED,
    }
