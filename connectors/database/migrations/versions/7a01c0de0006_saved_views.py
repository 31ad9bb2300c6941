"""saved views

Revision: 7a01c0de0006, after 7a01c0de0005, of 2026-11-22 00:30:00
"""

import sqlalchemy as sa
from alembic import op

import connectors.database.base

revision = "7a01c0de0006"
down_revision = "7a01c0de0005"
branch_labels = None
depends_on = None

FIGURES = ("runs", "failed_runs", "done", "waiting", "exception", "failed", "skipped")
OPEN_ITEMS = "is_latest {} AND settled_at IS NULL AND state IN ('exception', 'waiting', 'failed')"


def upgrade() -> None:
    op.create_table(
        "job_days",
        sa.Column("job", sa.String(length=60), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in FIGURES),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("job", "day", name=op.f("pk_job_days")),
    )
    with op.batch_alter_table("job_days", schema=None) as batch_op:
        batch_op.create_index("ix_job_days_day", ["day"], unique=False)

    op.create_table(
        "saved_views",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("page", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("query", sa.String(length=1000), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("created_at", connectors.database.base.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_saved_views_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
    )
    with op.batch_alter_table("saved_views", schema=None) as batch_op:
        batch_op.create_index("ix_saved_views_page", ["page", "user_id"], unique=False)

    with op.batch_alter_table("run_items", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_latest", sa.Boolean(), server_default=sa.true(), nullable=False))
        batch_op.create_index("ix_run_items_owner", ["owner", "id"], unique=False)
        batch_op.create_index(
            "ix_run_items_title", ["title"], unique=False, postgresql_ops={"title": "varchar_pattern_ops"}
        )

    _find_latest()
    open_items = sa.text(OPEN_ITEMS.format("IS 1" if op.get_bind().dialect.name == "sqlite" else "IS true"))
    op.create_index(
        "ix_run_items_open",
        "run_items",
        ["is_latest", "id"],
        unique=False,
        sqlite_where=open_items,
        postgresql_where=open_items,
    )

    with op.batch_alter_table("runs", schema=None) as batch_op:
        batch_op.create_index("ix_runs_created", ["created_at", "id"], unique=False)
        batch_op.create_index("ix_runs_state_created", ["state", "created_at"], unique=False)
        batch_op.create_index("ix_runs_job_state", ["job", "state", "created_at"], unique=False)

    _count_what_has_run()


def downgrade() -> None:
    with op.batch_alter_table("runs", schema=None) as batch_op:
        batch_op.drop_index("ix_runs_job_state")
        batch_op.drop_index("ix_runs_state_created")
        batch_op.drop_index("ix_runs_created")

    op.drop_index("ix_run_items_open", "run_items")
    with op.batch_alter_table("run_items", schema=None) as batch_op:
        batch_op.drop_index("ix_run_items_title")
        batch_op.drop_index("ix_run_items_owner")
        batch_op.drop_column("is_latest")

    op.drop_table("saved_views")
    op.drop_table("job_days")


def _find_latest() -> None:
    """Of items that were left open, those of dry runs and those that a later real run of the job decided again."""
    op.execute(
        "UPDATE run_items SET is_latest = false WHERE state NOT IN ('done', 'skipped') AND "
        "EXISTS (SELECT 1 FROM runs WHERE runs.id = run_items.run_id AND (runs.is_dry_run OR EXISTS ("
        "SELECT 1 FROM run_items later JOIN runs later_run ON later_run.id = later.run_id "
        "WHERE later.key = run_items.key AND later.id > run_items.id AND later.outcome <> '' "
        "AND later_run.job = runs.job AND NOT later_run.is_dry_run)))"
    )


def _count_what_has_run() -> None:
    """Fill the figures from the runs that ended before there were any; the dates of both databases are UTC."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    day = "date(finished_at)" if is_sqlite else "CAST(finished_at AT TIME ZONE 'UTC' AS date)"
    took = (
        "(julianday(finished_at) - julianday(started_at)) * 86400.0"
        if is_sqlite
        else "CAST(EXTRACT(EPOCH FROM finished_at - started_at) AS double precision)"
    )
    states = ", ".join(f"SUM(CASE WHEN state = '{state}' THEN 1 ELSE 0 END) AS {state}_items" for state in FIGURES[2:])
    sums = ", ".join(f"SUM(COALESCE({state}_items, 0))" for state in FIGURES[2:])
    op.execute(
        f"INSERT INTO job_days (job, day, {', '.join(FIGURES)}, seconds) "
        f"SELECT job, {day}, COUNT(*), SUM(CASE WHEN state = 'failed' THEN 1 ELSE 0 END), {sums}, "
        f"SUM(COALESCE({took}, 0.0)) FROM runs "
        f"LEFT JOIN (SELECT run_id, {states} FROM run_items GROUP BY run_id) counted ON counted.run_id = runs.id "
        f"WHERE finished_at IS NOT NULL AND NOT is_dry_run GROUP BY job, {day}"
    )
