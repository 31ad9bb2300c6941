"""schedules

Revision: 7a01c0de0001, after 5d1c0a7be942, of 2026-11-22 00:30:00
"""

import sqlalchemy as sa
from alembic import op

import connectors.database.base

revision = '7a01c0de0001'
down_revision = '5d1c0a7be942'
branch_labels = None
depends_on = None

# As the tables stand between the two shapes, for moving what they keep.
SCHEDULES = sa.table(
    'schedules',
    sa.column('id', sa.String()),
    sa.column('cron', sa.String()),
    sa.column('timing', sa.JSON()),
    sa.column('settled_until', connectors.database.base.UtcDateTime()),
    sa.column('updated_at', connectors.database.base.UtcDateTime()),
    sa.column('deleted_at', connectors.database.base.UtcDateTime()),
    sa.column('is_enabled', sa.Boolean()),
)
OLD_CLOSURES = sa.table('closures', sa.column('day', sa.Date()), sa.column('name', sa.String()))
CLOSURES = sa.table(
    'closures',
    sa.column('id', sa.Integer()),
    sa.column('first_day', sa.Date()),
    sa.column('last_day', sa.Date()),
    sa.column('name', sa.String()),
    sa.column('is_working', sa.Boolean()),
)
# A schedule that the former tables cannot tell is kept switched off, with a line that harms nobody.
UNTELLABLE = '0 0 1 1 *'


def upgrade() -> None:
    with op.batch_alter_table('schedules', schema=None) as batch_op:
        batch_op.add_column(sa.Column('name', sa.String(length=100), server_default='', nullable=False))
        batch_op.add_column(sa.Column('timing', sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column('calendar_country', sa.String(length=10), nullable=True))
        batch_op.add_column(sa.Column('overlap', sa.String(length=20), server_default='skip', nullable=False))
        batch_op.add_column(sa.Column('missed', sa.String(length=10), server_default='last', nullable=False))
        batch_op.add_column(sa.Column('alarm_minutes', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('settled_until', connectors.database.base.UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column('deleted_at', connectors.database.base.UtcDateTime(), nullable=True))

    connection = op.get_bind()
    for row in connection.execute(sa.select(SCHEDULES.c.id, SCHEDULES.c.cron, SCHEDULES.c.updated_at)).all():
        values = {'timing': {'kind': 'cron', 'line': row.cron}, 'settled_until': row.updated_at}
        connection.execute(sa.update(SCHEDULES).where(SCHEDULES.c.id == row.id).values(values))

    with op.batch_alter_table('schedules', schema=None) as batch_op:
        batch_op.alter_column('timing', existing_type=sa.JSON(), nullable=False)
        batch_op.alter_column('settled_until', existing_type=connectors.database.base.UtcDateTime(), nullable=False)
        batch_op.drop_column('cron')

    with op.batch_alter_table('runs', schema=None) as batch_op:
        batch_op.create_index('ix_runs_schedule', ['schedule_id', 'scheduled_for'], unique=False)

    _replace_closures()


def _replace_closures() -> None:
    connection = op.get_bind()
    kept = connection.execute(sa.select(OLD_CLOSURES.c.day, OLD_CLOSURES.c.name).order_by(OLD_CLOSURES.c.day)).all()
    op.drop_table('closures')
    op.create_table('closures',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('first_day', sa.Date(), nullable=False),
    sa.Column('last_day', sa.Date(), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('is_working', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_closures'))
    )
    with op.batch_alter_table('closures', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_closures_first_day'), ['first_day'], unique=False)
    days = [{'first_day': row.day, 'last_day': row.day, 'name': row.name, 'is_working': False} for row in kept]
    if days:
        connection.execute(sa.insert(CLOSURES), days)


def downgrade() -> None:
    connection = op.get_bind()
    kept = connection.execute(
        sa.select(CLOSURES.c.first_day, CLOSURES.c.name).where(sa.not_(CLOSURES.c.is_working)).order_by(CLOSURES.c.id)
    ).all()
    op.drop_table('closures')
    op.create_table('closures',
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.PrimaryKeyConstraint('day', name=op.f('pk_closures'))
    )
    days = [{'day': day, 'name': name} for day, name in {row.first_day: row.name for row in kept}.items()]
    if days:
        connection.execute(sa.insert(OLD_CLOSURES), days)

    with op.batch_alter_table('runs', schema=None) as batch_op:
        batch_op.drop_index('ix_runs_schedule')

    with op.batch_alter_table('schedules', schema=None) as batch_op:
        batch_op.add_column(sa.Column('cron', sa.String(length=200), server_default=UNTELLABLE, nullable=False))
    rows = connection.execute(sa.select(SCHEDULES.c.id, SCHEDULES.c.timing, SCHEDULES.c.deleted_at)).all()
    for row in rows:
        line = row.timing.get('line')
        is_gone = line is None or row.deleted_at is not None
        values = {'cron': line or UNTELLABLE} | ({'is_enabled': False} if is_gone else {})
        connection.execute(sa.update(SCHEDULES).where(SCHEDULES.c.id == row.id).values(values))
    with op.batch_alter_table('schedules', schema=None) as batch_op:
        batch_op.alter_column('cron', existing_type=sa.String(length=200), server_default=None)
        for column in ('deleted_at', 'settled_until', 'alarm_minutes', 'missed', 'overlap', 'calendar_country',
                       'timing', 'name'):
            batch_op.drop_column(column)
