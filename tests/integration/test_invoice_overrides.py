"""A hold that two people let pass: in the console, on the command line and over the API, through a real run."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from typer.testing import CliRunner

from automations.engine.approver_groups import ensure_group, find_active_user, remove_member, set_member
from automations.invoices.override_desk import OverrideError, decide_override, request_override
from automations.rules.amounts import read_amounts
from bot.commands import app
from bot.staff import accounts
from connectors.database.base import utc_now
from connectors.database.models.api_tokens import TokenRole
from connectors.database.models.approvals import Approval
from connectors.database.models.invoices import InvoiceOverride
from connectors.database.models.people import Role
from connectors.database.models.purchasing import PurchaseOrderLineRow, SupplierDocument
from connectors.database.models.work import EffectState, Run, RunItem
from tests.integration.api_house import ApiHouse
from tests.integration.console_house import PASSWORD, Browser, text_of

pytestmark = pytest.mark.integration

OPS, JANA = "ops@example.com", "jana@example.com"
# Of the demo; held by its price alone.
HELD = "Waldkontor Holzwaren GmbH RE-26-1187"


class OverrideHouse(ApiHouse):
    """Ops and Jana approve for finance, Jana up to 10,000 EUR; the console runs its engine on the demo's invoices."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        with self.database.write() as session:
            for email, limits in ((OPS, ""), (JANA, "EUR 10000")):
                user = find_active_user(session, email)
                assert user is not None
                set_member(session, ensure_group(session, "finance", utc_now()), user, read_amounts(limits), "test")

    def overrides(self) -> list[InvoiceOverride]:
        with self.database.read() as session:
            return list(session.scalars(select(InvoiceOverride).order_by(InvoiceOverride.id)))

    def held(self, run: Run, title: str = HELD) -> RunItem:
        return self.items(run)[title]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[OverrideHouse]:
    house = OverrideHouse(tmp_path)
    yield house
    house.close()


@pytest.fixture
def ops(house: OverrideHouse) -> Browser:
    return Browser(house, house.admin)


@pytest.fixture
def jana(house: OverrideHouse) -> Browser:
    return Browser(house, house.agent)


def path_of(item: RunItem) -> str:
    return f"/console/runs/{item.run_id}/items/{item.id}/overrides"


def test_one_asks_another_approves_and_the_next_run_posts_it(house: OverrideHouse, ops: Browser, jana: Browser) -> None:
    item = house.held(ops.runs_job("real"))
    assert path_of(item) in ops.opens(f"/console/runs/{item.run_id}/items/{item.id}")
    assert ops.posts(path_of(item), hold="1", reason="Agreed with the supplier on the phone").status_code == 303
    (asked,) = house.overrides()
    assert (asked.code, asked.state, asked.requested_by) == ("PRICE_OVER", "requested", OPS)

    page = jana.opens("/console/overrides")
    assert "Agreed with the supplier on the phone" in text_of(page)
    assert ops.posts(f"/console/overrides/{asked.id}", verdict="approve").status_code == 409  # own work
    assert jana.posts(f"/console/overrides/{asked.id}", verdict="approve", reason="Fine").status_code == 303

    posted = house.held(ops.runs_job("real"))
    assert (posted.outcome, posted.state) == ("matched", "done")
    shown = text_of(ops.opens(f"/console/runs/{posted.run_id}/items/{posted.id}"))
    assert "Let pass by two people" in shown
    assert f"Asked by {OPS}, approved by {JANA}" in shown
    assert "two people let it pass" in shown
    with house.database.read() as session:
        assert session.scalar(select(SupplierDocument).where(SupplierDocument.number == "RE-26-1187")) is not None
    assert [entry.actor for entry in house.audited("override.request")] == [OPS]
    (approved,) = house.audited("override.approve")
    assert (approved.actor, approved.detail["channel"], approved.after) == (
        JANA,
        "console",
        {"state": "approved", "decision_reason": "Fine"},
    )


def test_what_was_let_pass_and_still_needs_consent_for_its_amount_can_be_approved(
    house: OverrideHouse, ops: Browser, jana: Browser
) -> None:
    item = house.held(ops.runs_job("real"))
    ops.posts(path_of(item), hold="1", reason="Agreed")
    (asked,) = house.overrides()
    jana.posts(f"/console/overrides/{asked.id}", verdict="approve", reason="Fine")
    waits = house.held(ops.runs_job("real", **{"p.approve_from": "EUR 1"}))
    assert waits.effect_state == EffectState.WAITING_FOR_APPROVAL
    with house.database.read() as session:
        approval = session.scalars(select(Approval).where(Approval.item_id == waits.id)).one()
    assert f"Asked by {OPS}, approved by {JANA}" in text_of(jana.opens(f"/console/approvals/{approval.id}"))


