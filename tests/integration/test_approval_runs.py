"""Consent on both databases: who may give it, what it lets happen, and what happens without it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select

from automations.engine.approval_decisions import (
    ApprovalChangedError,
    DecisionRefusedError,
    ReasonMissingError,
    decide_approval,
    deciders_of,
)
from automations.engine.approval_lists import ApprovalFilter, list_approvals, read_waiting, totals_of
from automations.engine.approval_policy import ApprovalScope
from automations.engine.approvals import escalate_due
from automations.engine.approver_groups import ensure_group, find_active_user, set_member
from automations.engine.durable import Engine
from automations.engine.run_record import create_run
from automations.rules.approvals import Refusal
from connectors.database.audit import record_audit
from connectors.database.models.approvals import ApprovalDecision, Verdict
from connectors.database.models.work import Run, RunState, Schedule
from connectors.database.session import Database
from tests.integration.approval_house import NOW, PAYMENTS, WAIT_SECONDS, ApprovalHouse, mail, wait_until_ended

pytestmark = pytest.mark.integration


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[ApprovalHouse]:
    database = Database(database_url)
    yield ApprovalHouse(database, tmp_path)
    database.close()


@pytest.fixture
def waiting(house: ApprovalHouse) -> Iterator[tuple[ApprovalHouse, Engine, Run]]:
    """The run has paid what is small and waits for the rest."""
    with house.engine() as engine:
        yield house, engine, house.runs(engine)


Waiting = tuple[ApprovalHouse, Engine, Run]


def _refusal(house: ApprovalHouse, name: str, subject: str, verdict: str = "approve") -> Refusal:
    with pytest.raises(DecisionRefusedError) as refused:
        house.says(name, verdict, subject, "because")
    return refused.value.refusal


def test_a_run_pays_what_is_approved_once_and_ends(waiting: Waiting) -> None:
    house, engine, run = waiting
    assert run.state == RunState.WAITING_FOR_APPROVAL
    assert (house.ledger.entries(), house.item("middle").effect_state) == (["small"], "waiting_for_approval")
    assert house.says("ben", "approve", "middle").may_continue is False
    house.says("anna", "approve", "large")
    house.clock.passes(24)
    with house.database.write() as session:
        escalate_due(session, house.clock())
    last = house.says("carl", "approve", "large")
    assert (last.is_final, last.may_continue) == (True, True)
    assert wait_until_ended(engine, run.id).state == RunState.SUCCEEDED
    assert [engine.continue_run(run.id) for _ in range(2)] == [False, False]
    assert sorted(house.ledger.entries()) == ["large", "middle", "small"]
    calls = (house.folder / "calls.txt").read_text().splitlines()
    assert calls == house.ledger.entries(), "each was sent once"


def test_nobody_approves_what_they_started(waiting: Waiting) -> None:
    house, _engine, _run = waiting
    assert _refusal(house, "olga", "middle") is Refusal.OWN_WORK
    assert house.approval("middle").state == "pending"


def test_nobody_approves_what_a_schedule_of_theirs_started(house: ApprovalHouse) -> None:
    with house.database.write() as session:
        schedule = Schedule(id="nightly", job="payments", timezone="UTC", timing={"kind": "interval", "minutes": 5})
        session.add(schedule)
        session.flush()
        for name in ("olga", "anna"):
            record_audit(session, mail(name), "schedule.change", "schedule", "nightly")
        run = create_run(session, "payments", {}, "schedule", now=NOW, schedule=schedule)
    with house.engine() as engine:
        engine.wait(run.id, WAIT_SECONDS)
    assert house.approval("middle").maker == mail("anna")
    assert _refusal(house, "anna", "middle") is Refusal.OWN_WORK
    assert house.says("olga", "approve", "middle").is_final


def test_nobody_approves_an_item_that_they_changed(waiting: Waiting) -> None:
    house, _engine, _run = waiting
    with house.database.write() as session:
        record_audit(session, mail("ben"), "item.change", "run_item", str(house.item("middle").id))
    assert _refusal(house, "ben", "middle") is Refusal.OWN_WORK
    assert house.says("anna", "approve", "middle").is_final


def test_the_limit_the_group_and_the_account_decide_who_may(waiting: Waiting) -> None:
    house, _engine, _run = waiting
    assert _refusal(house, "ben", "large") is Refusal.OVER_LIMIT
    assert _refusal(house, "dora", "middle") is Refusal.NOT_A_MEMBER
    assert _refusal(house, "carl", "middle") is Refusal.NOT_A_MEMBER
    house.leaves("anna")
    assert _refusal(house, "anna", "middle") is Refusal.INACTIVE
    assert house.says("ben", "approve", "middle").is_final


def test_who_stands_in_decides_for_the_other_and_only_for_the_time(waiting: Waiting) -> None:
    house, _engine, _run = waiting
    house.delegates("anna", "dora", hours=2)
    house.says("dora", "approve", "large")
    assert _refusal(house, "anna", "large") is Refusal.ALREADY_HEARD
    (entry,) = house.audited("approval.approve")
    assert (entry.actor, entry.detail["on_behalf_of"]) == (mail("dora"), mail("anna"))
    house.clock.passes(2)
    assert _refusal(house, "dora", "middle") is Refusal.NOT_A_MEMBER


def test_two_people_have_to_consent_to_a_large_amount(house: ApprovalHouse) -> None:
    house.payments = {"large": "5000"}
    with house.database.write() as session:
        ben = find_active_user(session, mail("ben"))
        assert ben is not None
        set_member(session, ensure_group(session, "finance", NOW), ben, {}, mail("olga"))
    with house.engine() as engine:
        run = house.runs(engine)
        first = house.says("anna", "approve", "large")
        assert (first.is_final, house.ledger.entries()) == (False, [])
        assert _refusal(house, "anna", "large") is Refusal.ALREADY_HEARD
        second = house.says("ben", "approve", "large")
        assert (second.is_final, second.may_continue) == (True, True)
        assert wait_until_ended(engine, run.id).state == RunState.SUCCEEDED
    assert house.ledger.entries() == ["large"]


def test_a_rejection_leaves_the_item_with_its_reason_and_owner(house: ApprovalHouse) -> None:
    house.payments = {"middle": "500"}
    with house.engine() as engine:
        run = house.runs(engine)
        with pytest.raises(ReasonMissingError, match="needs a reason"):
            house.says("anna", "reject", "middle", "  ")
        house.says("anna", "reject", "middle", "Wrong cost centre.")
        assert wait_until_ended(engine, run.id).state == RunState.SUCCEEDED_WITH_EXCEPTIONS
    item = house.item("middle")
    assert (item.state, item.effect_state, item.owner) == ("exception", "rejected", "accounts_payable")
    assert (item.reasons[-1]["code"], item.reasons[-1]["found"]) == ("APPROVAL_REJECTED", "Wrong cost centre.")
    assert house.ledger.entries() == []
    (entry,) = house.audited("approval.reject")
    assert (entry.actor, entry.detail["reason"]) == (mail("anna"), "Wrong cost centre.")


def test_of_two_who_decide_at_once_one_is_heard_and_the_other_is_told(waiting: Waiting) -> None:
    house, _engine, _run = waiting
    approval_id = house.approval("middle").id
    together = Barrier(2)

    def decide(name: str, verdict: Verdict) -> str:
        together.wait(timeout=WAIT_SECONDS)
        try:
            with house.database.write() as session:
                decide_approval(session, approval_id, mail(name), verdict, "because", house.clock())
        except DecisionRefusedError as refused:
            return f"told of {refused.decided.decided_by if refused.decided else 'nobody'}"
        return f"heard {mail(name)}"

    with ThreadPoolExecutor(2) as pool:
        answers = [
            one.result()
            for one in (pool.submit(decide, "anna", Verdict.APPROVE), pool.submit(decide, "ben", Verdict.REJECT))
        ]
    heard = next(answer.removeprefix("heard ") for answer in answers if answer.startswith("heard"))
    assert sorted(answers) == [f"heard {heard}", f"told of {heard}"]
    with house.database.read() as session:
        decided = session.scalars(select(ApprovalDecision).where(ApprovalDecision.approval_id == approval_id)).all()
        assert [one.decided_by for one in decided] == [heard]


def test_nobody_decides_on_what_they_did_not_see(waiting: Waiting) -> None:
    house, _engine, _run = waiting
    with pytest.raises(ApprovalChangedError, match="Look at it again"):
        house.says("anna", "approve", "middle", version=7)
    assert house.approval("middle").state == "pending"


def test_after_the_deadline_another_group_is_asked_and_then_the_item_goes_to_its_owner(waiting: Waiting) -> None:
    house, engine, run = waiting
    house.clock.passes(24)
    with house.database.write() as session:
        escalate_due(session, house.clock())
    assert house.approvals() == {"middle": "escalated", "large": "escalated"}
    assert _refusal(house, "anna", "middle") is Refusal.NOT_A_MEMBER
    assert house.says("carl", "approve", "middle").is_final
    house.clock.passes(24)
    assert wait_until_ended(engine, run.id).state == RunState.SUCCEEDED_WITH_EXCEPTIONS
    assert house.approvals() == {"middle": "approved", "large": "expired"}
    assert (house.item("large").state, house.item("large").reasons[-1]["code"]) == ("exception", "APPROVAL_EXPIRED")
    assert sorted(house.ledger.entries()) == ["middle", "small"]
    assert [len(house.audited(f"approval.{what}")) for what in ("escalate", "expire")] == [2, 1]


def test_a_decision_after_the_deadline_is_not_one_of_the_first_group(house: ApprovalHouse) -> None:
    """Also where no engine has looked since."""
    with house.engine() as engine:
        house.runs(engine)
    house.clock.passes(24)
    assert _refusal(house, "anna", "middle") is Refusal.NOT_A_MEMBER


def test_a_run_that_came_to_wait_while_the_engine_looked_is_not_taken_for_lost(waiting: Waiting) -> None:
    """Its first workflow has ended, as that of a lost run has."""
    house, engine, run = waiting
    engine._close_lost_runs({run.id: run.id})
    assert engine.wait(run.id, WAIT_SECONDS).state == RunState.WAITING_FOR_APPROVAL
    assert house.approvals() == {"middle": "pending", "large": "pending"}


def test_a_cancelled_run_asks_nobody_any_more(waiting: Waiting) -> None:
    house, engine, run = waiting
    engine.cancel(run.id, mail("olga"))
    assert house.approvals() == {"middle": "withdrawn", "large": "withdrawn"}
    assert _refusal(house, "anna", "middle") is Refusal.CLOSED
    assert house.ledger.entries() == ["small"]


def test_a_dry_run_asks_nobody(house: ApprovalHouse) -> None:
    with house.engine() as engine:
        assert house.runs(engine, is_dry_run=True).state == RunState.SUCCEEDED
    assert house.approvals() == {}


def test_a_later_run_does_not_ask_twice_about_the_same_payment(waiting: Waiting) -> None:
    house, engine, first = waiting
    second = house.runs(engine)
    assert second.state == RunState.SUCCEEDED
    item = house.item("middle", second.id)
    assert (item.state, item.effect_state) == ("waiting", None)
    assert (item.reasons[-1]["code"], item.reasons[-1]["where"]) == ("APPROVAL_ASKED_BEFORE", first.id)
    assert len(house.approvals()) == 2


def test_a_later_run_with_another_amount_asks_anew(waiting: Waiting) -> None:
    house, engine, first = waiting
    house.payments = PAYMENTS | {"middle": "501"}
    second = house.runs(engine)
    assert house.approval("middle", first.id).state == "withdrawn"
    assert house.item("middle", first.id).reasons[-1]["code"] == "APPROVAL_REPLACED"
    assert house.approval("middle", second.id).state == "pending"


def test_a_job_that_was_changed_while_its_run_waited_carries_nothing_out(house: ApprovalHouse) -> None:
    house.payments = {"middle": "500"}
    with house.engine() as engine:
        run = house.runs(engine)
    with house.database.write() as session:
        session.get_one(Run, run.id).job_fingerprint = "the job as it was"
    house.says("anna", "approve", "middle")
    with house.engine() as engine:
        ended = wait_until_ended(engine, run.id)
    assert (ended.state, house.ledger.entries()) == (RunState.FAILED, [])
    assert "was changed while this run waited for approval" in (ended.failure or "")


class TestWholeRun:
    """The run's payments are consented to together."""

    @pytest.fixture
    def house(self, house: ApprovalHouse) -> ApprovalHouse:
        house.policy = replace(house.policy, scope=ApprovalScope.RUN)
        house.batch_size = 1
        return house

    def test_one_question_covers_all_batches_and_its_consent_all_payments(self, house: ApprovalHouse) -> None:
        house.payments = {"one": "60", "two": "70", "three": "-80"}
        with house.engine() as engine:
            run = house.runs(engine)
            asked = house.approval("*:EUR")
            assert (asked.items, asked.amount, asked.people_needed) == (3, Decimal(210), 1)
            house.says("anna", "approve", "*:EUR", version=asked.version)
            assert wait_until_ended(engine, run.id).state == RunState.SUCCEEDED
        assert sorted(house.ledger.entries()) == ["one", "three", "two"]

    def test_a_small_run_asks_nobody(self, house: ApprovalHouse) -> None:
        house.payments = {"one": "60", "two": "39.99"}
        with house.engine() as engine:
            assert wait_until_ended(engine, house.runs(engine).id).state == RunState.SUCCEEDED
        assert sorted(house.ledger.entries()) == ["one", "two"]
        assert [entry.actor for entry in house.audited("approval.automatic")] == ["engine"]

    def test_a_rejected_run_pays_nothing(self, house: ApprovalHouse) -> None:
        with house.engine() as engine:
            run = house.runs(engine)
            house.says("anna", "reject", "*:EUR", "Not this month.")
            assert wait_until_ended(engine, run.id).summary["states"] == {"exception": 3}
        assert house.ledger.entries() == []

    def test_a_run_under_way_is_not_decided_yet(self, house: ApprovalHouse) -> None:
        with house.engine() as engine:
            run = house.runs(engine)
        with house.database.write() as session:
            session.get_one(Run, run.id).state = RunState.RUNNING
        assert _refusal(house, "anna", "*:EUR") is Refusal.NOT_COMPLETE


