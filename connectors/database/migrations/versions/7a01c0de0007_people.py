"""people

Revision: 7a01c0de0007, after 7a01c0de0006, of 2026-11-22 05:00:00
"""

import sqlalchemy as sa
from alembic import op

import connectors.database.base

revision = "7a01c0de0007"
down_revision = "7a01c0de0006"
branch_labels = None
depends_on = None

# What belongs to an employee, with the second column of its index.
OWNED = (
    ("employment_contracts", "first"),
    ("time_sheet_entries", "on"),
    ("punches", "at"),
    ("absences", "first"),
    ("one_off_items", "last"),
    ("payslips", "first"),
)


def upgrade() -> None:
    op.create_table('employees',
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('email', sa.String(length=320), nullable=False),
    sa.Column('country', sa.String(length=2), nullable=False),
    sa.Column('language', sa.String(length=8), nullable=False),
    sa.Column('time_zone', sa.String(length=64), nullable=False),
    sa.Column('holiday_calendar', sa.String(length=10), nullable=False),
    sa.Column('weekly_days_off', sa.JSON(), nullable=False),
    sa.Column('manager_id', sa.String(length=40), nullable=True),
    sa.Column('manager_email', sa.String(length=320), nullable=True),
    sa.Column('iban', sa.String(length=40), nullable=True),
    sa.Column('bic', sa.String(length=20), nullable=True),
    sa.Column('tax_facts', sa.JSON(), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_employees'))
    )
    with op.batch_alter_table('employees', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_employees_country'), ['country'], unique=False)
    _create_owned_tables()
    for table, column in OWNED:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.create_index(f'ix_{table}_employee', ['employee', column], unique=False)


def _create_owned_tables() -> None:
    decimal, moment = connectors.database.base.ExactDecimal, connectors.database.base.UtcDateTime
    op.create_table('employment_contracts',
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('employee', sa.String(length=40), nullable=False),
    sa.Column('first', sa.Date(), nullable=False),
    sa.Column('last', sa.Date(), nullable=True),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('frequency', sa.String(length=20), nullable=False),
    sa.Column('weekly_hours', decimal(), nullable=False),
    sa.Column('salary', decimal(), nullable=True),
    sa.Column('hour_rate', decimal(), nullable=True),
    sa.Column('time_source', sa.String(length=10), nullable=False),
    sa.Column('earns_overtime', sa.Boolean(), nullable=False),
    sa.Column('multipliers', sa.JSON(), nullable=False),
    sa.Column('components', sa.JSON(), nullable=False),
    sa.Column('deductions', sa.JSON(), nullable=False),
    *_keys('employment_contracts')
    )
    op.create_table('time_sheet_entries',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('employee', sa.String(length=40), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('hours', decimal(), nullable=False),
    *_keys('time_sheet_entries')
    )
    op.create_table('punches',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('employee', sa.String(length=40), nullable=False),
    sa.Column('at', moment(), nullable=False),
    sa.Column('kind', sa.String(length=3), nullable=True),
    *_keys('punches')
    )
    op.create_table('absences',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('employee', sa.String(length=40), nullable=False),
    sa.Column('first', sa.Date(), nullable=False),
    sa.Column('last', sa.Date(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('unpaid_fraction', decimal(), nullable=False),
    sa.Column('half_day_on', sa.Date(), nullable=True),
    *_keys('absences')
    )
    op.create_table('one_off_items',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('employee', sa.String(length=40), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('amount', decimal(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('first', sa.Date(), nullable=False),
    sa.Column('last', sa.Date(), nullable=False),
    sa.Column('reason', sa.String(length=300), nullable=False),
    sa.Column('counts_for_overtime', sa.Boolean(), nullable=False),
    *_keys('one_off_items')
    )
    op.create_table('payslips',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('idempotency_key', sa.String(length=200), nullable=False),
    sa.Column('employee', sa.String(length=40), nullable=False),
    sa.Column('first', sa.Date(), nullable=False),
    sa.Column('last', sa.Date(), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('record', sa.JSON(), nullable=False),
    sa.Column('saved_at', moment(), nullable=False),
    *_keys('payslips'),
    sa.UniqueConstraint('idempotency_key', name=op.f('uq_payslips_idempotency_key'))
    )


def _keys(table: str) -> tuple[sa.Constraint, ...]:
    return (
        sa.ForeignKeyConstraint(['employee'], ['employees.id'], name=op.f(f'fk_{table}_employee_employees')),
        sa.PrimaryKeyConstraint('id', name=op.f(f'pk_{table}')),
    )


def downgrade() -> None:
    for table, _column in reversed(OWNED):
        op.drop_table(table)
    op.drop_table('employees')
