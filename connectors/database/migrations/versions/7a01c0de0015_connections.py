"""connections: several contracts, sealed secrets, pause, read-only, health

Revision: 7a01c0de0015, after 7a01c0de0014, of 2026-11-22 07:45:00
"""

import sqlalchemy as sa
from alembic import op

import connectors.database.base

revision = "7a01c0de0015"
down_revision = "7a01c0de0014"
branch_labels = None
depends_on = None

_KINDS_BEFORE = ["run_failed", "did_not_run", "stalled", "many_exceptions", "approval_overdue"]
_NEW_KIND = "connection_failing"
_CONNECTIONS = sa.table(
    "connections", sa.column("id", sa.String), sa.column("contract", sa.String), sa.column("contracts", sa.JSON)
)
_ALERTS = sa.table("alerts", sa.column("kind", sa.String))
_CHANNELS = sa.table("alert_channels", sa.column("id", sa.String), sa.column("kinds", sa.JSON))


def upgrade() -> None:
    moment = connectors.database.base.UtcDateTime
    with op.batch_alter_table("connections", schema=None) as batch_op:
        batch_op.add_column(sa.Column("contracts", sa.JSON(), server_default="[]", nullable=False))
        batch_op.add_column(sa.Column("secrets", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("networks", sa.JSON(), server_default="[]", nullable=False))
        batch_op.add_column(sa.Column("is_read_only", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("is_paused", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("health", sa.String(length=20), server_default="unknown", nullable=False))
        batch_op.add_column(sa.Column("health_since", moment(), nullable=True))
        batch_op.add_column(sa.Column("next_check_at", moment(), nullable=True))
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    connection = op.get_bind()
    for row in connection.execute(sa.select(_CONNECTIONS.c.id, _CONNECTIONS.c.contract)).all():
        connection.execute(_CONNECTIONS.update().where(_CONNECTIONS.c.id == row.id).values(contracts=[row.contract]))
    with op.batch_alter_table("connections", schema=None) as batch_op:
        batch_op.drop_column("contract")
    _add_tables()
    # Who wanted to hear of everything wants to hear of connections as well.
    for row in connection.execute(sa.select(_CHANNELS.c.id, _CHANNELS.c.kinds)).all():
        if set(_KINDS_BEFORE) <= set(row.kinds):
            _set_kinds(row.id, [*row.kinds, _NEW_KIND])


def _add_tables() -> None:
    moment = connectors.database.base.UtcDateTime
    op.create_table(
        "connection_choices",
        sa.Column("contract", sa.String(length=40), nullable=False),
        sa.Column("connection_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_connection_choices_connection_id_connections")
        ),
        sa.PrimaryKeyConstraint("contract", name=op.f("pk_connection_choices")),
    )
    with op.batch_alter_table("connection_choices", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_connection_choices_connection_id"), ["connection_id"], unique=False)
    op.create_table(
        "connection_stretches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.String(length=32), nullable=False),
        sa.Column("health", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("took_ms", sa.Integer(), nullable=True),
        sa.Column("began_at", moment(), nullable=False),
        sa.Column("last_seen_at", moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_connection_stretches_connection_id_connections")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connection_stretches")),
    )
    with op.batch_alter_table("connection_stretches", schema=None) as batch_op:
        batch_op.create_index("ix_connection_stretches_connection", ["connection_id", "id"], unique=False)


def _set_kinds(channel_id: str, kinds: list[str]) -> None:
    op.get_bind().execute(_CHANNELS.update().where(_CHANNELS.c.id == channel_id).values(kinds=kinds))


def downgrade() -> None:
    """A connection of several contracts keeps the first of them; alerts of a kind that is not known yet go."""
    connection = op.get_bind()
    connection.execute(_ALERTS.delete().where(_ALERTS.c.kind == _NEW_KIND))
    for row in connection.execute(sa.select(_CHANNELS.c.id, _CHANNELS.c.kinds)).all():
        _set_kinds(row.id, [kind for kind in row.kinds if kind != _NEW_KIND])
    op.drop_table("connection_stretches")
    op.drop_table("connection_choices")
    with op.batch_alter_table("connections", schema=None) as batch_op:
        batch_op.add_column(sa.Column("contract", sa.String(length=40), server_default="", nullable=False))
    for row in connection.execute(sa.select(_CONNECTIONS.c.id, _CONNECTIONS.c.contracts)).all():
        first = row.contracts[0] if row.contracts else ""
        connection.execute(_CONNECTIONS.update().where(_CONNECTIONS.c.id == row.id).values(contract=first))
    with op.batch_alter_table("connections", schema=None) as batch_op:
        batch_op.alter_column("contract", existing_type=sa.String(length=40), server_default=None)
        for name in (
            "version",
            "next_check_at",
            "health_since",
            "health",
            "is_paused",
            "is_read_only",
            "networks",
            "secrets",
            "contracts",
        ):
            batch_op.drop_column(name)
