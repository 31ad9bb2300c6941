"""What admins set up in the console, programs set up over the API and people at a terminal: the same rows, the same
traces."""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from bot.commands import app
from connectors.database.models.alerts import AlertChannel
from connectors.database.models.api_tokens import TokenRole
from connectors.database.models.work import Connection
from connectors.webhook import new_secret
from tests.integration.api_house import OWNER, ApiHouse, Program
from tests.integration.console_house import Browser, text_of
from tests.integration.learning_house import LearningHouse

pytestmark = pytest.mark.integration

JANA = "jana@example.com"
HOOK = "https://hooks.example.com/services/very-secret-path"
COMMANDS = ("alerts", "alert_channels", "approvals", "approvers", "connections", "models", "review", "saved_views")


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiHouse]:
    house = ApiHouse(tmp_path)
    for module in COMMANDS:
        monkeypatch.setattr(f"bot.commands.{module}.office_or_fail", lambda: house.api.state.office)
    yield house
    house.close()


@pytest.fixture
def admin(house: ApiHouse) -> Program:
    return house.program(TokenRole.ADMIN)


@pytest.fixture
def operator(house: ApiHouse) -> Program:
    return house.program(TokenRole.OPERATOR)


@pytest.fixture
def learning(house: ApiHouse, tmp_path: Path) -> LearningHouse:
    """Messages to review, and a trainer by script."""
    learning = LearningHouse(house.database, tmp_path / "learning")
    house.api.state.office = replace(house.office, shelf=learning.shelf, retraining=learning.retraining)
    return learning


def call(*words: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, list(words), input=typed)


def answers(*words: str, typed: str | None = None) -> Any:
    result = call(*words, "--json", typed=typed)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def refuses(*words: str, typed: str | None = None) -> str:
    result = call(*words, typed=typed)
    assert result.exit_code == 2, result.output
    return " ".join(result.stderr.split())


def test_a_program_sets_up_who_approves(house: ApiHouse, admin: Program, operator: Program) -> None:
    group = admin.does("/approvals/groups", {"name": " finance "}, status=201)
    assert admin.does("/approvals/groups", {"name": "finance"}, status=201) == group
    path = f"/approvals/groups/{group['id']}/members"
    admin.does(path, {"email": JANA})
    changed = admin.does(path, {"email": JANA, "limits": "CZK 25000, EUR 1000"})
    assert [(one["email"], one["limits"]) for one in changed["members"]] == [(JANA, "CZK 25000, EUR 1000")]
    assert admin.gets("/approvals/groups")["groups"] == [changed]
    admin.is_refused(422, "bad_limits", "POST", path, json={"email": JANA, "limits": "a lot"})
    admin.is_refused(422, "unknown_person", "POST", path, json={"email": "nobody@example.com"})
    admin.is_refused(404, "unknown_group", "POST", "/approvals/groups/none/members", json={"email": JANA})
    operator.is_refused(403, "role", "POST", path, json={"email": JANA})
    operator.is_refused(403, "role", "GET", "/approvals/groups")
    admin.does(f"{path}/{JANA}", method="DELETE", status=204)
    assert admin.gets("/approvals/groups")["groups"][0]["members"] == []
    deeds = ("add", "add_member", "change_member", "remove_member")
    entries = [entry for deed in deeds for entry in house.entries(f"approver_group.{deed}")]
    assert [entry.actor.startswith("token:two_") for entry in entries] == [True] * 4


def test_a_program_takes_back_only_what_its_person_gave(house: ApiHouse, operator: Program) -> None:
    days = {"starts": "2026-11-01T00:00:00Z", "ends": "2199-01-01T00:00:00Z"}
    made = operator.does("/approvals/delegations", {"receiver": JANA, **days}, status=201)
    (listed,) = operator.gets("/approvals/delegations")["delegations"]
    assert (listed["id"], listed["giver"], listed["receiver"]) == (made["id"], OWNER, JANA)
    assert [one["id"] for one in answers("approval", "delegations", "--as", JANA)] == [made["id"]]
    assert "gave no delegation" in refuses("approval", "delegation-end", made["id"], "--as", JANA)
    operator.does(f"/approvals/delegations/{made['id']}", method="DELETE", status=204)
    operator.is_refused(404, "unknown_delegation", "DELETE", f"/approvals/delegations/{made['id']}")
    assert operator.gets("/approvals/delegations") == {"delegations": []}
    assert len(house.entries("approval.end_delegation")) == 1


