"""No program gets into the operations API without a valid token of the right role, whatever it sends."""

import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from structlog.testing import capture_logs

from bot.channels.rate_limit import RateLimit
from bot.operations_api.guard import require_role
from connectors.database.base import utc_now
from connectors.database.models.api_tokens import TokenRole
from connectors.database.models.people import User
from tests.integration.api_house import API, ApiHouse, Program, api_routes, filled

pytestmark = pytest.mark.integration

ROUTES = api_routes()
# Approvals and alerts have their own rules and tests about which roles may do what.
OTHERS = ("alerts", "alert-channels", "alert-deliveries", "approvals")
OURS = [(method, path) for method, path in ROUTES if path.split("/")[1] not in OTHERS]
# What a token of each role may not do; all else is for viewers.
NEEDS_OPERATOR = {
    ("POST", "/approvals/{approval_id}/decision"),
    ("POST", "/approvals/delegations"),
    ("POST", "/connections/{name}/preview"),
    ("POST", "/connections/{name}/test"),
    ("POST", "/invoices/what-if"),
    ("POST", "/overrides/{override_id}/decision"),
    ("POST", "/overrides/{override_id}/withdrawal"),
    ("POST", "/review/turns/{turn_id}/label"),
    ("POST", "/review/turns/{turn_id}/dismiss"),
    ("POST", "/review/turns/{turn_id}/reopen"),
    ("POST", "/runs"),
    ("POST", "/runs/{run_id}/cancel"),
    ("POST", "/runs/{run_id}/items/{item_id}/overrides"),
    ("POST", "/runs/{run_id}/retry"),
    ("POST", "/schedules/{schedule_id}/backfill"),
    ("POST", "/views"),
    ("DELETE", "/views/{view_id}"),
}
READS_BY_POST = {("POST", "/schedules/preview")}
# Who is asked for consent, what customers wrote.
NEEDS_MORE_TO_READ = {
    ("GET", "/tokens"),
    ("GET", "/approvals/groups"),
    ("GET", "/overrides"),
    ("GET", "/review/turns"),
    ("GET", "/payroll/register"),
    ("GET", "/payroll/register.csv"),
    ("GET", "/payroll/register.pdf"),
    ("GET", "/payroll/slips/{employee}"),
    ("GET", "/payroll/provider-file"),
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiHouse]:
    house = ApiHouse(tmp_path_factory.mktemp("api"))
    # Many tests ask from one address.
    house.api.state.api_address_limit = RateLimit(1_000_000)
    yield house
    house.close()


@pytest.fixture(scope="module")
def viewer(house: ApiHouse) -> Program:
    return house.program(TokenRole.VIEWER)


@pytest.fixture(scope="module")
def operator(house: ApiHouse) -> Program:
    return house.program(TokenRole.OPERATOR)


@pytest.fixture(scope="module")
def admin(house: ApiHouse) -> Program:
    return house.program(TokenRole.ADMIN)


def test_the_api_has_routes() -> None:
    assert ("POST", "/runs") in ROUTES
    assert len(ROUTES) > 20


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("token", [None, "", "x", "two_", "two_" + "a" * 43, "two_" + "é" * 43, "two_" + "a" * 100_000])
def test_no_route_answers_without_a_known_token(house: ApiHouse, method: str, path: str, token: str | None) -> None:
    nobody = Program(house, None)
    headers = {} if token is None else {"Authorization": f"Bearer {token}".encode()}
    nobody.is_refused(401, "unknown_token", method, filled(path), headers=headers)


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_viewer_can_only_read(viewer: Program, method: str, path: str) -> None:
    is_read = method == "GET" or (method, path) in READS_BY_POST
    if not is_read or (method, path) in NEEDS_MORE_TO_READ:
        viewer.is_refused(403, "role", method, filled(path))
    elif (method, path) in OURS:
        assert viewer.asks(method, filled(path)).status_code not in (401, 403, 500)


@pytest.mark.parametrize(("method", "path"), [route for route in OURS if route[0] != "GET"])
def test_an_operator_starts_and_stops_but_changes_nothing_for_good(operator: Program, method: str, path: str) -> None:
    may = (method, path) in NEEDS_OPERATOR | READS_BY_POST
    assert (operator.asks(method, filled(path)).status_code != 403) == may


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_an_admin_is_let_in_everywhere(admin: Program, method: str, path: str) -> None:
    assert admin.asks(method, filled(path)).status_code not in (401, 403, 500)


