"""Staff accounts: passwords, locks against guessing, and log-ins that end."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from bot.staff import accounts
from connectors.database.base import utc_now
from connectors.database.models.people import AuditEntry, LoginAttempt, Role, User, UserSession
from connectors.database.session import Database
from tests.fixtures.fresh_databases import give_tables

PASSWORD = "a long enough password"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'staff.sqlite'}")
    give_tables(database)
    yield database
    database.close()


@pytest.fixture
def jana(database: Database) -> User:
    with database.write() as session:
        return accounts.add_user(session, "Jana@Example.com", "Jana", Role.AGENT, PASSWORD, actor="test")


def test_the_password_is_stored_only_as_an_argon2id_hash(jana: User) -> None:
    assert jana.password_hash.startswith("$argon2id$")


@pytest.mark.usefixtures("jana")
def test_the_address_is_known_in_any_case_and_a_second_account_for_it_is_refused(database: Database) -> None:
    with database.write() as session, pytest.raises(accounts.AccountError, match="already"):
        accounts.add_user(session, "JANA@example.COM", "Another", Role.ADMIN, PASSWORD, actor="test")


@pytest.mark.parametrize("password", ["", "eleven char", "x" * 201])
def test_a_password_that_is_too_short_or_too_long_is_refused(database: Database, password: str) -> None:
    with database.write() as session, pytest.raises(accounts.AccountError, match="12 to 200"):
        accounts.add_user(session, "eva@example.com", "Eva", Role.AGENT, password, actor="test")


def test_the_right_password_of_an_active_account_is_accepted(database: Database, jana: User) -> None:
    with database.read() as session:
        found = accounts.verify_password(session, " jana@EXAMPLE.com ", PASSWORD)
    assert found is not None
    assert found.id == jana.id


@pytest.mark.usefixtures("jana")
@pytest.mark.parametrize(
    ("email", "password"), [("jana@example.com", "a wrong password"), ("nobody@example.com", PASSWORD)]
)
def test_a_wrong_password_and_an_unknown_account_get_the_same_answer(
    database: Database, email: str, password: str
) -> None:
    with database.read() as session:
        assert accounts.verify_password(session, email, password) is None


def test_an_account_that_was_switched_off_cannot_log_in_and_its_log_in_ends(database: Database, jana: User) -> None:
    with database.write() as session:
        token = accounts.open_session(session, jana)
        session.get_one(User, jana.id).is_active = False
    with database.read() as session:
        assert accounts.verify_password(session, jana.email, PASSWORD) is None
        assert accounts.find_session(session, token) is None


@pytest.mark.parametrize(("tries", "is_locked"), [(9, False), (10, True)])
def test_ten_failed_tries_lock_an_account_whether_it_exists(database: Database, tries: int, is_locked: bool) -> None:
    with database.write() as session:
        for number in range(tries):
            accounts.record_failed_login(session, "nobody@example.com", f"10.0.0.{number}")
    with database.read() as session:
        assert accounts.is_locked(session, "Nobody@example.com", "10.9.9.9") is is_locked


@pytest.mark.parametrize(("tries", "is_locked"), [(49, False), (50, True)])
def test_fifty_failed_tries_lock_a_network_address(database: Database, tries: int, is_locked: bool) -> None:
    with database.write() as session:
        for number in range(tries):
            accounts.record_failed_login(session, f"guess{number}@example.com", "10.0.0.1")
    with database.read() as session:
        assert accounts.is_locked(session, "new@example.com", "10.0.0.1") is is_locked


@pytest.mark.parametrize(("hours", "kept"), [(23, 4), (25, 2)])
def test_failed_log_ins_of_yesterday_are_deleted_with_the_next(database: Database, hours: int, kept: int) -> None:
    with database.write() as session:
        accounts.record_failed_login(session, "jana@example.com", "10.0.0.1")
        session.execute(update(LoginAttempt).values(at=utc_now() - timedelta(hours=hours)))
        accounts.record_failed_login(session, "jana@example.com", "10.0.0.1")
        assert len(session.scalars(select(LoginAttempt)).all()) == kept


def test_a_lock_ends_after_a_quarter_of_an_hour(database: Database) -> None:
    with database.write() as session:
        for _try in range(10):
            accounts.record_failed_login(session, "jana@example.com", "10.0.0.1")
        session.flush()
        for attempt in session.scalars(select(LoginAttempt)):
            attempt.at = utc_now() - timedelta(minutes=15, seconds=1)
    with database.read() as session:
        assert not accounts.is_locked(session, "jana@example.com", "10.0.0.1")


def test_a_log_in_is_found_by_its_cookie_which_is_stored_nowhere(database: Database, jana: User) -> None:
    with database.write() as session:
        token = accounts.open_session(session, jana)
    with database.read() as session:
        found = accounts.find_session(session, token)
        assert found is not None
        assert found.user.email == "jana@example.com"
        assert token not in {found.token_hash, found.csrf_token}
        assert session.scalar(select(AuditEntry).where(AuditEntry.action == "login")) is not None


def test_a_log_in_ends_after_its_time_and_when_one_logs_out(database: Database, jana: User) -> None:
    with database.write() as session:
        old, closed = accounts.open_session(session, jana), accounts.open_session(session, jana)
        accounts.close_session(session, closed)
        session.flush()
        for row in session.scalars(select(UserSession)):
            row.expires_at = utc_now() - timedelta(seconds=1)
    with database.read() as session:
        assert accounts.find_session(session, old) is None
        assert accounts.find_session(session, closed) is None