def test_an_override_is_void_once_a_figure_has_changed(house: OverrideHouse, ops: Browser, jana: Browser) -> None:
    item = house.held(ops.runs_job("real"))
    ops.posts(path_of(item), hold="1", reason="Agreed")
    jana.posts(f"/console/overrides/{house.overrides()[0].id}", verdict="approve")
    with house.database.write() as session:
        row, held = PurchaseOrderLineRow, (item.detail["order"], item.reasons[0]["where"])
        line = session.scalars(select(row).where(row.order_number == held[0], row.line == held[1])).one()
        line.unit_price -= 1
    again = house.held(ops.runs_job("real"))
    assert again.outcome == "held"
    assert [reason["code"] for reason in again.reasons] == ["PRICE_OVER"]
    page = ops.opens(path_of(again))
    assert 'name="hold"' in page, "the hold has other figures now, so it can be asked for again"


def test_a_rejection_needs_a_reason_and_keeps_the_hold(house: OverrideHouse, ops: Browser, jana: Browser) -> None:
    item = house.held(ops.runs_job("real"))
    ops.posts(path_of(item), hold="1", reason="Agreed")
    (asked,) = house.overrides()
    assert jana.posts(f"/console/overrides/{asked.id}", verdict="reject").status_code == 409
    assert jana.posts(f"/console/overrides/{asked.id}", verdict="reject", reason="Ask for a credit").status_code == 303
    assert jana.posts(f"/console/overrides/{asked.id}", verdict="approve").status_code == 409
    assert house.held(ops.runs_job("real")).outcome == "held"
    assert "Ask for a credit" in jana.opens("/console/overrides?state=decided")


@pytest.mark.parametrize(
    ("title", "fields"),
    [
        (HELD, {"hold": "1", "reason": " "}),
        (HELD, {"hold": "2", "reason": "x"}),
        (HELD, {"hold": "one", "reason": "x"}),
        ("Sklo Bohemia s.r.o. FV-2026-0431", {"hold": "1", "reason": "x"}),  # NO_ORDER never passes
    ],
)
def test_what_cannot_be_asked_for_is_refused(
    house: OverrideHouse, ops: Browser, title: str, fields: dict[str, str]
) -> None:
    item = house.held(ops.runs_job("real"), title)
    assert ops.posts(path_of(item), **fields).status_code == 409
    assert house.overrides() == []


def test_what_a_dry_run_found_cannot_be_let_pass(house: OverrideHouse, ops: Browser) -> None:
    item = house.held(ops.runs_job("dry"))
    with house.database.write() as session, pytest.raises(OverrideError, match="real run"):
        request_override(session, session.get_one(RunItem, item.id), 1, "x", OPS, utc_now())
    assert 'name="hold"' not in ops.opens(path_of(item))


def test_what_was_approved_can_be_taken_back_before_it_counts_and_asked_for_again(
    house: OverrideHouse, ops: Browser, jana: Browser
) -> None:
    item = house.held(ops.runs_job("real"))
    ops.posts(path_of(item), hold="1", reason="Agreed")
    (asked,) = house.overrides()
    jana.posts(f"/console/overrides/{asked.id}", verdict="approve")
    refused = jana.posts(f"/console/overrides/{asked.id}", verdict="withdraw", reason=" ", state="decided")
    assert (refused.status_code, "A reason is needed" in refused.text) == (409, True)
    taken = jana.posts(f"/console/overrides/{asked.id}", verdict="withdraw", reason="Wrong invoice")
    assert taken.headers["location"].endswith("done=withdrawn")
    assert house.held(ops.runs_job("real")).outcome == "held"
    assert [entry.actor for entry in house.audited("override.withdraw")] == [JANA]
    again = house.held(ops.runs_job("real"))
    assert ops.posts(path_of(again), hold="1", reason="After all").status_code == 303
    assert [one.state for one in house.overrides()] == ["withdrawn", "requested"]


def test_two_who_ask_at_the_same_moment_make_one_question(house: OverrideHouse, ops: Browser) -> None:
    item = house.held(ops.runs_job("real"))
    ops.posts(path_of(item), hold="1", reason="Agreed")
    (asked,) = house.overrides()
    fields = ("item_id", "document_key", "title", "code", "place", "found", "expected", "reason", "requested_by")
    with pytest.raises(IntegrityError), house.database.write() as session:
        session.add(InvoiceOverride(**{name: getattr(asked, name) for name in fields}))


