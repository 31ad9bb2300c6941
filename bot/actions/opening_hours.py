"""Opening hours: whether people answer now, the week, and the next days on which nobody does."""

from datetime import date, datetime
from typing import Any

from automations.rules.business_calendar import BusinessCalendar, DaysAlike
from bot.actions.dialogue import Events, Talk, TalkAction
from bot.actions.greeting import language_of
from bot.services.business_hours import BusinessHours
from connectors.database.session import Database

AHEAD_DAYS = 14
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class ActionOpeningHours(TalkAction):
    action_name = "action_opening_hours"

    def __init__(self, database: Database, hours: BusinessHours) -> None:
        self._database = database
        self._hours = hours

    def act(self, talk: Talk) -> Events:
        calendar, now = self._hours.calendar(), self._hours.now()
        if not calendar.week:
            talk.say("hours_unknown")
            return []
        language = language_of(self._database, talk.conversation_id)
        closed = [
            {"key": "hours_closed_day", "day": day.isoformat(), "name": self._hours.name_of(day, name, language)}
            for day, name in calendar.closed_within(now, AHEAD_DAYS)
        ]
        week = [line for days in calendar.hours_of_week() for line in _describe_days(days)]
        city = self._hours.city(language)
        talk.say("opening_hours", now=describe_now(calendar, now), city=city, week=week, closed=closed)
        return []


def describe_now(calendar: BusinessCalendar, now: datetime) -> list[dict[str, Any]]:
    """Whether people answer now and until or from when, as an argument for `{now:list}` in a response."""
    if (until := calendar.closes_at(now)) is not None:
        return [{"key": "hours_open_now", "until": _clock(until, calendar)}]
    opening = calendar.next_opening(now)
    if opening is None:
        return [{"key": "hours_closed_now"}]
    local = opening.astimezone(calendar.zone)
    today = now.astimezone(calendar.zone).date()
    return [{"key": "hours_closed_now"}, {**_name_day(local.date(), today), "at": _clock(opening, calendar)}]


def _name_day(day: date, today: date) -> dict[str, Any]:
    match (day - today).days:
        case 0:
            return {"key": "hours_back_today"}
        case 1:
            return {"key": "hours_back_tomorrow"}
        case days if days < len(WEEKDAYS):
            return {"key": "hours_back_weekday", "weekday": f"on_{WEEKDAYS[day.weekday()]}"}
    return {"key": "hours_back_on", "day": day.isoformat()}


def _describe_days(days: DaysAlike) -> list[dict[str, Any]]:
    first, last = WEEKDAYS[days.first], WEEKDAYS[days.last]
    named = {"key": "hours_day", "day": first} if first == last else {"key": "hours_days", "first": first, "last": last}
    return [{**named, "opens": o.isoformat("minutes"), "closes": c.isoformat("minutes")} for o, c in days.hours]


def _clock(moment: datetime, calendar: BusinessCalendar) -> str:
    return moment.astimezone(calendar.zone).time().isoformat("minutes")
