"""Commands for API tokens: giving out, listing, revoking."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.commands.output import errors, explained_errors, fail, office_or_fail, print_json

if TYPE_CHECKING:
    from connectors.database.models.api_tokens import ApiToken

token_app = typer.Typer(no_args_is_help=True, help="Tokens for programs that use the API.")

ACTOR = "command line"
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


def register(app: typer.Typer) -> None:
    app.add_typer(token_app, name="token")


@token_app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="what will use it, such as: nightly import")],
    role: Annotated[str, typer.Option(help="viewer, operator or admin")] = "viewer",
    days: Annotated[int | None, typer.Option(help="valid for so many days; without it until it is revoked")] = None,
    json: Json = False,
) -> None:
    """Make a token and print it, this once: only its hash is kept."""
    from bot.operations_api.tokens import TokenError, create_token
    from connectors.database.base import utc_now
    from connectors.database.models.api_tokens import TokenRole

    if role not in set(TokenRole):
        fail(f"There is no role {role!r}; there are: {', '.join(TokenRole)}.", 2)
    office = office_or_fail()
    try:
        with explained_errors(), office.database.write() as session:
            token, plain = create_token(session, name, TokenRole(role), ACTOR, utc_now(), days)
    except TokenError as error:
        fail(str(error), 2)
    if json:
        print_json(_describe(token) | {"token": plain})
        return
    errors.print("Copy the token now; it cannot be shown again.")
    typer.echo(plain)


@token_app.command("list")
def list_all(json: Json = False) -> None:
    """All tokens, newest first, with their last use."""
    from bot.operations_api.tokens import list_tokens

    with explained_errors(), office_or_fail().database.read() as session:
        tokens = list_tokens(session)
    if json:
        print_json([_describe(token) for token in tokens])
        return
    for token in tokens:
        last_used = f"{token.last_used_at:%Y-%m-%d %H:%M}" if token.last_used_at else "never used"
        typer.echo(f"{token.id}  {token.prefix}…  {token.role:9} {_state(token):8} {last_used:16}  {token.name}")


@token_app.command("revoke")
def revoke(
    token_id: Annotated[str, typer.Argument(help="id from `token list`")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Make a token useless for good."""
    from bot.operations_api.tokens import revoke_token
    from connectors.database.base import utc_now

    office = office_or_fail()
    if not yes:
        typer.confirm("Whatever uses this token is refused from now on. Revoke it?", abort=True)
    with explained_errors(), office.database.write() as session:
        token = revoke_token(session, token_id, ACTOR, utc_now())
    if token is None:
        fail(f"There is no token {token_id!r}; `twinoffice token list` shows them.", 2)
    typer.echo(f"{token.prefix}… {token.name} is revoked.")


def _state(token: "ApiToken") -> str:
    from bot.operations_api.tokens import is_ended
    from connectors.database.base import utc_now

    if token.revoked_at is not None:
        return "revoked"
    return "expired" if is_ended(token, utc_now()) else "valid"


def _describe(token: "ApiToken") -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "prefix": token.prefix,
        "role": token.role,
        "state": _state(token),
        "created_by": token.created_by,
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "last_used_at": token.last_used_at,
        "revoked_at": token.revoked_at,
    }
