"""inventory

Revision: 7a01c0de0008, after 7a01c0de0007, of 2026-11-22 05:00:00
"""

import sqlalchemy as sa
from alembic import op

import connectors.database.base

revision = "7a01c0de0008"
down_revision = "7a01c0de0007"
branch_labels = None
depends_on = None

_DECIMAL = connectors.database.base.ExactDecimal


def upgrade() -> None:
    op.create_table('stock_levels',
    sa.Column('item', sa.String(length=60), nullable=False),
    sa.Column('site', sa.String(length=60), nullable=False),
    sa.Column('uom', sa.String(length=20), nullable=False),
    sa.Column('on_hand', _DECIMAL(), nullable=False),
    sa.Column('reserved', _DECIMAL(), nullable=False),
    sa.Column('unit_cost', _DECIMAL(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.PrimaryKeyConstraint('item', 'site', name=op.f('pk_stock_levels'))
    )
    op.create_table('demand',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('item', sa.String(length=60), nullable=False),
    sa.Column('site', sa.String(length=60), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('quantity', _DECIMAL(), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_demand'))
    )
    with op.batch_alter_table('demand', schema=None) as batch_op:
        batch_op.create_index('ix_demand_item', ['item', 'site', 'on'], unique=False)
    op.create_table('reorder_rules',
    sa.Column('item', sa.String(length=60), nullable=False),
    sa.Column('site', sa.String(length=60), nullable=False),
    sa.Column('policy', sa.String(length=20), nullable=False),
    sa.Column('figures', sa.JSON(), nullable=False),
    sa.Column('forecast', sa.String(length=40), nullable=False),
    sa.Column('service_level', _DECIMAL(), nullable=True),
    sa.Column('horizon_days', sa.Integer(), nullable=True),
    sa.Column('snoozed_until', sa.Date(), nullable=True),
    sa.Column('trigger', sa.String(length=20), nullable=False),
    sa.PrimaryKeyConstraint('item', 'site', name=op.f('pk_reorder_rules'))
    )
    op.create_table('supplier_terms',
    sa.Column('item', sa.String(length=60), nullable=False),
    sa.Column('supplier', sa.String(length=200), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('list_price', _DECIMAL(), nullable=False),
    sa.Column('breaks', sa.JSON(), nullable=False),
    sa.Column('moq', _DECIMAL(), nullable=False),
    sa.Column('multiple', _DECIMAL(), nullable=True),
    sa.Column('stock_units_per_purchase_unit', _DECIMAL(), nullable=False),
    sa.Column('purchase_uom', sa.String(length=20), nullable=False),
    sa.Column('lead_time_days', sa.Integer(), nullable=False),
    sa.Column('holiday_country', sa.String(length=2), nullable=True),
    sa.Column('reliability', _DECIMAL(), nullable=False),
    sa.Column('is_blocked', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('item', 'supplier', name=op.f('pk_supplier_terms'))
    )
    op.create_table('kit_parts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kit', sa.String(length=60), nullable=False),
    sa.Column('component', sa.String(length=60), nullable=False),
    sa.Column('quantity', _DECIMAL(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_kit_parts')),
    sa.UniqueConstraint('kit', 'component', name=op.f('uq_kit_parts_kit_component'))
    )
    op.create_table('purchase_requests',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('idempotency_key', sa.String(length=400), nullable=False),
    sa.Column('item', sa.String(length=60), nullable=False),
    sa.Column('site', sa.String(length=60), nullable=False),
    sa.Column('supplier', sa.String(length=200), nullable=False),
    sa.Column('quantity', _DECIMAL(), nullable=False),
    sa.Column('uom', sa.String(length=20), nullable=False),
    sa.Column('price', _DECIMAL(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('order_on', sa.Date(), nullable=False),
    sa.Column('expected_on', sa.Date(), nullable=False),
    sa.Column('price_per', _DECIMAL(), nullable=False),
    sa.Column('explanation', sa.String(length=400), nullable=False),
    sa.Column('put_at', connectors.database.base.UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_purchase_requests')),
    sa.UniqueConstraint('item', 'site', name=op.f('uq_purchase_requests_item_site'))
    )

    with op.batch_alter_table('purchase_orders', schema=None) as batch_op:
        batch_op.add_column(sa.Column('site', sa.String(length=60), server_default='', nullable=False))
        batch_op.add_column(sa.Column('sending_key', sa.String(length=400), nullable=True))
        batch_op.create_unique_constraint(batch_op.f('uq_purchase_orders_sending_key'), ['sending_key'])

    with op.batch_alter_table('purchase_order_lines', schema=None) as batch_op:
        batch_op.add_column(sa.Column('request_key', sa.String(length=400), nullable=True))
        batch_op.create_index(batch_op.f('ix_purchase_order_lines_request_key'), ['request_key'], unique=False)
        batch_op.create_index(batch_op.f('ix_purchase_order_lines_item'), ['item'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('purchase_order_lines', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_purchase_order_lines_item'))
        batch_op.drop_index(batch_op.f('ix_purchase_order_lines_request_key'))
        batch_op.drop_column('request_key')

    with op.batch_alter_table('purchase_orders', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('uq_purchase_orders_sending_key'), type_='unique')
        batch_op.drop_column('sending_key')
        batch_op.drop_column('site')

    for table in ('purchase_requests', 'kit_parts', 'supplier_terms', 'reorder_rules', 'demand', 'stock_levels'):
        op.drop_table(table)
