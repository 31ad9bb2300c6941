"""Back-fill and company days: what runs for days that are over, and what changes when the company is closed."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from automations.engine.backfill import Backfill, BackfillError, plan_backfill, start_backfill
from automations.engine.closures import ClosureError, add_closure, list_closures, read_company_days, remove_closure
from automations.engine.job import JobDefinition
from automations.engine.plans import ScheduleError
from automations.engine.schedules import ScheduleDraft, create_schedule
from connectors.database.models.people import AuditEntry
from connectors.database.models.work import Run, RunState, Schedule
from connectors.database.session import Database

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ANNA = "anna@example.com"
FIRST, LAST = date(2026, 11, 16), date(2026, 11, 20)


@pytest.fixture
def schedule(database: Database, job: JobDefinition) -> Schedule:
    """Every working day at six, but not on 17 November, a public holiday in Czechia."""
    draft = ScheduleDraft({"kind": "cron", "line": "0 6 * * mon-fri"}, "Europe/Prague", calendar_country="CZ")
    with database.write() as session:
        return create_schedule(session, job, draft, actor=ANNA, now=NOW)


def planned(database: Database, schedule: Schedule, first: date, last: date, *, is_dry_run: bool = False) -> Backfill:
    with database.read() as session:
        return plan_backfill(session, schedule, first, last, is_dry_run=is_dry_run, now=NOW)


def started(database: Database, schedule: Schedule, backfill: Backfill, *, is_dry_run: bool = False) -> list[str]:
    with database.write() as session:
        return start_backfill(session, schedule, backfill, is_dry_run=is_dry_run, actor=ANNA, now=NOW)


def days(backfill: Backfill) -> list[int]:
    return [firing.day for firing in backfill.firings.values()]


def test_every_firing_of_the_days_runs_except_on_holidays(database: Database, schedule: Schedule) -> None:
    backfill = planned(database, schedule, FIRST, LAST)
    assert days(backfill) == [16, 18, 19, 20]
    run_ids = started(database, schedule, backfill)
    with database.read() as session:
        runs = session.scalars(select(Run).order_by(Run.scheduled_for)).all()
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "schedule.backfill")).one()
    assert [run.id for run in runs] == run_ids
    assert all(run.is_backfill and run.started_by == ANNA for run in runs)
    assert entry.detail["runs"] == 4


def test_what_ran_already_is_left_out_and_named(database: Database, schedule: Schedule) -> None:
    started(database, schedule, planned(database, schedule, FIRST, date(2026, 11, 18)))
    again = planned(database, schedule, FIRST, LAST)
    assert days(again) == [19, 20]
    assert [run.scheduled_for.day for run in again.already if run.scheduled_for] == [16, 18]


def test_two_admins_at_once_start_each_firing_once(database: Database, schedule: Schedule) -> None:
    first, second = (planned(database, schedule, FIRST, LAST) for _ in range(2))
    assert started(database, schedule, first) == started(database, schedule, second)
    with database.read() as session:
        assert len(session.scalars(select(Run)).all()) == 4


def test_a_firing_that_was_left_out_at_its_time_can_be_made_up_for_once(database: Database, schedule: Schedule) -> None:
    (skipped,) = started(database, schedule, planned(database, schedule, LAST, LAST))
    with database.write() as session:
        session.get_one(Run, skipped).state = RunState.SKIPPED.value
    (made_up,) = started(database, schedule, planned(database, schedule, LAST, LAST))
    assert made_up == f"{skipped}+"
    again = planned(database, schedule, LAST, LAST)
    assert (dict(again.firings), [run.id for run in again.already]) == ({}, [made_up])


def test_a_dry_run_may_repeat_what_ran(database: Database, schedule: Schedule) -> None:
    started(database, schedule, planned(database, schedule, FIRST, LAST))
    dry = planned(database, schedule, FIRST, LAST, is_dry_run=True)
    assert days(dry) == [16, 18, 19, 20]
    started(database, schedule, dry, is_dry_run=True)
    with database.read() as session:
        assert [run.is_dry_run for run in session.scalars(select(Run))].count(True) == 4


def test_the_future_is_never_filled(database: Database, schedule: Schedule) -> None:
    assert planned(database, schedule, date(2026, 11, 22), date(2026, 11, 30)).firings == {}


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        (LAST, FIRST, "backwards"),
        (date(2010, 1, 1), LAST, "too_long"),
        (date(2025, 1, 1), LAST, "too_many"),
    ],
)
def test_days_that_cannot_be_filled_are_refused(
    database: Database, schedule: Schedule, first: date, last: date, code: str
) -> None:
    with pytest.raises(BackfillError) as refused:
        planned(database, schedule, first, last)
    assert refused.value.code == code


def test_closures_and_extra_working_days_are_read_day_by_day_and_audited(database: Database) -> None:
    with database.write() as session:
        christmas = date(2026, 12, 24), date(2026, 12, 26)
        closure = add_closure(session, *christmas, "Christmas", is_working=False, actor=ANNA, now=NOW)
        saturday = date(2026, 12, 5)
        add_closure(session, saturday, saturday, "Fair", is_working=True, actor=ANNA, now=NOW)
        company = read_company_days(session)
        assert sorted(company.closed) == [date(2026, 12, day) for day in (24, 25, 26)]
        assert company.worked == {saturday}
        assert remove_closure(session, closure.id, actor=ANNA, now=NOW)
        assert not remove_closure(session, 404, actor=ANNA, now=NOW)
        session.flush()
        assert [one.name for one in list_closures(session)] == ["Fair"]
        actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == ["closure.create", "closure.create", "closure.delete"]


@pytest.mark.parametrize(
    ("first", "last", "name", "field"),
    [(LAST, FIRST, "x", "last_day"), (FIRST, date(2028, 1, 1), "x", "last_day"), (FIRST, LAST, "  ", "name")],
)
def test_what_is_no_closure_is_refused(database: Database, first: date, last: date, name: str, field: str) -> None:
    with database.write() as session, pytest.raises(ClosureError) as refused:
        add_closure(session, first, last, name, is_working=False, actor=ANNA, now=NOW)
    assert refused.value.field == field


def test_a_calendar_on_which_a_schedule_never_fires_is_refused(database: Database, job: JobDefinition) -> None:
    draft = ScheduleDraft({"kind": "cron", "line": "0 6 1 1 *"}, "Europe/Prague", calendar_country="CZ")
    with database.write() as session, pytest.raises(ScheduleError, match="never fires") as refused:
        create_schedule(session, job, draft, actor=ANNA, now=NOW)
    assert list(refused.value.problems) == ["calendar_country"]
