"""Schedules are told in words that mean the same as their cron line."""

import pytest

from automations.rules.cron import CronSchedule
from bot.console.words import Words
from tests.unit.console.translated import WordsOf


def line(cron: str) -> dict[str, str]:
    return {"kind": "cron", "line": cron}


@pytest.mark.parametrize(
    ("cron", "sentence"),
    [
        ("30 6 * * mon-fri", "Monday to Friday at 06:30"),
        ("30 6 * * 1-5", "Monday to Friday at 06:30"),
        ("0 8,12 * * *", "Every day at 08:00 and 12:00"),
        ("* * * * *", "Every day every minute"),
        ("*/15 * * * *", "Every day every 15 minutes"),
        ("0 * * * *", "Every day every hour at minute 0"),
        ("5 */2 * * *", "Every day every 2 hours at minute 5"),
        ("*/10 8-17 * * mon", "Monday every 10 minutes in the hours 8 to 17"),
        ("1,7 8-17 * * mon", "Monday at minute 1 and 7 in the hours 8 to 17"),
        ("0 7 1 * *", "On day 1 of the month at 07:00"),
        ("0 7 1,15 * *", "On day 1 and 15 of the month at 07:00"),
        ("0 7 1 1,7 *", "On day 1 of the month at 07:00, only in January and July"),
        ("0 7 * * 0", "Sunday at 07:00"),
        ("0 7 * * 7", "Sunday at 07:00"),
        ("0 7 * * sat,sun", "Saturday and Sunday at 07:00"),
        ("0 7 * * fri-sun,mon", "Monday and Friday to Sunday at 07:00"),
    ],
)
def test_a_cron_line_is_told_in_words(words_of: WordsOf, cron: str, sentence: str) -> None:
    assert words_of("en").timing(line(cron)) == sentence


def test_either_day_and_both_days_are_told_apart(words_of: WordsOf) -> None:
    """Cron fires on either of two restricted day fields, but on both where one begins with a star."""
    either, both = "0 7 1 * fri", "0 7 */2 * fri"
    assert CronSchedule.parse(either).is_either_day
    assert words_of("en").timing(line(either)) == "On day 1 of the month and also Friday at 07:00"
    assert not CronSchedule.parse(both).is_either_day
    assert " if it is Friday at 07:00" in words_of("en").timing(line(both))


@pytest.mark.parametrize(("language", "expected"), [("cs", "Pondělí až pátek v 06:30"), ("fa", "ساعت ۰۶:۳۰")])
def test_other_languages_have_their_own_words_and_digits(words_of: WordsOf, language: str, expected: str) -> None:
    assert expected in words_of(language).timing(line("30 6 * * mon-fri"))


def test_an_unreadable_line_is_shown_as_it_is(words_of: WordsOf) -> None:
    words: Words = words_of("en")
    assert words.timing(line("at dawn")) == "at dawn"


def month_day(rule: str, **fields: object) -> dict[str, object]:
    return {"kind": "month_day", "rule": rule, "time": "18:00", **fields}


@pytest.mark.parametrize(
    ("timing", "sentence"),
    [
        (month_day("last_working_day"), "Last working day of each month at 18:00"),
        (month_day("last_day"), "Last day of each month at 18:00"),
        (month_day("nth_working_day", n=3), "Working day 3 of each month at 18:00"),
        (month_day("nth_last_working_day", n=1), "Last working day of each month at 18:00"),
        (month_day("nth_weekday", n=1, weekday="mon"), "First Monday of each month at 18:00"),
        (month_day("nth_weekday", n=-1, weekday="fri"), "Last Friday of each month at 18:00"),
        (month_day("day_of_month", day=31), "Last day of each month at 18:00"),
        (
            month_day("day_of_month", day=25, move="previous", months=[3, 12]),
            "On day 25 of the month at 18:00, only in March and December, on a day off the working day before",
        ),
        ({"kind": "interval", "minutes": 45}, "Every 45 minutes"),
        ({"kind": "interval", "minutes": 60}, "Every hour"),
        ({"kind": "interval", "minutes": 90}, "Every 90 minutes"),
        (
            {"kind": "interval", "minutes": 2880, "starts_at": "2026-11-23T06:00"},
            "Every 48 hours, counted from 2026-11-23 06:00",
        ),
    ],
)
def test_other_timings_are_told_in_words(words_of: WordsOf, timing: dict[str, object], sentence: str) -> None:
    assert words_of("en").timing(timing) == sentence


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("cs", "Poslední pracovní den každého měsíce v 18:00"),
        ("hu", "Minden hónap utolsó munkanapja, 18:00 órakor"),
        ("is", "Síðasti virki dagur hvers mánaðar kl. 18:00"),
        ("fa", "آخرین روز کاری هر ماه ساعت ۱۸:۰۰"),
        ("ru", "Последний рабочий день каждого месяца в 18:00"),
    ],
)
def test_the_last_working_day_is_told_in_every_language(words_of: WordsOf, language: str, sentence: str) -> None:
    assert words_of(language).timing(month_day("last_working_day")) == sentence


@pytest.mark.parametrize("weekday", ["mon", "tue", "wed", "thu", "fri", "sat", "sun"])
def test_russian_ordinals_follow_the_gender_of_the_weekday(words_of: WordsOf, weekday: str) -> None:
    told = words_of("ru").timing(month_day("nth_weekday", n=2, weekday=weekday))
    ending = {"wed": "я", "fri": "я", "sat": "я", "sun": "е"}.get(weekday, "й")
    assert told.startswith(f"2-{ending} ")