def test_the_command_line_sets_up_who_approves(house: ApiHouse) -> None:
    answers("approval", "group-set", "finance")
    made = answers("approval", "group-set", "finance", "--member", JANA, "--limits", "EUR 1000")
    assert [(one["email"], one["limits"]) for one in made["members"]] == [(JANA, "EUR 1000")]
    assert answers("approval", "groups") == [made]
    assert f"finance {JANA} EUR 1000" in " ".join(call("approval", "groups").stdout.split())
    assert "write it like" in refuses("approval", "group-set", "finance", "--member", JANA, "--limits", "a lot")
    assert "no active account" in refuses("approval", "group-set", "sales", "--member", "nobody@example.com")
    assert [group["name"] for group in answers("approval", "groups")] == ["finance"]
    assert answers("approval", "group-remove", "finance", "--member", JANA)["members"] == []
    assert "approval groups" in refuses("approval", "group-remove", "sales", "--member", JANA)
    assert house.entries("approver_group.remove_member")[0].actor == "command line"


def kept_channel(house: ApiHouse, name: str) -> AlertChannel:
    with house.database.read() as session:
        return session.scalars(select(AlertChannel).where(AlertChannel.name == name)).one()


def test_the_command_line_keeps_the_secrets_of_a_channel_out_of_its_arguments(house: ApiHouse) -> None:
    assert "--target -" in refuses("alert", "channel-add", "pager", "--kind", "webhook", "--target", HOOK)
    made = answers("alert", "channel-add", "pager", "--kind", "webhook", "--target", "-", typed=f"{HOOK}\n")
    assert made["secret"].startswith("whsec_")
    channel = kept_channel(house, "pager")
    assert channel.target == HOOK
    (listed,) = answers("alert", "channel-list")
    assert listed["target"] == "hooks.example.com"
    own = new_secret()
    assert call("alert", "channel-secret", "pager", "--own", typed=f"{own}\n").exit_code == 0
    office = house.office
    assert office.alerts.courier.secrets.open(kept_channel(house, "pager").secrets) == own
    newest = call("alert", "channel-secret", "pager", "--new").stdout.strip()
    assert office.alerts.courier.secrets.open(kept_channel(house, "pager").secrets).split() == [newest, own]
    call("alert", "channel-secret", "pager", "--drop-old")
    assert office.alerts.courier.secrets.open(kept_channel(house, "pager").secrets) == newest
    assert refuses("alert", "channel-secret", "pager", "--own", typed="no secret\n")
    assert "Say one of" in refuses("alert", "channel-secret", "pager")
    traces = str([(e.before, e.after, e.detail) for e in house.entries("alert_channel.create")])
    assert "very-secret-path" not in traces


def test_the_command_line_changes_what_is_named_of_a_channel(house: ApiHouse) -> None:
    address = ("--kind", "mail", "--target", "night@example.com")
    answers("alert", "channel-add", "night", *address, "--tell", "run_failed", "--job", "invoice-matching")
    changed = answers(
        "alert", "channel-change", "night", "--new-name", "day", "--off", "--language", "cs", "--all-jobs"
    )
    kept = (changed["name"], changed["is_enabled"], changed["language"], changed["jobs"], changed["kinds"])
    assert kept == ("day", False, "cs", [], ["run_failed"])
    assert changed["target"] == "night@example.com"
    assert refuses("alert", "channel-change", "day", "--target", "nowhere")
    assert refuses("alert", "channel-add", "day", *address)
    assert "channel-list" in refuses("alert", "channel-change", "night", "--on")
    assert call("alert", "channel-remove", "day", typed="n\n").exit_code == 1
    answers("alert", "channel-remove", "day", "--yes")
    assert answers("alert", "channel-list") == []
    assert house.entries("alert_channel.change")[0].actor == "command line"
    assert len(house.entries("alert_channel.delete")) == 1


def test_a_program_hands_over_the_secret_that_a_receiver_made_up(house: ApiHouse, admin: Program) -> None:
    made = admin.does("/alert-channels", {"name": "pager", "kind": "webhook", "target": HOOK}, status=201)
    own = "whsec_" + base64.b64encode(b"x" * 32).decode()
    path = f"/alert-channels/{made['id']}/secret"
    admin.does(path, {"secret": own}, method="PUT", status=204)
    assert house.office.alerts.courier.secrets.open(kept_channel(house, "pager").secrets) == own
    admin.is_refused(422, "bad_secret", "PUT", path, json={"secret": "short"})


