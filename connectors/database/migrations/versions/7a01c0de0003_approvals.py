"""approvals

Revision: 7a01c0de0003, after 7a01c0de0002, of 2026-11-22 00:30:00
"""

import sqlalchemy as sa
from alembic import op

import connectors.database.base

revision = '7a01c0de0003'
down_revision = '7a01c0de0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('approver_groups',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('created_at', connectors.database.base.UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_approver_groups')),
    sa.UniqueConstraint('name', name=op.f('uq_approver_groups_name'))
    )
    op.create_table('approval_delegations',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('giver_id', sa.String(length=32), nullable=False),
    sa.Column('receiver_id', sa.String(length=32), nullable=False),
    sa.Column('starts', connectors.database.base.UtcDateTime(), nullable=False),
    sa.Column('ends', connectors.database.base.UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['giver_id'], ['users.id'], name=op.f('fk_approval_delegations_giver_id_users')),
    sa.ForeignKeyConstraint(['receiver_id'], ['users.id'], name=op.f('fk_approval_delegations_receiver_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_approval_delegations'))
    )
    with op.batch_alter_table('approval_delegations', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_approval_delegations_giver_id'), ['giver_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_approval_delegations_receiver_id'), ['receiver_id'], unique=False)

    op.create_table('approver_group_members',
    sa.Column('group_id', sa.String(length=32), nullable=False),
    sa.Column('user_id', sa.String(length=32), nullable=False),
    sa.Column('limits', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['group_id'], ['approver_groups.id'], name=op.f('fk_approver_group_members_group_id_approver_groups')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_approver_group_members_user_id_users')),
    sa.PrimaryKeyConstraint('group_id', 'user_id', name=op.f('pk_approver_group_members'))
    )
    with op.batch_alter_table('approver_group_members', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_approver_group_members_user_id'), ['user_id'], unique=False)

    op.create_table('approvals',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('run_id', sa.String(length=100), nullable=False),
    sa.Column('subject', sa.String(length=200), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=True),
    sa.Column('job', sa.String(length=60), nullable=False),
    sa.Column('group_id', sa.String(length=32), nullable=False),
    sa.Column('escalation_group_id', sa.String(length=32), nullable=True),
    sa.Column('owner', sa.String(length=40), nullable=False),
    sa.Column('items', sa.Integer(), nullable=False),
    sa.Column('amount', connectors.database.base.ExactDecimal(), nullable=True),
    sa.Column('currency', sa.String(length=10), nullable=True),
    sa.Column('people_needed', sa.Integer(), nullable=False),
    sa.Column('maker', sa.String(length=320), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('requested_at', connectors.database.base.UtcDateTime(), nullable=False),
    sa.Column('deadline', connectors.database.base.UtcDateTime(), nullable=False),
    sa.Column('escalated_at', connectors.database.base.UtcDateTime(), nullable=True),
    sa.Column('told_at', connectors.database.base.UtcDateTime(), nullable=True),
    sa.Column('decided_at', connectors.database.base.UtcDateTime(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['escalation_group_id'], ['approver_groups.id'], name=op.f('fk_approvals_escalation_group_id_approver_groups')),
    sa.ForeignKeyConstraint(['group_id'], ['approver_groups.id'], name=op.f('fk_approvals_group_id_approver_groups')),
    sa.ForeignKeyConstraint(['item_id'], ['run_items.id'], name=op.f('fk_approvals_item_id_run_items')),
    sa.ForeignKeyConstraint(['run_id'], ['runs.id'], name=op.f('fk_approvals_run_id_runs')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_approvals')),
    sa.UniqueConstraint('run_id', 'subject', name=op.f('uq_approvals_run_id_subject'))
    )
    with op.batch_alter_table('approvals', schema=None) as batch_op:
        batch_op.create_index('ix_approvals_group', ['group_id', 'state', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_approvals_item_id'), ['item_id'], unique=False)
        batch_op.create_index('ix_approvals_job', ['job', 'id'], unique=False)
        batch_op.create_index('ix_approvals_state', ['state', 'id'], unique=False)
        batch_op.create_index('ix_approvals_state_deadline', ['state', 'deadline'], unique=False)
        batch_op.create_index('ix_approvals_subject', ['subject', 'state'], unique=False)

    op.create_table('approval_decisions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('approval_id', sa.Integer(), nullable=False),
    sa.Column('decided_by', sa.String(length=320), nullable=False),
    sa.Column('on_behalf_of', sa.String(length=320), nullable=False),
    sa.Column('verdict', sa.String(length=10), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('channel', sa.String(length=20), nullable=False),
    sa.Column('at', connectors.database.base.UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['approval_id'], ['approvals.id'], name=op.f('fk_approval_decisions_approval_id_approvals')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_approval_decisions')),
    sa.UniqueConstraint('approval_id', 'decided_by', name=op.f('uq_approval_decisions_approval_id_decided_by'))
    )
    op.create_table('approval_links',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('approval_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.String(length=32), nullable=False),
    sa.Column('expires_at', connectors.database.base.UtcDateTime(), nullable=False),
    sa.Column('send_after', connectors.database.base.UtcDateTime(), nullable=False),
    sa.Column('sent_at', connectors.database.base.UtcDateTime(), nullable=True),
    sa.Column('used_at', connectors.database.base.UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['approval_id'], ['approvals.id'], name=op.f('fk_approval_links_approval_id_approvals')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_approval_links_user_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_approval_links')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_approval_links_token_hash'))
    )
    with op.batch_alter_table('approval_links', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_approval_links_approval_id'), ['approval_id'], unique=False)
        batch_op.create_index('ix_approval_links_outbox', ['sent_at', 'send_after'], unique=False)
        batch_op.create_index(batch_op.f('ix_approval_links_user_id'), ['user_id'], unique=False)
    op.add_column('users', sa.Column('language', sa.String(length=8), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('users', schema=None) as batch_op:
        batch_op.drop_column('language')

    with op.batch_alter_table('approval_links', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_approval_links_user_id'))
        batch_op.drop_index('ix_approval_links_outbox')
        batch_op.drop_index(batch_op.f('ix_approval_links_approval_id'))

    op.drop_table('approval_links')
    op.drop_table('approval_decisions')
    with op.batch_alter_table('approvals', schema=None) as batch_op:
        batch_op.drop_index('ix_approvals_subject')
        batch_op.drop_index('ix_approvals_state_deadline')
        batch_op.drop_index('ix_approvals_state')
        batch_op.drop_index('ix_approvals_job')
        batch_op.drop_index(batch_op.f('ix_approvals_item_id'))
        batch_op.drop_index('ix_approvals_group')

    op.drop_table('approvals')
    with op.batch_alter_table('approver_group_members', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_approver_group_members_user_id'))

    op.drop_table('approver_group_members')
    with op.batch_alter_table('approval_delegations', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_approval_delegations_receiver_id'))
        batch_op.drop_index(batch_op.f('ix_approval_delegations_giver_id'))

    op.drop_table('approval_delegations')
    op.drop_table('approver_groups')
