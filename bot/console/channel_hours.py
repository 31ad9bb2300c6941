"""The page of business hours: the week, and the coming days on which it does not count."""

from collections.abc import Mapping

from fastapi import APIRouter
from starlette.responses import Response

from bot.console.channel_parts import part_page, saved
from bot.console.frame import ConsoleFrame, Frame, PostedForm
from bot.console.setup_problems import CHANGED
from bot.pages.week_form import WeekFormError, read_week, week_form, write_week
from bot.services import opening_hours
from connectors.database.base import utc_now

DAYS_AHEAD = 180

router = APIRouter(prefix="/channels/hours")


@router.get("")
def show_hours(frame: ConsoleFrame) -> Response:
    with frame.office.database.read() as session:
        week = opening_hours.read_week(session)
    return _page(frame, write_week(week), opening_hours.edition_of(week))


@router.post("")
def change_hours(frame: ConsoleFrame, form: PostedForm) -> Response:
    try:
        week = read_week(form)
        with frame.office.database.write() as session:
            opening_hours.change_week(session, week, form.get("edition", ""), frame.visitor.user.email)
    except WeekFormError as error:
        return _page(frame, form, form.get("edition", ""), error.problems)
    except opening_hours.HoursChangedError:
        return _page(frame, form, form.get("edition", ""), {"": CHANGED})
    return saved("/hours")


def _page(frame: Frame, fields: Mapping[str, str], edition: str, problems: Mapping[str, str] | None = None) -> Response:
    hours, language = frame.office.hours, frame.pages.language_of(frame.request)
    locale = frame.pages.languages[language].locale
    calendar = hours.calendar()
    coming = calendar.closed_within(utc_now(), DAYS_AHEAD)
    return part_page(
        frame,
        "hours",
        problems,
        week=week_form(fields, locale, problems),
        edition=edition,
        city=hours.city(language),
        closed=[(day, hours.name_of(day, name, language)) for day, name in coming],
    )
