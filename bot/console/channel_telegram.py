"""The page of the Telegram bot: its token, tried before it is kept, how updates arrive, and whether it works."""

from collections.abc import Mapping

from fastapi import APIRouter
from starlette.responses import Response

from bot.channels.setup import ChangedMeanwhileError
from bot.channels.telegram_setup import TelegramChange, TelegramDesk, TelegramSetupError
from bot.console.channel_parts import part_page, saved
from bot.console.frame import ConsoleFrame, Frame, PostedForm
from bot.console.setup_problems import CHANGED
from connectors.telegram_chat import TelegramBot

MODES = ("polling", "webhook")

router = APIRouter(prefix="/channels/telegram")


@router.get("")
def show_telegram(frame: ConsoleFrame) -> Response:
    return _page(frame)


@router.post("")
def change_telegram(frame: ConsoleFrame, form: PostedForm) -> Response:
    written = form.get("version", "")
    change = TelegramChange(
        version=int(written) if written.isascii() and written.isdigit() and len(written) < 10 else -1,
        is_on=form.get("is_on") == "true",
        mode="webhook" if form.get("mode") == "webhook" else "polling",
        bot_token=form.get("bot_token", "").strip() or None,
        forgets_token=form.get("forgets_token") == "true",
    )
    try:
        _desk(frame).change(change, frame.visitor.user.email)
    except TelegramSetupError as error:
        field = "mode" if error.code == "needs_https" else "bot_token"
        return _page(frame, {field: error.code}, change)
    except ChangedMeanwhileError:
        return _page(frame, {"": CHANGED}, change)
    return saved("/telegram")


@router.post("/test")
def try_telegram(frame: ConsoleFrame) -> Response:
    """Ask Telegram who we are; htmx gets the outcome alone, a browser without it the whole page."""
    bot, failure = _try(frame)
    if "HX-Request" in frame.request.headers:
        return frame.page("channels/telegram_test.html", bot=bot, failure=failure)
    return _page(frame, bot=bot, failure=failure)


def _try(frame: Frame) -> tuple[TelegramBot | None, str]:
    try:
        return _desk(frame).try_out(), ""
    except TelegramSetupError as error:
        return None, error.code


def _desk(frame: Frame) -> TelegramDesk:
    return TelegramDesk(frame.office.setups, frame.office.settings)


def _page(
    frame: Frame,
    problems: Mapping[str, str] | None = None,
    wanted: TelegramChange | None = None,
    bot: TelegramBot | None = None,
    failure: str = "",
) -> Response:
    facts = _desk(frame).facts()
    running = getattr(frame.request.app.state, "telegram", None)
    return part_page(
        frame,
        "telegram",
        problems,
        facts=facts,
        shown=wanted or facts,
        version=facts.version if wanted is None else wanted.version,
        modes=MODES,
        is_connected=None if running is None else running.is_healthy,
        bot=bot,
        failure=failure,
        webhook=f"{frame.office.settings.public_base_url}/telegram/webhook",
    )
