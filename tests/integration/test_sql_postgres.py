"""Somebody else's PostgreSQL is read through a role that may only SELECT; one that may more changes nothing either."""

import socket
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import make_url, text

import connectors.database.models  # noqa: F401 - fills the metadata
from connectors.contracts.orders import Order, OrderItem, OrderState
from connectors.database.base import Base
from connectors.database.models.sales import SalesOrder
from connectors.database.session import Database
from connectors.errors import AuthFailed, NotFound, Rejected, Unavailable
from connectors.http.reach import Reach
from connectors.vendors.sql_engine import open_reading
from connectors.vendors.sql_queries import parse_queries
from connectors.vendors.sql_sales import SqlOrders
from connectors.vendors.sql_source import SqlSource
from tests.fixtures.filled_orders import add_orders
from tests.fixtures.sql_books import ORDERS, QUERIES, sql_connector

pytestmark = pytest.mark.integration

LAMP = Order(
    number="ORD-2026-0117",
    email="emma@example.com",
    customer_name="Emma Novak",
    ordered_on=date(2026, 11, 2),
    state=OrderState.PAID,
    items=(OrderItem("LAMP", "Oak lamp", Decimal(1), Decimal("129.95")),),
    total=Decimal("129.95"),
    currency="EUR",
)


@pytest.fixture
def books(postgresql_url: str) -> Iterator[Database]:
    """The database of a shop, with one order, as its owner sees it."""
    database = Database(postgresql_url)
    Base.metadata.create_all(database.engine)
    add_orders(database, [LAMP])
    yield database
    database.close()


@pytest.fixture
def reader(books: Database) -> Iterator[str]:
    """A role that may read every table and nothing else."""
    name = f"reader_{uuid4().hex[:12]}"
    with books.write() as session:
        session.execute(text(f"CREATE ROLE {name} LOGIN PASSWORD 'read-only'"))
        session.execute(text(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}"))
    yield name
    with books.write() as session:
        session.execute(text(f"DROP OWNED BY {name}"))
        session.execute(text(f"DROP ROLE {name}"))


def connect(books: Database, user: str = "", contract: str = "orders", **settings: Any) -> Any:
    as_user = {"user": user, "password": "read-only"} if user else {}
    return sql_connector(contract, books, **as_user, **settings)


def with_find_order(statement: str) -> str:
    """The usual queries, but for the one that finds an order."""
    queries = {**parse_queries(ORDERS), "find_order": statement}
    return "\n".join(f"-- name: {name}\n{written}" for name, written in queries.items())


def test_a_role_that_may_only_select_reads_orders(books: Database, reader: str) -> None:
    orders = connect(books, reader)
    assert orders.find_order("ord-2026-0117") == LAMP
    assert list(orders.undelivered_orders()) == [LAMP]
    with pytest.raises(NotFound):
        orders.find_order("ORD-1")


@pytest.mark.parametrize("contract", sorted(QUERIES))
def test_every_contract_is_checked_through_that_role(books: Database, reader: str, contract: str) -> None:
    said = connect(books, reader, contract).check()
    assert said.startswith("postgresql 1")
    assert "may also write" not in said


def test_a_check_says_that_the_owner_may_do_more_than_is_needed(books: Database) -> None:
    assert "may also write" in connect(books).check()


@pytest.mark.parametrize(
    "statement",
    [
        "WITH gone AS (DELETE FROM sales_order_items RETURNING *) SELECT order_number FROM gone WHERE :number <> ''",
        "WITH paid AS (UPDATE sales_orders SET total = 0 RETURNING *) SELECT * FROM paid WHERE number = :number",
        "SELECT setval('sales_order_items_id_seq', 4711) WHERE :number <> ''",
        "SELECT * FROM sales_orders WHERE number = :number FOR UPDATE",
        "SELECT set_config('transaction_read_only', 'off', false) WHERE :number <> ''",
    ],
)
def test_not_even_the_owner_changes_anything_through_a_query(books: Database, statement: str) -> None:
    with pytest.raises(Rejected):
        connect(books, queries=with_find_order(statement)).find_order(LAMP.number)
    assert connect(books).find_order(LAMP.number) == LAMP


def test_the_server_itself_takes_one_statement_at_a_time(books: Database) -> None:
    written = {**parse_queries(ORDERS), "undelivered_orders": "SELECT 1; DELETE FROM sales_order_items"}
    url = make_url(books.url)
    settings = {
        "address": url.set(username=None, password=None).render_as_string(),
        "user": url.username,
        "tls": "plain",
        "timeout_seconds": 5,
    }
    source = SqlSource(open_reading(settings, Reach.LOOPBACK), SqlOrders.QUERIES, written, max_rows=10)
    with pytest.raises(Rejected, match="multiple commands"):
        list(source.rows("undelivered_orders"))
    assert connect(books).find_order(LAMP.number) == LAMP


def test_a_query_that_takes_too_long_is_ended(books: Database, reader: str) -> None:
    slow = "SELECT pg_sleep(30) WHERE :number <> ''"
    orders = connect(books, reader, queries=with_find_order(slow), timeout_seconds=1)
    with pytest.raises(Unavailable, match="find_order took longer"):
        orders.find_order(LAMP.number)


def test_a_table_that_the_role_may_not_read_is_a_matter_of_rights(books: Database, reader: str) -> None:
    with books.write() as session:
        session.execute(text(f"REVOKE SELECT ON sales_order_items FROM {reader}"))  # noqa: S608
    with pytest.raises(AuthFailed, match=r"order_items.*grant it SELECT"):
        connect(books, reader).check()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"user": "nobody-there"}, "refuse|not known"),
        ({"address": "postgresql://127.0.0.1:{port}/nowhere"}, "not known"),
    ],
)
def test_a_user_or_a_database_that_does_not_exist_is_said_so(
    books: Database, reader: str, settings: dict[str, str], said: str
) -> None:
    port = str(make_url(books.url).port or 5432)
    filled = {name: value.replace("{port}", port) for name, value in settings.items()}
    with pytest.raises(AuthFailed, match=said):
        connect(books, **{"user": reader, **filled}).check()


def test_a_server_without_encryption_is_not_spoken_to_in_the_clear(books: Database, reader: str) -> None:
    with pytest.raises(Unavailable, match="SSL"):
        connect(books, reader, tls="encrypted").check()


def test_a_connection_that_was_cut_is_made_anew(books: Database, reader: str) -> None:
    orders = connect(books, reader)
    assert orders.find_order(LAMP.number) == LAMP
    with books.write() as session:
        cut = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = :reader")
        session.execute(cut, {"reader": reader})
    assert orders.find_order(LAMP.number) == LAMP


def test_what_is_added_meanwhile_is_seen_by_the_next_question(books: Database, reader: str) -> None:
    orders = connect(books, reader)
    assert len(orders.undelivered_orders()) == 1
    with books.write() as session:
        session.get_one(SalesOrder, LAMP.number).state = OrderState.DELIVERED.value
    assert list(orders.undelivered_orders()) == []


def test_a_port_where_nothing_listens_is_unavailable(books: Database) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    with pytest.raises(Unavailable, match="check that it runs"):
        connect(books, address=f"postgresql://127.0.0.1:{port}/erp").check()
