"""Approving through the API and on the command line: the same rules as in the console."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from automations.engine.approvals import request_approvals
from automations.engine.approver_groups import ensure_group, find_active_user, set_member
from automations.engine.item_record import record_outcomes, record_plan
from automations.engine.job import ItemOutcome
from automations.engine.run_record import create_run
from automations.invoices.outcomes import MATCHED
from automations.jobs.invoice_matching import JOB
from automations.rules.amounts import read_amounts
from bot.commands import app
from connectors.database.base import utc_now
from connectors.database.models.api_tokens import ApiToken, TokenRole
from connectors.database.models.approvals import Approval
from connectors.database.models.work import ItemState, RunState
from tests.integration.api_house import ApiHouse

pytestmark = pytest.mark.integration

OPS, JANA = "ops@example.com", "jana@example.com"


class ProgramHouse(ApiHouse):
    """Ops (who makes the tokens) and Jana approve for finance; a run waits for one document."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        with self.database.write() as session:
            for email in (OPS, JANA):
                user = find_active_user(session, email)
                assert user is not None
                group = ensure_group(session, "finance", utc_now())
                set_member(session, group, user, read_amounts("EUR 1000"), "test")

    def asks_for(self, amount: int, started_by: str) -> int:
        """A run that waits for one document of this amount; returns the id of its question."""
        now = utc_now()
        with self.database.write() as session:
            parameters = {"approve_from": "EUR 100"}
            run = create_run(session, JOB.name, parameters, started_by, now=now)
            outcome = ItemOutcome(
                f"a-{run.id}",
                "Invoice A",
                ItemState.DONE,
                MATCHED,
                effect={"action": "post"},
                amount=Decimal(amount),
                currency="EUR",
            )
            record_plan(session, run.id, [outcome.key], now)
            record_outcomes(session, run.id, [outcome], now)
            assert request_approvals(session, run, JOB, [outcome], now) == 1
            run.state = RunState.WAITING_FOR_APPROVAL
            return session.scalars(select(Approval.id).where(Approval.run_id == run.id)).one()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[ProgramHouse]:
    house = ProgramHouse(tmp_path)
    yield house
    house.close()


def test_a_program_decides_as_the_person_who_made_its_token(house: ProgramHouse) -> None:
    approval_id = house.asks_for(500, JANA)
    program = house.program(TokenRole.OPERATOR)
    (listed,) = program.gets("/approvals")["approvals"]
    assert (listed["id"], listed["may_decide"], listed["group"], listed["amount"]) == (
        approval_id,
        True,
        "finance",
        "500",
    )
    path = f"/approvals/{approval_id}/decision"
    program.is_refused(422, "reason_missing", "POST", path, json={"verdict": "reject", "version": 1})
    program.is_refused(409, "changed", "POST", path, json={"verdict": "approve", "version": 9})
    assert program.does(path, {"verdict": "approve", "version": 1})["state"] == "approved"
    program.is_refused(409, "closed", "POST", path, json={"verdict": "approve", "version": 2})
    (entry,) = house.entries("approval.approve")
    assert (entry.actor, entry.detail["channel"]) == (OPS, "api")
    assert program.gets("/approvals", is_open=False)["approvals"][0]["id"] == approval_id


def test_what_a_token_started_its_maker_does_not_approve(house: ProgramHouse) -> None:
    program = house.program(TokenRole.OPERATOR)
    with house.database.read() as session:
        prefix = session.scalars(select(ApiToken.prefix)).one()
    approval_id = house.asks_for(500, f"token:{prefix} test operator")
    assert program.gets(f"/approvals/{approval_id}")["refusal"] == "own_work"
    decision = {"verdict": "approve", "version": 1}
    program.is_refused(409, "own_work", "POST", f"/approvals/{approval_id}/decision", json=decision)


def test_a_program_names_who_stands_in(house: ProgramHouse) -> None:
    program = house.program(TokenRole.OPERATOR)
    days = {"starts": "2026-11-01T00:00:00Z", "ends": "2199-01-01T00:00:00Z"}
    assert program.does("/approvals/delegations", {"receiver": JANA, **days}, status=201)["receiver"] == JANA
    body = {"receiver": OPS, **days}
    assert "themselves" in program.is_refused(422, "same_person", "POST", "/approvals/delegations", json=body)


@pytest.fixture
def shell(house: ProgramHouse, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setattr("bot.commands.approvals.office_or_fail", lambda: house.office)
    return CliRunner()


def test_the_command_line_lists_approves_and_rejects(house: ProgramHouse, shell: CliRunner) -> None:
    first, second = house.asks_for(500, OPS), house.asks_for(600, OPS)
    listed = shell.invoke(app, ["approval", "list"])
    assert (listed.exit_code, listed.output.count("Invoice A")) == (0, 2)
    own = shell.invoke(app, ["approval", "approve", str(first), "--as", OPS])
    assert own.exit_code == 2
    approved = shell.invoke(app, ["approval", "approve", str(first), "--as", JANA, "--json"])
    assert (approved.exit_code, '"state": "approved"' in approved.output) == (0, True)
    rejected = shell.invoke(app, ["approval", "reject", str(second), "--as", JANA, "--reason", "Not ours."])
    assert (rejected.exit_code, rejected.output.strip()) == (0, "rejected")
    assert '"may_decide": false' in shell.invoke(app, ["approval", "list", "--decided", "--json"]).output


def test_the_command_line_names_who_stands_in(house: ProgramHouse, shell: CliRunner) -> None:
    named = shell.invoke(app, ["approval", "delegate", "--from", JANA, "--to", OPS, "--until", "2199-01-01"])
    assert (named.exit_code, len(house.entries("approval.delegate"))) == (0, 1)
    past = shell.invoke(app, ["approval", "delegate", "--from", JANA, "--to", OPS, "--until", "2020-01-01"])
    assert past.exit_code == 2
