"""Schedules are told in words that mean the same as their cron line."""

import pytest

from automations.rules.cron import CronSchedule
from bot.console.words import Words
from tests.unit.console.translated import WordsOf


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
    assert words_of("en").cron(cron) == sentence


def test_either_day_and_both_days_are_told_apart(words_of: WordsOf) -> None:
    """Cron fires on either of two restricted day fields, but on both where one begins with a star."""
    either, both = "0 7 1 * fri", "0 7 */2 * fri"
    assert CronSchedule.parse(either).is_either_day
    assert words_of("en").cron(either) == "On day 1 of the month and also Friday at 07:00"
    assert not CronSchedule.parse(both).is_either_day
    assert " if it is Friday at 07:00" in words_of("en").cron(both)


@pytest.mark.parametrize(("language", "expected"), [("cs", "Pondělí až pátek v 06:30"), ("fa", "ساعت ۰۶:۳۰")])
def test_other_languages_have_their_own_words_and_digits(words_of: WordsOf, language: str, expected: str) -> None:
    assert expected in words_of(language).cron("30 6 * * mon-fri")


def test_an_unreadable_line_is_shown_as_it_is(words_of: WordsOf) -> None:
    words: Words = words_of("en")
    assert words.cron("at dawn") == "at dawn"
