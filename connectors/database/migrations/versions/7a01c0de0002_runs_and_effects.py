"""runs and effects

Revision: 7a01c0de0002, after 7a01c0de0001, of 2026-11-22 00:30:00
"""

import sqlalchemy as sa
from alembic import op

import connectors.database.base

revision = '7a01c0de0002'
down_revision = '7a01c0de0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('run_events',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('run_id', sa.String(length=100), nullable=False),
    sa.Column('item_key', sa.String(length=200), nullable=True),
    sa.Column('at', connectors.database.base.UtcDateTime(), nullable=False),
    sa.Column('level', sa.String(length=10), nullable=False),
    sa.Column('event', sa.String(length=60), nullable=False),
    sa.Column('fields', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['run_id'], ['runs.id'], name=op.f('fk_run_events_run_id_runs')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_run_events'))
    )
    with op.batch_alter_table('run_events', schema=None) as batch_op:
        batch_op.create_index('ix_run_events_run', ['run_id', 'id'], unique=False)
        batch_op.create_index('ix_run_events_item', ['run_id', 'item_key', 'id'], unique=False)

    with op.batch_alter_table('connections', schema=None) as batch_op:
        batch_op.add_column(sa.Column('max_concurrent_runs', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('calls_per_minute', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('next_call_at', connectors.database.base.UtcDateTime(), nullable=True))

    with op.batch_alter_table('runs', schema=None) as batch_op:
        batch_op.add_column(sa.Column('retry_of', sa.String(length=100), nullable=True))
        batch_op.add_column(sa.Column('from_step', sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column('only_keys', sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column('is_backfill', sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column('job_fingerprint', sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column('connections', sa.JSON(), server_default='[]', nullable=False))
        batch_op.add_column(sa.Column('cancel_requested_at', connectors.database.base.UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column('cancel_requested_by', sa.String(length=320), nullable=True))
        batch_op.add_column(sa.Column('heartbeat_at', connectors.database.base.UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column('approved_at', connectors.database.base.UtcDateTime(), nullable=True))
        batch_op.create_index(batch_op.f('ix_runs_retry_of'), ['retry_of'], unique=False)

    with op.batch_alter_table('run_items', schema=None) as batch_op:
        batch_op.add_column(sa.Column('decided_state', sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column('effect_state', sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column('effect_key', sa.String(length=400), nullable=True))
        batch_op.add_column(sa.Column('effect_reference', sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column('attempts', sa.Integer(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('amount', connectors.database.base.ExactDecimal(), nullable=True))
        batch_op.add_column(sa.Column('currency', sa.String(length=10), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('run_items', schema=None) as batch_op:
        for column in ('currency', 'amount', 'attempts', 'effect_reference', 'effect_key', 'effect_state',
                       'decided_state'):
            batch_op.drop_column(column)

    with op.batch_alter_table('runs', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_runs_retry_of'))
        for column in ('approved_at', 'heartbeat_at', 'cancel_requested_by', 'cancel_requested_at', 'connections',
                       'job_fingerprint', 'is_backfill', 'only_keys', 'from_step', 'retry_of'):
            batch_op.drop_column(column)

    with op.batch_alter_table('connections', schema=None) as batch_op:
        batch_op.drop_column('next_call_at')
        batch_op.drop_column('calls_per_minute')
        batch_op.drop_column('max_concurrent_runs')

    op.drop_table('run_events')
