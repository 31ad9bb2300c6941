"""Days are found as six languages write them, in two calendars, and resolved against the day of the message."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from persiantools.jdatetime import JalaliDate

from bot.understanding.extractor import extract_entities
from bot.understanding.persian_calendar import from_persian
from tests.unit.understanding.reading import values


@pytest.mark.parametrize(
    "typed",
    [
        "2026-12-24",
        "24.12.2026",
        "24. 12. 2026",
        "24/12/2026",
        "12/24/2026",
        "24.12.26",
        "24/12",
        "deliver on 24.12",
        "24.12.",
        "2026. 12. 24.",
        "2026.12.24",
        "12.24-én érkezzen",
        "24. prosince",
        "24 prosince 2026",
        "december 24",
        "December 24th, 2026",
        "the 24th of December",
        "24 Dec 2026",
        "december 24-én",
        "2026. december 24-ig",
        "dec. 24-re",
        "24. desember",
        "þann 24. des. 2026",
        "24 декабря",
        "24-го декабря 2026",
        "к 24 дек",
        "1405/10/03",
        "۱۴۰۵/۱۰/۰۳",
        "۳ دی",
        "۳ دی‌ماه ۱۴۰۵",
        "3 دی 1405",
        "۲۴ دسامبر",
        "20261224",
        "24122026",
        "14051003",
    ],
)
def test_christmas_eve_has_one_form(typed: str) -> None:
    assert values(typed, "date") == ["2026-12-24"]


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("today", "2026-11-21"),
        ("is it coming tomorrow?", "2026-11-22"),
        ("the day after tomorrow", "2026-11-23"),
        ("it was due yesterday", "2026-11-20"),
        ("přijde to dneska?", "2026-11-21"),
        ("zitra", "2026-11-22"),
        ("pozítří", "2026-11-23"),
        ("včera", "2026-11-20"),
        ("nyitva van ma az üzlet?", "2026-11-21"),
        ("ma", "2026-11-21"),
        ("holnapra", "2026-11-22"),
        ("holnapután", "2026-11-23"),
        ("a tegnapi rendelés", "2026-11-20"),
        ("kemur þetta í dag", "2026-11-21"),
        ("a morgun", "2026-11-22"),
        ("hinn daginn", "2026-11-23"),
        ("átti að koma í gær", "2026-11-20"),
        ("امروز", "2026-11-21"),
        ("فردا میاد؟", "2026-11-22"),
        ("پس‌فردا", "2026-11-23"),
        ("دیروز", "2026-11-20"),
        ("сегодня", "2026-11-21"),
        ("завтра утром", "2026-11-22"),
        ("послезавтра", "2026-11-23"),
        ("вчера", "2026-11-20"),
    ],
)
def test_a_day_is_counted_from_today(typed: str, day: str) -> None:
    assert values(typed, "date") == [day]


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("on Monday", "2026-11-23"),
        ("last Monday", "2026-11-16"),
        ("saturday", "2026-11-28"),  # today is one: the coming one is a week away
        ("ve středu", "2026-11-25"),
        ("minulou středu", "2026-11-18"),
        ("szerdán", "2026-11-25"),
        ("múlt hétfőn", "2026-11-16"),
        ("á föstudaginn", "2026-11-27"),
        ("síðasta mánudag", "2026-11-16"),
        ("سه‌شنبه", "2026-11-24"),
        ("5 شنبه", "2026-11-26"),
        ("دوشنبه گذشته", "2026-11-16"),
        ("в пятницу", "2026-11-27"),
        ("в прошлый понедельник", "2026-11-16"),
    ],
)
def test_a_weekday_is_the_coming_one_or_said_to_be_past(typed: str, day: str) -> None:
    assert values(typed, "date") == [day]


@pytest.mark.parametrize(
    ("typed", "day"),
    [("5 November", "2026-11-05"), ("3. ledna", "2027-01-03"), ("1 تیر", "2026-06-22"), ("5. 11.", "2026-11-05")],
)
def test_a_day_without_its_year_is_the_nearest(typed: str, day: str) -> None:
    assert values(typed, "date") == [day]


@pytest.mark.parametrize(
    "typed",
    [
        "open 24/7",
        "9/10",
        "5/5 super",
        "31.11.2026",
        "30. února",
        "1405/13/01",
        "10:30",
        "v. 2.1",
        "má objednávka",  # Czech: my order, not Hungarian today
        "kde je ma objednavka",
        "ten may come",
        "már 2 hete várok",
        "۲ می خوام",
        "Husova 5/12, 110 00 Praha",
        "ORD-2026-1042",
        "20250042",
        "завтрак",
    ],
)
def test_other_text_is_no_day(typed: str) -> None:
    assert values(typed, "date") == []


@given(st.dates(date(1300 + 621, 4, 1), date(2120, 1, 1)))
def test_the_persian_calendar_is_that_of_iran(day: date) -> None:
    persian = JalaliDate(day)  # type: ignore[no-untyped-call]
    assert from_persian(persian.year, persian.month, persian.day) == day


@pytest.mark.parametrize(
    ("year", "month", "day"), [(1404, 12, 30), (1405, 7, 31), (1405, 13, 1), (1405, 1, 0), (1600, 1, 1)]
)
def test_a_persian_day_that_is_not_there_is_refused(year: int, month: int, day: int) -> None:
    with pytest.raises(ValueError, match=str(year)):
        from_persian(year, month, day)


_DAYS = st.dates(date(2001, 1, 1), date(2089, 12, 31))
_SHAPES = st.sampled_from(
    ["{0:%Y-%m-%d}", "{0:%d.%m.%Y}", "{0.day}. {0.month}. {0.year}", "{0:%Y. %m. %d.}", "{0:%d %B %Y}"]
)


@given(day=_DAYS, today=_DAYS, shape=_SHAPES)
def test_a_day_with_its_year_needs_no_today(day: date, today: date, shape: str) -> None:
    (found,) = extract_entities(f"deliver on {shape.format(day)} please", today)
    assert (found.kind, found.value) == ("date", day.isoformat())


@given(day=_DAYS, today=_DAYS)
def test_a_day_without_its_year_is_never_further_than_a_leap_day_allows(day: date, today: date) -> None:
    for found in extract_entities(f"{day.day}. {day.month}.", today):
        assert abs(date.fromisoformat(found.value) - today) <= timedelta(days=366 + 184)
