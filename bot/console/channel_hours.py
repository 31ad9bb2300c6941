"""The page of business hours: the week, and the coming days on which it does not count."""

from collections.abc import Mapping, Sequence
from itertools import groupby

from babel.dates import get_day_names
from fastapi import APIRouter
from starlette.responses import Response

from automations.rules.business_calendar import DAYS_OF_WEEK, Stretch
from bot.console.channel_parts import part_page, saved
from bot.console.frame import ConsoleFrame, Frame, PostedForm
from bot.console.setup_problems import CHANGED
from bot.services.opening_hours import (
    MOST_STRETCHES_OF_A_DAY,
    HoursChangedError,
    HoursError,
    change_week,
    clock,
    edition_of,
    read_week,
)
from connectors.database.base import utc_now

DAYS_AHEAD = 180

router = APIRouter(prefix="/channels/hours")


class TimeError(ValueError):
    """One time of a stretch is missing or no time; `weekday` counts from Monday = 0."""

    def __init__(self, weekday: int) -> None:
        super().__init__(f"A time of weekday {weekday} cannot be read.")
        self.weekday = weekday


@router.get("")
def show_hours(frame: ConsoleFrame) -> Response:
    with frame.office.database.read() as session:
        week = read_week(session)
    return _page(frame, _fields_of(week), edition_of(week))


@router.post("")
def change_hours(frame: ConsoleFrame, form: PostedForm) -> Response:
    try:
        week = _week_in(form)
        with frame.office.database.write() as session:
            change_week(session, week, form.get("edition", ""), frame.visitor.user.email)
    except TimeError as error:
        return _page(frame, form, form.get("edition", ""), {f"day.{error.weekday}": "bad_time"})
    except HoursError as error:
        return _page(frame, form, form.get("edition", ""), {f"day.{error.weekday}": error.code})
    except HoursChangedError:
        return _page(frame, form, form.get("edition", ""), {"": CHANGED})
    return saved("/hours")


def _page(frame: Frame, fields: Mapping[str, str], edition: str, problems: Mapping[str, str] | None = None) -> Response:
    hours, language = frame.office.hours, frame.pages.language_of(frame.request)
    locale = frame.pages.languages[language].locale
    names = get_day_names("wide", context="stand-alone", locale=locale)
    calendar = hours.calendar()
    coming = calendar.closed_within(utc_now(), DAYS_AHEAD)
    return part_page(
        frame,
        "hours",
        problems,
        fields=fields,
        edition=edition,
        weekdays=[names[weekday] for weekday in range(DAYS_OF_WEEK)],
        stretches=range(MOST_STRETCHES_OF_A_DAY),
        shown=[_shown(fields, weekday) for weekday in range(DAYS_OF_WEEK)],
        city=hours.city(language),
        closed=[(day, hours.name_of(day, name, language)) for day, name in coming],
    )


def _fields_of(week: Sequence[Stretch]) -> dict[str, str]:
    """The form's fields: opens.<weekday>.<number> and closes.<weekday>.<number>."""
    fields = {}
    for weekday, stretches in groupby(week, lambda stretch: stretch.weekday):
        for number, stretch in enumerate(stretches):
            fields[f"opens.{weekday}.{number}"] = f"{stretch.opens:%H:%M}"
            fields[f"closes.{weekday}.{number}"] = f"{stretch.closes:%H:%M}"
    return fields


def _shown(fields: Mapping[str, str], weekday: int) -> int:
    """How many stretches of a day are to be seen at first: up to the last with a time, and one to begin with."""
    numbers = range(MOST_STRETCHES_OF_A_DAY)
    written = [one for one in numbers if any(fields.get(f"{end}.{weekday}.{one}") for end in ("opens", "closes"))]
    return max(written, default=0) + 1


def _week_in(form: Mapping[str, str]) -> list[Stretch]:
    """Raises TimeError; a stretch without both times is none."""
    week = []
    for weekday in range(DAYS_OF_WEEK):
        for number in range(MOST_STRETCHES_OF_A_DAY):
            opens, closes = (form.get(f"{end}.{weekday}.{number}", "").strip() for end in ("opens", "closes"))
            if opens or closes:
                week.append(_stretch(weekday, opens, closes))
    return week


def _stretch(weekday: int, opens: str, closes: str) -> Stretch:
    try:
        return Stretch(weekday, clock(opens), clock(closes))
    except ValueError:
        raise TimeError(weekday) from None