def test_a_program_keeps_views_for_the_person_behind_it(house: ApiHouse, operator: Program) -> None:
    body = {"page": "runs", "name": "failed", "query": "state=failed&next=https://evil.example", "is_default": True}
    made = operator.does("/views", body, status=201)
    assert (made["query"], made["is_default"], made["is_shared"]) == ("state=failed", True, False)
    again = operator.does("/views", body | {"query": "state=cancelled", "is_shared": True}, status=201)
    assert (again["id"], again["query"]) == (made["id"], "state=cancelled")
    assert operator.gets("/views", page="runs")["views"] == [again]
    assert operator.gets("/views", page="items")["views"] == []
    opened = Browser(house, house.admin).client.get("/console/runs")
    assert opened.headers["location"] == "/console/runs?state=cancelled"
    operator.is_refused(422, "no_filter", "POST", "/views", json=body | {"query": "a=b"})
    house.program(TokenRole.VIEWER).is_refused(403, "role", "POST", "/views", json=body)
    # Shared with Jana, but not hers.
    assert [one["id"] for one in answers("view", "list", "runs", "--as", JANA)] == [made["id"]]
    assert "has no saved view" in refuses("view", "remove", made["id"], "--as", JANA)
    operator.does(f"/views/{made['id']}", method="DELETE", status=204)
    operator.is_refused(404, "unknown_view", "DELETE", f"/views/{made['id']}")
    assert [len(house.entries(f"view.{deed}")) for deed in ("save", "delete")] == [2, 1]


def test_a_view_is_saved_and_removed_on_the_command_line(house: ApiHouse) -> None:
    made = call("view", "save", "runs", "failed", "state=failed", "--as", OWNER).stdout.strip()
    assert [(one["id"], one["query"]) for one in answers("view", "list", "runs", "--as", OWNER)] == [
        (made, "state=failed")
    ]
    assert "runs, items, exceptions" in refuses("view", "list", "jobs", "--as", OWNER)
    assert "filters the list" in refuses("view", "save", "runs", "all", "a=b", "--as", OWNER)
    assert call("view", "remove", made, "--as", OWNER).exit_code == 0
    assert answers("view", "list", "runs", "--as", OWNER) == []
    assert house.entries("view.delete")[0].actor == "command line"


def test_a_program_reviews_messages(learning: LearningHouse, operator: Program) -> None:
    first, second = learning.understood("my box never came"), learning.understood("xyz", language="cs")
    assert [one["id"] for one in operator.gets("/review/turns")["turns"]] == [second, first]
    (czech,) = operator.gets("/review/turns", language="cs")["turns"]
    assert (czech["text"], czech["state"]) == ("xyz", "open")
    assert "order_status" in operator.gets("/review/intents")["intents"]
    path = f"/review/turns/{first}"
    operator.is_refused(422, "unknown_intent", "POST", f"{path}/label", json={"intent": "nlu_fallback"})
    labelled = operator.does(f"{path}/label", {"intent": "order_status"})
    assert (labelled["state"], labelled["label"]) == ("labelled", "order_status")
    operator.is_refused(409, "gone", "POST", f"{path}/dismiss")
    assert operator.does(f"{path}/reopen")["label"] is None
    assert operator.does(f"{path}/dismiss")["state"] == "dismissed"
    actors = {learning.audited(f"turn.{deed}")[0].actor for deed in ("label", "reopen", "dismiss")}
    assert [actor.startswith("token:two_") for actor in actors] == [True]


def test_the_command_line_reviews_messages(learning: LearningHouse) -> None:
    first, second = learning.understood("my box\x1b[2J never came"), learning.understood("xyz")
    assert [one["id"] for one in answers("review", "list")] == [second, first]
    assert "\x1b" not in call("review", "list").stdout
    assert "order_status" in refuses("review", "label", str(first), "weather")
    assert answers("review", "label", str(first), "order_status")["state"] == "labelled"
    assert "review list" in refuses("review", "dismiss", str(first))
    assert answers("review", "dismiss", str(second))["state"] == "dismissed"
    assert answers("review", "reopen", str(second))["state"] == "open"
    assert learning.audited("turn.label")[0].actor == "command line"


def test_a_program_trains_promotes_and_goes_back(learning: LearningHouse, admin: Program) -> None:
    assert "nothing" in admin.is_refused(409, "nothing_new", "POST", "/models/train").lower()
    learning.approves("my box never came", "order_status")
    learning.trainer.next_model = learning.trainer.scripts[learning.base.name]
    trained = admin.does("/models/train", status=202)
    learning.retraining.wait()
    newest = admin.gets("/models")["models"][0]
    assert (newest["id"], newest["state"], newest["examples"]) == (trained["id"], "active", 1)
    assert newest["started_by"].startswith("token:two_")
    admin.is_refused(409, "gone", "POST", f"/models/{newest['id']}/promote", json={"reason": "twice"})
    admin.is_refused(422, "bad_request", "POST", "/models/roll-back", json={"reason": " "})
    back = admin.does("/models/roll-back", {"reason": "it greets nobody"})
    assert (back["file"], learning.active()) == (learning.base.name, learning.base.name)
    assert admin.does(f"/models/{newest['id']}/promote", {"reason": "it does"})["state"] == "active"
    assert learning.audited("model.promote")[-1].detail["reason"] == "it does"


