"""Tables of the company's own purchasing, for a company that keeps it with us."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from connectors.database.base import Base, utc_now


class PurchaseOrderRow(Base):
    __tablename__ = "purchase_orders"

    number: Mapped[str] = mapped_column(String(40), primary_key=True)
    supplier: Mapped[str] = mapped_column(String(200), index=True)
    currency: Mapped[str] = mapped_column(String(3))
    ordered_on: Mapped[date]
    state: Mapped[str] = mapped_column(String(20))
    owner: Mapped[str | None] = mapped_column(String(320))
    expected_on: Mapped[date | None]
    supplier_reference: Mapped[str | None] = mapped_column(String(100))
    site: Mapped[str] = mapped_column(String(60), default="", server_default="")
    sending_key: Mapped[str | None] = mapped_column(String(400), unique=True)

    lines: Mapped[list["PurchaseOrderLineRow"]] = relationship(order_by="PurchaseOrderLineRow.id")


class PurchaseOrderLineRow(Base):
    """`billed` and `billed_amount` are kept by posting documents; a service line has `amount` and no price.

    `request_key` is that of the purchase request that became this line.
    """

    __tablename__ = "purchase_order_lines"
    __table_args__ = (UniqueConstraint("order_number", "line"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    order_number: Mapped[str] = mapped_column(ForeignKey("purchase_orders.number"))
    line: Mapped[str] = mapped_column(String(40))
    item: Mapped[str] = mapped_column(String(60), index=True)
    description: Mapped[str] = mapped_column(String(300), default="")
    quantity: Mapped[Decimal]
    uom: Mapped[str] = mapped_column(String(20))
    unit_price: Mapped[Decimal]
    price_per: Mapped[Decimal] = mapped_column(default=Decimal(1))
    tax_percent: Mapped[Decimal | None]
    amount: Mapped[Decimal | None]
    billed: Mapped[Decimal] = mapped_column(default=Decimal(0))
    billed_amount: Mapped[Decimal] = mapped_column(default=Decimal(0))
    item_group: Mapped[str | None] = mapped_column(String(60))
    request_key: Mapped[str | None] = mapped_column(String(400), index=True)


class PlannedChargeRow(Base):
    __tablename__ = "purchase_order_charges"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_number: Mapped[str] = mapped_column(ForeignKey("purchase_orders.number"), index=True)
    kind: Mapped[str] = mapped_column(String(60))
    amount: Mapped[Decimal]


class Receipt(Base):
    """Goods that came for one order line; several receipts add up."""

    __tablename__ = "receipts"

    id: Mapped[int] = mapped_column(primary_key=True)
    line_id: Mapped[int] = mapped_column(ForeignKey("purchase_order_lines.id"), index=True)
    quantity: Mapped[Decimal]
    accepted: Mapped[Decimal]
    received_on: Mapped[date] = mapped_column(index=True)


class SupplierDocument(Base):
    """A posted supplier invoice or credit note."""

    __tablename__ = "supplier_documents"
    __table_args__ = (Index("ix_supplier_documents_supplier_number", "supplier", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    idempotency_key: Mapped[str] = mapped_column(String(100), unique=True)
    supplier: Mapped[str] = mapped_column(String(200))
    type: Mapped[str] = mapped_column(String(20))
    number: Mapped[str] = mapped_column(String(100))
    issue_date: Mapped[date | None]
    currency: Mapped[str] = mapped_column(String(3))
    total: Mapped[Decimal]
    order_number: Mapped[str | None] = mapped_column(String(40))
    is_cancelled: Mapped[bool] = mapped_column(default=False)
    is_fully_credited: Mapped[bool] = mapped_column(default=False)
    due_on: Mapped[date | None] = mapped_column(index=True)
    discount_until: Mapped[date | None]
    discount_percent: Mapped[Decimal | None]
    posted_at: Mapped[datetime] = mapped_column(default=utc_now)


class SupplierDocumentLine(Base):
    __tablename__ = "supplier_document_lines"

    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("supplier_documents.id"), index=True)
    line_id: Mapped[int] = mapped_column(ForeignKey("purchase_order_lines.id"), index=True)
    quantity: Mapped[Decimal]
    amount: Mapped[Decimal]


class UnitConversionRow(Base):
    """1 `from_uom` = `factor` `to_uom`; without an item for all of them."""

    __tablename__ = "unit_conversions"
    __table_args__ = (UniqueConstraint("item", "from_uom", "to_uom"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    item: Mapped[str | None] = mapped_column(String(60))
    from_uom: Mapped[str] = mapped_column(String(20))
    to_uom: Mapped[str] = mapped_column(String(20))
    factor: Mapped[Decimal]


class SupplierBlock(Base):
    """A supplier whose invoices must not be posted, and why."""

    __tablename__ = "supplier_blocks"

    supplier: Mapped[str] = mapped_column(String(200), primary_key=True)
    reason: Mapped[str] = mapped_column(String(500))
    blocked_at: Mapped[datetime] = mapped_column(default=utc_now)


class PaymentProposalRow(Base):
    """A payment to a supplier that somebody may release; its lines are the documents that it pays."""

    __tablename__ = "payment_proposals"

    id: Mapped[int] = mapped_column(primary_key=True)
    idempotency_key: Mapped[str] = mapped_column(String(200), unique=True)
    supplier: Mapped[str] = mapped_column(String(200), index=True)
    currency: Mapped[str] = mapped_column(String(3))
    amount: Mapped[Decimal]
    pay_on: Mapped[date]
    proposed_at: Mapped[datetime] = mapped_column(default=utc_now)


class PaymentProposalLine(Base):
    """What a proposal pays of one document; a document is proposed once at most."""

    __tablename__ = "payment_proposal_lines"

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("payment_proposals.id"), index=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("supplier_documents.id"), unique=True)
    amount: Mapped[Decimal]
    discount: Mapped[Decimal]
