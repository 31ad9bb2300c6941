"""What is asked all the time is answered from an index, however much has piled up."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select

from automations.engine.runs import list_jobs
from automations.jobs.invoice_matching import JOB
from bot.channels.outbox import Outbox
from bot.channels.setup import ChannelSetups
from bot.conversations import store
from bot.mail_queue import MailQueue
from bot.pages.rendering import create_pages
from bot.services.attachments import Attachments
from bot.services.customers import Customers
from bot.services.transcript_mail import Transcripts
from bot.services.verification import CODE, verify_conversation
from bot.staff.inbox_view import read_conversation
from bot.texts import Texts
from connectors.database import models  # noqa: F401 - fills the metadata
from connectors.database.base import Base
from connectors.database.models.work import RunItem
from connectors.database.session import Database
from connectors.registry import Connectors
from connectors.secrets import Secrets, secrets_of
from connectors.settings import PROJECT_ROOT, Settings
from connectors.vendors.house_orders import HouseOrders
from connectors.vendors.memory_mail import MemoryMailer
from tests.bench.history import write_history
from tests.integration.console_house import Browser, ConsoleHouse

# The tables that grow for ever, and that the console's pages ask.
BIG_TABLES = ("runs", "run_items", "run_events", "audit_log", "approvals")
PAGES = (
    "",
    "/now",
    "/jobs",
    "/jobs/invoice-matching",
    "/schedules",
    "/runs?view=all",
    "/runs?job=invoice-matching",
    "/runs?state=failed",
    "/runs?job=invoice-matching&state=failed",
    "/runs?since=2026-01-01&until=2026-02-01",
    "/runs?job=invoice-matching&since=2026-01-01",
    "/runs?mode=dry",
    "/runs?mode=dry&job=invoice-matching&state=failed",
    "/runs?older_than={run}",
    "/runs?newer_than={run}",
    "/runs?job=invoice-matching&older_than={run}",
    "/items?view=all",
    "/items?job=invoice-matching",
    "/items?state=exception",
    "/items?reason=NO_ORDER",
    "/items?owner=procurement",
    "/items?outcome=held&job=invoice-matching",
    "/items?mode=real&since=2026-01-01",
    "/items?title=Cedar",
    "/items?title=Cedar&state=done&owner=technical",
    "/items?older_than={item}",
    "/items?newer_than={item}&state=exception",
    "/exceptions?view=all",
    "/exceptions?owner=procurement&reason=NO_ORDER",
    "/exceptions?job=invoice-matching",
    "/exceptions?title=Cedar",
    "/exceptions?older_than={item}",
    "/runs/{run}",
    "/runs/{run}/progress?state=done",
    "/runs/{run}?level=warning&about=x",
    "/runs/{run}/items/{item}",
    "/audit",
    "/audit?actor=jana@example.com&text=price",
    "/audit?action=run.start&since=2026-01-01",
    "/audit?object_type=run&object_id={run}",
    "/approvals",
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'plans.sqlite'}")
    Base.metadata.create_all(database.engine)
    yield database
    database.close()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleHouse]:
    """Some of everything; without statistics SQLite plans alike for few rows and for many."""
    house = ConsoleHouse(tmp_path_factory.mktemp("house"))
    write_history(house.database, runs=50, items=500)
    yield house
    house.close()


def plans_of(database: Database, ask: Callable[[], object]) -> list[str]:
    """How SQLite finds the rows of every query that `ask` makes."""
    return [plan for _statement, plan in explain(database, ask)]


def explain(database: Database, ask: Callable[[], object]) -> list[tuple[str, str]]:
    """Every query that `ask` makes, with its plan."""
    asked: list[tuple[str, Any]] = []

    def remember(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        asked.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", remember)
    ask()
    event.remove(database.engine, "before_cursor_execute", remember)
    with database.engine.connect() as connection:
        return [
            (
                statement,
                " | ".join(row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)),
            )
            for statement, parameters in asked
            if statement.startswith("SELECT")
        ]


def read_as_a_whole(statement: str, plan: str) -> list[str]:
    """The big tables that a query goes all through; the first rows in an index's order are no more than a page."""
    scanned = [table for table in BIG_TABLES if re.search(rf"\bSCAN {table}\b", plan)]
    return [table for table in scanned if not re.search(rf"FROM {table}\s+ORDER BY [\w., ]+?\s+LIMIT \?", statement)]