def test_a_training_is_cancelled_by_a_program_and_on_the_command_line(learning: LearningHouse, admin: Program) -> None:
    def under_way() -> str:
        return str(admin.gets("/models")["models"][0]["id"])

    for text, stop in (
        ("my box never came", lambda: admin.does(f"/models/{under_way()}/cancel", status=204)),
        ("my chair never came", lambda: call("models", "cancel", under_way())),
    ):
        learning.approves(text, "order_status")
        learning.trainer.while_training = stop
        model_id = admin.does("/models/train", status=202)["id"]
        learning.retraining.wait()
        assert (learning.model(model_id).state, learning.model(model_id).failure) == ("failed", "cancelled")
    assert len(learning.audited("model.cancel")) == 2


def limits(house: ApiHouse, name: str = "supplier-invoices") -> tuple[int | None, int | None]:
    with house.database.read() as session:
        row = session.scalars(select(Connection).where(Connection.name == name)).one()
        return row.max_concurrent_runs, row.calls_per_minute


def test_a_program_limits_what_a_connection_is_asked(house: ApiHouse, admin: Program, operator: Program) -> None:
    path = "/connections/supplier-invoices"
    facts = admin.does(path, {"max_concurrent_runs": 2}, method="PATCH")
    assert (facts["max_concurrent_runs"], facts["calls_per_minute"]) == (2, None)
    admin.does(path, {"calls_per_minute": 60}, method="PATCH")
    assert limits(house) == (2, 60)
    assert facts["name"] in [one["name"] for one in admin.gets("/connections")["connections"]]
    admin.does(path, {"max_concurrent_runs": None}, method="PATCH")
    assert limits(house) == (None, 60)
    for wrong in (0, -1, 100_001, "many", 1.5):
        admin.is_refused(422, "bad_request", "PATCH", path, json={"calls_per_minute": wrong})
    admin.is_refused(404, "unknown_connection", "PATCH", "/connections/none", json={})
    operator.is_refused(403, "role", "PATCH", path, json={"calls_per_minute": 1})
    changes = [(entry.before, entry.after) for entry in house.entries("connection.limit")]
    assert changes[1] == ({"calls_per_minute": None}, {"calls_per_minute": 60})


def test_the_command_line_limits_what_a_connection_is_asked(house: ApiHouse) -> None:
    words = ("connection", "limit", "supplier-invoices")
    assert answers(*words, "--runs", "3", "--calls-per-minute", "30")["max_concurrent_runs"] == 3
    answers(*words, "--runs", "0")
    assert limits(house) == (None, 30)
    assert answers("connection", "list")[0].keys() >= {"max_concurrent_runs", "calls_per_minute"}
    assert "1000" in refuses(*words, "--runs", "1001")
    assert "connection list" in refuses("connection", "limit", "none", "--runs", "1")
    assert len(house.entries("connection.limit")) == 2


def test_an_admin_limits_a_connection_on_its_page(house: ApiHouse) -> None:
    browser = Browser(house, house.admin)
    path = "/console/connections/supplier-invoices/limits"
    answer = browser.posts(path, max_concurrent_runs="2", calls_per_minute=" 90 ")
    assert (answer.status_code, limits(house)) == (303, (2, 90))
    assert "The limits are saved." in text_of(browser.opens(answer.headers["location"]))
    assert 'value="90"' in browser.opens("/console/connections")
    for wrong in ("0", "-1", "two", "1001", "٣"):
        refused = browser.posts(path, max_concurrent_runs=wrong, calls_per_minute="90")
        assert (refused.status_code, limits(house)) == (422, (2, 90))
        assert "A limit is a whole number" in refused.text
    browser.posts(path, max_concurrent_runs="", calls_per_minute="90")
    assert limits(house) == (None, 90)
    browser.posts(path, max_concurrent_runs="", calls_per_minute="90")
    assert len(house.entries("connection.limit")) == 2
    assert browser.posts("/console/connections/none/limits", calls_per_minute="1").status_code == 404
    assert Browser(house, house.agent).posts(path, calls_per_minute="1").status_code == 403
    assert browser.client.post(path, data={"calls_per_minute": "1"}).status_code == 403
    assert limits(house) == (None, 90)
