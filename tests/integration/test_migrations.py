"""Migrations bring an empty database to the tables of the models, on both databases, whoever else migrates."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from threading import Timer

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import bindparam, inspect, select, text
from sqlalchemy.exc import IntegrityError

import connectors.database.models  # noqa: F401 - fills the metadata
from bot.conversations.store import open_conversation
from connectors.contracts.orders import OrderItem
from connectors.contracts.tickets import NewTicket, TicketAuthor
from connectors.database.base import Base, UtcDateTime
from connectors.database.migrate import alembic_config, change_tables, is_current, is_modelled, migrate
from connectors.database.models.alerts import Alert
from connectors.database.models.conversation import Conversation, Ticket
from connectors.database.models.sales import SalesOrderItem
from connectors.database.session import Database
from connectors.registry import Connectors
from connectors.settings import PROJECT_ROOT
from connectors.vendors.house_orders import HouseOrders
from connectors.vendors.house_purchasing import HousePurchasing
from connectors.vendors.house_tickets import HouseTickets
from tests.fixtures.fresh_databases import fresh_postgres

pytestmark = pytest.mark.integration

MIGRATE = """
import sys
from connectors.database.migrate import migrate
from connectors.database.session import Database
database = Database(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
migrate(database)
database.close()
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'twinoffice.sqlite'}"
    else:
        with fresh_postgres(has_tables=False) as url:
            yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


def test_an_empty_database_gets_every_table(database: Database) -> None:
    assert not is_current(database)
    migrate(database)
    assert is_current(database)
    tables = {name for name in inspect(database.engine).get_table_names() if is_modelled(None, name)}
    assert tables == {*Base.metadata.tables, "alembic_version"}


def test_migrating_again_changes_nothing(database: Database) -> None:
    migrate(database)
    migrate(database)
    assert is_current(database)


def test_models_and_migrations_agree(database: Database) -> None:
    migrate(database)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": is_modelled})
        assert compare_metadata(context, Base.metadata) == []


def test_constraints_have_the_names_of_the_models(database: Database) -> None:
    migrate(database)
    inspector = inspect(database.engine)
    for table in Base.metadata.tables.values():
        wanted = {str(c.name) for c in table.constraints if type(c).__name__ == "UniqueConstraint"}
        assert {str(c["name"]) for c in inspector.get_unique_constraints(table.name)} == wanted


def test_two_processes_that_migrate_at_once_wait_for_each_other(database: Database, database_url: str) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", MIGRATE, database_url],
            cwd=PROJECT_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    results = [process.communicate(timeout=60) for process in _all_told_to_go(processes)]
    assert [(process.returncode, errors) for process, (_, errors) in zip(processes, results, strict=True)] == [
        (0, "")
    ] * 2
    assert is_current(database)


