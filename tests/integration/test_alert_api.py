"""Programs see alerts and set up channels as people do in the console, as far as their token's role goes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.database.base import utc_now
from connectors.database.models.alerts import Alert
from connectors.database.models.api_tokens import TokenRole
from tests.fixtures.webhook_server import WebhookServer
from tests.integration.api_house import ApiHouse

pytestmark = pytest.mark.integration


@pytest.fixture
def house(tmp_path: Path) -> Iterator[ApiHouse]:
    house = ApiHouse(tmp_path)
    yield house
    house.close()


def add_alert(house: ApiHouse) -> str:
    with house.database.write() as session:
        alert = Alert(kind="run_failed", subject="payroll", job="payroll", cause="run-1", opened_at=utc_now())
        session.add(alert)
        session.flush()
        return alert.id


def test_a_program_silences_an_alert_and_ends_the_silence(house: ApiHouse) -> None:
    alert_id, program = add_alert(house), house.program()
    until = {"until": "2100-01-01T08:00:00+01:00"}
    assert program.asks("POST", f"/alerts/{alert_id}/silence", json=until).json()["silenced_until"].startswith("2100")
    assert program.asks("POST", f"/alerts/{alert_id}/acknowledge").json()["acknowledged_by"].startswith("token:")
    (shown,) = program.asks("GET", "/alerts").json()["alerts"]
    assert (shown["id"], shown["silenced_until"][:4]) == (alert_id, "2100")
    assert program.asks("DELETE", f"/alerts/{alert_id}/silence").json()["silenced_until"] is None
    assert program.asks("POST", "/alerts/nothing/acknowledge").status_code == 404


@pytest.mark.parametrize(
    ("role", "target"), [("viewer", "hooks.example.com"), ("admin", "https://hooks.example.com/T1/key")]
)
def test_only_admins_see_the_path_of_a_webhook_s_address(house: ApiHouse, role: str, target: str) -> None:
    body = {"name": "Pager", "kind": "webhook", "target": "https://hooks.example.com/T1/key"}
    assert house.program().asks("POST", "/alert-channels", json=body).status_code == 201
    (shown,) = house.program(TokenRole(role)).asks("GET", "/alert-channels").json()["channels"]
    assert shown["target"] == target


def test_a_program_adds_tries_changes_and_removes_a_webhook(house: ApiHouse) -> None:
    program = house.program()
    with WebhookServer(answers=[200, 500]).running() as receiver:
        body = {"name": "Pager", "kind": "webhook", "target": receiver.url}
        made = program.asks("POST", "/alert-channels", json=body)
        assert made.status_code == 201
        path, receiver.secrets = f"/alert-channels/{made.json()['id']}", [made.json()["secret"]]
        assert program.asks("POST", f"{path}/test").json()["status"] == 200
        assert receiver.requests[0].is_signed
        bad = program.asks("POST", f"{path}/test").json()
        assert (bad["is_good"], bad["status"]) == (False, 500)
    assert made.json()["secret"] not in program.asks("GET", "/alert-channels").text
    assert program.asks("POST", f"{path}/secret").json()["secret"].startswith("whsec_")
    changed = body | {"version": made.json()["version"], "name": "Night"}
    assert program.asks("PUT", path, json=changed).json()["name"] == "Night"
    assert program.asks("PUT", path, json=changed).status_code == 409
    assert len(program.asks("GET", "/alert-deliveries").json()["deliveries"]) == 2
    assert program.asks("DELETE", path).status_code == 204
    assert program.asks("POST", f"{path}/test").status_code == 404


def test_a_channel_that_cannot_work_is_refused(house: ApiHouse) -> None:
    body = {"name": "Ops", "kind": "mail", "target": "nobody"}
    answer = house.program().asks("POST", "/alert-channels", json=body)
    assert (answer.status_code, answer.json()["detail"]["code"]) == (422, "bad_target")


def test_the_limits_are_read_and_set(house: ApiHouse) -> None:
    limits = {"exceptions_limit": 3, "stalled_minutes": 20}
    assert house.program().asks("PUT", "/alerts/limits", json=limits).status_code == 200
    assert house.program(TokenRole.VIEWER).asks("GET", "/alerts/limits").json() == limits


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/alert-channels"),
        ("PUT", "/alerts/limits"),
        ("POST", "/alerts/x/silence"),
        ("DELETE", "/alert-channels/x"),
    ],
)
def test_an_operator_changes_nobodys_alarms(house: ApiHouse, method: str, path: str) -> None:
    assert house.program(TokenRole.OPERATOR).asks(method, path, json={}).status_code == 403
