"""Channels: attachments, edits, link codes; the agents' daily work; how channels are set up.

Revision: 7a01c0de0020, after 7a01c0de0017, of 2026-11-22 11:28:38.082930
"""

import sqlalchemy as sa
from alembic import op

import connectors.database.base
from connectors.folded_text import fold

revision = '7a01c0de0020'
down_revision = '7a01c0de0017'
branch_labels = None
depends_on = None

# In SQLite triggers keep the index in step; a later migration that makes the table `messages` anew makes them anew too.
SQLITE = (
    "CREATE VIRTUAL TABLE message_search USING fts5(searched, content='messages', content_rowid='id', tokenize='trigram')",
    "CREATE TRIGGER messages_added AFTER INSERT ON messages BEGIN"
    " INSERT INTO message_search(rowid, searched) VALUES (new.id, new.searched); END",
    "CREATE TRIGGER messages_removed AFTER DELETE ON messages BEGIN"
    " INSERT INTO message_search(message_search, rowid, searched) VALUES ('delete', old.id, old.searched); END",
    "CREATE TRIGGER messages_edited AFTER UPDATE OF searched ON messages BEGIN"
    " INSERT INTO message_search(message_search, rowid, searched) VALUES ('delete', old.id, old.searched);"
    " INSERT INTO message_search(rowid, searched) VALUES (new.id, new.searched); END",
)
FOLDED_AT_ONCE = 1000


def _make_searchable(table: str, columns: str) -> None:
    """Fold what was written before there was a search."""
    connection = op.get_bind()
    last = '' if table == 'contacts' else 0
    while True:
        rows = connection.execute(
            sa.text(f'SELECT id, {columns} FROM {table} WHERE id > :last ORDER BY id LIMIT {FOLDED_AT_ONCE}'),
            {'last': last},
        ).all()
        if not rows:
            return
        folded = [{'id': row[0], 'searched': fold(' '.join(part for part in row[1:] if part))[:600 if table == 'contacts' else None]} for row in rows]
        connection.execute(sa.text(f'UPDATE {table} SET searched = :searched WHERE id = :id'), folded)
        last = rows[-1][0]


