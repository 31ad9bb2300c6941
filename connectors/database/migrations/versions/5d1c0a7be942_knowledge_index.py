"""knowledge index

Revision: 5d1c0a7be942, after 28dfec67f6bd, of 2026-11-21 21:35:00
"""

import sqlalchemy as sa
from alembic import op

import connectors.database.base
from connectors.errors import AuthFailed

revision = '5d1c0a7be942'
down_revision = '28dfec67f6bd'
branch_labels = None
depends_on = None

# What SQLAlchemy has no word for: the index of trigrams. In SQLite triggers keep it in step with the table.
SQLITE = (
    "CREATE VIRTUAL TABLE knowledge_search USING fts5(searched, tokenize='trigram')",
    "CREATE TRIGGER knowledge_entries_added AFTER INSERT ON knowledge_entries BEGIN"
    " INSERT INTO knowledge_search(rowid, searched) VALUES (new.id, new.searched); END",
    "CREATE TRIGGER knowledge_entries_removed AFTER DELETE ON knowledge_entries BEGIN"
    " DELETE FROM knowledge_search WHERE rowid = old.id; END",
)
EXTENSION_MISSING = (
    "The database needs PostgreSQL's extension pg_trgm, and this user may not create it. "
    "Let the database's owner or a superuser run: CREATE EXTENSION pg_trgm; then start again."
)


def upgrade() -> None:
    op.create_table('knowledge_entries',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('language', sa.String(length=8), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('slug', sa.String(length=100), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('heading', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('searched', sa.Text(), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_knowledge_entries'))
    )
    with op.batch_alter_table('knowledge_entries', schema=None) as batch_op:
        batch_op.create_index('ix_knowledge_entries_language', ['language', 'kind'], unique=False)
    op.create_table('knowledge_indexes',
    sa.Column('language', sa.String(length=8), nullable=False),
    sa.Column('checksum', sa.String(length=64), nullable=False),
    sa.Column('frequencies', sa.JSON(), nullable=False),
    sa.Column('sizes', sa.JSON(), nullable=False),
    sa.Column('filled_at', connectors.database.base.UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('language', name=op.f('pk_knowledge_indexes'))
    )
    if op.get_bind().dialect.name == 'sqlite':
        for statement in SQLITE:
            op.execute(statement)
    else:
        try:
            op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        except sa.exc.DBAPIError as error:
            raise AuthFailed(EXTENSION_MISSING) from error
        op.execute("CREATE INDEX knowledge_search ON knowledge_entries USING gin (searched gin_trgm_ops)")


def downgrade() -> None:
    if op.get_bind().dialect.name == 'sqlite':
        op.execute("DROP TABLE knowledge_search")
    op.drop_table('knowledge_indexes')
    op.drop_table('knowledge_entries')
