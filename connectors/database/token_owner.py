"""Which person stands behind what a program did with an API token."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.database.models.api_tokens import ApiToken

_ACTOR_MARK = "token:"


def actor_of(token: ApiToken) -> str:
    """Who the audit log says it was: `token:two_AbCdEfGh nightly import`."""
    return f"{_ACTOR_MARK}{token.prefix} {token.name}"


def person_behind(session: Session, actor: str) -> str:
    """The person who made the token, if a token was it; everybody else is who they are.

    Whoever starts a run through a token may as little approve it as if they had started it by hand.
    """
    if not actor.startswith(_ACTOR_MARK):
        return actor
    prefix = actor.removeprefix(_ACTOR_MARK).partition(" ")[0]
    return session.scalar(select(ApiToken.created_by).where(ApiToken.prefix == prefix)) or actor
