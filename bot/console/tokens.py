"""The page of the API tokens: giving one out, which is shown once, and revoking."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from bot.console.form_fields import whole_number
from bot.console.frame import UNPROCESSABLE, ConsoleFrame, Frame, PostedForm, see_other
from bot.operations_api.tokens import TokenError, create_token, is_ended, list_tokens, revoke_token
from connectors.database.base import utc_now
from connectors.database.models.api_tokens import ApiToken, TokenRole

# In days; none = until it is revoked.
LIFETIMES = (30, 90, 365)
FOREVER = "none"

router = APIRouter(prefix="/tokens")


@router.get("")
def show_tokens(frame: ConsoleFrame, done: Annotated[str, Query(max_length=20)] = "") -> Response:
    return _page(frame, is_revoked=done == "revoked")


@router.post("")
def add_token(frame: ConsoleFrame, form: PostedForm) -> Response:
    """Make a token; the answer to this very request is the only place where it ever stands."""
    name, role, lifetime = form.get("name", ""), form.get("role", ""), form.get("lifetime", "")
    given = {"name": name, "role": role, "lifetime": lifetime}
    if role not in set(TokenRole):
        return _page(frame, given=given, problem="console.tokens.error.role")
    try:
        with frame.office.database.write() as session:
            token, plain = create_token(
                session, name, TokenRole(role), frame.visitor.user.email, utc_now(), _days(lifetime)
            )
    except TokenError as error:
        return _page(frame, given=given, problem=error.code)
    answer = _page(frame, made=token, plain=plain)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@router.get("/{token_id}/revoke")
def confirm_revoking(frame: ConsoleFrame, token_id: str) -> Response:
    with frame.office.database.read() as session:
        token = session.get(ApiToken, token_id)
    if token is None:
        return frame.missing()
    if is_ended(token, utc_now()):
        return see_other("/console/tokens")
    return frame.page("token_revoke.html", tab="tokens", token=token)


@router.post("/{token_id}/revoke")
def revoke(frame: ConsoleFrame, token_id: str, form: PostedForm) -> Response:
    if form.get("confirmed") != "yes":
        return see_other(f"/console/tokens/{token_id}/revoke")
    with frame.office.database.write() as session:
        token = revoke_token(session, token_id, frame.visitor.user.email, utc_now())
    return frame.missing() if token is None else see_other("/console/tokens?done=revoked")


def _days(lifetime: str) -> int | None:
    """How long it shall live; what is no number of days is none that a token may have."""
    if lifetime == FOREVER:
        return None
    return whole_number(lifetime) or 0


def _page(
    frame: Frame,
    *,
    made: ApiToken | None = None,
    plain: str = "",
    given: dict[str, str] | None = None,
    problem: str = "",
    is_revoked: bool = False,
) -> Response:
    now = utc_now()
    with frame.office.database.read() as session:
        tokens = list_tokens(session)
    return frame.page(
        "tokens.html",
        UNPROCESSABLE if problem else 200,
        tab="tokens",
        tokens=tokens,
        ended={token.id for token in tokens if is_ended(token, now)},
        roles=[role.value for role in TokenRole],
        lifetimes=LIFETIMES,
        made=made,
        plain=plain,
        given=given or {"name": "", "role": TokenRole.VIEWER.value, "lifetime": "90"},
        problem=problem,
        is_revoked=is_revoked,
    )
