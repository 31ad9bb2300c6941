"""Who may call the operations API: the bearer token of each request, its role, and how often it may ask."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import unquote

import structlog
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from bot.channels.rate_limit import RateLimit
from bot.office import Office
from bot.operations_api.tokens import find_token, needs_note_of_use
from bot.web_address import address_of
from bot.web_errors import problem
from connectors.database.base import utc_now
from connectors.database.failures import DATABASE_FAILURES
from connectors.database.models.api_tokens import ApiToken, TokenRole
from connectors.database.session import Database
from connectors.database.token_owner import actor_of

REQUESTS_PER_MINUTE_PER_TOKEN = 600
REQUESTS_PER_MINUTE_PER_ADDRESS = 1200
READER_OF_CONFIDENTIAL_ITEMS = TokenRole.ADMIN
_RANKS = {role: rank for rank, role in enumerate(TokenRole)}

log = structlog.get_logger(__name__)

_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="API token",
    description="an API token from /console/tokens or `twinoffice token create`",
)


@dataclass(frozen=True, slots=True)
class ApiCaller:
    """The program behind a request. `owner` is the person who made its token: who starts a run with it cannot
    approve that run in the console either."""

    token_id: str
    actor: str
    owner: str
    role: TokenRole

    def may(self, role: TokenRole) -> bool:
        return _RANKS[self.role] >= _RANKS[role]


def _current_caller(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> ApiCaller:
    """The caller, counted by address before the token is looked up, so that nobody can try tokens without end."""
    _refuse_flood(request.app.state.api_address_limit, address_of(request))
    if "\0" in unquote(str(request.url)):
        # PostgreSQL refuses it in any text, and no name of ours has it.
        raise problem(404, "not_found", "There is nothing at this address.")
    database: Database = request.app.state.database
    now = utc_now()
    with database.read() as session:
        token = find_token(session, credentials.credentials if credentials else "", now)
    if token is None:
        sentence = "Send a valid API token as `Authorization: Bearer …`; make one on /console/tokens."
        raise problem(401, "unknown_token", sentence, headers={"WWW-Authenticate": "Bearer"})
    _refuse_flood(request.app.state.api_token_limit, token.id)
    if needs_note_of_use(token, now):
        _note_use(database, token.id)
    return ApiCaller(token.id, actor_of(token), token.created_by, TokenRole(token.role))


def require_role(role: TokenRole) -> Callable[[ApiCaller], ApiCaller]:
    """A dependency that lets in tokens of this role and of the roles above it."""

    def check(caller: Annotated[ApiCaller, Depends(_current_caller)]) -> ApiCaller:
        _refuse_lower(caller, role)
        return caller

    return check


def require_reader(caller: ApiCaller, office: Office, job: str) -> None:
    """Refuse a caller who may not read what this job says of its items."""
    if office.engine.catalogue.is_confidential(job):
        _refuse_lower(caller, READER_OF_CONFIDENTIAL_ITEMS)


def readable_jobs(caller: ApiCaller, office: Office) -> tuple[str, ...] | None:
    """The jobs whose items this caller may find in a list; None = of every job, those that are gone included."""
    return None if caller.may(READER_OF_CONFIDENTIAL_ITEMS) else office.engine.catalogue.open_names


def _refuse_lower(caller: ApiCaller, role: TokenRole) -> None:
    if not caller.may(role):
        sentence = f"This needs a token with the role {role.value}; yours has {caller.role.value}."
        raise problem(403, "role", sentence)


def _office(request: Request) -> Office:
    office: Office = request.app.state.office
    return office


Viewer = Annotated[ApiCaller, Depends(require_role(TokenRole.VIEWER))]
Operator = Annotated[ApiCaller, Depends(require_role(TokenRole.OPERATOR))]
Admin = Annotated[ApiCaller, Depends(require_role(TokenRole.ADMIN))]
OfficeOf = Annotated[Office, Depends(_office)]


def _refuse_flood(limit: RateLimit, subject: str) -> None:
    if not limit.allows(subject):
        sentence = "Too many requests in a short time; wait as long as Retry-After says."
        raise problem(429, "too_many_requests", sentence, retry_after=limit.retry_after_seconds)


def _note_use(database: Database, token_id: str) -> None:
    try:
        with database.write() as session:
            token = session.get(ApiToken, token_id)
            if token is not None:
                token.last_used_at = utc_now()
    except DATABASE_FAILURES as error:
        # Reading goes on while another process holds the database.
        log.warning("use_of_token_not_noted", token=token_id, reason=str(getattr(error, "orig", error)))
