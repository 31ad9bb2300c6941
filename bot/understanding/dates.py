"""Finds days in what a customer typed: as numbers, with the name of a month, of both calendars, or as "tomorrow"."""

import re
from datetime import date, timedelta

from bot.understanding import calendar_words as words
from bot.understanding.persian_calendar import from_persian
from bot.understanding.views import Found, View

_PERSIAN_YEARS = range(1300, 1500)
_PERSIAN_YEARS_BEHIND = 621
_OUR_YEARS = range(1900, 2100)
_CENTURY = 2000
# "24/7", fractions, and "9/10" when customers are asked how they liked it.
_NO_DAYS = re.compile(r"24/7|1/2|3/4|[1-5]/5|(?:[1-9]|10)/10")

_FREE = r"(?<![\w.,/:+-])"
_YEAR_FIRST = re.compile(rf"{_FREE}(\d{{4}})([-/.])\s?(\d{{1,2}})\2\s?(\d{{1,2}})(?!\d|[./:-]\d)")
_YEAR_LAST = re.compile(rf"{_FREE}(\d{{1,2}})([-/.])\s?(\d{{1,2}})\2\s?(\d{{4}}|(?<!-)[23]\d)(?!\d|[./:]\d)")
_WITHOUT_YEAR = (
    # Behind a house number with a slash comes a postcode.
    re.compile(rf"{_FREE}(\d{{1,2}})/(\d{{1,2}})(?!\d|[.,/:-]\d|,?\s\d{{3}} ?\d\d)"),
    re.compile(rf"{_FREE}(\d{{1,2}})\.\s?(\d{{1,2}})\.(?!\d|\s\d{{4}})"),
    re.compile(rf"(?:^\s{{0,3}}|(?<!\w)(?:{words.BEFORE_DAY}) )(\d{{1,2}})\.(\d{{1,2}})(?![\w.,/:-]|\s?[%\w])"),
    re.compile(rf"{_FREE}(\d{{1,2}})\.\s?(\d{{1,2}})\.?-(?:j?[ae]n|ig|i|re|ra)(?!\w)"),  # Hungarian "12.24-én"
)
_COMPACT = re.compile(r"(?<![\w.,/:+*-])\d{8}(?![\w%°*]|[.,/:-]\d)")


def _named(tables: dict[int, str], prefix: str) -> str:
    return "|".join(f"(?P<{prefix}{number}>{pattern})" for number, pattern in tables.items())


_MONTH = f"(?:{_named(words.MONTHS, 'ours')}|(?:{_named(words.PERSIAN_MONTHS, 'persian')})(?:\\s?ماه)?)(?!\\w)"
_YEAR = r"(?P<year>(?:13|14|19|20)\d\d)(?![\d-])"
_WITH_MONTH = (
    re.compile(
        rf"(?<![\w,/:+])(?<!\d[.-])(?P<day>\d{{1,2}})(?:{words.BEHIND_DAY})\s{{0,2}}{_MONTH}(?:\.?,?\s{{0,2}}{_YEAR})?"
    ),
    re.compile(
        rf"(?:(?<!\w){_YEAR.replace('year', 'first_year')}\.?\s{{1,2}})?(?<!\w){_MONTH}\.?\s{{1,2}}(?:the )?"
        rf"(?P<day>\d{{1,2}})(?![\d:/])(?:{words.BEHIND_MONTHS_DAY})(?:,?\s{{1,2}}{_YEAR})?"
    ),
)
_RELATIVE = re.compile(
    "(?<!\\w)(?:" + "|".join(f"(?P<d{days + 2}>{words.RELATIVE_DAYS[days]})" for days in range(-2, 3)) + ")(?!\\w)"
)
_HUNGARIAN_TODAY = re.compile(rf"(?<!\w){words.HUNGARIAN_TODAY}(?!\w)")
_HUNGARIAN_WORD = re.compile(rf"(?<!\w)(?:{words.HUNGARIAN_WORDS})(?!\w)")
_WEEKDAY = re.compile(
    rf"(?<!\w)(?:(?P<past>{words.PAST_BEFORE}) )?(?:{_named(words.WEEKDAYS, 'weekday')})(?!\w)"
    rf"(?: (?P<gone>{words.PAST_BEHIND})(?!\w))?"
)


