"""schedules

Revision: 7a01c0de0001, after 5d1c0a7be942, of 2026-11-22 00:30:00
"""

revision = '7a01c0de0001'
down_revision = '5d1c0a7be942'
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
