"""audit and tokens

Revision: 7a01c0de0005, after 7a01c0de0004, of 2026-11-22 00:30:00
"""

import sqlalchemy as sa
from alembic import op

import connectors.database.base

revision = '7a01c0de0005'
down_revision = '7a01c0de0004'
branch_labels = None
depends_on = None

# What SQLAlchemy has no word for: the audit log takes new rows only, whoever asks.
REFUSAL = "the audit log is append-only: its entries are neither changed nor deleted"
SQLITE = tuple(
    f"CREATE TRIGGER audit_log_no_{event.lower()} BEFORE {event} ON audit_log"
    f" BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    for event in ("UPDATE", "DELETE")
)
POSTGRESQL = (
    "CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS"
    f" $$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$",
    "CREATE TRIGGER audit_log_no_change BEFORE UPDATE OR DELETE ON audit_log"
    " FOR EACH ROW EXECUTE FUNCTION refuse_audit_change()",
    "CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON audit_log"
    " FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()",
)
OLD_INDEXES = {
    'ix_audit_log_at': ['at'],
    'ix_audit_log_object': ['object_type', 'object_id'],
    'ix_audit_log_actor_action': ['actor', 'action', 'id'],
}
INDEXES = {
    'ix_audit_log_at': ['at', 'id'],
    'ix_audit_log_object_type': ['object_type', 'at', 'id'],
    'ix_audit_log_object_id': ['object_id', 'at', 'id'],
    'ix_audit_log_actor': ['actor', 'at', 'id'],
    'ix_audit_log_action': ['action', 'at', 'id'],
}


def upgrade() -> None:
    op.create_table('api_tokens',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('prefix', sa.String(length=12), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('role', sa.String(length=20), nullable=False),
    sa.Column('created_by', sa.String(length=320), nullable=False),
    sa.Column('created_at', connectors.database.base.UtcDateTime(), nullable=False),
    sa.Column('expires_at', connectors.database.base.UtcDateTime(), nullable=True),
    sa.Column('last_used_at', connectors.database.base.UtcDateTime(), nullable=True),
    sa.Column('revoked_at', connectors.database.base.UtcDateTime(), nullable=True),
    sa.Column('revoked_by', sa.String(length=320), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_tokens')),
    sa.UniqueConstraint('prefix', name=op.f('uq_api_tokens_prefix')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_api_tokens_token_hash'))
    )
    op.create_index('ix_api_tokens_created_at', 'api_tokens', ['created_at'], unique=False)
    op.add_column('audit_log', sa.Column('before', sa.JSON(), nullable=True))
    op.add_column('audit_log', sa.Column('after', sa.JSON(), nullable=True))
    replace_indexes(OLD_INDEXES, INDEXES)
    for statement in SQLITE if op.get_bind().dialect.name == 'sqlite' else POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == 'sqlite':
        op.execute("DROP TRIGGER audit_log_no_update")
        op.execute("DROP TRIGGER audit_log_no_delete")
    else:
        op.execute("DROP TRIGGER audit_log_no_change ON audit_log")
        op.execute("DROP TRIGGER audit_log_no_truncate ON audit_log")
        op.execute("DROP FUNCTION refuse_audit_change()")
    replace_indexes(INDEXES, OLD_INDEXES)
    op.drop_column('audit_log', 'after')
    op.drop_column('audit_log', 'before')
    op.drop_table('api_tokens')


def replace_indexes(old: dict[str, list[str]], new: dict[str, list[str]]) -> None:
    for name in old:
        op.drop_index(name, table_name='audit_log')
    for name, columns in new.items():
        op.create_index(name, 'audit_log', columns, unique=False)
