"""one override of a hold at a time

Revision ID: 7a01c0de0014
Revises: 7a01c0de0010
"""

import sqlalchemy as sa
from alembic import op

revision = "7a01c0de0014"
down_revision = "7a01c0de0010"
branch_labels = None
depends_on = None

COUNTING = "state IN ('requested', 'approved')"
HOLD = "document_key, code, place, found, expected"


def upgrade() -> None:
    # Of those that were asked for twice at the same moment the first one counts.
    op.execute(
        f"UPDATE invoice_overrides SET state = 'withdrawn' WHERE {COUNTING} AND id NOT IN "
        f"(SELECT MIN(id) FROM invoice_overrides WHERE {COUNTING} GROUP BY {HOLD})"
    )
    op.create_index(
        "uq_invoice_overrides_counting",
        "invoice_overrides",
        HOLD.split(", "),
        unique=True,
        sqlite_where=sa.text(COUNTING),
        postgresql_where=sa.text(COUNTING),
    )


def downgrade() -> None:
    op.drop_index("uq_invoice_overrides_counting", "invoice_overrides")
    op.execute("UPDATE invoice_overrides SET state = 'rejected' WHERE state = 'withdrawn'")
