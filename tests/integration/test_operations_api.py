"""What people do in the console, programs do over the API: the same effects, the same refusals, the same traces."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.operations_api.tokens import create_token
from connectors.database.base import utc_now
from connectors.database.models.api_tokens import TokenRole
from connectors.database.models.work import Connection, RunItem
from connectors.database.token_owner import person_behind
from tests.integration.api_house import DRY_RUN, OWNER, ApiHouse, Program

pytestmark = pytest.mark.integration

CRON = {"kind": "cron", "line": "30 6 * * 1-5"}
SCHEDULE = {"job": "invoice-matching", "timing": CRON, "timezone": "Europe/Prague", "parameters": {}}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[ApiHouse]:
    house = ApiHouse(tmp_path)
    yield house
    house.close()


@pytest.fixture
def admin(house: ApiHouse) -> Program:
    return house.program(TokenRole.ADMIN)


@pytest.fixture
def operator(house: ApiHouse) -> Program:
    return house.program(TokenRole.OPERATOR)


def test_a_job_shows_what_a_run_of_it_takes(operator: Program) -> None:
    assert "invoice-matching" in [job["name"] for job in operator.gets("/jobs")["jobs"]]
    parameters = {one["name"]: one for one in operator.gets("/jobs/invoice-matching")["parameters"]}
    assert parameters["level"]["type"] == "choice"
    assert "3-way" in parameters["level"]["choices"]
    operator.is_refused(404, "unknown_job", "GET", "/jobs/nothing")


def test_a_dry_run_is_started_followed_and_read_item_by_item(house: ApiHouse, operator: Program) -> None:
    run = operator.runs_job(is_dry_run=True)
    assert (run["state"], run["is_dry_run"]) == ("queued", True)
    ended = operator.gets(f"/runs/{run['id']}")
    assert ended["state"] == "succeeded_with_exceptions"
    assert ended["started_by"].startswith("token:two_")
    items = operator.gets(f"/runs/{run['id']}/items", limit=200)["items"]
    assert len(items) == ended["items_total"] == ended["items_done"]
    held = next(item for item in items if item["state"] == "exception")
    detail = operator.gets(f"/runs/{run['id']}/items/{held['id']}")
    assert detail["reasons"] == held["reasons"] != []
    assert detail["detail"]
    events = [event["event"] for event in operator.gets(f"/runs/{run['id']}/events")["events"]]
    assert (events[0], events[-1]) == ("run_started", "run_finished")
    assert len(house.inbox) > 0


def test_a_real_run_changes_what_a_run_from_the_console_changes(house: ApiHouse, operator: Program) -> None:
    before = house.inbox
    operator.runs_job(is_dry_run=False)
    assert house.inbox < before


def test_the_same_key_starts_one_run_however_often_it_is_sent(house: ApiHouse, operator: Program) -> None:
    key = {"Idempotency-Key": "nightly 2026-11-22"}
    first = operator.does("/runs", DRY_RUN, status=201, **key)
    again = operator.does("/runs", DRY_RUN, status=200, **key)
    assert again["id"] == first["id"]
    assert len(house.runs()) == 1
    assert len(house.entries("run.start")) == 1
    other = DRY_RUN | {"is_dry_run": False}
    operator.is_refused(409, "idempotency_key_reused", "POST", "/runs", json=other, headers=key)
    stranger = house.program(TokenRole.OPERATOR)
    assert stranger.does("/runs", DRY_RUN, status=201, **key)["id"] != first["id"]


def test_runs_are_found_page_by_page_and_by_filter(operator: Program) -> None:
    started = [operator.does("/runs", DRY_RUN, status=201)["id"] for _ in range(5)]
    first = operator.gets("/runs", limit=3)
    second = operator.gets("/runs", limit=3, older_than=first["older_than"])
    assert [run["id"] for run in first["runs"] + second["runs"]] == started[::-1]
    assert second["older_than"] is None
    assert operator.gets("/runs", is_dry_run=False)["runs"] == []
    assert operator.gets("/runs", state="failed")["runs"] == []
    assert len(operator.gets("/runs", job="invoice-matching", state="queued")["runs"]) == 5
    tomorrow = (utc_now() + timedelta(days=1)).isoformat()
    assert operator.gets("/runs", since=tomorrow)["runs"] == []
    operator.is_refused(422, "bad_request", "GET", "/runs?state=sleeping")


def test_a_queued_run_is_cancelled_and_an_ended_one_is_not(house: ApiHouse, operator: Program) -> None:
    run = operator.does("/runs", DRY_RUN, status=201)
    assert operator.does(f"/runs/{run['id']}/cancel", status=202)["state"] == "cancelled"
    (entry,) = house.entries("run.cancel")
    assert (entry.before, entry.after) == ({"state": "queued"}, {"state": "cancelled"})
    operator.is_refused(409, "run_is_over", "POST", f"/runs/{run['id']}/cancel")
    operator.is_refused(404, "unknown_run", "POST", "/runs/nothing/cancel")


def test_an_ended_run_is_taken_up_again_and_one_under_way_is_not(operator: Program) -> None:
    waiting = operator.does("/runs", DRY_RUN, status=201)
    operator.is_refused(409, "cannot_retry", "POST", f"/runs/{waiting['id']}/retry", json={})
    operator.does(f"/runs/{waiting['id']}/cancel", status=202)
    retry = operator.does(f"/runs/{waiting['id']}/retry", {"from_step": "plan"}, status=201)
    assert (retry["retry_of"], retry["from_step"]) == (waiting["id"], "plan")
    operator.is_refused(409, "cannot_retry", "POST", f"/runs/{waiting['id']}/retry", json={"keys": ["nothing"]})
    operator.is_refused(422, "bad_request", "POST", f"/runs/{waiting['id']}/retry", json={"from_step": "backwards"})


def test_an_exception_is_settled_with_a_reason_once(house: ApiHouse, admin: Program) -> None:
    admin.runs_job(is_dry_run=False)
    page = admin.gets("/exceptions")
    one = page["exceptions"][0]
    assert one["job"] == "invoice-matching"
    path = f"/runs/{one['run_id']}/items/{one['id']}/settle"
    admin.is_refused(422, "bad_request", "POST", path, json={"reason": "  "})
    assert admin.does(path, {"reason": "credit note came by post"})["settled_reason"] == "credit note came by post"
    assert one["id"] not in [left["id"] for left in admin.gets("/exceptions")["exceptions"]]
    admin.is_refused(409, "not_open", "POST", path, json={"reason": "again"})
    (entry,) = house.entries("item.settle")
    assert (entry.before, entry.after) == ({"is_settled": False}, {"is_settled": True})
    assert entry.actor.startswith("token:two_")


def test_what_a_dry_run_found_cannot_be_settled(house: ApiHouse, admin: Program) -> None:
    run = admin.runs_job(is_dry_run=True)
    with house.database.read() as session:
        item = session.scalars(select(RunItem).where(RunItem.run_id == run["id"], RunItem.state == "exception")).first()
    assert item is not None
    path = f"/runs/{run['id']}/items/{item.id}/settle"
    admin.is_refused(409, "dry_run", "POST", path, json={"reason": "done"})


def test_a_schedule_is_made_changed_paused_and_removed(house: ApiHouse, admin: Program) -> None:
    made = admin.does("/schedules", SCHEDULE, status=201)
    assert (made["timing"], made["version"], made["is_enabled"]) == (CRON, 1, True)
    path = f"/schedules/{made['id']}"
    later = SCHEDULE | {"timing": CRON | {"line": "0 7 * * *"}, "version": 1}
    assert admin.does(path, later, method="PUT")["version"] == 2
    admin.is_refused(409, "schedule_changed", "PUT", path, json=later)
    assert admin.does(f"{path}/pause")["is_enabled"] is False
    assert admin.does(f"{path}/resume")["is_enabled"] is True
    admin.does(path, method="DELETE", status=204)
    admin.is_refused(404, "unknown_schedule", "GET", path)
    (change,) = house.entries("schedule.change")
    assert (change.before, change.after) == ({"timing": CRON}, {"timing": CRON | {"line": "0 7 * * *"}})
    assert made["id"] not in [one["id"] for one in admin.gets("/schedules", job="invoice-matching")["schedules"]]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"timing": {"kind": "cron", "line": "0 0 30 2 *"}}, "bad_schedule"),
        ({"timing": {"kind": "cron", "line": "x"}}, "bad_schedule"),
        ({"timing": {"kind": "moon"}}, "bad_schedule"),
        ({"timing": {}}, "bad_schedule"),
        ({"timezone": "Mars/Olympus"}, "bad_schedule"),
        ({"timezone": "../../etc/passwd"}, "bad_schedule"),
        ({"calendar_country": "XX"}, "bad_schedule"),
        ({"parameters": {"level": "9-way"}}, "bad_parameters"),
        ({"overlap": "hope"}, "bad_request"),
        ({"job": "nothing"}, "unknown_job"),
        ({"timing": {"kind": "cron", "line": "x" * 50_000}}, "bad_request"),
        ({"timing": {"kind": "interval", "minutes": 10**40}}, "bad_schedule"),
    ],
    ids=str,
)
def test_a_schedule_that_cannot_be_is_refused(admin: Program, change: dict[str, Any], code: str) -> None:
    before = admin.gets("/schedules")
    status = 404 if code == "unknown_job" else 422
    admin.is_refused(status, code, "POST", "/schedules", json=SCHEDULE | change)
    assert admin.gets("/schedules") == before


def test_the_next_firings_are_shown_before_anything_is_saved(operator: Program) -> None:
    firings = operator.does("/schedules/preview", {"timing": CRON, "timezone": "Europe/Prague"})["firings"]
    assert len(firings) == 10
    assert all(firing["at"][11:16] == "06:30" for firing in firings)
    schedule = operator.gets("/schedules")["schedules"][0]
    assert operator.gets(f"/schedules/{schedule['id']}/firings")["firings"]


def test_past_firings_are_made_up_for_once(house: ApiHouse, admin: Program) -> None:
    made = admin.does("/schedules", SCHEDULE | {"timing": CRON | {"line": "0 6 * * *"}}, status=201)
    days = {"first_day": "2026-11-02", "last_day": "2026-11-04", "is_dry_run": False}
    path = f"/schedules/{made['id']}/backfill"
    first = admin.does(path, days, status=201)
    assert (len(first["runs"]), first["already"]) == (3, [])
    assert admin.does(path, days, status=201) == {"runs": [], "already": first["runs"]}
    admin.is_refused(422, "backfill_backwards", "POST", path, json=days | {"last_day": "2026-11-01"})
    assert len(house.entries("schedule.backfill")) == 1


def test_company_closures_are_added_and_removed(admin: Program) -> None:
    days = {"first_day": "2026-12-24", "last_day": "2026-12-31", "name": "Christmas"}
    made = admin.does("/closures", days, status=201)
    assert made in admin.gets("/closures")["closures"]
    admin.does(f"/closures/{made['id']}", method="DELETE", status=204)
    admin.is_refused(404, "unknown_closure", "DELETE", f"/closures/{made['id']}")
    admin.is_refused(422, "bad_last_day", "POST", "/closures", json=days | {"last_day": "2026-12-01"})


def test_connections_are_listed_without_their_settings_and_tried(house: ApiHouse, operator: Program) -> None:
    with house.database.write() as session:
        session.add(
            Connection(name="far away", contracts=["documents"], vendor="folder", settings={"password": "hush"})
        )
    listed = operator.gets("/connections")
    assert "supplier-invoices" in [one["name"] for one in listed["connections"]]
    assert "hush" not in json.dumps(listed)
    assert operator.does("/connections/supplier-invoices/test")["is_good"] is True
    bad = operator.does("/connections/far away/test")
    assert bad["is_good"] is False
    assert bad["sentence"]
    operator.is_refused(404, "unknown_connection", "POST", "/connections/nothing/test")


def test_the_audit_log_is_searched_and_taken_along(house: ApiHouse, admin: Program) -> None:
    made = admin.does("/schedules", SCHEDULE, status=201)
    (entry,) = admin.gets("/audit", object_type="schedule", object_id=made["id"])["entries"]
    assert entry["action"] == "schedule.create"
    assert entry["before"] is None
    assert entry["after"]["timing"] == CRON
    assert admin.gets(f"/audit/{entry['id']}") == entry
    admin.is_refused(404, "unknown_entry", "GET", "/audit/999999")
    lines = admin.asks("GET", "/audit/export", params={"action": "schedule.create"}).text.splitlines()
    assert entry in [json.loads(line) for line in lines]
    table = admin.asks("GET", "/audit/export", params={"format": "csv", "object_id": made["id"]})
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert table.text.startswith("\ufeffid,at,actor")
    assert len(house.entries("audit.export")) == 2


def test_a_token_makes_tokens_for_the_same_person_and_shows_them_once(house: ApiHouse, admin: Program) -> None:
    made = admin.does("/tokens", {"name": "reports", "role": "viewer", "lifetime_days": 30}, status=201)
    assert Program(house, made["token"]).gets("/jobs")["jobs"]
    assert made["created_by"] == OWNER
    listed = admin.gets("/tokens")["tokens"]
    assert made["id"] in [token["id"] for token in listed]
    assert made["token"] not in json.dumps(listed)
    admin.is_refused(422, "bad_token", "POST", "/tokens", json={"name": " ", "role": "viewer", "lifetime_days": 1})
    admin.is_refused(422, "bad_request", "POST", "/tokens", json={"name": "a", "role": "god", "lifetime_days": 1})
    admin.is_refused(404, "unknown_token", "POST", "/tokens/nothing/revoke")


def test_behind_what_a_token_does_stands_the_person_who_made_it(house: ApiHouse, operator: Program) -> None:
    run = operator.does("/runs", DRY_RUN, status=201)
    with house.database.write() as session:
        assert person_behind(session, run["started_by"]) == OWNER
        assert person_behind(session, "jana@example.com") == "jana@example.com"
        assert person_behind(session, "token:two_nothing x") == "token:two_nothing x"
        token, _ = create_token(session, "with: odd name", TokenRole.VIEWER, "a@example.com", utc_now(), None)
        assert person_behind(session, f"token:{token.prefix} {token.name}") == "a@example.com"
