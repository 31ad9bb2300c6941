"""Many widgets on one network that breaks, and Telegram beside them: everything reaches everybody once, in order."""

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx
import pytest

from bot.application import create_application
from tests.bench.channel_ledger import Faults, Ledger
from tests.bench.channel_people import Chatter, Talk, Visitor, at_once, drop_all, note_deliveries, pour
from tests.fixtures.assistants import PATIENCE_SECONDS, ScriptedAssistant
from tests.fixtures.telegram_server import TOKEN, TelegramServer
from tests.fixtures.web_office import build_web_office, serve_on_loopback

pytestmark = pytest.mark.integration

WIDGETS = 30
# As many as get a turn to speak in each storm.
CHATS = 7
STORMS = 3
LINES = STORMS * WIDGETS
STORM_SECONDS = 0.3


async def until_answered(ledger: Ledger, talks: Sequence[Talk]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not all(map(ledger.is_answered, talks)):
            await asyncio.sleep(0.01)


async def talk_through_storms(url: str, ledger: Ledger, chatters: Sequence[Chatter]) -> list[Visitor]:
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=PATIENCE_SECONDS) as http:
        visitors = [Visitor(http) for _ in range(WIDGETS)]
        for visitor in visitors:
            await visitor.open()
        async with at_once(*(visitor.stay() for visitor in visitors)):
            for _ in range(STORMS):
                drop_all(visitors, STORM_SECONDS)
                await pour(visitors, chatters, rate=100, seconds=WIDGETS / 100)
            await until_answered(ledger, [*visitors, *chatters])
    return visitors


def texts_in(telegram: TelegramServer, chatters: Sequence[Chatter]) -> list[list[str]]:
    return [telegram.texts_to(chatter.person.id) for chatter in chatters]


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.05)


def test_nothing_is_lost_when_all_widgets_drop_and_return_while_customers_speak(
    tmp_path: Path, database_url: str
) -> None:
    with TelegramServer().running() as telegram:
        office = build_web_office(
            tmp_path / "office",
            ScriptedAssistant(),
            database_url=database_url,
            demo=True,
            telegram_bot_token=TOKEN,
            telegram_api_base_url=telegram.base_url,
        )
        ledger = Ledger(office.database, answers=[1] * LINES)
        chatters = [Chatter(telegram, number) for number in range(CHATS)]
        note_deliveries(telegram, chatters)
        with serve_on_loopback(create_application(office, has_engine=False)) as url:
            visitors = asyncio.run(talk_through_storms(url, ledger, chatters))
            talks = [*visitors, *chatters]
            assert ledger.stored(talks) == ledger.answered(talks) == ledger.shown(visitors) == Faults()
            # Telegram takes one message a second in a chat.
            wait_until(lambda: ledger.delivered(chatters, texts_in(telegram, chatters)).lost == 0)
            assert ledger.delivered(chatters, texts_in(telegram, chatters)) == Faults()
    assert sum(len(talk.sent) for talk in talks) == LINES
    assert all(chatter.sent for chatter in chatters)
    assert all(len(visitor.returns) > 1 for visitor in visitors)
