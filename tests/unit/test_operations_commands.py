"""The commands for tokens, audit log, schedules, closures, runs and exceptions, as somebody at a terminal uses them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import select
from typer.testing import CliRunner, Result

from automations.engine.run_record import create_run
from bot.commands import app
from bot.operations_api.tokens import find_token
from connectors.database.audit import record_audit
from connectors.database.base import utc_now
from connectors.database.models.people import AuditEntry
from connectors.database.models.work import ItemState, RunItem
from connectors.database.session import Database
from connectors.settings import Settings


@pytest.fixture(autouse=True)
def _own_installation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setitem(Settings.model_config, "env_file", None)
    monkeypatch.setenv("TWINOFFICE_DATA_DIR", str(tmp_path / "var"))
    yield
    structlog.reset_defaults()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    assert call("migrate").exit_code == 0
    database = Database(f"sqlite:///{tmp_path / 'var' / 'twinoffice.sqlite'}")
    yield database
    database.close()


def call(*words: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, list(words), input=typed)


def prints(*words: str) -> str:
    result = call(*words)
    assert result.exit_code == 0, result.stderr
    return result.stdout.strip()


def answers(*words: str) -> Any:
    return json.loads(prints(*words, "--json"))


def refuses(code: int, *words: str) -> str:
    result = call(*words)
    assert result.exit_code == code, result.stdout
    return " ".join(result.stderr.split())


def audited(database: Database, action: str) -> list[AuditEntry]:
    with database.read() as session:
        return list(session.scalars(select(AuditEntry).where(AuditEntry.action == action)))


def test_a_token_is_made_listed_and_revoked(database: Database) -> None:
    plain = prints("token", "create", "nightly import", "--role", "operator", "--days", "30")
    with database.read() as session:
        assert find_token(session, plain, utc_now()) is not None
    (listed,) = answers("token", "list")
    assert (listed["name"], listed["role"], listed["state"]) == ("nightly import", "operator", "valid")
    assert plain not in json.dumps(listed)
    assert call("token", "revoke", listed["id"], typed="n\n").exit_code == 1
    assert answers("token", "list")[0]["state"] == "valid"
    prints("token", "revoke", listed["id"], "--yes")
    assert "revoked" in prints("token", "list")
    with database.read() as session:
        assert find_token(session, plain, utc_now()) is None
    assert audited(database, "token.revoke")[0].actor == "command line"


@pytest.mark.usefixtures("database")
def test_a_token_that_cannot_be_is_refused() -> None:
    assert "viewer, operator, admin" in refuses(2, "token", "create", "a", "--role", "god")
    assert "1 to 3650 days" in refuses(2, "token", "create", "a", "--days", "0")
    assert "name" in refuses(2, "token", "create", " ")
    assert "twinoffice token list" in refuses(2, "token", "revoke", "nothing", "--yes")


def test_the_audit_log_is_searched_and_exported(database: Database) -> None:
    with database.write() as session:
        record_audit(session, "ops", "schedule.change", "schedule", "s1", before={"cron": "6"}, after={"cron": "7"})
        record_audit(session, "\x1b[2Jops", "login", "user", "u1")
    assert "cron: 6 → 7" in prints("audit", "search", "--action", "schedule.change")
    assert "\x1b" not in prints("audit", "search")
    (entry,) = answers("audit", "search", "--object-id", "s1")["entries"]
    assert entry["after"] == {"cron": "7"}
    assert answers("audit", "search", "--until", "2020-01-01")["entries"] == []
    assert answers("audit", "search", "--since", "2020-01-01T08:00", "--text", "schedule")["entries"] == [entry]
    assert json.loads(prints("audit", "export", "--object-id", "s1", "--json")) == entry
    assert prints("audit", "export", "--object-id", "s1").splitlines()[0].endswith("before,after,detail")
    assert len(audited(database, "audit.export")) == 2
    assert "is no day" in refuses(2, "audit", "search", "--since", "yesterday")


def test_a_schedule_is_added_changed_paused_and_deleted(database: Database) -> None:
    made = prints("schedule", "add", "invoice-matching", "--cron", "30 6 * * 1-5", "--name", "mornings")
    (listed,) = answers("schedule", "list")
    assert (listed["id"], listed["name"], listed["timezone"]) == (made, "mornings", "Europe/Prague")
    prints("schedule", "change", made, "--timing", '{"kind": "interval", "minutes": 15}')
    (listed,) = answers("schedule", "list")
    assert (listed["timing"]["kind"], listed["name"], listed["version"]) == ("interval", "mornings", 2)
    prints("schedule", "pause", made)
    assert "(paused)" in prints("schedule", "list")
    prints("schedule", "resume", made)
    prints("schedule", "delete", made)
    assert answers("schedule", "list") == []
    assert [len(audited(database, f"schedule.{deed}")) for deed in ("create", "change", "pause", "delete")] == [1] * 4


@pytest.mark.usefixtures("database")
def test_a_schedule_that_cannot_be_is_refused_with_the_reason() -> None:
    assert "never" in refuses(2, "schedule", "add", "invoice-matching", "--cron", "0 0 30 2 *")
    assert "Mars/Olympus" in refuses(
        2, "schedule", "add", "invoice-matching", "--cron", "0 6 * * *", "--zone", "Mars/Olympus"
    )
    assert "JSON object" in refuses(2, "schedule", "add", "invoice-matching", "--timing", "daily")
    assert "no job" in refuses(2, "schedule", "add", "nothing", "--cron", "0 6 * * *")
    assert "schedule list" in refuses(2, "schedule", "pause", "nothing")


@pytest.mark.usefixtures("database")
def test_the_next_firings_are_shown_without_saving() -> None:
    assert len(prints("schedule", "preview", "--cron", "0 6 * * *").splitlines()) == 10
    assert answers("schedule", "list") == []


@pytest.mark.usefixtures("database")
def test_past_days_are_back_filled_once() -> None:
    made = prints("schedule", "add", "invoice-matching", "--cron", "0 6 * * *")
    days = ("2026-11-02", "2026-11-04")
    assert len(prints("schedule", "backfill", made, *days).splitlines()) == 3
    assert prints("schedule", "backfill", made, *days) == ""
    assert "before the first" in refuses(2, "schedule", "backfill", made, *days[::-1])
    assert "is no day" in refuses(2, "schedule", "backfill", made, "yesterday", "today")


@pytest.mark.usefixtures("database")
def test_closures_are_added_listed_and_removed() -> None:
    made = prints("closure", "add", "2026-12-24", "2026-12-31", "--name", "Christmas")
    (listed,) = answers("closure", "list")
    assert (str(listed["id"]), listed["name"], listed["is_working"]) == (made, "Christmas", False)
    prints("closure", "remove", made)
    assert answers("closure", "list") == []
    assert "closure list" in refuses(2, "closure", "remove", made)


def test_a_run_is_shown_cancelled_and_taken_up_again(database: Database) -> None:
    with database.write() as session:
        create_run(session, "invoice-matching", {}, "ops", now=utc_now(), run_id="r1")
    assert answers("runs", "show", "r1")["state"] == "queued"
    assert prints("runs", "cancel", "r1") == "cancelled"
    assert "nothing to cancel" in refuses(1, "runs", "cancel", "r1")
    assert "cancel_requested" in prints("runs", "log", "r1")
    new_run = prints("runs", "retry", "r1", "--from-step", "plan")
    assert answers("runs", "show", new_run)["retry_of"] == "r1"
    assert refuses(1, "runs", "retry", "r1", "--key", "nothing")
    assert "plan, decide, apply" in refuses(2, "runs", "retry", "r1", "--from-step", "dance")
    assert "job runs" in refuses(2, "runs", "show", "nothing")


def test_an_open_item_is_settled_with_a_reason(database: Database) -> None:
    with database.write() as session:
        create_run(session, "invoice-matching", {}, "ops", now=utc_now(), run_id="r1")
        session.add(RunItem(run_id="r1", key="k", title="INV-1", state=ItemState.EXCEPTION, outcome="held"))
    (one,) = answers("exceptions", "list")["exceptions"]
    assert "INV-1" in prints("runs", "items", "r1", "--state", "exception")
    assert "--reason" in refuses(2, "runs", "settle", str(one["id"]), "--reason", " ")
    prints("runs", "settle", str(one["id"]), "--reason", "credit note by post")
    assert answers("exceptions", "list")["exceptions"] == []
    assert refuses(1, "runs", "settle", str(one["id"]), "--reason", "again")
    assert refuses(2, "runs", "settle", "999", "--reason", "x")
