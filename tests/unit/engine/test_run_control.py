"""Cancelling, retrying and going on after approval: what is done stays done, and nothing is done twice."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from automations.engine.approval_policy import ApprovalPolicy
from automations.engine.heartbeat import silent_runs
from automations.engine.job import Parameter, ParameterType, RunStep
from automations.engine.outbox import EFFECT_NOT_SENT
from automations.engine.run_loop import EngineStopping
from automations.engine.run_record import begin_run, release_approved, request_cancel
from automations.engine.run_retry import RetryError, retry_run
from connectors.database.models.people import AuditEntry
from connectors.database.models.work import Run, RunEvent, RunItem, RunState
from connectors.database.session import Database
from tests.unit.engine.paying_office import ANNA, NOW, Bank, PayingOffice

DONE = ("done", "done")
ASK_ABOUT_ALL = ApprovalPolicy(group="treasury")


def cancel(office: PayingOffice, run_id: str) -> None:
    with office.database.write() as session:
        request_cancel(session, run_id, ANNA, office.now)


def retry(office: PayingOffice, run_id: str, keys: Sequence[str] | None = None, step: RunStep = RunStep.DECIDE) -> Run:
    with office.database.write() as session:
        run = session.get_one(Run, run_id)
        new = retry_run(session, run, office.job(), ANNA, keys=keys, from_step=step, now=office.now)
    return office.execute(new.id)


def approve(office: PayingOffice, run_id: str) -> None:
    with office.database.write() as session:
        waits = (RunItem.run_id == run_id, RunItem.effect_state == "waiting_for_approval")
        session.execute(update(RunItem).where(*waits).values(effect_state="pending"))
    with office.database.write() as session:
        assert release_approved(session, run_id, office.now) is not None


def test_a_queued_run_is_cancelled_at_once(database: Database) -> None:
    office = PayingOffice(database)
    run_id = office.start()
    cancel(office, run_id)
    assert office.run(run_id).state == RunState.CANCELLED
    assert office.execute(run_id).state == RunState.CANCELLED
    assert office.decided == []


def test_a_running_run_ends_after_its_batch_and_names_what_was_done(database: Database) -> None:
    office = PayingOffice(database)
    run_id = office.start()
    office.bank.on_pay = lambda key: cancel(office, run_id) if key == "a" else None
    run = office.execute(run_id)
    assert run.state == RunState.CANCELLED
    assert office.states(run_id) == {"a": DONE, "b": DONE, "c": ("new", None), "d": ("new", None)}
    with database.read() as session:
        told = session.scalars(select(RunEvent).where(RunEvent.event == "run_cancelled")).one()
        by = session.scalars(select(AuditEntry.actor).where(AuditEntry.action == "run.cancel")).all()
    assert (told.fields["effects_sent"], told.fields["items"], by) == (2, ["a", "b"], [ANNA])


def test_a_run_that_is_cancelled_after_a_kill_first_settles_what_was_under_way(database: Database) -> None:
    office = PayingOffice(database, can_look=True)
    office.bank.dies_after = {"a"}
    run_id = office.start()
    with pytest.raises(EngineStopping):
        office.execute(run_id)
    cancel(office, run_id)
    assert office.execute(run_id).state == RunState.CANCELLED
    assert office.states(run_id) == {"a": DONE, "b": DONE, "c": ("new", None), "d": ("new", None)}
    assert office.bank.times_paid() == {"a": 1, "b": 1}


def test_a_retry_takes_up_what_failed_and_nothing_else(database: Database) -> None:
    office = PayingOffice(database, Bank(refuses={"b"}))
    first = office.execute(office.start())
    office.bank.refuses.clear()
    second = retry(office, first.id)
    assert (second.state, second.retry_of, second.started_by) == (RunState.SUCCEEDED, first.id, ANNA)
    assert office.states(second.id) == {"b": DONE}
    # The effect has one key for ever: that of the run in which it was first decided.
    assert office.bank.paid[-1] == ("b", f"pay:b:{first.id}")
    assert office.bank.times_paid() == {"a": 1, "b": 1, "c": 1, "d": 1}


def test_a_retry_from_apply_sends_what_was_decided_without_deciding_anew(database: Database) -> None:
    office = PayingOffice(database, Bank(refuses={"b"}))
    first = office.execute(office.start())
    office.bank.refuses.clear()
    office.decided.clear()
    second = retry(office, first.id, step=RunStep.APPLY)
    assert (office.states(second.id), office.decided) == ({"b": DONE}, [])
    assert office.items(second.id)["b"].reasons == []


def test_a_retry_from_plan_is_the_whole_run_again_but_for_what_is_done(database: Database) -> None:
    office = PayingOffice(database, Bank(refuses={"b"}))
    first = office.execute(office.start())
    office.bank.refuses.clear()
    assert office.states(retry(office, first.id, step=RunStep.PLAN).id) == {"b": DONE}


def test_a_payment_of_which_nobody_knows_is_retried_only_by_name(database: Database) -> None:
    office = PayingOffice(database, Bank(dies_after={"c"}))
    run_id = office.start()
    with pytest.raises(EngineStopping):
        office.execute(run_id)
    office.execute(run_id)
    with pytest.raises(RetryError, match="name the items"):
        retry(office, run_id)
    assert office.states(retry(office, run_id, ["c"], RunStep.APPLY).id) == {"c": DONE}


def test_what_is_done_or_under_way_is_not_retried(database: Database) -> None:
    office = PayingOffice(database)
    run = office.execute(office.start())
    with pytest.raises(RetryError, match="its effect is done"):
        retry(office, run.id, ["a"])
    with pytest.raises(RetryError, match="only one that has ended"):
        retry(office, office.start())


def test_a_run_waits_for_approval_and_goes_on_when_it_has_it(database: Database) -> None:
    office = PayingOffice(database, approval=ASK_ABOUT_ALL)
    run = office.execute(office.start())
    assert run.state == RunState.WAITING_FOR_APPROVAL
    assert set(office.states(run.id).values()) == {("waiting", "waiting_for_approval")}
    assert office.bank.paid == []
    # The first workflow, taken up again by mistake, changes nothing.
    assert office.execute(run.id).state == RunState.WAITING_FOR_APPROVAL
    approve(office, run.id)
    assert office.execute(run.id).state == RunState.SUCCEEDED
    assert office.bank.times_paid() == {"a": 1, "b": 1, "c": 1, "d": 1}


def test_a_run_killed_while_it_carries_out_what_was_approved_goes_on(database: Database) -> None:
    office = PayingOffice(database, Bank(dies_after={"b"}), can_look=True, approval=ASK_ABOUT_ALL)
    run_id = office.start()
    office.execute(run_id)
    approve(office, run_id)
    with pytest.raises(EngineStopping):
        office.execute(run_id)
    assert office.execute(run_id).state == RunState.SUCCEEDED
    assert office.bank.times_paid() == {"a": 1, "b": 1, "c": 1, "d": 1}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"parameters": (Parameter("days", ParameterType.INTEGER, 3, "Days", "How long"),)}, "was changed while"),
        ({"has_job": False}, "There is no job 'pay'"),
    ],
)
def test_what_was_approved_is_not_carried_out_by_a_job_that_changed_since(
    database: Database, change: dict[str, object], said: str
) -> None:
    office = PayingOffice(database, approval=ASK_ABOUT_ALL)
    run_id = office.start()
    office.execute(run_id)
    approve(office, run_id)
    for name, value in change.items():
        setattr(office, name, value)
    run = office.execute(run_id)
    assert run.state == RunState.FAILED
    assert said in (run.failure or "")
    assert office.bank.paid == []
    assert {item.reasons[0]["code"] for item in office.items(run_id).values()} == {EFFECT_NOT_SENT}
    # With the job back, its items are decided anew and asked about anew.
    office.has_job = True
    assert retry(office, run_id).state == RunState.WAITING_FOR_APPROVAL


def test_what_another_version_of_the_job_decided_is_not_sent_again(database: Database) -> None:
    office = PayingOffice(database, Bank(refuses={"b"}))
    run = office.execute(office.start())
    office.parameters = (Parameter("days", ParameterType.INTEGER, 3, "Days", "How long"),)
    with pytest.raises(RetryError, match="Retry from the step decide"):
        retry(office, run.id, step=RunStep.APPLY)


def test_a_run_that_waits_can_be_cancelled_and_asks_nobody_any_more(database: Database) -> None:
    office = PayingOffice(database, approval=ASK_ABOUT_ALL)
    run_id = office.start()
    office.execute(run_id)
    cancel(office, run_id)
    assert office.run(run_id).state == RunState.CANCELLED
    assert set(office.states(run_id).values()) == {("skipped", "rejected")}


def test_a_run_that_has_not_been_heard_of_is_found(database: Database) -> None:
    office = PayingOffice(database)
    run_id = office.start()
    with database.write() as session:
        begin_run(session, run_id, NOW)
    with database.read() as session:
        assert [run.id for run in silent_runs(session, NOW + timedelta(minutes=10), timedelta(minutes=10))] == [run_id]
        assert silent_runs(session, NOW + timedelta(minutes=9), timedelta(minutes=10)) == []


@pytest.mark.parametrize("jump", [timedelta(days=-1), timedelta(days=400)])
def test_a_clock_that_jumps_in_mid_run_changes_nothing_but_times(database: Database, jump: timedelta) -> None:
    office = PayingOffice(database)

    def set_clock(key: str) -> None:
        office.now = NOW + jump if key == "b" else office.now

    office.bank.on_pay = set_clock
    run = office.execute(office.start())
    assert (run.state, office.bank.times_paid()) == (RunState.SUCCEEDED, {"a": 1, "b": 1, "c": 1, "d": 1})
    assert run.started_at is not None
    assert run.finished_at is not None
    assert run.started_at <= run.finished_at
