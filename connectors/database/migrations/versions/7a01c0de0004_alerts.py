"""alerts

Revision: 7a01c0de0004, after 7a01c0de0003, of 2026-11-22 00:30:00
"""

import sqlalchemy as sa
from alembic import op

import connectors.database.base

revision = '7a01c0de0004'
down_revision = '7a01c0de0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('alerts',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.String(length=30), nullable=False),
    sa.Column('subject', sa.String(length=100), nullable=False),
    sa.Column('job', sa.String(length=60), nullable=False),
    sa.Column('run_id', sa.String(length=100), nullable=True),
    sa.Column('cause', sa.String(length=120), nullable=False),
    sa.Column('times', sa.Integer(), nullable=False),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.Column('opened_at', connectors.database.base.UtcDateTime(), nullable=False),
    sa.Column('told_at', connectors.database.base.UtcDateTime(), nullable=True),
    sa.Column('acknowledged_at', connectors.database.base.UtcDateTime(), nullable=True),
    sa.Column('acknowledged_by', sa.String(length=320), nullable=True),
    sa.Column('closed_at', connectors.database.base.UtcDateTime(), nullable=True),
    sa.Column('ending', sa.String(length=20), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_alerts'))
    )
    with op.batch_alter_table('alerts', schema=None) as batch_op:
        batch_op.create_index('uq_alerts_open', ['kind', 'subject'], unique=True,
                              sqlite_where=sa.text('closed_at IS NULL'), postgresql_where=sa.text('closed_at IS NULL'))
        batch_op.create_index(batch_op.f('ix_alerts_told_at'), ['told_at'], unique=False)
        batch_op.create_index('ix_alerts_subject', ['kind', 'subject', 'opened_at'], unique=False)
        batch_op.create_index('ix_alerts_closed_at_id', ['closed_at', 'id'], unique=False)

    op.create_table('alert_silences',
    sa.Column('kind', sa.String(length=30), nullable=False),
    sa.Column('subject', sa.String(length=100), nullable=False),
    sa.Column('until', connectors.database.base.UtcDateTime(), nullable=False),
    sa.Column('silenced_by', sa.String(length=320), nullable=False),
    sa.PrimaryKeyConstraint('kind', 'subject', name=op.f('pk_alert_silences'))
    )
    op.create_table('alert_watch',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('looked_at', connectors.database.base.UtcDateTime(), nullable=False),
    sa.Column('exceptions_limit', sa.Integer(), nullable=False),
    sa.Column('stalled_minutes', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_alert_watch'))
    )
    op.create_table('alert_judged_runs',
    sa.Column('run_id', sa.String(length=100), nullable=False),
    sa.Column('at', connectors.database.base.UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('run_id', name=op.f('pk_alert_judged_runs'))
    )
    with op.batch_alter_table('alert_judged_runs', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_alert_judged_runs_at'), ['at'], unique=False)

    op.create_table('alert_channels',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('target', sa.String(length=500), nullable=False),
    sa.Column('language', sa.String(length=8), nullable=False),
    sa.Column('kinds', sa.JSON(), nullable=False),
    sa.Column('tells_recovery', sa.Boolean(), nullable=False),
    sa.Column('jobs', sa.JSON(), nullable=False),
    sa.Column('is_enabled', sa.Boolean(), nullable=False),
    sa.Column('secrets', sa.Text(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', connectors.database.base.UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_alert_channels')),
    sa.UniqueConstraint('name', name=op.f('uq_alert_channels_name'))
    )
    op.create_table('alert_deliveries',
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('channel_id', sa.String(length=32), nullable=False),
    sa.Column('channel_name', sa.String(length=100), nullable=False),
    sa.Column('event_id', sa.String(length=60), nullable=False),
    sa.Column('payload', sa.JSON(), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('next_try_at', connectors.database.base.UtcDateTime(), nullable=False),
    sa.Column('last_status', sa.Integer(), nullable=True),
    sa.Column('last_error', sa.String(length=500), nullable=True),
    sa.Column('duration_ms', sa.Integer(), nullable=True),
    sa.Column('created_at', connectors.database.base.UtcDateTime(), nullable=False),
    sa.Column('settled_at', connectors.database.base.UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_alert_deliveries')),
    sa.UniqueConstraint('channel_id', 'event_id', name=op.f('uq_alert_deliveries_channel_id_event_id'))
    )
    with op.batch_alter_table('alert_deliveries', schema=None) as batch_op:
        batch_op.create_index('ix_alert_deliveries_due', ['state', 'next_try_at'], unique=False)
        batch_op.create_index('ix_alert_deliveries_created_at_id', ['created_at', 'id'], unique=False)

    with op.batch_alter_table('runs', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_runs_finished_at'), ['finished_at'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('runs', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_runs_finished_at'))

    for table in ('alert_deliveries', 'alert_channels', 'alert_judged_runs', 'alert_watch', 'alert_silences',
                  'alerts'):
        op.drop_table(table)