def upgrade() -> None:
    op.create_table('canned_replies',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('shortcut', sa.String(length=40), nullable=False),
    sa.Column('language', sa.String(length=8), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('changed_at', connectors.database.base.UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_canned_replies')),
    sa.UniqueConstraint('shortcut', 'language', name=op.f('uq_canned_replies_shortcut_language'))
    )
    op.create_table('channel_setups',
    sa.Column('channel', sa.String(length=20), nullable=False),
    sa.Column('document', sa.JSON(), nullable=False),
    sa.Column('sealed', sa.Text(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('changed_by', sa.String(length=320), nullable=True),
    sa.Column('changed_at', connectors.database.base.UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('channel', name=op.f('pk_channel_setups'))
    )
    op.create_table('labels',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('colour', sa.String(length=20), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_labels')),
    sa.UniqueConstraint('name', name=op.f('uq_labels_name'))
    )
    op.create_table('availabilities',
    sa.Column('user_id', sa.String(length=32), nullable=False),
    sa.Column('is_taking', sa.Boolean(), nullable=False),
    sa.Column('capacity', sa.Integer(), nullable=False),
    sa.Column('hours', sa.JSON(), nullable=False),
    sa.Column('last_given_at', connectors.database.base.UtcDateTime(), nullable=True),
    sa.Column('last_seen_at', connectors.database.base.UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_availabilities_user_id_users')),
    sa.PrimaryKeyConstraint('user_id', name=op.f('pk_availabilities'))
    )
    op.create_table('attachments',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('conversation_id', sa.String(length=32), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=True),
    sa.Column('author', sa.String(length=10), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('media_type', sa.String(length=100), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=True),
    sa.Column('external_id', sa.String(length=200), nullable=True),
    sa.Column('detail', sa.JSON(), nullable=False),
    sa.Column('created_at', connectors.database.base.UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversations.id'], name=op.f('fk_attachments_conversation_id_conversations')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attachments'))
    )
    with op.batch_alter_table('attachments', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_attachments_created_at'), ['created_at'], unique=False)
        batch_op.create_index('ix_attachments_message', ['conversation_id', 'seq'], unique=False)
        batch_op.create_index('ix_attachments_expected', ['created_at'], unique=False, sqlite_where=sa.text("state = 'expected'"), postgresql_where=sa.text("state = 'expected'"))

    op.create_table('conversation_labels',
    sa.Column('conversation_id', sa.String(length=32), nullable=False),
    sa.Column('label_id', sa.Integer(), nullable=False),
    sa.Column('at', connectors.database.base.UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversations.id'], name=op.f('fk_conversation_labels_conversation_id_conversations')),
    sa.ForeignKeyConstraint(['label_id'], ['labels.id'], name=op.f('fk_conversation_labels_label_id_labels')),
    sa.PrimaryKeyConstraint('conversation_id', 'label_id', name=op.f('pk_conversation_labels'))
    )
    with op.batch_alter_table('conversation_labels', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_conversation_labels_label_id'), ['label_id'], unique=False)

    op.create_table('link_codes',
    sa.Column('code_hash', sa.String(length=64), nullable=False),
    sa.Column('conversation_id', sa.String(length=32), nullable=False),
    sa.Column('order_number', sa.String(length=40), nullable=True),
    sa.Column('expires_at', connectors.database.base.UtcDateTime(), nullable=False),
    sa.Column('used_at', connectors.database.base.UtcDateTime(), nullable=True),
    sa.Column('created_at', connectors.database.base.UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversations.id'], name=op.f('fk_link_codes_conversation_id_conversations')),
    sa.PrimaryKeyConstraint('code_hash', name=op.f('pk_link_codes'))
    )
    with op.batch_alter_table('link_codes', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_link_codes_conversation_id'), ['conversation_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_link_codes_expires_at'), ['expires_at'], unique=False)

    op.create_table('private_notes',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('conversation_id', sa.String(length=32), nullable=False),
    sa.Column('author_id', sa.String(length=32), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('form_key', sa.String(length=60), nullable=False),
    sa.Column('at', connectors.database.base.UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['author_id'], ['users.id'], name=op.f('fk_private_notes_author_id_users')),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversations.id'], name=op.f('fk_private_notes_conversation_id_conversations')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_private_notes')),
    sa.UniqueConstraint('form_key', name=op.f('uq_private_notes_form_key'))
    )
    with op.batch_alter_table('private_notes', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_private_notes_conversation_id'), ['conversation_id'], unique=False)

    op.create_table('mentions',
    sa.Column('note_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.String(length=32), nullable=False),
    sa.Column('seen_at', connectors.database.base.UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['note_id'], ['private_notes.id'], name=op.f('fk_mentions_note_id_private_notes')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_mentions_user_id_users')),
    sa.PrimaryKeyConstraint('note_id', 'user_id', name=op.f('pk_mentions'))
    )
    with op.batch_alter_table('mentions', schema=None) as batch_op:
        batch_op.create_index('ix_mentions_user_id', ['user_id', 'seen_at'], unique=False)

    op.create_table('message_edits',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('message_id', sa.Integer(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('at', connectors.database.base.UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['message_id'], ['messages.id'], name=op.f('fk_message_edits_message_id_messages')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_message_edits'))
    )
    with op.batch_alter_table('message_edits', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_message_edits_message_id'), ['message_id'], unique=False)

    with op.batch_alter_table('conversations', schema=None) as batch_op:
        batch_op.add_column(sa.Column('title', sa.String(length=120), nullable=True))
        batch_op.add_column(sa.Column('customer_read_seq', sa.Integer(), nullable=False, server_default='0'))
        batch_op.add_column(sa.Column('staff_read_seq', sa.Integer(), nullable=False, server_default='0'))
        batch_op.add_column(sa.Column('assigned_at', connectors.database.base.UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column('snoozed_until', connectors.database.base.UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column('opened_with', sa.JSON(none_as_null=True), nullable=True))
        batch_op.create_index(batch_op.f('ix_conversations_snoozed_until'), ['snoozed_until'], unique=False)

    with op.batch_alter_table('messages', schema=None) as batch_op:
        batch_op.add_column(sa.Column('external_id', sa.String(length=60), nullable=True))
        batch_op.add_column(sa.Column('edited_at', connectors.database.base.UtcDateTime(), nullable=True))
        batch_op.create_index('ix_messages_external_id', ['conversation_id', 'external_id'], unique=False)
        batch_op.add_column(sa.Column('searched', sa.Text(), nullable=False, server_default=''))

    with op.batch_alter_table('contacts', schema=None) as batch_op:
        batch_op.add_column(sa.Column('searched', sa.String(length=600), nullable=False, server_default=''))

    with op.batch_alter_table('tickets', schema=None) as batch_op:
        batch_op.add_column(sa.Column('searched', sa.Text(), nullable=False, server_default=''))

    _make_searchable('contacts', 'display_name, email')
    _make_searchable('tickets', 'number, email, subject, description')
    _make_searchable('messages', 'text')
    if op.get_bind().dialect.name == 'sqlite':
        for statement in SQLITE:
            op.execute(statement)
        op.execute("INSERT INTO message_search(message_search) VALUES ('rebuild')")
    else:
        op.execute("CREATE INDEX message_search ON messages USING gin (searched gin_trgm_ops)")


def downgrade() -> None:
    if op.get_bind().dialect.name == 'sqlite':
        for trigger in ('messages_added', 'messages_removed', 'messages_edited'):
            op.execute(f"DROP TRIGGER {trigger}")
        op.execute("DROP TABLE message_search")
    else:
        op.execute("DROP INDEX message_search")
    with op.batch_alter_table('tickets', schema=None) as batch_op:
        batch_op.drop_column('searched')

    with op.batch_alter_table('contacts', schema=None) as batch_op:
        batch_op.drop_column('searched')

    with op.batch_alter_table('messages', schema=None) as batch_op:
        batch_op.drop_column('searched')
        batch_op.drop_index('ix_messages_external_id')
        batch_op.drop_column('edited_at')
        batch_op.drop_column('external_id')

    with op.batch_alter_table('conversations', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_conversations_snoozed_until'))
        batch_op.drop_column('opened_with')
        batch_op.drop_column('snoozed_until')
        batch_op.drop_column('assigned_at')
        batch_op.drop_column('staff_read_seq')
        batch_op.drop_column('customer_read_seq')
        batch_op.drop_column('title')

    with op.batch_alter_table('message_edits', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_message_edits_message_id'))

    op.drop_table('message_edits')
    with op.batch_alter_table('mentions', schema=None) as batch_op:
        batch_op.drop_index('ix_mentions_user_id')

    op.drop_table('mentions')
    with op.batch_alter_table('private_notes', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_private_notes_conversation_id'))

    op.drop_table('private_notes')
    with op.batch_alter_table('link_codes', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_link_codes_expires_at'))
        batch_op.drop_index(batch_op.f('ix_link_codes_conversation_id'))

    op.drop_table('link_codes')
    with op.batch_alter_table('conversation_labels', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_conversation_labels_label_id'))

    op.drop_table('conversation_labels')
    with op.batch_alter_table('attachments', schema=None) as batch_op:
        batch_op.drop_index('ix_attachments_expected')
        batch_op.drop_index('ix_attachments_message')
        batch_op.drop_index(batch_op.f('ix_attachments_created_at'))

    op.drop_table('attachments')
    op.drop_table('availabilities')
    op.drop_table('labels')
    op.drop_table('channel_setups')
    op.drop_table('canned_replies')