def find_numeric_days(view: View, today: date) -> Found:
    """2026-12-24, 24.12.2026, 1405/10/03, and without its year 24/12."""
    for match in _YEAR_FIRST.finditer(view.text):
        yield from _found(*match.span(), _day(int(match[1]), int(match[3]), int(match[4])))
    for match in _YEAR_LAST.finditer(view.text):
        year = int(match[4]) + (_CENTURY if len(match[4]) == 2 else 0)
        day, month = _day_and_month(int(match[1]), int(match[3]))
        yield from _found(*match.span(), _day(year, month, day))
    for pattern in _WITHOUT_YEAR:
        for match in pattern.finditer(view.text):
            day, month = _day_and_month(int(match[1]), int(match[2]))
            if not _NO_DAYS.fullmatch(match[0]):
                yield from _found(match.start(1), match.end(), _nearest(month, day, today))


def find_compact_days(view: View) -> Found:
    for match in _COMPACT.finditer(view.text):
        yield from _found(*match.span(), read_compact_date(match[0]))


def find_days_in_words(view: View, today: date) -> Found:
    """ "24. prosince", "December 24, 2026", "۳ دی", "tomorrow", "last Monday"."""
    for pattern in _WITH_MONTH:
        for match in pattern.finditer(view.text):
            yield from _found(*match.span(), _named_day(match.groupdict(), today))
    for match in _RELATIVE.finditer(view.text):
        yield from _found(*match.span(), today + timedelta(days=int((match.lastgroup or "d2")[1:]) - 2))
    for match in _WEEKDAY.finditer(view.text):
        yield from _found(*match.span(), _weekday(match.groupdict(), today))
    yield from _hungarian_today(view, today)


def _hungarian_today(view: View, today: date) -> Found:
    is_hungarian = view.text.strip(" .!?") == words.HUNGARIAN_TODAY or _HUNGARIAN_WORD.search(view.text)
    for match in _HUNGARIAN_TODAY.finditer(view.text):
        if is_hungarian and view.typed_text(*match.span()).isascii():
            yield from _found(*match.span(), today)


def read_compact_date(digits: str) -> date | None:
    """20240117, 17012024 and, of the Persian calendar, 14030512."""
    if len(digits) != 8:
        return None
    return _day(int(digits[:4]), int(digits[4:6]), int(digits[6:])) or _day(
        int(digits[4:]), int(digits[2:4]), int(digits[:2])
    )


def _found(start: int, end: int, day: date | None) -> Found:
    if day is not None:
        yield start, end, day.isoformat()


def _day_and_month(first: int, second: int) -> tuple[int, int]:
    """Day first, as all our languages but American English write; 12/24 can only be the other way round."""
    return (second, first) if second > 12 else (first, second)


def _day(year: int, month: int, day: int) -> date | None:
    """The day in the calendar to which such a year belongs."""
    try:
        if year in _PERSIAN_YEARS:
            return from_persian(year, month, day)
        return date(year, month, day) if year in _OUR_YEARS else None
    except ValueError:
        return None


def _nearest(month: int, day: int, today: date, *, is_persian: bool = False) -> date | None:
    """Without its year a day is the nearest one: few customers speak of a day that is half a year away."""
    year = today.year - (_PERSIAN_YEARS_BEHIND if is_persian else 0)
    days = [_day(near_year, month, day) for near_year in range(year - 1, year + 2)]
    return min((each for each in days if each), key=lambda each: abs(each - today), default=None)


def _named_day(read: dict[str, str | None], today: date) -> date | None:
    name = next(name for name, text in read.items() if text and name.startswith(("ours", "persian")))
    is_persian = name.startswith("persian")
    month, day = int(name.removeprefix("persian").removeprefix("ours")), int(read["day"] or 0)
    year = int(read["year"] or read.get("first_year") or 0)
    if not year:
        return _nearest(month, day, today, is_persian=is_persian)
    return _day(year, month, day) if (year in _PERSIAN_YEARS) == is_persian else None


def _weekday(read: dict[str, str | None], today: date) -> date:
    """The coming one, or the one before today when it is said to be past; never today."""
    weekday = next(number for number in range(7) if read[f"weekday{number}"])
    if read["past"] or read["gone"]:
        return today - timedelta(days=(today.weekday() - weekday - 1) % 7 + 1)
    return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)
