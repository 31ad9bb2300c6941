"""What is read out of texts in the inbox: places to fill in, names that are called, hours, moments, searches."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.staff.canned_replies import fill, open_places
from bot.staff.inbox_live import read_event_id
from bot.staff.notes import mentioned_in
from bot.staff.snoozing import SnoozeError, read_moment, snooze_choices
from connectors.database.models.people import User
from connectors.folded_text import fold
from connectors.settings import PROJECT_ROOT

PRAGUE = ZoneInfo("Europe/Prague")
SUNDAY_NOON = datetime(2026, 11, 22, 11, tzinfo=UTC)
TEAM = [
    User(id=name, name=name, email=f"{mail}@example.com")
    for name, mail in [("Jana", "jana"), ("Jana Dvořáková", "dvorakova"), ("Tomáš Novák", "tomas"), ("Þór", "thor")]
]


def test_a_prepared_answer_is_filled_in_and_what_is_not_known_stays_to_be_filled_in() -> None:
    text = "Hello {name}, order {order} {left alone} is {agent}'s."
    filled = fill(text, {"name": "Eva", "agent": "Jana", "order": None})
    assert filled == "Hello Eva, order {order} {left alone} is Jana's."
    assert open_places(filled) == ["{order}"]


def test_a_name_with_braces_in_it_is_not_filled_in_again() -> None:
    assert fill("{name}", {"name": "{agent}", "agent": "Jana"}) == "{agent}"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("@Jana look", ["Jana"]),
        ("please, @jana dvořáková!", ["Jana Dvořáková"]),
        ("@Jana Dvořák is nobody's full name", ["Jana"]),
        ("@tomas and @Þór and @tomas again", ["Tomáš Novák", "Þór"]),
        ("@Janas", []),
        ("write to jana@example.com", []),
        ("@@Jana", ["Jana"]),
        ("@nobody", []),
        ("", []),
    ],
)
def test_colleagues_are_named_by_their_name_or_by_what_stands_before_the_at_of_their_mail(
    text: str, named: list[str]
) -> None:
    assert [user.name for user in mentioned_in(text, TEAM)] == named


def test_tomorrow_and_monday_mean_the_morning_in_the_companys_time() -> None:
    choices = dict(snooze_choices(SUNDAY_NOON - timedelta(days=1), PRAGUE))
    assert choices["hour"] == datetime(2026, 11, 21, 12, tzinfo=UTC)
    assert choices["tomorrow"] == datetime(2026, 11, 22, 9, tzinfo=PRAGUE)
    assert choices["monday"] == datetime(2026, 11, 23, 9, tzinfo=PRAGUE)


def test_on_a_sunday_the_next_morning_is_offered_once_and_both_words_for_it_are_understood() -> None:
    assert [name for name, _moment in snooze_choices(SUNDAY_NOON, PRAGUE)] == ["hour", "three_hours", "tomorrow"]
    for wanted in ("tomorrow", "monday"):
        assert read_moment(wanted, SUNDAY_NOON, PRAGUE) == datetime(2026, 11, 23, 9, tzinfo=PRAGUE)


def test_a_moment_of_ones_own_is_local_time_and_lies_ahead() -> None:
    assert read_moment("2026-11-22T12:30", SUNDAY_NOON, PRAGUE) == datetime(2026, 11, 22, 11, 30, tzinfo=UTC)
    for wanted in ("2026-11-22T12:00", "2028-01-01T00:00", "soon", ""):
        with pytest.raises(SnoozeError):
            read_moment(wanted, SUNDAY_NOON, PRAGUE)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Objednávka č. 5", "OBJEDNAVKA C. 5"),
        ("Þórður", "THORDUR"),
        ("Привет", "ПРИВЕТ"),
        ("كتاب‌ها", "کتاب ها"),
        ("  two\n words ", "two words"),
    ],
)
def test_spellings_of_one_word_are_found_alike(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@given(text=st.text(max_size=200))
def test_what_was_folded_once_folds_to_itself(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize("written", ["", "log=zzzzzzzzzz", "log", "../etc=0123456789", "x" * 5000, "log=0123456789abc"])
def test_an_event_id_that_is_not_ours_says_nothing(written: str) -> None:
    assert read_event_id(written) == {}


def test_an_event_id_names_the_parts_that_a_page_has() -> None:
    assert read_event_id("log=0123456789,inbox-list=abcdefabcd") == {"log": "0123456789", "inbox-list": "abcdefabcd"}


def test_the_demos_prepared_answers_are_the_same_in_every_language() -> None:
    files = (PROJECT_ROOT / "data").glob("*/demo_replies.yml")
    by_language = {file.parent.name: yaml.safe_load(file.read_text()) for file in files}
    assert set(by_language) == {"en", "cs", "hu", "is", "fa", "ru"}
    for replies in by_language.values():
        places = {shortcut: sorted(open_places(text)) for shortcut, text in replies.items()}
        assert places == {shortcut: sorted(open_places(text)) for shortcut, text in by_language["en"].items()}
