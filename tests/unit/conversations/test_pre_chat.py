"""The form before a chat: what is missing or wrong is named by field, what is right is kept clean."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.pre_chat import PreChatInvalidError, check_answers, claimed_email, claimed_name
from bot.channels.setup_model import PreChatField
from bot.conversations.opening import Answer

NAME = PreChatField(name="name", kind="text", is_required=True, labels={"en": "Your name"})
EMAIL = PreChatField(name="email", kind="email", labels={"en": "E-mail"})
TOPIC = PreChatField(
    name="topic",
    kind="choice",
    is_required=True,
    labels={"en": "Topic", "cs": "Téma"},
    choices={"en": ("Order", "Other"), "cs": ("Objednávka", "Jiné")},
)
STORY = PreChatField(name="story", kind="long_text", labels={"en": "What happened?"})
TERMS = PreChatField(name="terms", kind="consent", is_required=True, labels={"en": "I agree"})
FORM = (NAME, EMAIL, TOPIC, STORY, TERMS)
RIGHT: dict[str, str | bool] = {
    "name": "Emma Novak",
    "email": "Emma@Example.com ",
    "topic": "Objednávka",
    "story": "One\ntwo",
    "terms": True,
}


def problems(**changes: str | bool) -> dict[str, str]:
    try:
        check_answers(FORM, {**RIGHT, **changes})
    except PreChatInvalidError as error:
        return dict(error.fields)
    return {}


def test_right_answers_are_kept_in_the_order_of_the_form_with_their_questions() -> None:
    answers = check_answers(FORM, RIGHT)
    assert [(one.name, one.value) for one in answers] == [
        ("name", "Emma Novak"),
        ("email", "Emma@Example.com"),
        ("topic", "Objednávka"),
        ("story", "One\ntwo"),
        ("terms", "yes"),
    ]
    assert answers[2].labels == {"en": "Topic", "cs": "Téma"}
    assert (claimed_name(answers), claimed_email(FORM, answers)) == ("Emma Novak", "emma@example.com")


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"name": " "}, {"name": "required"}),
        ({"name": True}, {"name": "required"}),
        ({"name": "\u202e\u2066"}, {"name": "required"}),
        ({"name": "x" * 201}, {"name": "too_long"}),
        ({"email": ""}, {}),
        ({"email": "emma"}, {"email": "email"}),
        ({"email": "emma@example"}, {"email": "email"}),
        ({"email": "emma@exa mple.com"}, {"email": "email"}),
        ({"email": "a@b.c,d@e.f"}, {"email": "email"}),
        ({"email": "<b>@x.y"}, {"email": "email"}),
        ({"topic": "Anything"}, {"topic": "invalid"}),
        ({"topic": ""}, {"topic": "required"}),
        ({"terms": False}, {"terms": "required"}),
        ({"terms": "no"}, {"terms": "invalid"}),
        ({"story": "x" * 2001}, {"story": "too_long"}),
        ({"name": "", "topic": "?"}, {"name": "required", "topic": "invalid"}),
        ({"unknown": "what an earlier form asked"}, {}),
    ],
)
def test_what_is_missing_or_wrong_is_named(changes: dict[str, str | bool], codes: dict[str, str]) -> None:
    assert problems(**changes) == codes


def test_direction_and_control_characters_are_taken_out_and_markup_stays_text() -> None:
    (name, *_) = check_answers((NAME,), {"name": "Em\u202ema\x00\n<script>"})
    assert name.value == "Emma <script>"


@given(st.dictionaries(st.sampled_from([one.name for one in FORM]), st.one_of(st.text(), st.booleans())))
def test_whatever_is_sent_is_either_right_or_refused_by_field(given: dict[str, str | bool]) -> None:
    refused: dict[str, str] = {}
    answers: Sequence[Answer] = ()
    try:
        answers = check_answers(FORM, given)
    except PreChatInvalidError as error:
        refused = dict(error.fields)
    assert bool(refused) != bool(answers)
    assert set(refused) <= {one.name for one in FORM}
    assert all(answer.value and "\x00" not in answer.value for answer in answers)
