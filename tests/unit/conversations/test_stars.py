"""A rating may be typed as well as pressed."""

import pytest

from bot.conversations.stars import read_stars, star_button, star_buttons


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("5", 5),
        (" 4 ", 4),
        ("۵", 5),
        ("3/5", 3),
        ("5 out of 5!", 5),
        ("five", 5),
        ("Five stars!", 5),
        ("1 star", 1),
        ("I give you five stars, thanks", 5),
        ("★★★★", 4),
        ("⭐⭐⭐⭐⭐⭐⭐", 5),
        ("pět hvězdiček", 5),
        ("dávám 4 hvězdy", 4),
        ("5 z 5", 5),
        ("öt csillag", 5),
        ("ot csillag", 5),
        ("4 csillagot adok", 4),
        ("fimm stjörnur", 5),
        ("tvaer stjornur", 2),
        ("پنج ستاره", 5),
        ("۴ ستاره می‌دم", 4),
        ("пять звёзд", 5),
        ("ставлю 3 звезды", 3),
    ],
)
def test_a_rating_is_read_however_it_is_typed(text: str, score: int) -> None:
    assert read_stars(text) == score


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "6",
        "10482",
        "55",
        "2 lamps",
        "where is order 5",
        "no",
        "3 or 4 stars, 4 stars rather",
        "do you sell a string of lights with five stars on it in your shop",
        "نه",
        "5 days late",
    ],
)
def test_what_is_no_rating_is_not_taken_for_one(text: str) -> None:
    assert read_stars(text) is None


def test_a_score_stands_for_the_button_with_as_many_stars() -> None:
    buttons = [{"title": button.title, "payload": button.payload} for button in star_buttons(3)]
    assert star_button(buttons, 2) == {"title": "★★☆☆☆", "payload": '/feedback{"rating":"2","stretch":"3"}'}


def test_other_buttons_stand_for_no_score() -> None:
    assert star_button([{"title": "Skip", "payload": "/skip"}], 5) is None
