"""Logging in and out of the staff pages over HTTP with a real database, and their language."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import func, select

from bot.staff import accounts
from bot.staff.guard import COOKIE
from connectors.database.models.people import LoginAttempt, UserSession
from connectors.vendors.memory_orders import MemoryOrders
from tests.integration.staff_house import PASSWORD, Agent, House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path, MemoryOrders())
    yield house
    house.database.close()


@pytest.fixture
def jana(house: House) -> Agent:
    return Agent(house, house.jana)


@pytest.fixture
def stranger(house: House) -> TestClient:
    return TestClient(house.app, follow_redirects=False)


def _try_to_log_in(client: TestClient, password: str, email: str = "jana@example.com", **fields: str) -> Response:
    form = client.get("/login", params={"next": fields.get("next", "")}).text
    token = re.search(r'name="form_token" value="([^"]+)"', form)
    assert token
    return client.post("/login", data={"email": email, "password": password, "form_token": token[1], **fields})


def test_logging_in_leads_to_where_one_wanted_to_go_with_a_cookie_that_scripts_cannot_read(
    stranger: TestClient,
) -> None:
    answer = _try_to_log_in(stranger, PASSWORD, next="/staff?tab=closed")
    assert (answer.status_code, answer.headers["location"]) == (303, "/staff?tab=closed")
    cookie = next(value for value in answer.headers.get_list("set-cookie") if value.startswith(f"{COOKIE}="))
    assert "httponly" in cookie.lower()
    assert "samesite=lax" in cookie.lower()
    assert stranger.get("/staff").status_code == 200


def test_a_log_in_never_leads_to_another_site(stranger: TestClient) -> None:
    assert _try_to_log_in(stranger, PASSWORD, next="//evil.example").headers["location"] == "/staff"


def test_a_wrong_password_and_an_unknown_account_look_the_same(stranger: TestClient) -> None:
    wrong = _try_to_log_in(stranger, "not the password")
    unknown = _try_to_log_in(stranger, "not the password", email="none@example.com")
    assert wrong.status_code == unknown.status_code == 401
    assert "E-mail or password is not right" in wrong.text
    assert wrong.text.replace("jana@", "none@") == unknown.text


def test_ten_wrong_passwords_lock_the_account_even_for_the_right_one(house: House, stranger: TestClient) -> None:
    for _try in range(10):
        assert _try_to_log_in(stranger, "not the password").status_code == 401
    locked = _try_to_log_in(stranger, PASSWORD)
    assert locked.status_code == 429
    assert "Too many failed attempts" in locked.text
    with house.database.read() as session:
        assert session.scalar(select(func.count()).select_from(UserSession)) == 0


def test_failed_log_ins_count_for_the_whole_network_of_a_visitor(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "TRIES_PER_ADDRESS", 2)
    hosts = ["2001:db8:1:2::1", "2001:db8:1:2::2", "2001:db8:1:2::3", "2001:db8:1:3::1"]
    answers = [
        _try_to_log_in(TestClient(house.app, client=(host, 1)), "not the password", email=f"{number}@example.com")
        for number, host in enumerate(hosts)
    ]
    assert [answer.status_code for answer in answers] == [401, 401, 429, 401]


def test_a_form_of_another_site_logs_nobody_in(house: House, stranger: TestClient) -> None:
    answer = stranger.post("/login", data={"email": "jana@example.com", "password": PASSWORD})
    assert answer.status_code == 403
    stranger.get("/login")
    forged = {"email": "jana@example.com", "password": PASSWORD, "form_token": "forged"}
    assert stranger.post("/login", data=forged).status_code == 403
    with house.database.read() as session:
        assert session.scalar(select(func.count()).select_from(LoginAttempt)) == 0


def test_logging_out_ends_the_log_in_on_the_server_and_needs_the_csrf_token(jana: Agent) -> None:
    assert jana.client.post("/logout").status_code == 403
    cookie = jana.client.cookies[COOKIE]
    assert jana.client.post("/logout", data={"csrf_token": jana.csrf_token}).status_code == 303
    jana.client.cookies.set(COOKIE, cookie)
    assert jana.client.get("/staff").headers["location"] == "/login?next=/staff"


def test_the_language_of_the_pages_is_chosen_and_kept(jana: Agent) -> None:
    headers = {"Referer": "http://testserver/staff?tab=bot"}
    answer = jana.client.post("/language", data={"lang": "fa"}, headers=headers)
    assert answer.headers["location"] == "/staff?tab=bot"
    assert '<html lang="fa" dir="rtl">' in jana.sees()


def test_an_unknown_language_changes_nothing(jana: Agent) -> None:
    jana.client.post("/language", data={"lang": "xx"})
    assert '<html lang="en" dir="ltr">' in jana.sees()
