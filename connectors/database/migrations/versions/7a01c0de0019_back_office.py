"""Back office after its review.

Revision: 7a01c0de0019, after 7a01c0de0018, of 2026-11-22 11:25:00
"""

revision = "7a01c0de0019"
down_revision = "7a01c0de0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
