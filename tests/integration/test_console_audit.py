"""The pages of the audit log and of the API tokens, as an admin without JavaScript uses them."""

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.operations_api.tokens import find_token
from connectors.database.audit import record_audit
from connectors.database.base import utc_now
from connectors.database.models.people import AuditEntry
from tests.integration.console_house import Browser, ConsoleHouse, text_of

pytestmark = pytest.mark.integration

LANGUAGES = ["en", "cs", "hu", "is", "fa", "ru"]
PLAIN = re.compile(r"two_[A-Za-z0-9_-]{43}")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleHouse]:
    house = ConsoleHouse(tmp_path_factory.mktemp("audit"))
    yield house
    house.close()


@pytest.fixture(scope="module")
def admin(house: ConsoleHouse) -> Browser:
    return Browser(house, house.admin)


def happens(house: ConsoleHouse, action: str = "schedule.change", **fields: Any) -> int:
    """Something is done to a schedule; returns the entry's id."""
    with house.database.write() as session:
        usual: dict[str, Any] = {"before": {"timezone": "UTC"}, "after": {"timezone": "Europe/Prague"}}
        record_audit(session, "ops@example.com", action, "schedule", "s1", **(usual | fields))
    with house.database.read() as session:
        return int(session.query(AuditEntry.id).order_by(AuditEntry.id.desc()).limit(1).scalar() or 0)


def test_a_change_is_listed_and_opens_to_what_was_before_and_after(house: ConsoleHouse, admin: Browser) -> None:
    entry_id = happens(house, job="invoice-matching")
    listed = text_of(admin.opens("/console/audit", action="schedule.change"))
    assert "Schedule changed" in listed
    assert "time zone: UTC Europe/Prague" in listed
    page = admin.opens(f"/console/audit/{entry_id}")
    assert "time zone UTC Europe/Prague" in text_of(page)
    assert 'href="/console/jobs/invoice-matching/schedules/s1"' in page


def test_an_action_without_words_is_shown_as_its_code(house: ConsoleHouse, admin: Browser) -> None:
    happens(house, "moon.landed")
    assert "moon.landed" in text_of(admin.opens("/console/audit", action="moon.landed"))


def test_what_stands_in_an_entry_is_text_and_no_markup(house: ConsoleHouse, admin: Browser) -> None:
    entry_id = happens(house, after={"timezone": "<script>alert(1)</script>"}, reason="<b>bold</b>")
    for path in ("/console/audit", f"/console/audit/{entry_id}"):
        assert "<script>alert" not in admin.opens(path)
        assert "<b>bold" not in admin.opens(path)


def test_filters_find_by_day_and_words_and_stay_in_the_form(house: ConsoleHouse, admin: Browser) -> None:
    happens(house, "closure.create", after={"name": "needle"})
    assert "needle" in text_of(admin.opens("/console/audit", text="needle"))
    page = admin.opens("/console/audit", text="needle", since="2020-01-01", until="2020-12-31")
    assert "No entry fits these filters" in page
    assert 'value="2020-01-01"' in page
    today = datetime.now(UTC).astimezone(house.office.settings.zone).date().isoformat()
    assert "needle" in text_of(admin.opens("/console/audit", since=today, until=today, text="needle"))
    assert "No entry fits" in admin.opens("/console/audit", until="0001-01-01")
    assert "Logged in" in text_of(admin.opens("/console/audit", until="9999-12-31"))
    assert "Logged in" in text_of(admin.opens("/console/audit", since="the day before"))


def test_an_export_has_what_the_filter_shows_and_no_formulas(house: ConsoleHouse, admin: Browser) -> None:
    happens(house, "view.save", after={"name": "=1+1"})
    answer = admin.client.get("/console/audit/export.csv", params={"action": "view.save"})
    assert 'filename="audit-' in answer.headers["content-disposition"]
    (row,) = csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff")))
    assert (row["actor"], row["action"]) == ("ops@example.com", "view.save")
    assert json.loads(row["after"]) == {"name": "=1+1"}
    lines = admin.client.get("/console/audit/export.jsonl", params={"action": "view.save"}).text.splitlines()
    assert [json.loads(line)["after"] for line in lines] == [{"name": "=1+1"}]
    assert [entry.after for entry in house.audited("audit.export")] == [{"action": "view.save"}] * 2


def test_a_cell_that_begins_like_a_formula_is_disarmed(house: ConsoleHouse, admin: Browser) -> None:
    with house.database.write() as session:
        record_audit(session, "=cmd|' /C calc'!A0", "odd.actor", "thing", "+1")
    answer = admin.client.get("/console/audit/export.csv", params={"action": "odd.actor"}).text
    (row,) = csv.DictReader(io.StringIO(answer.removeprefix("\ufeff")))
    assert row["actor"].startswith("'=")
    assert row["object_id"] == "'+1"


