"""Tables of invoice matching: what people have decided about holds."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from connectors.database.base import Base, utc_now


class OverrideState(StrEnum):
    """`requested` waits for a second person; `withdrawn` counts no longer."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


COUNTING = "state IN ('requested', 'approved')"


class InvoiceOverride(Base):
    """One hold of one document that a person lets pass: with the figures it was given for, and who agreed.

    `document_key` is the key that the document is posted with, `place` where the hold is (order line, rule) or empty.
    Of the same hold one at a time is asked for or approved.
    """

    __tablename__ = "invoice_overrides"
    __table_args__ = (
        Index("ix_invoice_overrides_document", "document_key", "state"),
        Index(
            "uq_invoice_overrides_counting",
            "document_key",
            "code",
            "place",
            "found",
            "expected",
            unique=True,
            sqlite_where=text(COUNTING),
            postgresql_where=text(COUNTING),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("run_items.id"), index=True)
    document_key: Mapped[str] = mapped_column(String(100))
    title: Mapped[str] = mapped_column(String(300))
    code: Mapped[str] = mapped_column(String(60))
    place: Mapped[str] = mapped_column(String(200), default="")
    found: Mapped[str] = mapped_column(String(200), default="")
    expected: Mapped[str] = mapped_column(String(200), default="")
    reason: Mapped[str] = mapped_column(String(500))
    requested_by: Mapped[str] = mapped_column(String(320))
    requested_at: Mapped[datetime] = mapped_column(default=utc_now)
    state: Mapped[str] = mapped_column(String(20), default=OverrideState.REQUESTED.value, index=True)
    decided_by: Mapped[str | None] = mapped_column(String(320))
    decided_at: Mapped[datetime | None]
    decision_reason: Mapped[str | None] = mapped_column(String(500))
