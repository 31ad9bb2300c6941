"""What may be set up for the chat: readable colours, complete languages, questions that can be asked, real origins."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.channels.completeness import OwnText, completeness_of
from bot.channels.contrast import contrast_of
from bot.channels.named_entries import leave_out, move, put
from bot.channels.product_texts import product_texts
from bot.channels.setup_model import OWN_TEXTS, PreChatField, ProactiveMessage, Theme, WebSetup
from bot.console.setup_problems import problems_of
from bot.texts import Texts
from connectors.settings import DATA_FOLDER

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
LANGUAGES = ("en", "cs", "fa")
EMAIL = PreChatField(name="email", kind="email", labels={"en": "E-mail", "cs": "E-mail"})
TOPIC = PreChatField(
    name="topic", kind="choice", labels={"en": "Topic"}, choices={"en": ("Order", "Other"), "fa": ("سفارش", "دیگر")}
)
HELLO = ProactiveMessage(name="hello", texts={"cs": "Můžeme pomoci?"})


def problems(made: type[Any], **given: Any) -> dict[str, str]:
    with pytest.raises(ValidationError) as caught:
        made(**given)
    return dict(problems_of(caught.value))


@pytest.mark.parametrize(
    ("colour", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#777777", "#ffffff", 4.48),
        ("#1f5a4a", "#ffffff", 8.02),
        ("#123456", "#123456", 1),
    ],
)
def test_contrast_is_that_of_the_guidelines(colour: str, other: str, ratio: float) -> None:
    assert contrast_of(colour, other) == pytest.approx(ratio, abs=0.05)
    assert contrast_of(colour, other) == contrast_of(other, colour)


@given(COLOURS)
def test_white_or_black_can_always_be_read(colour: str) -> None:
    assert max(contrast_of(colour, "#ffffff"), contrast_of(colour, "#000000")) >= 4.5


def test_colours_that_nobody_can_read_are_refused() -> None:
    assert Theme(accent="#1f5a4a", on_accent="#ffffff").on_accent == "#ffffff"
    assert problems(Theme, accent="#ffee00", on_accent="#ffffff") == {"": "contrast_too_low"}
    assert problems(Theme, on_accent="#ffffff") == {"": "on_accent_alone"}
    assert problems(Theme, accent="red; } * { display: none") == {"accent": "bad_form"}


def test_a_question_needs_english_and_as_many_answers_in_every_language() -> None:
    about = {"name": "topic", "kind": "choice", "labels": {"en": "Topic"}}
    assert problems(PreChatField, **about) == {"choices": "needs_english_choices"}
    assert problems(PreChatField, **about, choices={"en": ["A", "B"], "cs": ["A"]}) == {"choices": "choices_differ"}
    assert problems(PreChatField, **about, choices={"en": ["A", "A"]}) == {"choices": "choice_twice"}
    assert problems(PreChatField, name="a", kind="text", labels={"cs": "Téma"}) == {"labels": "needs_english"}
    assert problems(PreChatField, name="A b", kind="text", labels={"en": "A"}) == {"name": "bad_form"}
    assert PreChatField(name="a", kind="text", labels={"en": "A"}, choices={"en": ["left", "over"]}).choices == {}


@pytest.mark.parametrize(
    "origin",
    ["shop.example", "javascript://x", "https://me:pw@shop.example", "https://*", "null", "https://a b.example"],
)
def test_what_is_no_origin_is_refused(origin: str) -> None:
    assert problems(WebSetup, allowed_origins=[origin]) == {"allowed_origins": "bad_form"}


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://Shop.Example:443/cart?x=1#top", "https://shop.example"),
        ("http://localhost:3000/", "http://localhost:3000"),
        ("https://obchod-škoda.cz", "https://xn--obchod-koda-mhc.cz"),
    ],
)
def test_of_an_address_only_the_origin_is_kept_as_browsers_name_it(address: str, origin: str) -> None:
    assert WebSetup(allowed_origins=(address, address)).allowed_origins == (origin,)


def test_two_questions_have_two_names() -> None:
    assert problems(WebSetup, pre_chat=[EMAIL, EMAIL]) == {"pre_chat": "name_taken"}


def test_a_language_is_complete_when_it_has_what_any_other_has() -> None:
    setup = WebSetup(texts={"cs": {"heading": "Ahoj"}}, pre_chat=(EMAIL, TOPIC), proactive=(HELLO,))
    states = completeness_of(setup, LANGUAGES)
    assert [states[language].wanted for language in LANGUAGES] == [5, 5, 5]
    assert states["en"].missing == (OwnText("proactive", "hello"), OwnText("text", "heading"))
    assert states["cs"].missing == (OwnText("choices", "topic"), OwnText("label", "topic"))
    assert states["fa"].written == 1
    assert not states["fa"].is_complete


def test_without_own_words_every_language_is_complete() -> None:
    assert all(state.is_complete for state in completeness_of(WebSetup(), LANGUAGES).values())


def test_entries_are_put_moved_and_left_out_by_name() -> None:
    entries = [EMAIL, TOPIC]
    assert [one.name for one in move(entries, "topic", -1)] == ["topic", "email"]
    assert [one.name for one in move(entries, "topic", 1)] == ["email", "topic"]
    assert [one.name for one in move(entries, "gone", 1)] == ["email", "topic"]
    assert [one.name for one in leave_out(entries, "email")] == ["topic"]
    changed = EMAIL.model_copy(update={"is_required": True})
    assert put(entries, "email", changed) == [changed, TOPIC]
    assert put([TOPIC], "email", changed) == [TOPIC, changed]


@given(st.integers(-5, 5), st.sampled_from(["a", "b", "c"]))
def test_moving_loses_nothing(by: int, name: str) -> None:
    entries = [PreChatField(name=one, kind="text", labels={"en": one}) for one in "abc"]
    assert sorted(one.name for one in move(entries, name, by)) == ["a", "b", "c"]


@pytest.mark.parametrize("language", ["en", "cs", "hu", "is", "fa", "ru"])
def test_the_product_has_its_own_words_for_every_text(language: str) -> None:
    texts = product_texts(Texts(DATA_FOLDER), language)
    assert set(texts) == set(OWN_TEXTS)
    assert all(texts.values())