def test_a_session_cookie_or_a_password_opens_nothing(house: ApiHouse) -> None:
    nobody = Program(house, None)
    nobody.client.cookies.set("twinoffice_session", "x")
    nobody.is_refused(401, "unknown_token", "GET", "/jobs")
    nobody.is_refused(401, "unknown_token", "GET", "/jobs", headers={"Authorization": "Basic b3BzOnBhc3N3b3Jk"})


def test_a_token_in_the_address_opens_nothing(house: ApiHouse) -> None:
    _, plain = house.token(TokenRole.ADMIN)
    Program(house, None).is_refused(
        401, "unknown_token", "GET", "/jobs", params={"token": plain, "access_token": plain}
    )


def test_an_expired_token_opens_nothing(house: ApiHouse) -> None:
    _, plain = house.token(TokenRole.ADMIN, now=utc_now() - timedelta(days=2), lifetime_days=1)
    Program(house, plain).is_refused(401, "unknown_token", "GET", "/jobs")


def test_a_revoked_token_opens_nothing_from_that_moment_on(house: ApiHouse, admin: Program) -> None:
    token_id, plain = house.token(TokenRole.VIEWER)
    program = Program(house, plain)
    program.gets("/jobs")
    admin.does(f"/tokens/{token_id}/revoke")
    program.is_refused(401, "unknown_token", "GET", "/jobs")


def test_a_token_dies_with_the_account_of_its_maker(tmp_path: Path) -> None:
    house = ApiHouse(tmp_path)
    try:
        program = house.program(TokenRole.VIEWER)
        program.gets("/jobs")
        with house.database.write() as session:
            session.execute(update(User).where(User.id == house.admin.id).values(is_active=False))
        program.is_refused(401, "unknown_token", "GET", "/jobs")
    finally:
        house.close()


def test_of_a_token_only_the_hash_is_kept(house: ApiHouse) -> None:
    token_id, plain = house.token(TokenRole.ADMIN)
    kept = house.kept(token_id)
    assert len(plain) == len("two_") + 43
    assert plain not in json.dumps([str(value) for value in vars(kept).values()])
    assert kept.token_hash != plain
    assert kept.prefix == plain[:12]


def test_a_token_stands_neither_in_a_log_nor_in_the_audit_log(
    house: ApiHouse, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with capture_logs() as logs:
        token_id, plain = house.token(TokenRole.ADMIN)
        made = Program(house, plain).does("/tokens", {"name": "a", "role": "viewer", "lifetime_days": 1}, status=201)
        Program(house, plain + "x").asks("GET", "/jobs")
    everything = str(logs) + caplog.text + str([(e.before, e.after, e.detail) for e in house.entries("token.create")])
    for secret in (plain, made["token"], house.kept(token_id).token_hash):
        assert secret not in everything
        assert secret[12:] not in everything


def test_the_last_use_is_written_once_a_minute(house: ApiHouse) -> None:
    token_id, plain = house.token(TokenRole.VIEWER)
    assert house.kept(token_id).last_used_at is None
    program = Program(house, plain)
    program.gets("/jobs")
    first = house.kept(token_id).last_used_at
    assert first is not None
    program.gets("/jobs")
    assert house.kept(token_id).last_used_at == first


def test_a_token_that_asks_too_often_has_to_wait(house: ApiHouse) -> None:
    usual = house.api.state.api_token_limit
    house.api.state.api_token_limit = RateLimit(2)
    try:
        program, other = house.program(TokenRole.VIEWER), house.program(TokenRole.VIEWER)
        assert [program.asks("GET", "/jobs").status_code for _ in range(3)] == [200, 200, 429]
        answer = program.asks("GET", "/jobs")
        assert answer.headers["Retry-After"] == "30"
        assert answer.json()["detail"]["code"] == "too_many_requests"
        assert other.asks("GET", "/jobs").status_code == 200
    finally:
        house.api.state.api_token_limit = usual


def test_whoever_tries_tokens_is_stopped_by_address(house: ApiHouse) -> None:
    usual = house.api.state.api_address_limit
    house.api.state.api_address_limit = RateLimit(3)
    try:
        guesser = Program(house, "two_" + "b" * 43)
        assert [guesser.asks("GET", "/jobs").status_code for _ in range(4)] == [401, 401, 401, 429]
    finally:
        house.api.state.api_address_limit = usual


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/runs/%00"),
        ("GET", "/audit?text=%00"),
        ("GET", "/runs?job=a%00b"),
        ("GET", "/schedules/%00/firings"),
        ("GET", "/jobs/%00"),
        ("POST", "/connections/%00/test"),
    ],
)
def test_a_nul_in_an_address_names_nothing(admin: Program, method: str, path: str) -> None:
    admin.is_refused(404, "not_found", method, path)