def test_a_list_says_what_waits_for_whom_with_totals(waiting: Waiting) -> None:
    house, _engine, _run = waiting

    def seen_by(name: str) -> dict[str, Any]:
        with house.database.read() as session:
            page = list_approvals(session, mail(name), ApprovalFilter(), house.clock())
            return {one.approval.subject: one.may_decide for one in page.approvals}

    def count(name: str) -> int:
        with house.database.read() as session:
            return read_waiting(session, mail(name), house.clock()).count

    assert seen_by("ben") == {"large": False, "middle": True}
    assert seen_by("olga") == {"large": False, "middle": False}
    assert [count(name) for name in ("anna", "ben", "carl", "dora", "olga")] == [2, 1, 0, 0, 0]
    with house.database.read() as session:
        page = list_approvals(session, mail("anna"), ApprovalFilter(), house.clock(), limit=1)
        assert totals_of(one.approval for one in page.approvals) == {"EUR": 5000}
        rest = list_approvals(session, mail("anna"), ApprovalFilter(), house.clock(), older_than=page.older_than)
        assert [one.approval.subject for one in rest.approvals] == ["middle"]
        deciders = deciders_of(session, house.approval("middle"), house.clock())
        assert [user.name for user in deciders] == ["Anna", "Ben"]


def test_a_deadline_is_counted_from_the_asking(waiting: Waiting) -> None:
    house, _engine, _run = waiting
    assert house.approval("middle").deadline == NOW + timedelta(hours=24)