def test_agents_see_neither_audit_log_nor_tokens(house: ConsoleHouse) -> None:
    agent = Browser(house, house.agent)
    for path in ("/console/audit", "/console/audit/1", "/console/audit/export.csv", "/console/tokens"):
        assert agent.client.get(path).status_code == 403
    assert agent.posts("/console/tokens", name="a", role="admin", lifetime="30").status_code == 403


@pytest.mark.parametrize("path", ["/console/audit/0", "/console/audit/999999999999", "/console/audit/x"])
def test_an_entry_that_does_not_exist_is_said_to_be_missing(admin: Browser, path: str) -> None:
    assert admin.client.get(path).status_code in (404, 422)


def test_a_token_is_shown_once_and_works(house: ConsoleHouse, admin: Browser) -> None:
    answer = admin.posts("/console/tokens", name="nightly import", role="operator", lifetime="90")
    assert answer.headers["Cache-Control"] == "no-store"
    (plain,) = PLAIN.findall(answer.text)
    assert plain not in admin.opens("/console/tokens")
    assert "nightly import" in admin.opens("/console/tokens")
    with house.database.read() as session:
        token = find_token(session, plain, utc_now())
    assert token is not None
    assert (token.role, token.created_by) == ("operator", "ops@example.com")
    assert token.expires_at is not None


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": " ", "role": "viewer", "lifetime": "30"}, "Give the token a name"),
        ({"name": "x" * 101, "role": "viewer", "lifetime": "30"}, "Give the token a name"),
        ({"name": "a", "role": "god", "lifetime": "30"}, "Choose what the token may do"),
        ({"name": "a", "role": "viewer", "lifetime": "0"}, "Choose how long"),
        ({"name": "a", "role": "viewer", "lifetime": "99999"}, "Choose how long"),
        ({"name": "a", "role": "viewer", "lifetime": "ever"}, "Choose how long"),
        ({}, "Choose what the token may do"),
    ],
)
def test_a_token_that_cannot_be_is_refused_and_the_form_keeps_what_was_typed(
    admin: Browser, fields: dict[str, str], sentence: str
) -> None:
    answer = admin.posts("/console/tokens", **fields)
    assert answer.status_code == 422
    assert sentence in text_of(answer.text)
    assert PLAIN.search(answer.text) is None


def test_revoking_asks_first_and_is_final(house: ConsoleHouse, admin: Browser) -> None:
    (plain,) = PLAIN.findall(admin.posts("/console/tokens", name="old", role="viewer", lifetime="none").text)
    with house.database.read() as session:
        token = find_token(session, plain, utc_now())
    assert token is not None
    path = f"/console/tokens/{token.id}/revoke"
    assert "Revoke the token old?" in admin.opens(path)
    assert admin.posts(path).headers["location"] == path
    with house.database.read() as session:
        assert find_token(session, plain, utc_now()) is not None
    assert admin.posts(path, confirmed="yes").headers["location"] == "/console/tokens?done=revoked"
    with house.database.read() as session:
        assert find_token(session, plain, utc_now()) is None
    assert admin.client.get(path).status_code == 303
    assert admin.client.get("/console/tokens/nothing/revoke").status_code == 404
    (entry,) = [entry for entry in house.audited("token.revoke") if entry.object_id == token.id]
    assert (entry.actor, entry.before) == ("ops@example.com", {"revoked_at": None})


def test_a_form_without_the_csrf_token_makes_no_token(house: ConsoleHouse, admin: Browser) -> None:
    before = len(house.audited("token.create"))
    fields = {"name": "a", "role": "admin", "lifetime": "30"}
    assert admin.client.post("/console/tokens", data=fields).status_code == 403
    assert len(house.audited("token.create")) == before


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_speak_every_language(house: ConsoleHouse, language: str) -> None:
    entry_id = happens(house)
    browser = Browser(house, house.admin, language)
    for path in ("/console/audit", f"/console/audit/{entry_id}", "/console/tokens"):
        page = browser.opens(path)
        assert f'lang="{language}"' in page
        assert ('dir="rtl"' in page) == (language == "fa")
    assert "schedule.change" not in text_of(browser.opens("/console/audit"))


def test_a_long_log_is_read_page_by_page(tmp_path: Path) -> None:
    house = ConsoleHouse(tmp_path)
    try:
        for number in range(60):
            with house.database.write() as session:
                record_audit(session, "ops@example.com", "run.start", "run", f"run-{number:02}")
        admin = Browser(house, house.admin)
        first = admin.opens("/console/audit", action="run.start")
        (older,) = re.findall(r'href="/console/audit\?([^"]*older_than=\d+)"', first)
        second = admin.opens("/console/audit?" + older.replace("&amp;", "&"))
        shown = [set(re.findall(r"run-\d\d", page)) for page in (first, second)]
        assert [len(one) for one in shown] == [50, 10]
        assert shown[0] | shown[1] == {f"run-{number:02}" for number in range(60)}
    finally:
        house.close()
