"""Mails are found by what they are about, whom they went to, and when.

Revision: 7a01c0de0021, after 7a01c0de0020, of 2026-11-22 19:28:26
"""

from alembic import op

revision = "7a01c0de0021"
down_revision = "7a01c0de0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_outgoing_mails_about", "outgoing_mails", ["about"])
    op.create_index("ix_outgoing_mails_recipient", "outgoing_mails", ["recipient", "created_at"])
    op.create_index("ix_outgoing_mails_created_at", "outgoing_mails", ["created_at"])


def downgrade() -> None:
    op.drop_index("ix_outgoing_mails_created_at", "outgoing_mails")
    op.drop_index("ix_outgoing_mails_recipient", "outgoing_mails")
    op.drop_index("ix_outgoing_mails_about", "outgoing_mails")
