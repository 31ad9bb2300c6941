"""The demo's catalogue, customer orders, returns, and the invoices of what was sent out."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from connectors.database.models.sales import ProductRow, ReturnRow, SalesInvoiceRow, SalesOrder, SalesOrderItem
from connectors.demo.records import Record, day_of, load_records, required_day_of
from connectors.money import ZERO, round_money

TAX_PERCENT = Decimal(21)
CURRENCY = "EUR"
FIRST_INVOICE = 871
# Net unit prices are printed with four decimals, so that lines still add up to what the customer paid.
UNIT_PRICE_DECIMALS = 4


def add_catalogue(session: Session, today: date) -> None:
    for record in load_records("catalogue.json"):
        session.add(
            ProductRow(
                sku=record["sku"],
                names=record["names"],
                descriptions=record["descriptions"],
                category=record["category"],
                price=Decimal(record["price"]),
                currency=CURRENCY,
                stock=Decimal(record["stock"]),
                expected_on=day_of(record, "expected", today),
                alternatives=record["alternatives"],
            )
        )


def add_sales(session: Session, today: date) -> None:
    """The customer orders with their returns, and an invoice for each that has left."""
    records = load_records("sales_orders.json")
    session.add_all(_order(record, today) for record in records)
    session.flush()
    _add_invoices(session, [record for record in records if "shipped_days_ago" in record], today)
    _add_returns(session, today)


def _order(record: Record, today: date) -> SalesOrder:
    return SalesOrder(
        number=record["number"],
        email=record["email"],
        customer_name=record["customer_name"],
        ordered_on=required_day_of(record, "ordered", today),
        state=record["state"],
        total=Decimal(record["total"]),
        currency=record["currency"],
        expected_on=day_of(record, "expected", today),
        carrier=record.get("carrier"),
        tracking_number=record.get("tracking_number"),
        shipped_on=day_of(record, "shipped", today),
        delivered_on=day_of(record, "delivered", today),
        **record["address"],
        items=[_order_item(item) for item in record["items"]],
    )


def _order_item(item: Record) -> SalesOrderItem:
    return SalesOrderItem(
        sku=item["sku"],
        name=item["name"],
        quantity=Decimal(item["quantity"]),
        unit_price=Decimal(item["unit_price"]),
    )


def _add_invoices(session: Session, records: Sequence[Record], today: date) -> None:
    in_order = sorted(records, key=lambda record: (required_day_of(record, "shipped", today), record["number"]))
    for number, record in enumerate(in_order, FIRST_INVOICE):
        lines = _invoice_lines(record)
        gross_total = Decimal(record["total"])
        session.add(
            SalesInvoiceRow(
                number=f"FV-2026-{number:04d}",
                order_number=record["number"],
                issued_on=required_day_of(record, "shipped", today),
                customer_name=record["customer_name"],
                address=record["address"],
                currency=record["currency"],
                lines=lines,
                net_total=sum((Decimal(line["net"]) for line in lines), ZERO),
                # Prices contain the tax, so it is taken out of what was paid (Czech VAT act, section 37 b).
                tax_total=round_money(gross_total * TAX_PERCENT / (100 + TAX_PERCENT)),
                gross_total=gross_total,
                customer_email=record["email"],
                customer_country=record["address"]["country"],
                **_payment(record, gross_total, today),
            )
        )


def _payment(record: Record, gross_total: Decimal, today: date) -> dict[str, Any]:
    """What has come in for an invoice: all of it beforehand, unless the order was delivered on account."""
    account = record.get("on_account")
    if account is None:
        return {"paid": gross_total, "settled_on": required_day_of(record, "shipped", today)}
    return {
        "due_on": required_day_of(account, "due", today),
        "paid": Decimal(account.get("paid", "0")),
        "promised_on": day_of(account, "promised", today),
        "is_disputed": account.get("is_disputed", False),
        "customer_language": account.get("language"),
    }


def _invoice_lines(record: Record) -> list[dict[str, Any]]:
    sold = [(item["name"], Decimal(item["quantity"]), Decimal(item["unit_price"])) for item in record["items"]]
    if "delivery" in record:
        sold.append(("Delivery", Decimal(1), Decimal(record["delivery"])))
    return [invoice_line(*line) for line in sold]


def invoice_line(description: str, quantity: Decimal, price: Decimal) -> dict[str, Any]:
    """A line as printed; `price` is what the customer pays for one, tax included."""
    unit_price = round_money(price / (1 + TAX_PERCENT / 100), UNIT_PRICE_DECIMALS)
    return {
        "description": description,
        "quantity": str(quantity),
        "unit_price": str(unit_price),
        "tax_percent": str(TAX_PERCENT),
        "net": str(round_money(quantity * unit_price)),
    }


def _add_returns(session: Session, today: date) -> None:
    for record in load_records("returns.json"):
        session.add(
            ReturnRow(
                number=record["number"],
                idempotency_key=f"demo:{record['number']}",
                order_number=record["order_number"],
                skus=record["skus"],
                reason=record["reason"],
                is_faulty=record["is_faulty"],
                amount=Decimal(record["amount"]),
                currency=record["currency"],
                state=record["state"],
                requested_on=required_day_of(record, "requested", today),
                refunded_on=day_of(record, "refunded", today),
            )
        )
