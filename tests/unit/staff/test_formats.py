"""Dates, times and amounts on staff pages, by language."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from bot.pages.formats import Formats
from bot.texts import Texts
from connectors.settings import PROJECT_ROOT

TEXTS = Texts(PROJECT_ROOT / "data")
# 23:30 UTC is half past midnight of the next day in Prague.
LATE = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)


def _formats(language: str) -> Formats:
    return Formats(TEXTS.languages[language], ZoneInfo("Europe/Prague"))


@pytest.mark.parametrize(
    ("language", "written"), [("en", "21 Nov 2026, 00:30"), ("cs", "21. 11. 2026, 0:30"), ("fa", "۳۰ آبان ۱۴۰۵، ۰:۳۰")]
)
def test_a_moment_is_written_in_local_time_and_calendar(language: str, written: str) -> None:
    assert _formats(language).moment(LATE).replace("\xa0", " ") == written


@pytest.mark.parametrize(("minutes", "written"), [(0, "1 min"), (17, "17 mins"), (90, "90 mins"), (180, "3 hrs")])
def test_a_waiting_time_is_at_least_a_minute(minutes: int, written: str) -> None:
    assert _formats("en").duration(timedelta(minutes=minutes)) == written


def test_persian_amounts_and_numbers_have_persian_digits() -> None:
    formats = _formats("fa")
    assert formats.number(Decimal("1234.5")) == "۱٬۲۳۴٫۵"
    assert "۱۸۹٫۰۰" in formats.money(Decimal("189.00"), "EUR")


def test_todays_moments_are_brief_times_and_earlier_ones_are_days() -> None:
    formats = _formats("en")
    assert formats.brief(LATE, LATE + timedelta(hours=2)) == "00:30"
    assert formats.brief(LATE, LATE + timedelta(days=1)) == "21 Nov 2026"
    assert formats.day(date(2026, 3, 1)) == "1 Mar 2026"
