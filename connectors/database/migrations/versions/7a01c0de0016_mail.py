"""mail

Revision: 7a01c0de0016, after 7a01c0de0015, of 2026-11-22 08:00:00
"""

import sqlalchemy as sa
from alembic import op

import connectors.database.base

revision = "7a01c0de0016"
down_revision = "7a01c0de0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outgoing_mails",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=150), nullable=False),
        sa.Column("message_name", sa.String(length=60), nullable=False),
        sa.Column("about", sa.String(length=150), nullable=False),
        sa.Column("recipient", sa.String(length=320), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", connectors.database.base.UtcDateTime(), nullable=False),
        sa.Column("useless_after", connectors.database.base.UtcDateTime(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("created_at", connectors.database.base.UtcDateTime(), nullable=False),
        sa.Column("settled_at", connectors.database.base.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_mails")),
        sa.UniqueConstraint("key", name=op.f("uq_outgoing_mails_key")),
        sa.UniqueConstraint("message_name", name=op.f("uq_outgoing_mails_message_name")),
    )
    with op.batch_alter_table("outgoing_mails", schema=None) as batch_op:
        batch_op.create_index("ix_outgoing_mails_due", ["state", "next_try_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_outgoing_mails_settled_at"), ["settled_at"], unique=False)

    op.create_table(
        "mail_documents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("connection", sa.String(length=100), nullable=False),
        sa.Column("mail_id", sa.String(length=60), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("checksum", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("seen_at", connectors.database.base.UtcDateTime(), nullable=False),
        sa.Column("settled_at", connectors.database.base.UtcDateTime(), nullable=True),
        sa.Column("noted_at", connectors.database.base.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_documents")),
        sa.UniqueConstraint("connection", "mail_id", "place", name=op.f("uq_mail_documents_connection_mail_id_place")),
    )
    with op.batch_alter_table("mail_documents", schema=None) as batch_op:
        batch_op.create_index("ix_mail_documents_checksum", ["connection", "checksum"], unique=False)

    op.create_table(
        "mailbox_positions",
        sa.Column("reader", sa.String(length=120), nullable=False),
        sa.Column("folder", sa.String(length=200), nullable=False),
        sa.Column("mail_id", sa.String(length=60), nullable=False),
        sa.Column("at", connectors.database.base.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("reader", "folder", name=op.f("pk_mailbox_positions")),
    )
    op.create_table(
        "ticket_mails",
        sa.Column("message_id", sa.String(length=300), nullable=False),
        sa.Column("ticket_number", sa.String(length=20), nullable=False),
        sa.Column("at", connectors.database.base.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_ticket_mails")),
    )


def downgrade() -> None:
    op.drop_table("ticket_mails")
    op.drop_table("mailbox_positions")
    with op.batch_alter_table("mail_documents", schema=None) as batch_op:
        batch_op.drop_index("ix_mail_documents_checksum")
    op.drop_table("mail_documents")
    with op.batch_alter_table("outgoing_mails", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outgoing_mails_settled_at"))
        batch_op.drop_index("ix_outgoing_mails_due")
    op.drop_table("outgoing_mails")
