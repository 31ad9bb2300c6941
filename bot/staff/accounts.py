"""Staff accounts: argon2 passwords, log-in sessions, and locks against guessing."""

import hashlib
import secrets
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from connectors.database.attempts import forget_old_attempts
from connectors.database.audit import record_audit
from connectors.database.base import utc_now
from connectors.database.models.people import LoginAttempt, Role, User, UserSession
from connectors.email_address import normalise_email

SESSION_LIFETIME = timedelta(hours=12)
LOCK_WINDOW = timedelta(minutes=15)
TRIES_PER_ACCOUNT = 10
TRIES_PER_ADDRESS = 50
MIN_PASSWORD_LENGTH = 12
MAX_PASSWORD_LENGTH = 200

_hasher = PasswordHasher()
# Verified for unknown accounts, so that they take as long as known ones.
_NOBODY_HASH = _hasher.hash(secrets.token_hex(16))


class LoginError(Exception):
    """`code` is a page text: login.error.wrong or login.error.locked."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class AccountError(ValueError):
    """An account cannot be made like this; the text says why."""


def add_user(session: Session, email: str, name: str, role: Role, password: str, actor: str) -> User:
    """Create a staff account.

    Raises:
        AccountError: the address is taken or no address, the password too short or too long.
    """
    email = normalise_email(email)
    if "@" not in email:
        raise AccountError(f"{email!r} is not an e-mail address")
    if not MIN_PASSWORD_LENGTH <= len(password) <= MAX_PASSWORD_LENGTH:
        raise AccountError(f"the password needs {MIN_PASSWORD_LENGTH} to {MAX_PASSWORD_LENGTH} characters")
    if session.scalar(select(User.id).where(User.email == email)):
        raise AccountError(f"there is an account for {email} already")
    user = User(email=email, name=name, role=role, password_hash=_hasher.hash(password))
    session.add(user)
    session.flush()
    record_audit(session, actor, "user.add", "user", user.id, after={"email": email, "name": name, "role": role})
    return user


def is_locked(session: Session, email: str, address: str) -> bool:
    """Whether too many failed log-ins were made for this account or from this address."""
    since = utc_now() - LOCK_WINDOW
    for subject, allowed in zip(_subjects(email, address), (TRIES_PER_ACCOUNT, TRIES_PER_ADDRESS), strict=True):
        tries = select(func.count()).where(LoginAttempt.subject == subject, LoginAttempt.at > since)
        if (session.scalar(tries) or 0) >= allowed:
            return True
    return False


def verify_password(session: Session, email: str, password: str) -> User | None:
    """The active account with this password; takes the same time whether the account exists."""
    user = session.scalar(select(User).where(User.email == normalise_email(email), User.is_active.is_(True)))
    try:
        _hasher.verify(user.password_hash if user else _NOBODY_HASH, password[:MAX_PASSWORD_LENGTH])
    except (VerificationError, InvalidHashError):
        return None
    return user


def record_failed_login(session: Session, email: str, address: str) -> None:
    account, origin = _subjects(email, address)
    forget_old_attempts(session, LoginAttempt)
    session.add_all([LoginAttempt(subject=account), LoginAttempt(subject=origin)])
    record_audit(session, "nobody", "login.fail", "account", account[:16])


def open_session(session: Session, user: User) -> str:
    """Log a user in and return the cookie's value, of which only a hash is stored."""
    token = secrets.token_urlsafe(32)
    session.execute(delete(UserSession).where(UserSession.expires_at < utc_now()))
    session.add(
        UserSession(
            token_hash=_hash_token(token),
            user_id=user.id,
            csrf_token=secrets.token_urlsafe(32),
            expires_at=utc_now() + SESSION_LIFETIME,
        )
    )
    record_audit(session, user.email, "login", "user", user.id)
    return token


def find_session(session: Session, token: str) -> UserSession | None:
    """The live log-in of a cookie, with its user."""
    found = session.get(UserSession, _hash_token(token))
    if found is None or found.expires_at < utc_now() or not found.user.is_active:
        return None
    return found


def close_session(session: Session, token: str) -> None:
    session.execute(delete(UserSession).where(UserSession.token_hash == _hash_token(token)))


def remember_language(session: Session, token: str, language: str) -> None:
    """Write to whoever this cookie belongs to in this language from now on."""
    session.flush()
    found = find_session(session, token)
    if found is not None:
        found.user.language = language


def _hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _subjects(email: str, address: str) -> tuple[str, str]:
    """What failed log-ins are counted for: the account and the network address, both as hashes."""
    account, origin = (hashlib.sha256(part.encode()).hexdigest() for part in (normalise_email(email), address))
    return account, origin