def test_a_new_file_that_another_process_is_writing_is_opened_when_it_is_done(tmp_path: Path) -> None:
    holder = sqlite3.connect(tmp_path / "new.sqlite", isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    done = Timer(0.3, lambda: holder.execute("COMMIT"))
    done.start()
    opened = Database(f"sqlite:///{tmp_path / 'new.sqlite'}")
    with opened.engine.connect() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
    done.join()
    opened.close()
    holder.close()


FIRST_REVISION = "16a10148f451"
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
KEPT_BEFORE = (
    "INSERT INTO contacts (id, created_at) VALUES ('contact', :at)",
    "INSERT INTO conversations (id, contact_id, channel, language, is_language_chosen, owner, bot_session, last_seq,"
    " answered_seq, has_pending, turn_failures, created_at, updated_at)"
    " VALUES ('talk', 'contact', 'web', 'cs', false, 'bot', 1, 3, 3, false, 0, :at, :at)",
    "INSERT INTO tickets (id, number, turn_key, conversation_id, contact_id, email, subject, description, state,"
    " created_at) VALUES (1, 'TCK-000001', 'talk.1:3', 'talk', 'contact', 'a@example.com', 's', 'd', 'open', :at)",
    "INSERT INTO sales_orders (number, email, customer_name, ordered_on, state, total, currency)"
    " VALUES ('ORD-1', 'a@example.com', 'A', '2026-11-20', 'paid', '12.50', 'EUR')",
    "INSERT INTO sales_order_items (id, order_number, sku, name, quantity) VALUES (1, 'ORD-1', 'MUG', 'Mug', '2')",
    "INSERT INTO connections (id, name, contract, vendor, settings, created_at)"
    " VALUES ('shop', 'shop', 'orders', 'house', '{}', :at)",
    "INSERT INTO purchase_orders (number, supplier, currency, ordered_on, state)"
    " VALUES ('PO-1', 'S', 'EUR', '2026-11-20', 'open')",
)


def _keep_something(database: Database) -> None:
    """A database of the first version with something in it."""
    with change_tables(database) as connection:
        command.upgrade(alembic_config(connection), FIRST_REVISION)
    with database.engine.begin() as connection:
        for statement in KEPT_BEFORE:
            has_time = [bindparam("at", AT, UtcDateTime())] if ":at" in statement else []
            connection.execute(text(statement).bindparams(*has_time))


def test_who_goes_back_before_connections_keeps_no_alert_that_the_older_version_does_not_know(
    database: Database,
) -> None:
    migrate(database)
    with database.write() as session:
        for kind in ("connection_failing", "run_failed"):
            session.add(Alert(kind=kind, subject="erp", job="", cause="x", opened_at=AT))
    with change_tables(database) as connection:
        command.downgrade(alembic_config(connection), "7a01c0de0014")
    with database.engine.connect() as connection:
        assert connection.scalars(text("SELECT kind FROM alerts")).all() == ["run_failed"]


def test_what_was_written_about_tickets_before_it_was_searched_is_found(database: Database) -> None:
    migrate(database)
    tickets = HouseTickets(database)
    number = tickets.open_ticket(NewTicket("mail:1", "emma@example.com", "Váza", "It broke.", "Emma", "cs"))
    for key in ("mail:2", "mail:3"):
        tickets.add_message(number, TicketAuthor.CUSTOMER, f"Účtenka {key}", key)
    searched = select(Ticket.searched).where(Ticket.number == number)
    with database.read() as session:
        found = session.scalars(searched).one()
    assert found.endswith("uctenka mail:2 uctenka mail:3")
    for step, revision in ((command.downgrade, "7a01c0de0021"), (command.upgrade, "head")):
        with change_tables(database) as connection:
            step(alembic_config(connection), revision)
        with database.read() as session:
            assert session.scalars(searched).one() == (found if revision == "head" else found.partition(" uctenka")[0])


def test_a_token_from_before_there_were_families_is_the_first_of_its_own(database: Database) -> None:
    migrate(database)
    with database.write() as session:
        first = open_conversation(session, "web", "first", "en", None)
        open_conversation(session, "web", "second", "en", None, contact=first.contact, family="first")
    families = text("SELECT family FROM channel_identities ORDER BY external_id")
    with database.engine.connect() as connection:
        assert connection.scalars(families).all() == ["first", "first"]
    for step, revision in ((command.downgrade, "7a01c0de0022"), (command.upgrade, "head")):
        with change_tables(database) as connection:
            step(alembic_config(connection), revision)
    with database.engine.connect() as connection:
        assert connection.scalars(families).all() == ["first", "second"]


def _broken_references(database: Database) -> list[object]:
    """PostgreSQL lets none be broken; SQLite does while tables are changed."""
    with database.engine.connect() as connection:
        return list(connection.exec_driver_sql("PRAGMA foreign_key_check")) if database.is_sqlite else []


def test_what_an_earlier_version_kept_is_served_by_this_one(database: Database) -> None:
    _keep_something(database)
    migrate(database)
    order = HouseOrders(database).find_order("ORD-1")
    assert (order.total, order.address) == (Decimal("12.5"), None)
    assert order.items == (OrderItem("MUG", "Mug", Decimal(2), None),)
    assert HousePurchasing(database).find_orders(["PO-1"])["PO-1"].expected_on is None
    (shop,) = Connectors(database).list_connections()
    assert (shop.contracts, shop.is_paused, shop.is_read_only, shop.health) == (("orders",), False, False, "unknown")
    with database.read() as session:
        ticket = session.scalars(select(Ticket)).one()
        conversation = session.get_one(Conversation, "talk")
        assert (ticket.created_at, ticket.updated_at) == (AT, AT)
        assert (conversation.verified_email, conversation.contact.accepts_notices) == (None, True)
    assert _broken_references(database) == []


def test_references_are_enforced_again_after_a_migration(database: Database) -> None:
    migrate(database)
    for _connection in range(3):
        with pytest.raises(IntegrityError), database.write() as session:
            session.add(SalesOrderItem(order_number="ORD-404", sku="MUG", name="Mug", quantity=Decimal(1)))


def test_every_migration_can_be_taken_back_without_losing_what_was_kept(database: Database) -> None:
    _keep_something(database)
    migrate(database)
    with change_tables(database) as connection:
        command.downgrade(alembic_config(connection), FIRST_REVISION)
    assert _broken_references(database) == []
    migrate(database)
    assert HouseOrders(database).find_order("ORD-1").customer_name == "A"
    assert Connectors(database).orders().find_order("ORD-1").customer_name == "A"
    with change_tables(database) as connection:
        command.downgrade(alembic_config(connection), "base")
    assert set(inspect(database.engine).get_table_names()) == {"alembic_version"}


def _all_told_to_go(processes: list[subprocess.Popen[str]]) -> list[subprocess.Popen[str]]:
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return processes
