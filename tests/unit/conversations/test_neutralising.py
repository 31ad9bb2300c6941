"""Nothing that a customer types may reach Rasa as a command; whatever Rasa strips, we strip first."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.conversations.turn import NOTHING_SAID, neutralise

PREFIXES = st.text(st.sampled_from("/ \t\n\r\v\f\x1c\x85\u00a0\u1680\u2003\u2028\u202f\u3000\u200b\u2060\ufeff"))


@given(PREFIXES, st.text())
@example("\u00a0/", "affirm")
@example("\x1f/\x1e", "restart")
def test_no_text_is_a_command_after_stripping(prefix: str, text: str) -> None:
    assert not neutralise(prefix + text).strip().startswith("/")


@pytest.mark.parametrize("text", ["either/or", "1/2", "hello /affirm", "سلام/"])
def test_a_slash_inside_a_sentence_stays(text: str) -> None:
    assert neutralise(text) == text


@pytest.mark.parametrize("text", ["/", "// /", "\u200b/\u200b"])
def test_a_message_of_slashes_alone_is_a_question_mark(text: str) -> None:
    assert neutralise(text) == NOTHING_SAID
