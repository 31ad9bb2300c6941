"""Who may call a staff page: nobody without a log-in, nobody without the role, no change without the CSRF token."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from bot.staff import accounts
from bot.staff.guard import COOKIE, AdminVisitor, LoginRequiredError, StaffVisitor
from bot.staff.login_pages import require_login
from connectors.database.models.people import Role, UserSession
from connectors.database.session import Database
from tests.fixtures.fresh_databases import give_tables


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'guard.sqlite'}")
    give_tables(database)
    yield database
    database.close()


@pytest.fixture
def client(database: Database) -> Iterator[TestClient]:
    app = FastAPI()
    app.state.database = database
    app.add_exception_handler(LoginRequiredError, require_login)

    @app.api_route("/desk", methods=["GET", "POST"])
    def desk(visitor: StaffVisitor) -> str:
        return visitor.user.name

    @app.get("/jobs")
    def jobs(visitor: AdminVisitor) -> str:
        return visitor.user.name

    with TestClient(app, follow_redirects=False) as client:
        yield client


def _log_in(client: TestClient, database: Database, role: Role) -> str:
    """Open a session and return its CSRF token."""
    with database.write() as session:
        user = accounts.add_user(session, f"{role}@example.com", role.title(), role, "a long enough password", "test")
        token = accounts.open_session(session, user)
        session.flush()
        csrf_token = session.scalars(select(UserSession)).one().csrf_token
    client.cookies.set(COOKIE, token)
    return csrf_token


def test_who_is_not_logged_in_is_led_to_the_log_in_and_back(client: TestClient) -> None:
    answer = client.get("/desk?tab=bot")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=/desk%3Ftab%3Dbot"


def test_htmx_is_told_to_go_to_the_log_in_instead_of_showing_it_in_a_corner_of_the_page(client: TestClient) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/staff?tab=closed"}
    answer = client.get("/desk", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["hx-redirect"] == "/login?next=/staff%3Ftab%3Dclosed"


def test_a_made_up_cookie_is_no_log_in(client: TestClient) -> None:
    client.cookies.set(COOKIE, "made-up")
    assert client.get("/desk").status_code == 303


def test_both_roles_may_use_the_inbox_and_only_admins_the_console(client: TestClient, database: Database) -> None:
    _log_in(client, database, Role.AGENT)
    assert client.get("/desk").json() == "Agent"
    assert client.get("/jobs").status_code == 403


def test_an_admin_may_use_the_console(client: TestClient, database: Database) -> None:
    _log_in(client, database, Role.ADMIN)
    assert client.get("/jobs").json() == "Admin"


@pytest.mark.parametrize("sent", [{}, {"headers": {"X-CSRF-Token": "wrong"}}, {"data": {"csrf_token": "wrong"}}])
def test_a_change_without_the_csrf_token_is_refused(
    client: TestClient, database: Database, sent: dict[str, dict[str, str]]
) -> None:
    _log_in(client, database, Role.AGENT)
    answer = client.post("/desk", headers=sent.get("headers"), data=sent.get("data"))
    assert answer.status_code == 403
    assert answer.json()["detail"]["code"] == "csrf"


def test_a_change_with_the_token_as_header_or_form_field_is_let_through(client: TestClient, database: Database) -> None:
    csrf_token = _log_in(client, database, Role.AGENT)
    assert client.post("/desk", headers={"X-CSRF-Token": csrf_token}).status_code == 200
    assert client.post("/desk", data={"csrf_token": csrf_token}).status_code == 200
