"""Who may call a staff page: the log-in cookie, the roles, and the CSRF token of every change."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.concurrency import run_in_threadpool

from bot.channels.rate_limit import RateLimit
from bot.staff.accounts import find_session
from connectors.database.models.people import Role, User
from connectors.database.session import Database

COOKIE = "twinoffice_session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
REQUESTS_PER_MINUTE = 600


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is logged in."""

    user: User
    csrf_token: str

    @property
    def is_admin(self) -> bool:
        return self.user.role == Role.ADMIN


class RoleRequiredError(HTTPException):
    """The visitor's role may not see this; the application answers with a page that says so."""

    def __init__(self) -> None:
        super().__init__(403, {"code": "role", "message": "Your role may not do this."})


class LoginRequiredError(Exception):
    """Nobody is logged in; the application answers with the log-in page."""


async def current_visitor(request: Request) -> Visitor:
    """The logged-in member of staff; every request that changes something must carry the CSRF token.

    The token comes as header X-CSRF-Token (htmx) or form field csrf_token.
    """
    database: Database = request.app.state.database
    visitor = await run_in_threadpool(_find_visitor, database, request.cookies.get(COOKIE, ""))
    if visitor is None:
        raise LoginRequiredError
    if request.method not in SAFE_METHODS:
        await _check_csrf(request, visitor)
    return visitor


async def _check_csrf(request: Request, visitor: Visitor) -> None:
    given = request.headers.get("X-CSRF-Token") or ""
    if not given:
        field = (await request.form()).get("csrf_token")
        given = field if isinstance(field, str) else ""
    if not hmac.compare_digest(given.encode(), visitor.csrf_token.encode()):
        raise HTTPException(403, {"code": "csrf", "message": "The page is too old; reload it and try again."})


def require_role(*roles: Role) -> Callable[[Visitor], Visitor]:
    """A dependency that lets only these roles in."""

    def check(visitor: Annotated[Visitor, Depends(current_visitor)]) -> Visitor:
        if visitor.user.role not in roles:
            raise RoleRequiredError
        return visitor

    return check


StaffVisitor = Annotated[Visitor, Depends(current_visitor)]
AdminVisitor = Annotated[Visitor, Depends(require_role(Role.ADMIN))]


def keep_pace(request: Request, visitor: StaffVisitor) -> None:
    """A program that runs wild with somebody's log-in must not keep colleagues and customers waiting."""
    limit: RateLimit = request.app.state.staff_limit
    if not limit.allows(visitor.user.id):
        refusal = {"code": "too_many_requests", "message": "Too much in a short time; wait a moment and try again."}
        raise HTTPException(429, refusal, headers={"Retry-After": str(limit.retry_after_seconds)})


def _find_visitor(database: Database, token: str) -> Visitor | None:
    if not token:
        return None
    with database.read() as session:
        found = find_session(session, token)
        return Visitor(found.user, found.csrf_token) if found else None
