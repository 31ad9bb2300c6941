"""API tokens: giving them out, finding them again, revoking them; only their hashes are kept."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.database.audit import record_audit
from connectors.database.models.api_tokens import ApiToken, TokenRole
from connectors.database.models.people import User

# By this beginning people and secret scanners know one of our tokens; of a token this many characters are shown.
MARK = "two_"
SHOWN_LENGTH = 12
RANDOM_BYTES = 32
MAX_TOKEN_LENGTH = 100
MAX_NAME_LENGTH = 100
LONGEST_LIFETIME_DAYS = 3650
# Often enough to see whether a token is still needed, and seldom enough to cost nothing.
LAST_USE_KEPT_EVERY = timedelta(minutes=1)


class TokenError(ValueError):
    """A token cannot be made like this; `code` is a page text, the text says why."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def create_token(
    session: Session,
    name: str,
    role: TokenRole,
    actor: str,
    now: datetime,
    lifetime_days: int | None,
    owner: str | None = None,
) -> tuple[ApiToken, str]:
    """A new token and, this once, the token itself; `lifetime_days` None means until it is revoked.

    It belongs to `owner`, the person behind `actor` where these are two.

    Raises:
        TokenError: no name or one that is too long, or a lifetime that is none.
    """
    name = " ".join(name.split())
    if not 0 < len(name) <= MAX_NAME_LENGTH or not name.isprintable():
        raise TokenError("console.tokens.error.name", f"Give the token a name of 1 to {MAX_NAME_LENGTH} characters.")
    if lifetime_days is not None and not 0 < lifetime_days <= LONGEST_LIFETIME_DAYS:
        sentence = f"A token lives 1 to {LONGEST_LIFETIME_DAYS} days, or until it is revoked."
        raise TokenError("console.tokens.error.lifetime", sentence)
    plain = MARK + secrets.token_urlsafe(RANDOM_BYTES)
    token = ApiToken(
        name=name,
        prefix=plain[:SHOWN_LENGTH],
        token_hash=_hash(plain),
        role=role.value,
        created_by=owner or actor,
        created_at=now,
        expires_at=None if lifetime_days is None else now + timedelta(days=lifetime_days),
    )
    session.add(token)
    session.flush()
    record_audit(session, actor, "token.create", "api_token", token.id, after=describe_token(token))
    return token, plain


def revoke_token(session: Session, token_id: str, actor: str, now: datetime) -> ApiToken | None:
    """Make a token useless for good; None if there is none. Revoking again changes nothing."""
    token = session.get(ApiToken, token_id, with_for_update=True)
    if token is not None and token.revoked_at is None:
        before = describe_token(token)
        token.revoked_at, token.revoked_by = now, actor
        record_audit(session, actor, "token.revoke", "api_token", token.id, before=before, after=describe_token(token))
    return token


def find_token(session: Session, plain: str, now: datetime) -> ApiToken | None:
    """The token if it opens anything now: known, neither expired nor revoked, its maker's account still active.

    Looked up by its hash, so that the time an answer takes tells nothing: nobody can choose hashes to compare.
    """
    if not plain.startswith(MARK) or len(plain) > MAX_TOKEN_LENGTH:
        return None
    token = session.scalar(select(ApiToken).where(ApiToken.token_hash == _hash(plain)))
    if token is None or is_ended(token, now):
        return None
    maker_is_active = session.scalar(select(User.is_active).where(User.email == token.created_by))
    return None if maker_is_active is False else token


def is_ended(token: ApiToken, now: datetime) -> bool:
    return token.revoked_at is not None or (token.expires_at is not None and token.expires_at <= now)


def needs_note_of_use(token: ApiToken, now: datetime) -> bool:
    return token.last_used_at is None or now - token.last_used_at >= LAST_USE_KEPT_EVERY


def list_tokens(session: Session) -> Sequence[ApiToken]:
    """All tokens, newest first; there are as many as people made by hand."""
    return session.scalars(select(ApiToken).order_by(ApiToken.created_at.desc(), ApiToken.id)).all()


def describe_token(token: ApiToken) -> dict[str, Any]:
    """What the audit log keeps of a token: never the token or its hash."""
    return {
        "name": token.name,
        "prefix": token.prefix,
        "role": token.role,
        "expires_at": token.expires_at and token.expires_at.isoformat(),
        "revoked_at": token.revoked_at and token.revoked_at.isoformat(),
    }


def _hash(plain: str) -> str:
    return hashlib.sha256(plain.encode(errors="replace")).hexdigest()
