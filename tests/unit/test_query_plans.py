"""What is asked all the time is answered from an index, however much has piled up."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from automations.engine.runs import list_jobs
from automations.jobs.invoice_matching import JOB
from bot.channels.outbox import Outbox
from bot.conversations import store
from bot.services.customers import Customers
from bot.services.verification import CODE, verify_conversation
from bot.staff.inbox_view import read_conversation
from connectors.database import models  # noqa: F401 - fills the metadata
from connectors.database.base import Base
from connectors.database.session import Database
from connectors.registry import Connectors
from connectors.vendors.house_orders import HouseOrders


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'plans.sqlite'}")
    Base.metadata.create_all(database.engine)
    yield database
    database.close()


def plans_of(database: Database, ask: Callable[[], object]) -> list[str]:
    """How SQLite finds the rows of every query that `ask` makes."""
    asked: list[tuple[str, Any]] = []

    def remember(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        asked.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", remember)
    ask()
    event.remove(database.engine, "before_cursor_execute", remember)
    with database.engine.connect() as connection:
        return [
            " | ".join(row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters))
            for statement, parameters in asked
            if statement.startswith("SELECT")
        ]


def test_the_outbox_looks_at_open_deliveries_only(database: Database) -> None:
    (plan,) = plans_of(database, lambda: Outbox(database, "telegram").claim(10))
    assert "ix_deliveries_open" in plan
    assert "SCAN deliveries" not in plan


def test_the_orders_of_an_address_come_from_its_index(database: Database) -> None:
    (plan,) = plans_of(database, lambda: HouseOrders(database).orders_of("emma@example.com"))
    assert "SEARCH sales_orders USING INDEX ix_sales_orders_email (email=?)" in plan


def test_the_newest_run_of_each_job_is_the_first_of_its_index(database: Database) -> None:
    jobs = [JOB, replace(JOB, name="another")]
    with database.read() as session:
        plans = plans_of(database, lambda: list_jobs(session, jobs))
    newest = [plan for plan in plans if "runs" in plan]
    assert len(newest) == 2
    assert all("SEARCH runs USING INDEX ix_runs_job_created (job=?)" in plan for plan in newest)


def test_all_about_a_customer_is_found_without_reading_any_table_as_a_whole(database: Database) -> None:
    with database.write() as session:
        conversation = store.open_conversation(session, "web", "1", "en", None)
        conversation_id = conversation.id
        verify_conversation(session, conversation, "emma@example.com", CODE)
    customers = Customers(database, Connectors.in_memory())
    with database.read() as session:
        plans = plans_of(database, lambda: read_conversation(session, conversation_id, "nobody"))
    plans += plans_of(database, lambda: customers.open_matters(conversation_id))
    assert len(plans) > 5
    assert [plan for plan in plans if "SCAN" in plan] == []
