"""Business hours: the calendar of our tables and of the country's public holidays, and the names of its days."""

import re
from collections.abc import Callable
from datetime import date, datetime, time

import holidays
from babel.dates import get_timezone_location
from sqlalchemy import select

from automations.engine.closures import read_company_days
from automations.rules.business_calendar import BusinessCalendar, Stretch
from bot.texts import Texts
from connectors.database.base import utc_now
from connectors.database.models.service import OpeningHours
from connectors.database.session import Database
from connectors.settings import Settings

# The language of holiday names by which our own words for them are found.
REFERENCE_LANGUAGE = "en_US"


class BusinessHours:
    def __init__(
        self, database: Database, texts: Texts, settings: Settings, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._database = database
        self._texts = texts
        self._zone = settings.zone
        self._country = settings.holiday_country
        self.now = now

    def calendar(self) -> BusinessCalendar:
        """The hours as they are set at present; names of closed days are codes for `name_of`."""
        today = self.now().astimezone(self._zone).date()
        with self._database.read() as session:
            rows = session.scalars(select(OpeningHours)).all()
            company = read_company_days(session)
        week = [Stretch(row.weekday, time.fromisoformat(row.opens), time.fromisoformat(row.closes)) for row in rows]
        closed = {**self._holidays(today.year), **company.closed}
        return BusinessCalendar(
            self._zone, week, {day: name for day, name in closed.items() if day not in company.worked}
        )

    def city(self, language: str) -> str:
        """The city whose time the hours are in."""
        locale = self._texts.languages[language].locale
        return get_timezone_location(self._zone, locale=locale, return_city=True)

    def name_of(self, day: date, name: str, language: str) -> str:
        """A closed day's name in a language: our own word, else the holiday's as its country's calendar has it."""
        terms = self._texts.languages[language].terms
        if own := terms.get(f"closed_{_code(name)}"):
            return str(own)
        calendar = holidays.country_holidays(self._country)
        spoken = next((code for code in calendar.supported_languages if code.partition("_")[0] == language), None)
        if spoken is None or name != self._holidays(day.year).get(day):
            return name
        return str(holidays.country_holidays(self._country, years=day.year, language=spoken).get(day, name))

    def _holidays(self, year: int) -> dict[date, str]:
        return dict(
            holidays.country_holidays(self._country, years=(year, year + 1), language=REFERENCE_LANGUAGE).items()
        )


def _code(name: str) -> str:
    return "_".join(re.findall(r"[a-z]+", name.casefold()))
