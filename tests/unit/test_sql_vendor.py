"""Somebody else's database is read by an admin's queries, and by nothing else."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from connectors.contracts.orders import OrderState
from connectors.database.session import Database
from connectors.errors import AuthFailed, NotFound, Rejected, Unavailable
from connectors.http.reach import Reach
from connectors.vendor import Setup
from connectors.vendors.sql import VENDOR
from connectors.vendors.sql_failures import explain_query
from connectors.vendors.sql_queries import parse_queries

ORDER = """
SELECT nr AS number, lower(kunde_mail) AS email, kunde AS customer_name, datum AS ordered_on,
       CASE status WHEN 10 THEN 'paid' WHEN 20 THEN 'shipped' END AS state, summe AS total, 'EUR' AS currency
FROM auftrag
"""
QUERIES = f"""
-- name: find_order
{ORDER} WHERE nr = :number
-- name: orders_of
{ORDER} WHERE lower(kunde_mail) = :email
-- name: undelivered_orders
{ORDER}
-- name: order_items
SELECT auftrag AS number, artikel AS sku, text AS name, menge AS quantity, preis AS unit_price
FROM position WHERE auftrag IN :numbers ORDER BY rowid
"""  # noqa: S608
TABLES = """
CREATE TABLE auftrag (nr TEXT, kunde_mail TEXT, kunde TEXT, datum TEXT, status INTEGER, summe NUMERIC);
CREATE TABLE position (auftrag TEXT, artikel TEXT, text TEXT, menge NUMERIC, preis NUMERIC);
INSERT INTO auftrag VALUES ('A-1', 'Emma@Example.com', 'Emma', '2026-11-02', 10, '39.80');
INSERT INTO auftrag VALUES ('A-2', 'leila@example.com', 'Leila', '2026-11-03', 20, 12);
INSERT INTO position VALUES ('A-1', 'MUG', 'Mug', 2, 19.9);
"""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """The database of an old trading program."""
    path = tmp_path / "handel.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(TABLES)
    return path


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'own.sqlite'}")
    yield database
    database.close()


class Office:
    """Where an admin fills in the form of a connection."""

    def __init__(self, own: Database, book: Path) -> None:
        self._own = own
        self.book = book

    def connect(self, reach: Reach = Reach.PUBLIC, **settings: Any) -> Any:
        filled = {"address": f"sqlite:///{self.book}", "queries": QUERIES, **settings}
        return VENDOR.make("orders", Setup("trade", self._own, filled, reach))

    def with_query(self, name: str, statement: str, **settings: Any) -> Any:
        """The usual queries, one of them written otherwise."""
        queries = {**parse_queries(QUERIES), name: statement}
        written = "\n".join(f"-- name: {each}\n{text}" for each, text in queries.items())
        return self.connect(queries=written, **settings)


@pytest.fixture
def office(own: Database, book: Path) -> Office:
    return Office(own, book)


def test_orders_of_a_foreign_program_come_out_as_our_own(office: Office) -> None:
    order = office.connect().find_order(" a-1 ")
    assert (order.number, order.email, order.ordered_on) == ("A-1", "emma@example.com", date(2026, 11, 2))
    assert (order.state, order.total) == (OrderState.PAID, Decimal("39.8"))
    assert [(item.sku, item.quantity, item.unit_price) for item in order.items] == [("MUG", 2, Decimal("19.9"))]


def test_what_is_asked_for_is_never_part_of_the_statement(office: Office) -> None:
    orders = office.connect()
    with pytest.raises(NotFound):
        orders.find_order("A-1' OR '1'='1")
    assert list(orders.orders_of("' OR 1=1 --")) == []


def test_a_check_runs_every_query_and_says_what_answered(office: Office) -> None:
    assert "sqlite" in office.connect().check()
    assert "4 queries fit" in office.connect().check()


def test_a_preview_shows_rows_as_they_are_and_what_becomes_of_them(office: Office) -> None:
    with closing(sqlite3.connect(office.book)) as connection, connection:
        connection.execute("UPDATE auftrag SET status = 99 WHERE nr = 'A-2'")
    good, bad = office.connect().preview(5)
    assert good.source["customer_name"] == "Emma"
    assert (good.mapped["number"], good.mapped["state"], good.problem) == ("A-1", OrderState.PAID, "")
    assert bad.mapped == {}
    assert "state" in bad.problem
    assert len(office.connect().preview(1)) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "WITH new AS (SELECT 1) DELETE FROM auftrag WHERE nr = :number",
        "WITH new AS (SELECT 1) UPDATE auftrag SET summe = 0 WHERE nr = :number",
        "WITH new(nr) AS (SELECT 'X') INSERT INTO auftrag (nr) SELECT nr FROM new WHERE nr = :number",
    ],
)
def test_a_query_that_would_change_something_changes_nothing(office: Office, statement: str) -> None:
    with pytest.raises(Rejected, match="only reads"):
        office.with_query("find_order", statement).find_order("A-1")
    assert len(office.connect().undelivered_orders()) == 2


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DELETE FROM auftrag WHERE nr = :number", "must begin with SELECT"),
        ("/* SELECT */ UPDATE auftrag SET nr = :number", "must begin with SELECT"),
        ("", "must begin with SELECT"),
        ("SELECT 1 AS number WHERE :number = ''; DELETE FROM auftrag", "several statements"),
        ("SELECT nr AS number FROM auftrag", "must use :number"),
        ("SELECT nr FROM auftrag WHERE nr = :number AND kunde = :name", "no parameter :name"),
    ],
)
def test_a_query_that_cannot_be_right_is_refused_before_it_is_asked(office: Office, statement: str, said: str) -> None:
    with pytest.raises(Rejected, match=said):
        office.with_query("find_order", statement)


def test_a_semicolon_in_a_text_or_a_comment_ends_no_statement(office: Office) -> None:
    statement = f"{ORDER} WHERE nr = :number AND kunde <> 'x; DROP TABLE auftrag' /* ; */ -- ;\n ;"
    assert office.with_query("find_order", statement).find_order("A-1").number == "A-1"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("SELECT 1", "-- name: find_order"),
        ("-- name: find_order\nSELECT :number\n-- name: find_order\nSELECT :number", "twice"),
        ("-- name: find_order\nSELECT :number", "missing: orders_of, undelivered_orders, order_items"),
    ],
)
def test_queries_that_are_not_all_there_are_named(office: Office, written: str, said: str) -> None:
    with pytest.raises(Rejected, match=said):
        office.connect(queries=written)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("SELECT nr AS number FROM auftrag WHERE nr = :number", "no column currency, customer_name, email"),
        ("SELECT nope AS number FROM auftrag WHERE nr = :number", "is wrong: no such column: nope"),
        ("SELECT nr AS number FROM orders WHERE nr = :number", "is wrong: no such table: orders"),
        (f"{ORDER} WHERE :number <> '' ", "gives 2 rows for 'A-1'"),
        (
            ORDER.replace("summe AS total", "kunde AS total") + " WHERE nr = :number",
            "column total does not fit: 'Emma'",
        ),
    ],
)
def test_what_a_query_gives_that_no_order_can_be_made_of_is_named(office: Office, statement: str, said: str) -> None:
    with pytest.raises(Rejected, match=said):
        office.with_query("find_order", statement).find_order("A-1")


COUNTED = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT_HERE) "


def test_more_rows_than_allowed_are_refused(office: Office) -> None:
    listed = ORDER.replace("SELECT nr", "SELECT i", 1).replace("FROM auftrag", "FROM auftrag, n")
    counted = COUNTED.replace("LIMIT_HERE", "WHERE i < 200")
    with pytest.raises(Rejected, match="more than 50 rows"):
        office.with_query("undelivered_orders", counted + listed, max_rows=50).undelivered_orders()


def test_a_query_without_end_is_ended(office: Office) -> None:
    endless = COUNTED.replace("LIMIT_HERE", "") + "SELECT count(*) AS number FROM n WHERE :number <> ''"  # noqa: S608
    with pytest.raises(Unavailable, match="find_order took longer"):
        office.with_query("find_order", endless, timeout_seconds=1).find_order("A-1")


@pytest.mark.parametrize(
    ("settings", "error", "said"),
    [
        ({"address": "handel"}, Rejected, "no address of a database"),
        ({"address": "sqlite:///handel.sqlite"}, Rejected, "whole path"),
        ({"address": "sqlite:////nowhere/handel.sqlite"}, Unavailable, "no file"),
        ({"address": "postgresql://reader:hidden-word@db.example.com/erp"}, Rejected, "must not hold the password"),
        ({"address": "postgresql://db.example.com/erp?host=10.0.0.1"}, Rejected, "options"),
        ({"address": "nosuch://db.example.com/erp"}, Rejected, "knows no database called 'nosuch'"),
        ({"address": "mssql+pymssql://db.example.com/erp"}, Rejected, "cannot encrypt"),
        ({"address": "mysql://db.example.com/erp", "tls": "plain"}, Rejected, "package MySQLdb is not installed"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_with_a_next_step(
    office: Office, settings: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said) as caught:
        office.connect(**settings)
    assert "hidden-word" not in str(caught.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "10.1.2.3", "localhost", "[::1]", "169.254.169.254"])
def test_a_private_address_is_not_connected_to_unless_it_is_allowed(office: Office, host: str) -> None:
    orders = office.connect(address=f"postgresql://{host}/erp", user="reader")
    with pytest.raises(Rejected, match="private network"):
        orders.find_order("A-1")


def test_a_server_that_is_not_there_is_unavailable_and_its_password_stays_secret(office: Office) -> None:
    orders = office.connect(
        Reach.LOOPBACK, address="postgresql://127.0.0.1:1/erp", user="reader", password="hidden-word", tls="plain"
    )
    with pytest.raises(Unavailable, match="check that it runs") as caught:
        orders.find_order("A-1")
    assert "hidden-word" not in f"{caught.value} {orders!r} {vars(orders)!r}"


def test_a_reason_holds_no_password_even_if_the_driver_says_it() -> None:
    said = Exception("password authentication failed for hidden-word")
    with pytest.raises(AuthFailed) as caught, explain_query("find_order", "hidden-word"):
        raise OperationalError("SELECT 1", {}, said)
    assert "hidden-word" not in caught.value.reason
