"""follow ups

Revision: 7a01c0de0010, after 7a01c0de0009, of 2026-11-22 05:00:00
"""

import sqlalchemy as sa
from alembic import op

import connectors.database.base

revision = "7a01c0de0010"
down_revision = "7a01c0de0009"
branch_labels = None
depends_on = None

_OF_INVOICES = (
    "due_on",
    "paid",
    "settled_on",
    "is_disputed",
    "has_payment_plan",
    "is_with_person",
    "promised_on",
    "customer_email",
    "customer_language",
    "customer_country",
)
_OF_NOTICES = ("email", "language", "attempts", "next_try_at")


def upgrade() -> None:
    with op.batch_alter_table("sales_invoices", schema=None) as batch_op:
        batch_op.add_column(sa.Column("due_on", sa.Date(), nullable=True))
        batch_op.add_column(
            sa.Column("paid", connectors.database.base.ExactDecimal(), server_default="0", nullable=False)
        )
        batch_op.add_column(sa.Column("settled_on", sa.Date(), nullable=True))
        for name in ("is_disputed", "has_payment_plan", "is_with_person"):
            batch_op.add_column(sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("promised_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("customer_email", sa.String(length=320), nullable=True))
        batch_op.add_column(sa.Column("customer_language", sa.String(length=8), nullable=True))
        batch_op.add_column(sa.Column("customer_country", sa.String(length=2), nullable=True))
        batch_op.create_index("ix_sales_invoices_owed", ["settled_on", "due_on"], unique=False)

    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.add_column(sa.Column("email", sa.String(length=320), nullable=True))
        batch_op.add_column(sa.Column("language", sa.String(length=8), nullable=True))
        batch_op.add_column(sa.Column("attempts", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("next_try_at", connectors.database.base.UtcDateTime(), nullable=True))
        batch_op.create_index("ix_notices_order", ["order_number", "id"], unique=False)

    with op.batch_alter_table("receipts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_receipts_received_on"), ["received_on"], unique=False)

    op.create_table(
        "notice_causes",
        sa.Column("cause", sa.String(length=150), nullable=False),
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("at", connectors.database.base.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name=op.f("fk_notice_causes_notice_id_notices")),
        sa.PrimaryKeyConstraint("cause", name=op.f("pk_notice_causes")),
    )
    with op.batch_alter_table("notice_causes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notice_causes_notice_id"), ["notice_id"], unique=False)


def downgrade() -> None:
    op.drop_table("notice_causes")

    with op.batch_alter_table("receipts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_receipts_received_on"))

    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.drop_index("ix_notices_order")
        for name in reversed(_OF_NOTICES):
            batch_op.drop_column(name)

    with op.batch_alter_table("sales_invoices", schema=None) as batch_op:
        batch_op.drop_index("ix_sales_invoices_owed")
        for name in reversed(_OF_INVOICES):
            batch_op.drop_column(name)
