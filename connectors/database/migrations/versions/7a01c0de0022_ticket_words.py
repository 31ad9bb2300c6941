"""What was written about tickets after they were opened is searched, too.

Revision: 7a01c0de0022, after 7a01c0de0021, of 2026-11-22 19:40:00
"""

import sqlalchemy as sa
from alembic import op

from connectors.folded_text import fold

revision = "7a01c0de0022"
down_revision = "7a01c0de0021"
branch_labels = None
depends_on = None

FOLDED_AT_ONCE = 1000
WRITTEN = sa.text(
    f"SELECT id, ticket_id, text FROM ticket_messages WHERE id > :last ORDER BY id LIMIT {FOLDED_AT_ONCE}"
)
ADD = sa.text("UPDATE tickets SET searched = searched || ' ' || :words WHERE id = :ticket")


def upgrade() -> None:
    connection, last = op.get_bind(), 0
    while rows := connection.execute(WRITTEN, {"last": last}).all():
        connection.execute(ADD, [{"ticket": row.ticket_id, "words": fold(row.text)} for row in rows])
        last = rows[-1].id


def downgrade() -> None:
    connection, last = op.get_bind(), 0
    opened = sa.text(
        "SELECT id, number, email, subject, description FROM tickets"
        f" WHERE id > :last ORDER BY id LIMIT {FOLDED_AT_ONCE}"
    )
    while rows := connection.execute(opened, {"last": last}).all():
        words = [{"id": row.id, "words": fold(" ".join(part for part in row[1:] if part))} for row in rows]
        connection.execute(sa.text("UPDATE tickets SET searched = :words WHERE id = :id"), words)
        last = rows[-1].id
