"""Documents of mails are known by their folder, and by whether their mail has left it.

Revision: 7a01c0de0017, after 7a01c0de0016, of 2026-11-22 11:25:00
"""

import sqlalchemy as sa
from alembic import op

import connectors.database.base

revision = "7a01c0de0017"
down_revision = "7a01c0de0016"
branch_labels = None
depends_on = None

# The folder that was read last; what was put aside with its note has left it.
FOLDERS = """
UPDATE mail_documents SET
    folder = COALESCE(
        (SELECT folder FROM mailbox_positions AS read
         WHERE read.reader = mail_documents.connection || '\\:documents' ORDER BY read.at DESC LIMIT 1), 'INBOX'),
    moved_at = CASE WHEN state = 'archived' OR noted_at IS NOT NULL THEN settled_at END
"""


def upgrade() -> None:
    with op.batch_alter_table("mail_documents", schema=None) as batch_op:
        batch_op.add_column(sa.Column("folder", sa.String(length=200), server_default="INBOX", nullable=False))
        batch_op.add_column(sa.Column("moved_at", connectors.database.base.UtcDateTime(), nullable=True))
    op.execute(FOLDERS)
    with op.batch_alter_table("mail_documents", schema=None) as batch_op:
        batch_op.alter_column("folder", server_default=None)
        batch_op.drop_constraint(batch_op.f("uq_mail_documents_connection_mail_id_place"), type_="unique")
        batch_op.create_unique_constraint(
            batch_op.f("uq_mail_documents_connection_folder_mail_id_place"),
            ["connection", "folder", "mail_id", "place"],
        )
        batch_op.create_index("ix_mail_documents_open", ["connection", "folder", "moved_at"], unique=False)


def downgrade() -> None:
    # Only mails of one folder can be told apart by their number; the others are read again.
    op.execute(
        "DELETE FROM mail_documents WHERE folder <> (SELECT MIN(folder) FROM mail_documents AS other "
        "WHERE other.connection = mail_documents.connection)"
    )
    with op.batch_alter_table("mail_documents", schema=None) as batch_op:
        batch_op.drop_index("ix_mail_documents_open")
        batch_op.drop_constraint(batch_op.f("uq_mail_documents_connection_folder_mail_id_place"), type_="unique")
        batch_op.create_unique_constraint(
            batch_op.f("uq_mail_documents_connection_mail_id_place"), ["connection", "mail_id", "place"]
        )
        batch_op.drop_column("moved_at")
        batch_op.drop_column("folder")
