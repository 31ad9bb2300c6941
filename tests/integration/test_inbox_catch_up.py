"""An inbox whose connection breaks again and again: every event reaches it once, none is missed, none comes twice."""

import asyncio
import random
import re
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import suppress
from datetime import UTC
from pathlib import Path

import pytest
from sse_starlette import ServerSentEvent

from bot.conversations.live import STAFF
from bot.conversations.store import take_customer_message
from bot.staff import inbox_live
from bot.staff.inbox_live import has_composer, inbox_news, read_event_id
from bot.staff.inbox_parts import InboxParts
from bot.staff.place import Place
from connectors.vendors.memory_orders import MemoryOrders
from tests.integration.staff_house import House

DISCONNECTS = 200
LOST, KEPT = "lost", "kept"
PARTIAL = re.compile(r'<hx-partial hx-target="#([a-z-]+)" hx-swap="innerMorph">(.*?)</hx-partial>', re.DOTALL)
MESSAGE = re.compile(r'id="message-(\d+)"')


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path, MemoryOrders())
    yield house
    house.database.close()


class Page:
    """A browser's page: morphs what arrives into its parts, and comes back with the id of the last event it got."""

    def __init__(self, house: House, conversation: str) -> None:
        self._house = house
        self._parts = InboxParts(house.database, house.pages, house.live, UTC)
        self._place = Place(conversation_id=conversation)
        self._last_event_id = ""
        self._news: AsyncGenerator[ServerSentEvent, None] | None = None
        self.arrived: Counter[int] = Counter()
        self.shown: dict[str, str] = {}

    def _connect(self) -> AsyncGenerator[ServerSentEvent, None]:
        seen = read_event_id(self._last_event_id) or has_composer("open")
        visitor = self._house.visitor(self._house.jana)
        return inbox_news(self._house.live.watch(STAFF), lambda: self._parts.render(visitor, self._place, "en"), seen)

    async def hear(self, fate: str) -> None:
        """The next event, which arrives, or is lost with its connection."""
        self._news = self._news or self._connect()
        event = await anext(self._news)
        if fate == LOST:
            await self.break_off()
            return
        self._last_event_id = str(event.id)
        for name, html in PARTIAL.findall(str(event.data)):
            if name == "log":
                before = set(MESSAGE.findall(self.shown.get(name, "")))
                self.arrived.update(int(seq) for seq in MESSAGE.findall(html) if seq not in before)
            assert self.shown.get(name) != html, f"{name} came twice"
            self.shown[name] = html

    async def break_off(self) -> None:
        if self._news is not None:
            await self._news.aclose()
        self._news = None

    @property
    def messages(self) -> list[int]:
        return [int(seq) for seq in MESSAGE.findall(self.shown["log"])]


def test_every_event_is_seen_once_through_two_hundred_random_disconnects(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_live, "GATHERING_SECONDS", 0)
    monkeypatch.setattr(inbox_live, "RESTS", 0)
    chance = random.Random(20261122)
    conversation = house.customer_writes("Hello?")

    def write(number: int) -> None:
        with house.database.write() as session:
            take_customer_message(session, conversation, f"message {number}", f"c{number}")
        house.live.publish(conversation, STAFF)

    async def work() -> Page:
        house.live.bind(asyncio.get_running_loop())
        page = Page(house, conversation)
        await page.hear(KEPT)
        breaks = number = 0
        while breaks < DISCONNECTS:
            for _burst in range(chance.randint(1, 3)):
                number += 1
                await asyncio.to_thread(write, number)
            match chance.randint(0, 2):
                case 0:  # the event is under way when the connection breaks
                    await page.hear(LOST)
                    breaks += 1
                    await page.hear(KEPT)
                case 1:  # it breaks while nothing is under way
                    await page.break_off()
                    breaks += 1
                    await page.hear(KEPT)
                case _:
                    await page.hear(KEPT)
        with suppress(TimeoutError):
            async with asyncio.timeout(0.2):
                await page.hear(KEPT)
        await page.break_off()
        return page

    page = asyncio.run(work())
    last = house.conversation(conversation).last_seq
    assert last > DISCONNECTS
    # The log shows the last 200 messages; whatever stood in it came in once and in its order.
    assert page.messages == list(range(last - len(page.messages) + 1, last + 1))
    assert set(page.arrived) == set(range(1, last + 1))
    assert set(page.arrived.values()) == {1}


def test_a_page_that_comes_back_to_an_unchanged_inbox_is_sent_nothing(house: House) -> None:
    conversation = house.customer_writes("Hello?")

    async def work() -> bool:
        house.live.bind(asyncio.get_running_loop())
        page = Page(house, conversation)
        await page.hear(KEPT)
        await page.break_off()
        try:
            async with asyncio.timeout(0.5):
                await page.hear(KEPT)
        except TimeoutError:
            return True
        return False

    assert asyncio.run(work())