def test_an_approver_of_another_group_does_not_see_what_finance_lets_pass(house: OverrideHouse) -> None:
    with house.database.write() as session:
        accounts.add_user(session, "petr@example.com", "Petr", Role.AGENT, PASSWORD, "test")
        petr = find_active_user(session, "petr@example.com")
        assert petr is not None
        set_member(session, ensure_group(session, "purchasing", utc_now()), petr, read_amounts(""), "test")
    visitor = Browser(house, petr)
    assert visitor.client.get("/console/approvals").status_code == 200
    assert visitor.client.get("/console/overrides").status_code == 403
    assert visitor.posts("/console/overrides/1", verdict="approve").status_code == 403


def test_no_number_of_an_override_is_too_large_for_an_answer(ops: Browser) -> None:
    assert ops.client.get(f"/console/overrides?older_than={10**30}").status_code == 422


def test_who_may_not_decide_is_told_why(house: OverrideHouse, ops: Browser) -> None:
    item = house.held(ops.runs_job("real"))
    with house.database.write() as session:
        asked = request_override(session, session.get_one(RunItem, item.id), 1, "Agreed", "x@example.com", utc_now())
        user = find_active_user(session, JANA)
        assert user is not None
        set_member(session, ensure_group(session, "finance", utc_now()), user, read_amounts("EUR 1"), "test")
        for person, told in (
            (JANA, "above your limit"),
            ("nobody@example.com", "not active"),
            ("x@example.com", "not active"),
        ):
            with pytest.raises(OverrideError, match=told):
                decide_override(
                    session, asked.id, is_approved=True, reason="", actor=person, now=utc_now(), channel="test"
                )
        with pytest.raises(OverrideError, match="already"):
            request_override(session, session.get_one(RunItem, item.id), 1, "Me too", OPS, utc_now())


def test_programs_ask_and_decide_as_the_person_behind_them(house: OverrideHouse, ops: Browser) -> None:
    """The token is one of Ops: what it asks for, neither it nor Ops can approve."""
    item = house.held(ops.runs_job("real"))
    operator = house.program(TokenRole.OPERATOR)
    path = f"/runs/{item.run_id}/items/{item.id}/overrides"
    asked = operator.does(path, {"hold": 1, "reason": "Agreed"}, status=201)
    assert (asked["code"], asked["state"]) == ("PRICE_OVER", "requested")
    assert [one["id"] for one in house.program(TokenRole.ADMIN).gets("/overrides")["overrides"]] == [asked["id"]]
    operator.is_refused(409, "asked", "POST", path, json={"hold": 1, "reason": "Agreed"})
    operator.is_refused(422, "no_such_hold", "POST", path, json={"hold": 9, "reason": "Agreed"})
    decision = f"/overrides/{asked['id']}/decision"
    operator.is_refused(409, "own_work", "POST", decision, json={"is_approved": True})
    operator.is_refused(404, "unknown_override", "POST", "/overrides/999/decision", json={"is_approved": True})
    house.program(TokenRole.VIEWER).is_refused(403, "role", "POST", decision, json={"is_approved": True})


def test_what_finance_lets_pass_is_read_by_programs_of_finance_and_of_admins_only(house: OverrideHouse) -> None:
    for role in (TokenRole.OPERATOR, TokenRole.ADMIN):
        assert house.program(role).gets("/overrides")["overrides"] == []
    house.program(TokenRole.VIEWER).is_refused(403, "role", "GET", "/overrides")
    with house.database.write() as session:
        user = find_active_user(session, OPS)
        assert user is not None
        remove_member(session, ensure_group(session, "finance", utc_now()), user, "test")
    house.program(TokenRole.OPERATOR).is_refused(403, "role", "GET", "/overrides")
    assert house.program(TokenRole.ADMIN).gets("/overrides")["overrides"] == []


def test_the_command_line_asks_lists_and_approves(
    house: OverrideHouse, ops: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = house.held(ops.runs_job("real"))
    monkeypatch.setattr("bot.commands.overrides.office_or_fail", lambda: house.office)

    def says(*words: str, code: int = 0) -> str:
        result = CliRunner().invoke(app, ["override", *words])
        assert result.exit_code == code, result.output
        return result.output

    assert "waits" in says("request", str(item.id), "1", "--as", OPS, "--reason", "Agreed")
    assert "PRICE_OVER" in says("list")
    (asked,) = house.overrides()
    assert "Who asked" in says("approve", str(asked.id), "--as", OPS, code=2)
    assert "approved" in says("approve", str(asked.id), "--as", JANA)
    assert "requested" not in says("list")
    assert '"state": "approved"' in says("list", "--decided", "--json")
