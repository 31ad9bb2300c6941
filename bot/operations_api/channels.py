"""How the channels are set up: the chat widget, the Telegram bot, and the hours in which people answer."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from automations.rules.business_calendar import Stretch
from bot.channels.completeness import completeness_of
from bot.channels.setup import ChangedMeanwhileError
from bot.channels.setup_model import WebSetup
from bot.channels.telegram_setup import TelegramChange, TelegramDesk, TelegramSetupError
from bot.office import Office
from bot.operations_api.fields import LARGEST_ID, Body
from bot.operations_api.guard import Admin, OfficeOf, Viewer
from bot.services.opening_hours import HoursChangedError, HoursError, change_week, clock, edition_of, read_week
from bot.web_errors import problem

CLOCK = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
VERSION = Annotated[int, Field(ge=0, le=LARGEST_ID, description="as you know it; 409 when somebody else was faster")]

router = APIRouter(prefix="/channels", tags=["channels"])


class LanguageState(BaseModel):
    language: str
    written: int = Field(description="own texts that this language has")
    wanted: int = Field(description="own texts that any language has")
    missing: list[str] = Field(description="what it lacks, as kind:name")


class WebFacts(BaseModel):
    version: int
    setup: WebSetup
    languages: list[LanguageState]


class WebChange(Body):
    version: VERSION
    setup: WebSetup = Field(description="all of it: what is left out gets its default")


class TelegramState(BaseModel):
    """The token is never told."""

    model_config = ConfigDict(from_attributes=True)

    version: int
    is_on: bool
    mode: Literal["polling", "webhook"]
    bot_name: str
    source: Literal["entered", "settings", "none"] = Field(description="where the token in use comes from")
    is_readable: bool = Field(description="false: the token was sealed with a key that is gone; enter it again")


class TelegramBody(Body):
    version: VERSION
    is_on: bool
    mode: Literal["polling", "webhook"]
    bot_token: SecretStr | None = Field(None, max_length=200, description="tried before it is kept; none: as it is")
    forgets_token: bool = False


class TelegramTest(BaseModel):
    is_good: bool
    username: str | None
    code: str | None = Field(description="why it does not work")
    message: str | None


class OpenStretch(BaseModel):
    """One that closes at or before it opens lasts past midnight."""

    model_config = ConfigDict(extra="forbid")

    weekday: Annotated[int, Field(ge=0, le=6, description="0 is Monday")]
    opens: CLOCK
    closes: CLOCK


class HoursFacts(BaseModel):
    edition: str = Field(description="the same as long as the hours are")
    timezone: str
    week: list[OpenStretch]


class HoursBody(Body):
    edition: Annotated[str, StringConstraints(max_length=64)] = Field(
        description="of the hours as you know them; 409 when somebody else was faster"
    )
    week: Annotated[list[OpenStretch], Field(max_length=28)]


class ChannelsFacts(BaseModel):
    web: WebFacts
    telegram: TelegramState
    hours: HoursFacts


@router.get("")
def show_channels(_caller: Viewer, office: OfficeOf) -> ChannelsFacts:
    """All of it."""
    return ChannelsFacts(web=_web(office), telegram=_telegram(office), hours=_hours(office))


@router.get("/web")
def show_web(_caller: Viewer, office: OfficeOf) -> WebFacts:
    """The chat widget: form before the chat, texts, theme, files, allowed origins, proactive messages."""
    return _web(office)


@router.put("/web")
def change_web(caller: Admin, office: OfficeOf, body: WebChange) -> WebFacts:
    """Set up the chat widget. Pages that are open see it when they are loaded again."""
    try:
        office.setups.change_web(body.setup, body.version, caller.actor)
    except ChangedMeanwhileError as error:
        raise _changed() from error
    return _web(office)


@router.get("/telegram")
def show_telegram(_caller: Viewer, office: OfficeOf) -> TelegramState:
    """The Telegram bot, without its token."""
    return _telegram(office)


@router.put("/telegram")
def change_telegram(caller: Admin, office: OfficeOf, body: TelegramBody) -> TelegramState:
    """Set up the Telegram bot. A new token is tried with Telegram first; one that fails is not kept."""
    token = body.bot_token.get_secret_value().strip() if body.bot_token else None
    change = TelegramChange(body.version, body.is_on, body.mode, token or None, body.forgets_token)
    try:
        _desk(office).change(change, caller.actor)
    except TelegramSetupError as error:
        raise problem(422, error.code, str(error)) from error
    except ChangedMeanwhileError as error:
        raise _changed() from error
    return _telegram(office)


@router.post("/telegram/test")
def try_telegram(_caller: Admin, office: OfficeOf) -> TelegramTest:
    """Ask Telegram who we are, with the token in use."""
    try:
        bot = _desk(office).try_out()
    except TelegramSetupError as error:
        return TelegramTest(is_good=False, username=None, code=error.code, message=str(error))
    return TelegramTest(is_good=True, username=bot.username, code=None, message=None)


@router.get("/hours")
def show_hours(_caller: Viewer, office: OfficeOf) -> HoursFacts:
    """The hours of the week. Days that differ are the closures."""
    return _hours(office)


@router.put("/hours")
def change_hours(caller: Admin, office: OfficeOf, body: HoursBody) -> HoursFacts:
    """Set the hours of all days; a weekday without a stretch is closed."""
    week = [Stretch(one.weekday, clock(one.opens), clock(one.closes)) for one in body.week]
    try:
        with office.database.write() as session:
            change_week(session, week, body.edition, caller.actor)
    except HoursError as error:
        raise problem(422, f"bad_hours_{error.code}", str(error)) from error
    except HoursChangedError as error:
        raise _changed() from error
    return _hours(office)


def _desk(office: Office) -> TelegramDesk:
    return TelegramDesk(office.setups, office.settings)


def _web(office: Office) -> WebFacts:
    setup, version = office.setups.read_web()
    states = completeness_of(setup, list(office.texts.languages))
    languages = [
        LanguageState(
            language=language,
            written=state.written,
            wanted=state.wanted,
            missing=[f"{text.kind}:{text.name}" for text in state.missing],
        )
        for language, state in states.items()
    ]
    return WebFacts(version=version, setup=setup, languages=languages)


def _telegram(office: Office) -> TelegramState:
    return TelegramState.model_validate(asdict(_desk(office).facts()))


def _hours(office: Office) -> HoursFacts:
    with office.database.read() as session:
        week = read_week(session)
    return HoursFacts(edition=edition_of(week), timezone=office.settings.time_zone, week=_stretches(week))


def _stretches(week: Sequence[Stretch]) -> list[OpenStretch]:
    return [OpenStretch(weekday=one.weekday, opens=f"{one.opens:%H:%M}", closes=f"{one.closes:%H:%M}") for one in week]


def _changed() -> Exception:
    return problem(409, "changed_meanwhile", "Somebody else changed this meanwhile; read it again.")