@pytest.mark.parametrize(
    "body",
    [
        b'{"job": "invoice-matching", "is_dry_run": true, "parameters": {"connection": "a\\u0000b"}}',
        b'{"job": "invoice-matching", "is_dry_run": true, "parameters": {"connection": "\\ud800"}}',
        b'{"job": "invoice-matching", "is_dry_run": true, "parameters": {"level": 1.5}}',
        b'{"job": "invoice-matching", "is_dry_run": true, "parameters": {"level": NaN}}',
        b'{"job": "invoice-matching", "is_dry_run": true, "parameters": {"level": {"deep": 1}}}',
        b'{"job": "invoice-matching", "is_dry_run": true, "parameters": {"unheard_of": "1"}}',
        b'{"job": "invoice-matching", "is_dry_run": true, "parameters": {"connection": "' + b"x" * 30_000 + b'"}}',
        b'{"job": "invoice-matching", "is_dry_run": true, "speed": "fast"}',
        b'{"job": "invoice-matching"}',
        b'{"job": "invoice-matching", "is_dry_run": "perhaps"}',
        b"[]",
        b"null",
        b"",
    ],
)
def test_a_body_that_is_no_run_starts_none(admin: Program, body: bytes) -> None:
    before = len(admin.gets("/runs", limit=200)["runs"])
    answer = admin.asks("POST", "/runs", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert set(answer.json()["detail"]) == {"code", "message"}
    assert len(admin.gets("/runs", limit=200)["runs"]) == before


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"9" * 100_000, b"[" * 100_000])
def test_a_body_that_is_no_json_is_refused(admin: Program, body: bytes) -> None:
    answer = admin.asks("POST", "/runs", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    assert set(answer.json()["detail"]) == {"code", "message"}


def test_a_body_without_end_is_cut_off(admin: Program) -> None:
    answer = admin.asks("POST", "/runs", content=b"x" * (1024 * 1024 + 1), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert answer.json()["detail"]["code"] == "body_too_large"


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=" + "9" * 30,
        "older_than=" + "9" * 30,
        "since=yesterday",
        "since=2026-11-22T08:00:00",
        "since=0001-01-01T00:00:00%2B01:00",
        "text=" + "x" * 5000,
        "text=a%0Ab",
    ],
)
def test_a_filter_that_is_none_is_refused_with_a_sentence(admin: Program, query: str) -> None:
    assert admin.is_refused(422, "bad_request", "GET", f"/audit?{query}")


@pytest.mark.parametrize("text", ["' OR '1'='1", "'; DROP TABLE audit_log; --", "%", "_", "\\", "/"])
@pytest.mark.parametrize("field", ["text", "actor", "action", "object_type", "object_id"])
def test_a_filter_is_looked_for_as_it_is_written(admin: Program, field: str, text: str) -> None:
    assert all(text in json.dumps(entry) for entry in admin.gets("/audit", **{field: text})["entries"])
    assert admin.gets("/audit")["entries"]


def test_an_unknown_address_and_an_unknown_method_are_refused_in_the_same_form(admin: Program) -> None:
    admin.is_refused(404, "not_found", "GET", "/nothing")
    admin.is_refused(405, "method_not_allowed", "DELETE", "/runs")


def test_a_token_of_one_role_is_worth_the_lower_ones_too() -> None:
    assert [role.value for role in TokenRole] == ["viewer", "operator", "admin"]
    assert callable(require_role(TokenRole.VIEWER))


def test_every_answer_has_the_security_headers(admin: Program) -> None:
    answer = admin.client.get(API + "/jobs")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
