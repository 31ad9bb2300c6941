"""API tokens through the API itself: giving out, listing and revoking, for tokens of the role admin."""

from datetime import datetime

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from bot.operations_api.fields import Body, Name
from bot.operations_api.guard import Admin, OfficeOf
from bot.operations_api.tokens import LONGEST_LIFETIME_DAYS, TokenError, create_token, list_tokens, revoke_token
from bot.web_errors import problem
from connectors.database.base import utc_now
from connectors.database.models.api_tokens import TokenRole

router = APIRouter(prefix="/tokens", tags=["API tokens"])


class NewToken(Body):
    """A token to give out."""

    name: str = Field(max_length=100, description="what will use it", examples=["nightly import"])
    role: TokenRole
    lifetime_days: int | None = Field(ge=1, le=LONGEST_LIFETIME_DAYS, description="null: until it is revoked")


class TokenFacts(BaseModel):
    """A token without the token: of that only the beginning is kept readable."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    prefix: str
    role: TokenRole
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class MadeToken(TokenFacts):
    token: str = Field(description="the token itself, shown this once")


class Tokens(BaseModel):
    tokens: list[TokenFacts]


@router.get("")
def list_api_tokens(_caller: Admin, office: OfficeOf) -> Tokens:
    """All tokens, newest first, with their last use."""
    with office.database.read() as session:
        return Tokens(tokens=[TokenFacts.model_validate(token) for token in list_tokens(session)])


@router.post("", status_code=201)
def create_api_token(caller: Admin, office: OfficeOf, new: NewToken, response: Response) -> MadeToken:
    """Make a token; it belongs to the person to whom the calling token belongs."""
    try:
        with office.database.write() as session:
            token, plain = create_token(
                session, new.name, new.role, caller.actor, utc_now(), new.lifetime_days, owner=caller.owner
            )
            made = MadeToken(**TokenFacts.model_validate(token).model_dump(), token=plain)
    except TokenError as error:
        raise problem(422, "bad_token", str(error)) from error
    response.headers["Cache-Control"] = "no-store"
    return made


@router.post("/{token_id}/revoke")
def revoke_api_token(caller: Admin, office: OfficeOf, token_id: Name) -> TokenFacts:
    """Make a token useless for good; revoking again changes nothing."""
    with office.database.write() as session:
        token = revoke_token(session, token_id, caller.actor, utc_now())
        if token is None:
            raise problem(404, "unknown_token", f"There is no token {token_id!r}.")
        return TokenFacts.model_validate(token)