def test_the_outbox_looks_at_open_deliveries_only(database: Database) -> None:
    (plan,) = plans_of(database, lambda: Outbox(database, "telegram").claim(10))
    assert "ix_deliveries_open" in plan
    assert "SCAN deliveries" not in plan


def test_files_that_a_channel_still_holds_are_found_without_looking_at_the_others(
    database: Database, tmp_path: Path
) -> None:
    setups = ChannelSetups(database, secrets_of(Settings(_env_file=None, data_dir=tmp_path)))
    (plan,) = plans_of(database, Attachments(database, tmp_path, setups).expected)
    assert "USING INDEX ix_attachments_expected" in plan


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
    # The team is small.
    assert [plan for plan in plans if "SCAN" in plan and not plan.startswith("SCAN users")] == []


def test_transcripts_sent_lately_are_counted_without_reading_all_mails(database: Database) -> None:
    pages = create_pages(PROJECT_ROOT / "data", Texts(PROJECT_ROOT / "data"))
    transcripts = Transcripts(pages, MailQueue(database, MemoryMailer(), Secrets("s" * 32)))
    with database.write() as session:
        conversation_id = store.open_conversation(session, "web", "1", "en", "203.0.113.5").id

    def ask() -> None:
        with database.write() as session:
            transcripts.mail(session, conversation_id, "emma@example.com")

    of_mails = " | ".join(plan for plan in plans_of(database, ask) if "outgoing_mails" in plan)
    assert "SCAN outgoing_mails" not in of_mails
    for index in ("about (about=?)", "recipient (recipient=? AND created_at>?)", "created_at (created_at>?)"):
        assert f"ix_outgoing_mails_{index}" in of_mails


@pytest.mark.parametrize("page", PAGES)
def test_no_page_of_the_console_reads_a_big_table_as_a_whole(house: ConsoleHouse, page: str) -> None:
    browser = Browser(house, house.admin)
    with house.database.read() as session:
        item = session.scalars(select(RunItem).where(RunItem.state == "exception").limit(1)).one()
    path = f"/console{page}".format(run=item.run_id, item=item.id)
    asked = explain(house.database, lambda: browser.opens(path))
    assert len(asked) > 1
    assert [(read, statement) for statement, plan in asked for read in read_as_a_whole(statement, plan)] == []


def test_open_items_come_from_the_index_of_those_alone(house: ConsoleHouse) -> None:
    browser = Browser(house, house.admin)
    plans = [plan for path in ("", "/jobs", "/exceptions?view=all") for plan in _plans_of_page(browser, path)]
    assert sum("ix_run_items_open" in plan for plan in plans) >= 4
    assert [plan for plan in plans if "ix_run_items_state" in plan] == []


@pytest.mark.parametrize(
    "query",
    ["SELECT id FROM runs WHERE failure = ? ORDER BY id LIMIT ?", "SELECT count(*) FROM run_items WHERE outcome > ?"],
)
def test_a_filter_that_no_index_answers_would_be_noticed(house: ConsoleHouse, query: str) -> None:
    with house.database.engine.connect() as connection:
        values = ("x", 1)[: query.count("?")]
        plan = " | ".join(row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", values))
    assert len(read_as_a_whole(query, plan)) == 1


def _plans_of_page(browser: Browser, path: str) -> list[str]:
    return plans_of(browser.house.database, lambda: browser.opens(f"/console{path}"))
