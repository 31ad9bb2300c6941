"""The record of runs: what is kept, what pages read, and which exceptions are still open."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from automations.engine.item_record import record_outcomes, record_plan, recorded_keys, recorded_outcomes
from automations.engine.job import ItemOutcome, JobDefinition, Reason
from automations.engine.run_record import begin_run, create_run, fail_run, finish_run
from automations.engine.runs import (
    get_run,
    list_items,
    list_jobs,
    list_open_exceptions,
    list_runs,
)
from connectors.database.models.people import AuditEntry
from connectors.database.models.work import ItemState, Run, RunState
from connectors.database.session import Database

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HELD = ItemOutcome(
    "INV-1",
    "Invoice 1",
    ItemState.EXCEPTION,
    "held",
    (Reason("PRICE_OVER", "procurement", found="9.99", expected="9.50", limit="0"),),
    {"supplier": "Acme"},
    owner="procurement",
)
MATCHED = ItemOutcome("INV-1", "Invoice 1", ItemState.DONE, "matched", effect={"post": "INV-1"})
WAITING = ItemOutcome("INV-2", "Invoice 2", ItemState.WAITING, "waiting", owner="receiving")


def finished(
    database: Database, *outcomes: ItemOutcome, job: str = "match", is_dry_run: bool = False, minute: int = 0
) -> str:
    moment = NOW + timedelta(minutes=minute)
    with database.write() as session:
        run = create_run(session, job, {}, "anna@example.com", is_dry_run=is_dry_run, now=moment)
        begin_run(session, run.id, moment)
        record_plan(session, run.id, [outcome.key for outcome in outcomes], moment)
        record_outcomes(session, run.id, outcomes, moment)
        finish_run(session, run.id, moment)
        return run.id


def open_keys(database: Database) -> list[str]:
    with database.read() as session:
        return [found.item.key for found in list_open_exceptions(session).exceptions]


def stored(database: Database, run_id: str) -> Run:
    with database.read() as session:
        run = get_run(session, run_id)
    assert run is not None
    return run


def test_the_same_run_is_recorded_once(database: Database) -> None:
    with database.write() as session:
        create_run(session, "match", {"days": 1}, "anna@example.com", now=NOW, run_id="firing")
    with database.write() as session:
        again = create_run(session, "match", {"days": 2}, "ben@example.com", now=NOW, run_id="firing")
        assert (again.parameters, again.started_by, again.state) == ({"days": 1}, "anna@example.com", "queued")


def test_who_started_a_run_stands_in_the_audit_log_once(database: Database) -> None:
    for person in ("anna@example.com", "ben@example.com"):
        with database.write() as session:
            create_run(session, "match", {}, person, is_dry_run=True, now=NOW, run_id="sent twice")
    with database.read() as session:
        (entry,) = session.scalars(select(AuditEntry))
    assert (entry.actor, entry.action, entry.object_type) == ("anna@example.com", "run.start", "run")
    assert (entry.object_id, entry.detail) == ("sent twice", {"job": "match", "is_dry_run": True})


@pytest.mark.parametrize(
    ("outcomes", "state"),
    [
        ([MATCHED], RunState.SUCCEEDED),
        ([WAITING], RunState.SUCCEEDED),
        ([MATCHED, WAITING, ItemOutcome("x", "x", ItemState.FAILED, "failed")], RunState.SUCCEEDED_WITH_EXCEPTIONS),
        ([HELD], RunState.SUCCEEDED_WITH_EXCEPTIONS),
        ([], RunState.SUCCEEDED),
    ],
)
def test_a_run_says_whether_a_person_is_needed(
    database: Database, outcomes: list[ItemOutcome], state: RunState
) -> None:
    assert stored(database, finished(database, *outcomes)).state == state


def test_an_outcome_is_read_back_as_it_was_decided(database: Database) -> None:
    run_id = finished(database, HELD, ItemOutcome("INV-3", "3", ItemState.DONE, "matched", effect={"post": "3"}))
    with database.read() as session:
        (first, held), (_, matched) = recorded_outcomes(session, run_id, after=0)
        assert (held, matched.effect) == (HELD, {"post": "3"})
        assert [outcome.key for _id, outcome in recorded_outcomes(session, run_id, after=first)] == ["INV-3"]
        assert recorded_keys(session, run_id, ["INV-3", "INV-4"]) == {"INV-3"}


def test_recording_an_outcome_again_replaces_it(database: Database) -> None:
    run_id = finished(database, HELD)
    with database.write() as session:
        record_outcomes(session, run_id, [MATCHED], NOW)
    run = stored(database, run_id)
    # Matched, and not done before its effect is carried out.
    assert (run.items_done, run.summary) == (0, {"outcomes": {"matched": 1}, "states": {"in_progress": 1}})


def test_hostile_titles_are_stored_within_bounds(database: Database) -> None:
    run_id = finished(database, ItemOutcome("k", "a\x00b" + "x" * 500, ItemState.DONE, "matched"))
    with database.read() as session:
        title = list_items(session, run_id).items[0].title
    assert (title[:3], len(title)) == ("a\N{REPLACEMENT CHARACTER}b", 300)


def test_a_finished_run_is_not_begun_or_failed_again(database: Database) -> None:
    run_id = finished(database, MATCHED)
    with database.write() as session:
        assert begin_run(session, run_id, NOW) is None
        fail_run(session, run_id, "late", NOW)
    assert stored(database, run_id).state == RunState.SUCCEEDED


def test_a_held_invoice_is_open_until_a_later_real_run_matches_it(database: Database) -> None:
    finished(database, HELD, WAITING)
    assert open_keys(database) == ["INV-2", "INV-1"]
    finished(database, MATCHED, is_dry_run=True, minute=1)
    finished(database, MATCHED, job="another job", minute=2)
    assert open_keys(database) == ["INV-2", "INV-1"]
    finished(database, MATCHED, minute=3)
    assert open_keys(database) == ["INV-2"]


def test_an_invoice_held_twice_is_one_open_exception(database: Database) -> None:
    finished(database, HELD)
    newest = finished(database, HELD, minute=1)
    with database.read() as session:
        assert [found.run.id for found in list_open_exceptions(session).exceptions] == [newest]


def test_what_a_dry_run_would_hold_is_no_open_exception(database: Database) -> None:
    finished(database, HELD, is_dry_run=True)
    assert open_keys(database) == []


def test_open_exceptions_of_one_owner_come_in_pages(database: Database) -> None:
    outcomes = [
        ItemOutcome(f"INV-{n}", str(n), ItemState.EXCEPTION, "held", owner="a" if n % 2 else "b") for n in range(7)
    ]
    finished(database, *outcomes)
    with database.read() as session:
        first = list_open_exceptions(session, owner="b", limit=3)
        second = list_open_exceptions(session, owner="b", limit=3, older_than=first.older_than)
    assert [[found.item.key for found in page.exceptions] for page in (first, second)] == [
        ["INV-6", "INV-4", "INV-2"],
        ["INV-0"],
    ]
    assert second.older_than is None


def test_items_come_in_pages_and_can_be_narrowed(database: Database) -> None:
    run_id = finished(
        database, HELD, WAITING, *(ItemOutcome(f"D{n}", "d", ItemState.DONE, "matched") for n in range(3))
    )
    with database.read() as session:
        first = list_items(session, run_id, limit=3)
        assert first.after is not None
        second = list_items(session, run_id, after=first.after, limit=3)
        open_items = list_items(session, run_id, states=[ItemState.EXCEPTION, ItemState.WAITING])
        matched = list_items(session, run_id, outcome="matched")
    assert [item.key for item in first.items + second.items] == ["INV-1", "INV-2", "D0", "D1", "D2"]
    assert second.after is None
    assert [item.key for item in open_items.items] == ["INV-1", "INV-2"]
    assert len(matched.items) == 3


def test_runs_come_newest_first_in_pages_even_when_they_began_at_once(database: Database) -> None:
    ids = {finished(database, MATCHED, minute=minute) for minute in (0, 0, 0, 1, 2)}
    seen: list[Run] = []
    older_than: str | None = None
    for _page in range(3):
        with database.read() as session:
            page = list_runs(session, job="match", older_than=older_than, limit=2)
        seen += page.runs
        older_than = page.older_than
    assert older_than is None
    assert {run.id for run in seen} == ids
    assert [run.created_at for run in seen] == sorted((run.created_at for run in seen), reverse=True)


def test_the_overview_shows_every_job_with_its_newest_run(database: Database, job: JobDefinition) -> None:
    newest = finished(database, MATCHED, minute=1)
    finished(database, MATCHED)
    other = replace(job, name="never run")
    with database.read() as session:
        overview = list_jobs(session, [job, other])
    shown = [(one.job.name, one.last_run and one.last_run.id) for one in overview]
    assert shown == [("match", newest), ("never run", None)]
