"""Tokens of the chat know the first one of their browser.

Revision: 7a01c0de0023, after 7a01c0de0022, of 2026-11-22 20:10:00
"""

import sqlalchemy as sa
from alembic import op

revision = "7a01c0de0023"
down_revision = "7a01c0de0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("channel_identities", schema=None) as batch_op:
        batch_op.add_column(sa.Column("family", sa.String(length=100), server_default="", nullable=False))
    op.execute("UPDATE channel_identities SET family = external_id")
    with op.batch_alter_table("channel_identities", schema=None) as batch_op:
        batch_op.alter_column("family", server_default=None)
        batch_op.create_index(batch_op.f("ix_channel_identities_family"), ["family"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("channel_identities", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_channel_identities_family"))
        batch_op.drop_column("family")
