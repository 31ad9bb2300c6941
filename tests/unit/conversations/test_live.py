"""Waiters are woken by news of their conversation, from any thread, and by nothing else."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.conversations.live import ASSISTANT, STAFF, Live

PATIENCE_SECONDS = 10.0
SOON_SECONDS = 0.01


def bound_live() -> Live:
    live = Live()
    live.bind(asyncio.get_running_loop())
    return live


def test_news_from_another_thread_wake_everybody_who_waits_for_them() -> None:
    async def scenario() -> tuple[bool, bool]:
        live = bound_live()
        with live.watch("a") as one, live.watch("a") as other, ThreadPoolExecutor(1) as threads:
            threads.submit(live.publish, "a", STAFF)
            return await one.rung(PATIENCE_SECONDS), await other.rung(PATIENCE_SECONDS)

    assert asyncio.run(scenario()) == (True, True)


def test_news_of_others_wake_nobody() -> None:
    async def scenario() -> bool:
        live = bound_live()
        with live.watch("a") as watch:
            live.publish("b", STAFF)
            return await watch.rung(SOON_SECONDS)

    assert asyncio.run(scenario()) is False


def test_news_that_came_before_the_wait_are_not_missed_and_heard_once() -> None:
    async def scenario() -> list[bool]:
        live = bound_live()
        with live.watch("a") as watch:
            live.publish("a")
            live.publish("a")
            return [await watch.rung(PATIENCE_SECONDS), await watch.rung(SOON_SECONDS)]

    assert asyncio.run(scenario()) == [True, False]


def test_news_are_harmless_where_nobody_listens_or_the_loop_is_gone() -> None:
    Live().publish("a")
    live = asyncio.run(_leave_behind())
    live.publish("a")


async def _leave_behind() -> Live:
    live = bound_live()
    live.watch("a").__enter__()
    return live


def test_typing_is_known_until_it_is_taken_back() -> None:
    live = Live()
    live.set_typing("a", "bot")
    assert (live.typing("a"), live.typing("b")) == ("bot", None)
    live.set_typing("a", None)
    assert live.typing("a") is None


def test_who_stops_without_saying_so_does_not_type_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("bot.conversations.live.time.monotonic", lambda: now)
    live = Live()
    live.set_typing("a", "bot", seconds=5)
    live.set_customer_typing("a", seconds=3)
    now += 4
    assert (live.typing("a"), live.is_customer_typing("a")) == ("bot", False)
    now += 2
    assert live.typing("a") is None


def test_staff_are_told_who_types_but_of_the_assistant_only_where_they_look() -> None:
    async def is_told(conversation_id: str, author: str | None) -> bool:
        with live.watch(STAFF) as staff:
            live.set_typing(conversation_id, author)
            return await staff.rung(SOON_SECONDS)

    async def scenario() -> list[bool]:
        live.bind(asyncio.get_running_loop())
        unseen = [await is_told("unseen", author) for author in ("bot", None, "agent", None)]
        with live.look_at("open", "1", "Jana"):
            return [*unseen, await is_told("open", "bot"), await is_told("open", None)]

    live = Live()
    assert asyncio.run(scenario()) == [False, False, True, True, True, True]


def test_staff_hear_of_the_assistants_talks_only_where_they_have_one_open_or_list_them() -> None:
    async def scenario() -> list[bool]:
        live = bound_live()
        with live.watch("a") as customer, live.watch(STAFF) as work, live.watch(STAFF, ASSISTANT) as everything:
            live.publish_talk("a")
            unseen = [await watch.rung(SOON_SECONDS) for watch in (customer, work, everything)]
            with live.look_at("a", "1", "Jana"):
                await work.rung(PATIENCE_SECONDS)
                live.publish_talk("a")
                return [*unseen, await work.rung(SOON_SECONDS)]

    assert asyncio.run(scenario()) == [True, False, True, True]


def test_customer_and_agent_may_type_at_the_same_time() -> None:
    live = Live()
    live.set_customer_typing("a", seconds=60)
    assert live.typing("a") is None
    live.set_typing("a", "agent")
    live.set_typing("a", None)
    assert live.is_customer_typing("a")


def test_colleagues_see_who_else_has_a_conversation_open_until_the_last_page_of_theirs_is_closed() -> None:
    live = Live()
    with live.look_at("c", "1", "Jana"):
        with live.look_at("c", "1", "Jana"), live.look_at("c", "2", "Tomáš"), live.look_at("other", "3", "Ada"):
            assert live.lookers("c", but="3") == ["Jana", "Tomáš"]
            assert live.lookers("c", but="1") == ["Tomáš"]
        assert live.lookers("c", but="2") == ["Jana"]
    assert live.lookers("c", but="") == []


def test_a_customer_who_waits_for_news_is_here() -> None:
    live = Live()
    assert not live.is_watched("c")
    with live.watch("c"):
        assert live.is_watched("c")
    assert not live.is_watched("c")
