"""Whoever should know hears once that something is wrong, and once that it is right again."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from automations.alerts import desk
from automations.alerts.outbox import take
from connectors.database.models.alerts import Alert, AlertSilence, JudgedRun
from connectors.database.models.approvals import Approval, ApprovalState, ApproverGroup
from connectors.database.models.service import Closure
from connectors.database.models.work import RunState, Schedule
from connectors.database.session import Database
from tests.integration.alert_house import JOB, START, AlertHouse

pytestmark = pytest.mark.integration

FAILED = f"{JOB}: the run failed"
SUCCEEDS = f"{JOB}: runs succeed again"
ABSENT = f"{JOB}: did not run"
RUNS_AGAIN = f"{JOB}: runs on schedule again"


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[AlertHouse]:
    database = Database(database_url)
    yield AlertHouse(database, tmp_path)
    database.close()


def test_a_failure_is_told_once_and_the_first_success_after_it_once(house: AlertHouse) -> None:
    house.add_channel()
    run = house.add_run(RunState.FAILED, failure="The ERP refuses our key. Enter a new one.")
    for _ in range(3):
        house.sweep()
        house.passes(minutes=1)
        house.add_run(RunState.FAILED, failure="Still refused.")
    for _ in range(3):
        house.passes(minutes=1)
        house.add_run(RunState.SUCCEEDED)
        house.sweep()
    assert house.subjects == [FAILED, SUCCEEDS]
    told = house.mailer.sent[0].text
    assert "The ERP refuses our key." in told
    assert f"/console/runs/{run}" in told
    (alert,) = house.alerts()
    assert (alert.times, alert.ending) == (4, "recovered")


def test_a_failure_between_two_looks_is_told_although_it_is_over(house: AlertHouse) -> None:
    house.add_channel()
    house.add_run(RunState.FAILED, failure="No network.")
    house.passes(seconds=1)
    house.add_run(RunState.SUCCEEDED)
    house.passes(seconds=1)
    house.sweep()
    (mail,) = house.mailer.sent
    assert mail.subject == "Alerts: 2"
    assert mail.text.index(FAILED) < mail.text.index(SUCCEEDS)


def test_many_failures_of_one_moment_are_one_message(house: AlertHouse) -> None:
    house.add_channel()
    for number in range(30):
        house.add_run(RunState.FAILED, f"job-{number}", failure="No network.")
    house.sweep()
    assert house.subjects == ["Alerts: 30"]


def test_what_fails_and_recovers_all_the_time_is_told_three_times_an_hour(house: AlertHouse) -> None:
    house.add_channel()
    for _ in range(25):
        house.add_run(RunState.FAILED, failure="Flaky.")
        house.sweep()
        house.passes(minutes=1)
        house.add_run(RunState.SUCCEEDED)
        house.sweep()
        house.passes(minutes=1)
    assert house.subjects == [FAILED, SUCCEEDS] * 3
    assert len(house.alerts()) == 25


@pytest.mark.parametrize("state", [RunState.CANCELLED, RunState.SKIPPED, RunState.WAITING_FOR_APPROVAL])
def test_a_run_that_a_person_or_a_rule_ended_says_nothing(house: AlertHouse, state: RunState) -> None:
    house.add_channel()
    house.add_run(RunState.FAILED, failure="No network.")
    house.sweep()
    house.passes(minutes=1)
    house.add_run(state)
    house.sweep()
    assert house.subjects == [FAILED]


def test_a_dry_run_that_fails_is_nobodys_alarm(house: AlertHouse) -> None:
    house.add_run(RunState.FAILED, failure="No network.", is_dry_run=True)
    house.sweep()
    assert house.alerts() == []


def test_what_failed_before_the_product_watched_is_not_told(database_url: str, tmp_path: Path) -> None:
    database = Database(database_url)
    house = AlertHouse(database, tmp_path)
    house.passes(hours=-1)
    house.add_run(RunState.FAILED, failure="Long ago.")
    house.passes(hours=1)
    house.sweep()
    assert house.alerts() == []
    database.close()


def test_what_failed_while_nobody_watched_is_told_at_the_next_start(house: AlertHouse) -> None:
    house.add_channel()
    house.passes(hours=2)
    house.add_run(RunState.FAILED, failure="At night.")
    house.passes(hours=6)
    house.sweep()
    assert house.subjects == [FAILED]


def test_a_full_batch_of_ended_runs_loses_none(house: AlertHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("automations.alerts.sightings.RUNS_AT_ONCE", 5)
    for number in range(23):
        house.add_run(RunState.FAILED, f"job-{number}", failure="No network.")
        house.passes(seconds=1)
    for _ in range(6):
        house.look()
    assert len(house.alerts()) == 23


def test_what_the_watch_remembers_of_ended_runs_does_not_grow_for_ever(house: AlertHouse) -> None:
    house.add_run(RunState.SUCCEEDED)
    house.look()
    house.passes(hours=1)
    house.look()
    house.look()
    with house.database.read() as session:
        assert session.scalars(select(JudgedRun)).all() == []


def test_a_firing_that_led_to_no_run_is_told_after_the_minutes_of_its_schedule(house: AlertHouse) -> None:
    house.add_channel()
    house.add_schedule(alarm_minutes=15)
    house.passes(hours=1, minutes=14)
    house.sweep()
    assert house.subjects == []
    house.passes(minutes=1)
    house.sweep()
    house.sweep()
    assert house.subjects == [ABSENT]
    assert "Sun 22 Nov 2026, 11:00" in house.mailer.sent[0].text.replace("\N{NARROW NO-BREAK SPACE}", " ")


def test_a_run_that_waits_in_the_queue_has_not_begun(house: AlertHouse) -> None:
    schedule = house.add_schedule(alarm_minutes=15)
    house.passes(hours=1)
    house.add_run(RunState.QUEUED, schedule=schedule, scheduled_for=house.now)
    house.passes(minutes=15)
    house.look()
    assert [alert.kind for alert in house.alerts()] == ["did_not_run"]


@pytest.mark.parametrize("state", [RunState.RUNNING, RunState.SUCCEEDED, RunState.FAILED, RunState.SKIPPED])
def test_a_firing_that_became_a_run_is_no_alarm(house: AlertHouse, state: RunState) -> None:
    schedule = house.add_schedule(alarm_minutes=15)
    house.passes(hours=1)
    house.add_run(state, schedule=schedule, scheduled_for=house.now, heartbeat_at=house.now)
    house.passes(minutes=15)
    house.look()
    assert "did_not_run" not in {alert.kind for alert in house.alerts()}


def test_the_next_firing_that_runs_ends_the_alarm(house: AlertHouse) -> None:
    house.add_channel()
    schedule = house.add_schedule(alarm_minutes=15)
    house.passes(hours=1, minutes=20)
    house.sweep()
    house.passes(minutes=40)
    house.add_run(RunState.RUNNING, schedule=schedule, scheduled_for=house.now, heartbeat_at=house.now)
    house.sweep()
    assert house.subjects == [ABSENT, RUNS_AGAIN]


def test_a_firing_that_is_missed_again_and_again_is_told_once(house: AlertHouse) -> None:
    house.add_channel()
    house.add_schedule(alarm_minutes=15)
    for _ in range(10):
        house.passes(minutes=30)
        house.sweep()
    assert house.subjects == [ABSENT]
    assert house.alerts()[0].times == 4


def test_a_schedule_without_a_time_of_its_own_has_the_usual_ten_minutes(house: AlertHouse) -> None:
    house.add_schedule(alarm_minutes=None)
    house.passes(hours=1, minutes=9)
    house.look()
    assert house.alerts() == []
    house.passes(minutes=1)
    house.look()
    assert [alert.kind for alert in house.alerts()] == ["did_not_run"]


def test_a_schedule_that_is_paused_ends_its_alarm_without_a_recovery(house: AlertHouse) -> None:
    house.add_channel()
    schedule = house.add_schedule()
    house.passes(hours=1, minutes=20)
    house.sweep()
    with house.database.write() as session:
        session.get_one(Schedule, schedule.id).is_enabled = False
    house.sweep()
    assert house.subjects == [ABSENT]
    assert [alert.ending for alert in house.alerts()] == ["gone"]


def test_a_day_on_which_the_company_is_closed_is_no_absence(house: AlertHouse) -> None:
    schedule = house.add_schedule("0 12 * * *")
    with house.database.write() as session:
        session.get_one(Schedule, schedule.id).calendar_country = "CZ"
        session.add(Closure(first_day=START.date(), last_day=START.date(), name="Stocktaking"))
    house.passes(hours=8)
    house.look()
    assert house.alerts() == []


def test_a_firing_of_before_the_schedule_was_saved_is_nobodys(house: AlertHouse) -> None:
    house.passes(hours=1, minutes=30)
    house.add_schedule(alarm_minutes=1)
    house.passes(minutes=5)
    house.look()
    assert house.alerts() == []


def test_a_run_without_a_sign_of_life_is_told_and_when_it_shows_one_again(house: AlertHouse) -> None:
    house.add_channel()
    house.add_run(RunState.RUNNING, heartbeat_at=house.now)
    house.passes(minutes=14)
    house.sweep()
    assert house.subjects == []
    house.passes(minutes=1)
    house.sweep()
    house.sweep()
    assert house.subjects == [f"{JOB}: no sign of life"]
    beats(house)
    house.sweep()
    assert house.subjects[1:] == [f"{JOB}: shows signs of life again"]


def beats(house: AlertHouse) -> None:
    from connectors.database.models.work import Run

    with house.database.write() as session:
        for run in session.scalars(select(Run)):
            run.heartbeat_at = house.now


@pytest.mark.parametrize(("found", "is_told"), [(50, False), (51, True)])
def test_more_exceptions_than_the_limit_are_told(house: AlertHouse, found: int, is_told: bool) -> None:
    house.add_channel()
    house.add_run(RunState.SUCCEEDED_WITH_EXCEPTIONS, exceptions=found)
    house.sweep()
    assert house.subjects == ([f"{JOB}: too many exceptions"] if is_told else [])


def test_the_limit_of_exceptions_is_the_admins(house: AlertHouse) -> None:
    with house.database.write() as session:
        desk.set_limits(session, 2, 15, "admin@example.com", house.now)
    house.add_run(RunState.SUCCEEDED_WITH_EXCEPTIONS, exceptions=3)
    house.look()
    assert [(alert.kind, alert.facts) for alert in house.alerts()] == [("many_exceptions", {"count": 3, "limit": 2})]


def test_an_approval_past_its_deadline_is_told_until_it_is_decided(house: AlertHouse) -> None:
    house.add_channel()
    run = house.add_run(RunState.WAITING_FOR_APPROVAL)
    approval = add_approval(house, run, house.now + timedelta(hours=1))
    house.passes(minutes=59)
    house.sweep()
    assert house.subjects == []
    house.passes(minutes=1)
    house.sweep()
    with house.database.write() as session:
        session.get_one(Approval, approval).state = ApprovalState.APPROVED.value
    house.sweep()
    assert house.subjects == [f"{JOB}: approval overdue", f"{JOB}: no approval is overdue any more"]


def add_approval(house: AlertHouse, run: str, deadline: datetime) -> int:
    with house.database.write() as session:
        group = ApproverGroup(name="accounts")
        session.add(group)
        session.flush()
        approval = Approval(
            run_id=run,
            subject="INV-1",
            job=JOB,
            group_id=group.id,
            owner="accounts",
            maker="schedule",
            requested_at=house.now,
            deadline=deadline,
        )
        session.add(approval)
        session.flush()
        return approval.id


def test_a_silenced_alert_is_told_when_the_silence_ends_and_it_is_still_wrong(house: AlertHouse) -> None:
    house.add_channel()
    silence_job(house, house.now + timedelta(hours=2))
    house.add_run(RunState.FAILED, failure="Planned work.")
    house.passes(hours=1, minutes=59)
    house.sweep()
    assert house.subjects == []
    house.passes(minutes=1)
    house.sweep()
    assert house.subjects == [FAILED]


def test_what_came_and_went_during_a_silence_nobody_hears_of(house: AlertHouse) -> None:
    house.add_channel()
    silence_job(house, house.now + timedelta(hours=2))
    house.add_run(RunState.FAILED, failure="Planned work.")
    house.sweep()
    house.passes(minutes=1)
    house.add_run(RunState.SUCCEEDED)
    house.sweep()
    assert house.deliveries() == []


def silence_job(house: AlertHouse, until: datetime) -> None:
    with house.database.write() as session:
        session.add(AlertSilence(kind="run_failed", subject=JOB, until=until, silenced_by="admin@example.com"))


def test_a_channel_hears_about_its_jobs_in_its_language(house: AlertHouse) -> None:
    house.add_channel(language="cs", jobs=["payroll"])
    house.add_run(RunState.FAILED, failure="No network.")
    house.add_run(RunState.FAILED, "payroll", failure="No network.")
    house.sweep()
    assert house.subjects == ["payroll: běh selhal"]


@pytest.mark.parametrize("language", ["en", "cs", "hu", "is", "fa", "ru"])
def test_every_kind_of_news_can_be_told_in_every_language(house: AlertHouse, language: str) -> None:
    house.add_channel(language=language)
    house.add_run(RunState.RUNNING, heartbeat_at=house.now)
    add_approval(house, house.add_run(RunState.WAITING_FOR_APPROVAL), house.now)
    house.add_schedule()
    house.add_run(RunState.FAILED, failure="No network.")
    house.add_run(RunState.SUCCEEDED_WITH_EXCEPTIONS, "payroll", exceptions=99)
    house.passes(hours=2)
    house.sweep()
    (mail,) = house.mailer.sent
    assert len(mail.text.split("\n\n")) == 5
    assert "{" not in mail.text


def test_two_processes_that_look_at_one_moment_tell_once(house: AlertHouse) -> None:
    from automations.alerts.watch import Watch

    house.add_channel()
    house.add_run(RunState.FAILED, failure="No network.")
    start = Barrier(4)

    def look() -> None:
        start.wait()
        Watch(house.database).look(house.now)

    threads = [Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    house.look()
    assert len(house.alerts()) == 1
    assert len(house.deliveries()) == 1


def test_two_processes_never_take_the_same_delivery(house: AlertHouse) -> None:
    house.add_channel()
    for _ in range(20):
        house.add_run(RunState.FAILED, f"job-{_}", failure="No network.")
        house.look()
        house.passes(seconds=1)
    taken: list[str] = []
    start = Barrier(4)

    def carry() -> None:
        start.wait()
        while parcels := take(house.database, house.now, 3):
            taken.extend(parcel.delivery.id for parcel in parcels)

    threads = [Thread(target=carry) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) == 20


def test_who_acknowledges_first_is_named_and_the_audit_log_knows(house: AlertHouse) -> None:
    house.add_run(RunState.FAILED, failure="No network.")
    house.look()
    with house.database.write() as session:
        alert = session.scalars(select(Alert)).one()
        desk.acknowledge(session, alert, "jana@example.com", house.now)
        desk.acknowledge(session, alert, "emil@example.com", house.now)
    assert house.alerts()[0].acknowledged_by == "jana@example.com"
