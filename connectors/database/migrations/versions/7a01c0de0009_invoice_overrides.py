"""invoice overrides, unit conversions, blocked suppliers, payment proposals

Revision: 7a01c0de0009, after 7a01c0de0008, of 2026-11-22 05:00:00
"""

import sqlalchemy as sa
from alembic import op

import connectors.database.base

revision = "7a01c0de0009"
down_revision = "7a01c0de0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("purchase_orders", schema=None) as batch_op:
        batch_op.add_column(sa.Column("supplier_reference", sa.String(length=100), nullable=True))
    with op.batch_alter_table("purchase_order_lines", schema=None) as batch_op:
        batch_op.add_column(sa.Column("item_group", sa.String(length=60), nullable=True))
    with op.batch_alter_table("supplier_documents", schema=None) as batch_op:
        batch_op.add_column(sa.Column("due_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("discount_until", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("discount_percent", connectors.database.base.ExactDecimal(), nullable=True))
        batch_op.create_index(batch_op.f("ix_supplier_documents_due_on"), ["due_on"], unique=False)
    _add_purchasing_tables()
    _add_overrides()
    _add_payment_proposals()


def _add_purchasing_tables() -> None:
    op.create_table(
        "unit_conversions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(length=60), nullable=True),
        sa.Column("from_uom", sa.String(length=20), nullable=False),
        sa.Column("to_uom", sa.String(length=20), nullable=False),
        sa.Column("factor", connectors.database.base.ExactDecimal(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_conversions")),
        sa.UniqueConstraint("item", "from_uom", "to_uom", name=op.f("uq_unit_conversions_item_from_uom_to_uom")),
    )
    op.create_table(
        "supplier_blocks",
        sa.Column("supplier", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("blocked_at", connectors.database.base.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("supplier", name=op.f("pk_supplier_blocks")),
    )


def _add_overrides() -> None:
    op.create_table(
        "invoice_overrides",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("document_key", sa.String(length=100), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("found", sa.String(length=200), nullable=False),
        sa.Column("expected", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("requested_by", sa.String(length=320), nullable=False),
        sa.Column("requested_at", connectors.database.base.UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("decided_by", sa.String(length=320), nullable=True),
        sa.Column("decided_at", connectors.database.base.UtcDateTime(), nullable=True),
        sa.Column("decision_reason", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["item_id"], ["run_items.id"], name=op.f("fk_invoice_overrides_item_id_run_items")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_overrides")),
    )
    with op.batch_alter_table("invoice_overrides", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invoice_overrides_item_id"), ["item_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_invoice_overrides_state"), ["state"], unique=False)
        batch_op.create_index("ix_invoice_overrides_document", ["document_key", "state"], unique=False)


def _add_payment_proposals() -> None:
    op.create_table(
        "payment_proposals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=200), nullable=False),
        sa.Column("supplier", sa.String(length=200), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount", connectors.database.base.ExactDecimal(), nullable=False),
        sa.Column("pay_on", sa.Date(), nullable=False),
        sa.Column("proposed_at", connectors.database.base.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_proposals")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_payment_proposals_idempotency_key")),
    )
    op.create_table(
        "payment_proposal_lines",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("amount", connectors.database.base.ExactDecimal(), nullable=False),
        sa.Column("discount", connectors.database.base.ExactDecimal(), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal_id"],
            ["payment_proposals.id"],
            name=op.f("fk_payment_proposal_lines_proposal_id_payment_proposals"),
        ),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["supplier_documents.id"],
            name=op.f("fk_payment_proposal_lines_document_id_supplier_documents"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_proposal_lines")),
        sa.UniqueConstraint("document_id", name=op.f("uq_payment_proposal_lines_document_id")),
    )
    with op.batch_alter_table("payment_proposals", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payment_proposals_supplier"), ["supplier"], unique=False)
    with op.batch_alter_table("payment_proposal_lines", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payment_proposal_lines_proposal_id"), ["proposal_id"], unique=False)


def downgrade() -> None:
    for table in (
        "payment_proposal_lines",
        "payment_proposals",
        "invoice_overrides",
        "supplier_blocks",
        "unit_conversions",
    ):
        op.drop_table(table)
    with op.batch_alter_table("supplier_documents", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_supplier_documents_due_on"))
        for column in ("discount_percent", "discount_until", "due_on"):
            batch_op.drop_column(column)
    with op.batch_alter_table("purchase_order_lines", schema=None) as batch_op:
        batch_op.drop_column("item_group")
    with op.batch_alter_table("purchase_orders", schema=None) as batch_op:
        batch_op.drop_column("supplier_reference")
