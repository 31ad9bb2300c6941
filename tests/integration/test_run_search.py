"""Lists over all runs on both databases: filters, paging both ways, and looking through no more than so many rows."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from automations.engine import run_search
from automations.engine.item_record import record_outcomes
from automations.engine.job import ItemOutcome, Reason
from automations.engine.run_record import create_run, finish_run
from automations.engine.run_search import Found, ItemFilter, Place, RunFilter, find_items, find_runs
from connectors.database.models.work import ItemState, RunState
from connectors.database.session import Database

pytestmark = pytest.mark.integration

NOW = datetime(2026, 11, 2, 6, 30, tzinfo=UTC)
DAY = timedelta(days=1)
NEWEST = Place()


def _item(key: str, title: str = "", state: ItemState = ItemState.DONE, **more: Any) -> ItemOutcome:
    return ItemOutcome(key, title or f"Item {key}", state, more.pop("outcome", "matched"), **more)


def _run(
    database: Database, *outcomes: ItemOutcome, job: str = "matching", day: int = 0, is_dry_run: bool = False
) -> str:
    with database.write() as session:
        run = create_run(session, job, {}, "ops@example.com", now=NOW + day * DAY, is_dry_run=is_dry_run)
        record_outcomes(session, run.id, outcomes, NOW + day * DAY)
        finish_run(session, run.id, NOW + day * DAY)
        return run.id


def _runs(database: Database, wanted: RunFilter, place: Place = NEWEST, limit: int = 3) -> Found:
    with database.read() as session:
        return find_runs(session, wanted, place, limit)


def _items(database: Database, wanted: ItemFilter, place: Place = NEWEST, limit: int = 3) -> Found:
    with database.read() as session:
        return find_items(session, wanted, place, limit)


def _keys(found: Found) -> Sequence[str]:
    return [one.item.key for one in found.rows]


def test_runs_are_turned_forwards_and_back_and_both_ends_are_known(database: Database) -> None:
    ids = [_run(database, day=number // 2) for number in range(8)]
    newest_first = [run.id for run in _runs(database, RunFilter(), limit=8).rows]
    assert sorted(newest_first) == sorted(ids)
    first = _runs(database, RunFilter())
    second = _runs(database, RunFilter(), Place(older_than=first.older_than))
    third = _runs(database, RunFilter(), Place(older_than=second.older_than))
    assert [run.id for page in (first, second, third) for run in page.rows] == newest_first
    assert (first.newer_than, third.older_than) == (None, None)
    assert [run.id for run in _runs(database, RunFilter(), Place(newer_than=third.newer_than)).rows] == newest_first[
        3:6
    ]
    back = _runs(database, RunFilter(), Place(newer_than=second.newer_than))
    assert ([run.id for run in back.rows], back.newer_than) == (newest_first[:3], None)


def test_runs_are_found_by_job_state_kind_and_day(database: Database) -> None:
    dry = _run(database, is_dry_run=True)
    held = _run(database, _item("a", state=ItemState.EXCEPTION), day=1)
    payroll = _run(database, job="payroll", day=2)
    cases = {
        dry: RunFilter(is_dry_run=True),
        held: RunFilter(state=RunState.SUCCEEDED_WITH_EXCEPTIONS),
        payroll: RunFilter(job="payroll"),
    }
    for run_id, wanted in cases.items():
        assert [run.id for run in _runs(database, wanted).rows] == [run_id]
    assert [run.id for run in _runs(database, RunFilter(since=NOW + DAY, until=NOW + 2 * DAY)).rows] == [held]


def test_a_cursor_that_names_no_run_begins_at_the_newest(database: Database) -> None:
    run_id = _run(database)
    assert [run.id for run in _runs(database, RunFilter(), Place(older_than="gone")).rows] == [run_id]


def test_items_of_all_runs_are_turned_forwards_and_back(database: Database) -> None:
    _run(database, *(_item(str(number)) for number in range(5)))
    _run(database, *(_item(str(number)) for number in range(5, 8)))
    first = _items(database, ItemFilter())
    second = _items(database, ItemFilter(), Place(older_than=first.older_than))
    assert (_keys(first), _keys(second)) == (["7", "6", "5"], ["4", "3", "2"])
    assert _keys(_items(database, ItemFilter(), Place(newer_than=second.newer_than))) == ["7", "6", "5"]
    assert _items(database, ItemFilter(), Place(older_than=second.older_than)).older_than is None


def test_items_are_found_by_every_filter(database: Database) -> None:
    reasons = (Reason("PRICE_OVER", "procurement"), Reason("NO_ORDER", "receiving"))
    _run(database, _item("held", state=ItemState.EXCEPTION, outcome="held", reasons=reasons, owner="procurement"))
    _run(database, _item("dry"), is_dry_run=True, day=1)
    _run(database, _item("paid"), job="payroll", day=2)
    cases = {
        "held": [
            ItemFilter(state=ItemState.EXCEPTION),
            ItemFilter(outcome="held"),
            ItemFilter(owner="procurement"),
            ItemFilter(reason="NO_ORDER"),
            ItemFilter(until=NOW + DAY),
            ItemFilter(key="held"),
        ],
        "dry": [ItemFilter(is_dry_run=True), ItemFilter(since=NOW + DAY, until=NOW + 2 * DAY)],
        "paid": [ItemFilter(job="payroll"), ItemFilter(since=NOW + 2 * DAY)],
    }
    for key, filters in cases.items():
        for wanted in filters:
            assert _keys(_items(database, wanted)) == [key], wanted
    assert _keys(_items(database, ItemFilter(job="payroll", owner="procurement"))) == []


@pytest.mark.parametrize("common_title", [1000, 0])
def test_a_title_is_found_by_its_beginning_however_many_there_are(
    database: Database, monkeypatch: pytest.MonkeyPatch, common_title: int
) -> None:
    monkeypatch.setattr(run_search, "COMMON_TITLE", common_title)
    titles = {"a": "Sklo Bohemia FV-1", "b": "SKLO Union 7", "c": "Nový sklo 3", "d": "Sk%o 1", "e": "Íslenska 9"}
    _run(database, *(_item(key, title) for key, title in titles.items()))
    assert _keys(_items(database, ItemFilter(title="sklo"))) == ["b", "a"]
    assert _keys(_items(database, ItemFilter(title="Sk%o"))) == ["d"]
    assert _keys(_items(database, ItemFilter(title="íslenska"))) == ["e"]
    assert _keys(_items(database, ItemFilter(title="klo"))) == []


def test_no_more_rows_are_looked_through_than_allowed_and_the_page_says_how_to_go_on(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_search, "LOOKED_THROUGH", 4)
    _run(database, _item("old", outcome="held"), *(_item(str(number)) for number in range(9)))
    wanted = ItemFilter(outcome="held")
    first = _items(database, wanted)
    assert (_keys(first), first.cut_after) == ([], 4)
    second = _items(database, wanted, Place(older_than=first.older_than))
    third = _items(database, wanted, Place(older_than=second.older_than))
    assert (_keys(third), third.cut_after, third.older_than) == (["old"], None, None)
