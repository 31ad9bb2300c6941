"""alerts

Revision: 7a01c0de0004, after 7a01c0de0003, of 2026-11-22 00:30:00
"""

revision = '7a01c0de0004'
down_revision = '7a01c0de0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
