"""Where Telegram calls us: only with the secret that we gave it, and one update a call."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response

from bot.channels.telegram_parts import WEBHOOK_PATH
from bot.channels.telegram_switch import TelegramOffError, TelegramSwitch
from bot.web_errors import Refusal, problem
from connectors.errors import Unavailable

_REFUSED: dict[int | str, dict[str, Any]] = {
    400: {"model": Refusal, "description": "The body cannot be read."},
    401: {"model": Refusal, "description": "The secret is wrong, or there is no webhook here."},
    413: {"model": Refusal, "description": "The body is too long."},
    422: {"model": Refusal, "description": "No update of the Bot API."},
    503: {"model": Refusal, "description": "The database is busy or away; send it again."},
}

router = APIRouter(tags=["telegram"])


@router.post(WEBHOOK_PATH, status_code=204, responses=_REFUSED)
async def take_update(
    request: Request, x_telegram_bot_api_secret_token: Annotated[str, Header(max_length=256)] = ""
) -> Response:
    """An update of the Bot API. The same update again changes nothing."""
    telegram: TelegramSwitch = request.app.state.telegram
    if not telegram.knows(x_telegram_bot_api_secret_token):
        raise problem(401, "unknown_caller", "This address is for Telegram alone.")
    document = await _read_update(request)
    try:
        await telegram.take(document)
    except Unavailable as error:
        raise problem(503, "database_unavailable", error.reason, retry_after=5) from error
    except TelegramOffError as error:
        raise problem(503, "telegram_off", "The channel is being changed; send it again.", retry_after=5) from error
    return Response(status_code=204)


async def _read_update(request: Request) -> dict[str, Any]:
    try:
        document = await request.json()
    except (ValueError, RecursionError) as error:
        raise problem(400, "unreadable_body", "Send one update of the Bot API as JSON.") from error
    if not isinstance(document, dict) or type(document.get("update_id")) is not int:
        raise problem(422, "not_an_update", "Send one update of the Bot API as JSON.")
    return document
