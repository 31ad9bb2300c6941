"""Which exceptions the console lists and counts, on both databases."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from automations.engine.item_record import record_outcomes
from automations.engine.job import ItemOutcome, Reason
from automations.engine.run_record import create_run, settle
from automations.engine.run_search import PAGE_SIZE, ItemFilter, Place, find_items
from bot.console.exceptions_view import count_by_job, count_open
from connectors.database.base import Base
from connectors.database.models.people import AuditEntry
from connectors.database.models.work import ItemState
from connectors.database.session import Database

pytestmark = pytest.mark.integration

NOW = datetime(2026, 11, 21, 6, 30, tzinfo=UTC)
EVERYTHING = ItemFilter(is_open=True)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    tables = [Base.metadata.tables[name] for name in ("schedules", "runs", "run_items", "audit_log")]
    Base.metadata.create_all(opened.engine, tables=tables)
    yield opened
    opened.close()


def _held(key: str, *codes: str, owner: str = "receiving", state: ItemState = ItemState.EXCEPTION) -> ItemOutcome:
    return ItemOutcome(key, f"Item {key}", state, "held", tuple(Reason(code, owner) for code in codes), owner=owner)


def _run(
    database: Database, *outcomes: ItemOutcome, job: str = "matching", is_dry_run: bool = False, day: int = 0
) -> None:
    now = NOW + timedelta(days=day)
    with database.write() as session:
        run = create_run(session, job, {}, "ops@example.com", now=now, is_dry_run=is_dry_run)
        record_outcomes(session, run.id, outcomes, now)


def _keys(database: Database, wanted: ItemFilter = EVERYTHING) -> list[str]:
    with database.read() as session:
        return [one.item.key for one in find_items(session, wanted, Place()).rows]


def test_what_waits_is_listed_newest_first_and_what_is_done_is_not(database: Database) -> None:
    done = ItemOutcome("c", "Item c", ItemState.DONE, "matched")
    _run(database, _held("a", "PRICE_OVER"), _held("b", "NOT_RECEIVED", state=ItemState.WAITING), done)
    assert _keys(database) == ["b", "a"]


def test_my_tasks_are_those_of_the_owners_that_i_answer_for(database: Database) -> None:
    _run(database, _held("a", "X"), _held("b", "X", owner="procurement"), _held("c", "X", owner="technical"))
    assert _keys(database, ItemFilter(is_open=True, owners=("receiving", "procurement"))) == ["b", "a"]
    assert _keys(database, ItemFilter(is_open=True, owners=())) == []


def test_a_reason_is_found_whole_and_not_as_a_part_of_another(database: Database) -> None:
    _run(database, _held("a", "QTY_OVER"), _held("b", "QTY_OVER_RECEIVED"), _held("c", "X", "QTY_OVER"))
    assert _keys(database, ItemFilter(is_open=True, reason="QTY_OVER")) == ["c", "a"]
    assert _keys(database, ItemFilter(is_open=True, reason="QTY%")) == []
    assert _keys(database, ItemFilter(is_open=True, reason="QTY_OVER_RECEIVE_")) == []


def test_owner_and_job_limit_the_list(database: Database) -> None:
    _run(database, _held("a", "X", owner="procurement"), _held("b", "X"))
    _run(database, _held("c", "X"), job="payroll")
    assert _keys(database, ItemFilter(is_open=True, owner="procurement")) == ["a"]
    assert _keys(database, ItemFilter(is_open=True, job="payroll")) == ["c"]


def test_only_the_newest_real_verdict_on_an_item_counts(database: Database) -> None:
    _run(database, _held("a", "X"), _held("b", "X"))
    _run(database, ItemOutcome("a", "Item a", ItemState.DONE, "matched"), day=1)
    _run(database, ItemOutcome("b", "Item b", ItemState.DONE, "matched"), day=2, is_dry_run=True)
    assert _keys(database) == ["b"]


def test_the_counts_say_what_the_filters_would_find(database: Database) -> None:
    _run(database, _held("a", "X", "Y"), _held("b", "X", "X", owner="procurement"))
    _run(database, _held("c", "Y"), job="payroll")
    with database.read() as session:
        counts = count_open(session)
        assert count_by_job(session) == counts.jobs == {"matching": 2, "payroll": 1}
    assert counts.owners == {"receiving": 2, "procurement": 1}
    assert counts.reasons == {"X": 2, "Y": 2}


def test_pages_follow_each_other_without_a_gap(database: Database) -> None:
    _run(database, *(_held(str(number), "X") for number in range(PAGE_SIZE + 3)))
    with database.read() as session:
        first = find_items(session, EVERYTHING, Place())
        second = find_items(session, EVERYTHING, Place(older_than=first.older_than))
    keys = [one.item.key for one in (*first.rows, *second.rows)]
    assert keys == [str(number) for number in reversed(range(PAGE_SIZE + 3))]
    assert second.older_than is None


def test_what_a_person_settled_is_open_no_more_and_stands_in_the_audit_log(database: Database) -> None:
    _run(database, _held("a", "PRICE_OVER"), _held("b", "PRICE_OVER"))
    with database.write() as session:
        item = next(one.item for one in find_items(session, EVERYTHING, Place()).rows if one.item.key == "a")
        settle(session, item, "ops@example.com", "the supplier sent a credit note by post")
    assert _keys(database) == ["b"]
    with database.read() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "item.settle")).one()
    assert (entry.actor, entry.action) == ("ops@example.com", "item.settle")
    assert entry.detail["reason"] == "the supplier sent a credit note by post"


def test_an_item_that_failed_waits_for_a_person_too(database: Database) -> None:
    _run(database, _held("a", "EFFECT_NOT_CONFIRMED", state=ItemState.FAILED))
    assert _keys(database) == ["a"]
