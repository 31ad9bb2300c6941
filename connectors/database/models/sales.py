"""Tables of the company's own sales, for a company that keeps them with us: from leads and products to returns."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from connectors.database.base import Base, utc_now
from connectors.email_address import normalise_email


class SalesOrder(Base):
    """A customer's order; `email` is stored normalised, so that it is compared plainly.

    The address is where the parcel goes: all four of its columns, or none.
    """

    __tablename__ = "sales_orders"

    number: Mapped[str] = mapped_column(String(40), primary_key=True)
    email: Mapped[str] = mapped_column(String(320), index=True)
    customer_name: Mapped[str] = mapped_column(String(200))
    ordered_on: Mapped[date]
    state: Mapped[str] = mapped_column(String(20))
    total: Mapped[Decimal]
    currency: Mapped[str] = mapped_column(String(3))
    expected_on: Mapped[date | None]
    carrier: Mapped[str | None] = mapped_column(String(100))
    tracking_number: Mapped[str | None] = mapped_column(String(100))
    shipped_on: Mapped[date | None]
    delivered_on: Mapped[date | None]
    street: Mapped[str | None] = mapped_column(String(200))
    city: Mapped[str | None] = mapped_column(String(100))
    postcode: Mapped[str | None] = mapped_column(String(20))
    country: Mapped[str | None] = mapped_column(String(2))

    items: Mapped[list["SalesOrderItem"]] = relationship(
        order_by="SalesOrderItem.id", lazy="selectin", cascade="all, delete-orphan"
    )

    @validates("email")
    def _normalise(self, _column: str, address: str) -> str:
        return normalise_email(address)


class SalesOrderItem(Base):
    __tablename__ = "sales_order_items"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_number: Mapped[str] = mapped_column(ForeignKey("sales_orders.number"), index=True)
    sku: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(200))
    quantity: Mapped[Decimal]
    unit_price: Mapped[Decimal | None]


class SalesOrderChange(Base):
    """A change that was made to an order; its key makes the same change happen once."""

    __tablename__ = "sales_order_changes"

    idempotency_key: Mapped[str] = mapped_column(String(100), primary_key=True)
    order_number: Mapped[str] = mapped_column(ForeignKey("sales_orders.number"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    detail: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(default=utc_now)


class ReturnRow(Base):
    """Goods on their way back; `number` is made from the id."""

    __tablename__ = "returns"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(20), unique=True)
    idempotency_key: Mapped[str] = mapped_column(String(100), unique=True)
    order_number: Mapped[str] = mapped_column(ForeignKey("sales_orders.number"), index=True)
    skus: Mapped[list[Any]]
    reason: Mapped[str] = mapped_column(Text)
    is_faulty: Mapped[bool]
    amount: Mapped[Decimal]
    currency: Mapped[str] = mapped_column(String(3))
    state: Mapped[str] = mapped_column(String(20))
    requested_on: Mapped[date]
    refunded_on: Mapped[date | None] = mapped_column(index=True)


class SalesInvoiceRow(Base):
    """An issued invoice; `address` as it was then, `lines` as printed. One with a `settled_on` is owed no more."""

    __tablename__ = "sales_invoices"
    __table_args__ = (Index("ix_sales_invoices_owed", "settled_on", "due_on"),)

    number: Mapped[str] = mapped_column(String(40), primary_key=True)
    order_number: Mapped[str] = mapped_column(ForeignKey("sales_orders.number"), index=True)
    issued_on: Mapped[date]
    customer_name: Mapped[str] = mapped_column(String(200))
    address: Mapped[dict[str, Any]] = mapped_column(default=dict)
    currency: Mapped[str] = mapped_column(String(3))
    lines: Mapped[list[Any]]
    net_total: Mapped[Decimal]
    tax_total: Mapped[Decimal]
    gross_total: Mapped[Decimal]
    due_on: Mapped[date | None]
    paid: Mapped[Decimal] = mapped_column(default=Decimal(0))
    settled_on: Mapped[date | None]
    is_disputed: Mapped[bool] = mapped_column(default=False)
    has_payment_plan: Mapped[bool] = mapped_column(default=False)
    is_with_person: Mapped[bool] = mapped_column(default=False)
    promised_on: Mapped[date | None]
    customer_email: Mapped[str | None] = mapped_column(String(320))
    customer_language: Mapped[str | None] = mapped_column(String(8))
    customer_country: Mapped[str | None] = mapped_column(String(2))


class ProductRow(Base):
    """An article on sale; names and descriptions by language code."""

    __tablename__ = "products"

    sku: Mapped[str] = mapped_column(String(60), primary_key=True)
    names: Mapped[dict[str, Any]]
    descriptions: Mapped[dict[str, Any]] = mapped_column(default=dict)
    category: Mapped[str] = mapped_column(String(60), default="")
    price: Mapped[Decimal]
    currency: Mapped[str] = mapped_column(String(3))
    stock: Mapped[Decimal] = mapped_column(default=Decimal(0))
    expected_on: Mapped[date | None]
    alternatives: Mapped[list[Any]] = mapped_column(default=list)
    is_on_sale: Mapped[bool] = mapped_column(default=True)


class LeadRow(Base):
    """Somebody wants an offer; `number` is made from the id."""

    __tablename__ = "leads"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(20), unique=True)
    idempotency_key: Mapped[str] = mapped_column(String(100), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(320))
    company: Mapped[str] = mapped_column(String(200), default="")
    description: Mapped[str] = mapped_column(Text)
    sku: Mapped[str | None] = mapped_column(String(60))
    quantity: Mapped[Decimal | None]
    language: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(20), default="new")
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
