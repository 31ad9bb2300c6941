"""Saving schedules: what is checked, what two admins are told, what the audit log says."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from automations.engine.closures import NO_COMPANY_DAYS
from automations.engine.job import JobDefinition
from automations.engine.parameters import ParameterError
from automations.engine.plans import Plan, ScheduleError, read_plan
from automations.engine.schedules import (
    ScheduleChangedError,
    ScheduleDraft,
    create_schedule,
    list_schedules,
    update_schedule,
)
from connectors.database.models.people import AuditEntry
from connectors.database.models.work import Schedule
from connectors.database.session import Database

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ANNA, BEN = "anna@example.com", "ben@example.com"


def draft(cron: str = "0 6 * * 1-5", timezone: str = "Europe/Prague", **fields: Any) -> ScheduleDraft:
    return ScheduleDraft({"kind": "cron", "line": cron}, timezone, **fields)


def saved(database: Database, job: JobDefinition, cron: str = "0 6 * * 1-5") -> Schedule:
    with database.write() as session:
        return create_schedule(session, job, draft(cron, parameters={"price": "2.5"}), actor=ANNA, now=NOW)


def plan(cron: str, timezone: str) -> Plan:
    return read_plan({"kind": "cron", "line": cron}, timezone, None, NO_COMPANY_DAYS)


def test_the_next_ten_firings_are_shown_in_local_time() -> None:
    shown = plan("0 6 * * 1-5", "Europe/Prague").preview(NOW)
    assert len(shown) == 10
    assert [firing.at.isoformat() for firing in shown[:2]] == ["2026-11-23T06:00:00+01:00", "2026-11-24T06:00:00+01:00"]


def test_wrong_line_and_wrong_zone_are_both_named() -> None:
    with pytest.raises(ScheduleError) as refused:
        plan("0 25 * * *", "Europe/Prag")
    assert refused.value.problems == {
        "line": "The hour '25' does not exist: it goes from 0 to 23.",
        "timezone": "There is no time zone 'Europe/Prag'; write it like Europe/Prague.",
    }


@pytest.mark.parametrize("zone", ["", "../etc/passwd", "Europe", "a\x00b", "/etc/localtime"])
def test_what_is_no_time_zone_is_refused_with_a_sentence(zone: str) -> None:
    with pytest.raises(ScheduleError, match="There is no time zone"):
        plan("0 6 * * *", zone)


def test_a_line_that_never_fires_is_refused(database: Database, job: JobDefinition) -> None:
    with pytest.raises(ScheduleError, match="never fires"):
        saved(database, job, cron="0 0 30 2 *")
    with database.read() as session:
        assert list_schedules(session) == []


def test_a_saved_schedule_stands_in_the_audit_log(database: Database, job: JobDefinition) -> None:
    schedule = saved(database, job)
    assert schedule.parameters["price"] == "2.5"
    with database.read() as session:
        entry = session.scalars(select(AuditEntry)).one()
    assert (entry.actor, entry.action, entry.object_id) == (ANNA, "schedule.create", schedule.id)
    assert entry.detail["timing"] == "0 6 * * 1-5"


def changed(
    database: Database, job: JobDefinition, schedule: Schedule, cron: str, actor: str, version: int
) -> Schedule:
    with database.write() as session:
        return update_schedule(session, schedule.id, version, job, draft(cron, "UTC"), actor=actor, now=NOW)


def test_the_second_of_two_admins_is_told_and_changes_nothing(database: Database, job: JobDefinition) -> None:
    schedule = saved(database, job)
    changed(database, job, schedule, "0 7 * * *", ANNA, version=1)
    with pytest.raises(ScheduleChangedError, match="it now says '0 7") as refused:
        changed(database, job, schedule, "0 8 * * *", BEN, version=1)
    assert refused.value.current.version == 2
    with database.read() as session:
        assert [row.timing["line"] for row in list_schedules(session)] == ["0 7 * * *"]
        actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == ["schedule.create", "schedule.change"]


def test_parameters_of_a_schedule_are_checked_too(database: Database, job: JobDefinition) -> None:
    with database.write() as session, pytest.raises(ParameterError, match="at least 1 days"):
        create_schedule(session, job, draft(parameters={"days": 0}), actor=ANNA, now=NOW)
