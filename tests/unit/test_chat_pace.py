"""How fast Telegram may be written to."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels import telegram_pace
from bot.channels.pace import Pace
from bot.channels.telegram_pace import ChatPace

KARL, GROUP = 73, -500


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_chat_that_got_nothing_yet_gets_its_message_at_once() -> None:
    assert ChatPace(Pace(), Clock()).wait(KARL) == 0


def test_a_chat_gets_one_message_a_second_and_others_do_not_wait_for_it() -> None:
    clock = Clock()
    pace = ChatPace(Pace(), clock)
    pace.sent(KARL)
    clock.now += 0.25
    assert pace.wait(KARL) == pytest.approx(0.75)
    assert pace.wait(GROUP) == 0
    clock.now += 0.75
    assert pace.wait(KARL) == 0


def test_a_chat_that_telegram_holds_waits_for_as_long_as_telegram_says() -> None:
    clock = Clock()
    pace = ChatPace(Pace(), clock)
    pace.hold(KARL, 30)
    clock.now += 29
    assert pace.wait(KARL) == pytest.approx(1)


def test_a_chat_is_kept_for_one_message_at_a_time() -> None:
    pace = ChatPace(Pace(), Clock())
    with pace.writing_to(GROUP):
        assert pace.is_busy(GROUP)
        assert not pace.is_busy(KARL)
    assert not pace.is_busy(GROUP)


@given(st.lists(st.floats(0, 10), min_size=40, max_size=80), st.sampled_from([KARL, GROUP]))
def test_whoever_waits_is_never_too_fast(pauses: list[float], chat: int) -> None:
    clock = Clock()
    pace = ChatPace(Pace(), clock)
    sent: list[float] = []
    for pause in pauses:
        clock.now += pause
        clock.now += pace.wait(chat)
        pace.sent(chat)
        sent.append(clock.now)
    assert all(later - earlier > 0.999 for earlier, later in pairwise(sent))
    if chat == GROUP:
        assert all(later - earlier > 59.999 for earlier, later in zip(sent, sent[20:], strict=False))


@pytest.mark.parametrize("chat", [KARL, GROUP])
def test_chats_of_long_ago_are_forgotten_and_others_are_not(chat: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telegram_pace, "MAX_KNOWN_CHATS", 3)
    clock = Clock()
    pace = ChatPace(Pace(), clock)
    for old in (chat, 1, -2):
        pace.sent(old)
    clock.now += 61
    pace.hold(9, 60)
    pace.sent(10)
    assert (pace.wait(chat), pace.wait(9), pace.wait(10)) == (0, 60, 1)
