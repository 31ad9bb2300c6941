"""Tables of the company's own stock-keeping and of what is to be ordered, for a company that keeps them with us."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from connectors.database.base import Base, utc_now


class StockLevelRow(Base):
    __tablename__ = "stock_levels"

    item: Mapped[str] = mapped_column(String(60), primary_key=True)
    site: Mapped[str] = mapped_column(String(60), primary_key=True)
    uom: Mapped[str] = mapped_column(String(20))
    on_hand: Mapped[Decimal]
    reserved: Mapped[Decimal] = mapped_column(default=Decimal(0))
    unit_cost: Mapped[Decimal] = mapped_column(default=Decimal(0))
    currency: Mapped[str] = mapped_column(String(3))


class DemandRow(Base):
    """What left a site on a day."""

    __tablename__ = "demand"
    __table_args__ = (Index("ix_demand_item", "item", "site", "on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    item: Mapped[str] = mapped_column(String(60))
    site: Mapped[str] = mapped_column(String(60))
    on: Mapped[date]
    quantity: Mapped[Decimal]
    kind: Mapped[str] = mapped_column(String(10), default="customer")


class ReorderRuleRow(Base):
    """`figures` are decimals as text by name."""

    __tablename__ = "reorder_rules"

    item: Mapped[str] = mapped_column(String(60), primary_key=True)
    site: Mapped[str] = mapped_column(String(60), primary_key=True)
    policy: Mapped[str] = mapped_column(String(20))
    figures: Mapped[dict[str, Any]] = mapped_column(default=dict)
    forecast: Mapped[str] = mapped_column(String(40), default="")
    service_level: Mapped[Decimal | None]
    horizon_days: Mapped[int | None]
    snoozed_until: Mapped[date | None]
    trigger: Mapped[str] = mapped_column(String(20), default="below")


class SupplierTermsRow(Base):
    """`breaks` are [from_units, price] as text."""

    __tablename__ = "supplier_terms"

    item: Mapped[str] = mapped_column(String(60), primary_key=True)
    supplier: Mapped[str] = mapped_column(String(200), primary_key=True)
    currency: Mapped[str] = mapped_column(String(3))
    list_price: Mapped[Decimal]
    breaks: Mapped[list[Any]] = mapped_column(default=list)
    moq: Mapped[Decimal] = mapped_column(default=Decimal(0))
    multiple: Mapped[Decimal | None]
    stock_units_per_purchase_unit: Mapped[Decimal] = mapped_column(default=Decimal(1))
    purchase_uom: Mapped[str] = mapped_column(String(20), default="")
    lead_time_days: Mapped[int] = mapped_column(default=0)
    holiday_country: Mapped[str | None] = mapped_column(String(2))
    reliability: Mapped[Decimal] = mapped_column(default=Decimal(1))
    is_blocked: Mapped[bool] = mapped_column(default=False)


class KitPartRow(Base):
    """So many stock units of the component are in one unit of the kit."""

    __tablename__ = "kit_parts"
    __table_args__ = (UniqueConstraint("kit", "component"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kit: Mapped[str] = mapped_column(String(60))
    component: Mapped[str] = mapped_column(String(60))
    quantity: Mapped[Decimal]


class PurchaseRequestRow(Base):
    """The one draft of an item and site."""

    __tablename__ = "purchase_requests"
    __table_args__ = (UniqueConstraint("item", "site"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    idempotency_key: Mapped[str] = mapped_column(String(400))
    item: Mapped[str] = mapped_column(String(60))
    site: Mapped[str] = mapped_column(String(60))
    supplier: Mapped[str] = mapped_column(String(200))
    quantity: Mapped[Decimal]
    uom: Mapped[str] = mapped_column(String(20))
    price: Mapped[Decimal]
    currency: Mapped[str] = mapped_column(String(3))
    order_on: Mapped[date]
    expected_on: Mapped[date]
    price_per: Mapped[Decimal] = mapped_column(default=Decimal(1))
    explanation: Mapped[str] = mapped_column(String(400), default="")
    put_at: Mapped[datetime] = mapped_column(default=utc_now)
