"""The people of the load: customers at widgets and in Telegram, customers of plain Rasa, agents at the inbox."""

import asyncio
import itertools
import random
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from json import loads
from threading import Thread
from typing import Any
from uuid import uuid4

import httpx

from tests.bench.event_stream import EventStream
from tests.bench.turns import LINES
from tests.fixtures.telegram_server import Person, TelegramServer

ANSWER_SECONDS = 600.0
AGAIN_AFTER_SECONDS = (0.2, 1.0, 5.0)


@dataclass(frozen=True, slots=True)
class Sent:
    """`key` is how the message is found again where it was stored; `at` is when the customer sent it."""

    key: str
    at: float


@dataclass
class Talk:
    """One conversation. `heard` is when each message of ours reached the customer, the welcome left out."""

    sent: list[Sent] = field(default_factory=list)
    heard: list[float] = field(default_factory=list)
    _lines: "itertools.cycle[str]" = field(default_factory=lambda: itertools.cycle(LINES))
    _one_by_one: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def say_next(self) -> None:
        """The next line; a line before it that is still on its way is waited for, as a person's device does."""
        at = time.perf_counter()
        async with self._one_by_one:
            self.sent.append(Sent(await self._send(next(self._lines)), at))

    async def _send(self, line: str) -> str:
        raise NotImplementedError


class Visitor(Talk):
    """A customer at a widget, whose connection may break; `arrived` are the seqs of the events, as they came."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        super().__init__()
        self._http = http
        self._url = str(http.base_url)
        self._token = ""
        self._stream: EventStream | None = None
        self._away_seconds = 0.0
        self.conversation_id = ""
        self.arrived: list[int] = []
        self.returns: list[float] = []
        self.sent_again = 0

    async def open(self) -> None:
        answer = await self._http.post("/api/chat/sessions", json={"language": "en"})
        answer.raise_for_status()
        self.conversation_id, self._token = answer.json()["session_id"], answer.json()["token"]

    async def stay(self) -> None:
        """Listen; when the connection breaks, come back and go on after the last event."""
        while True:
            started = time.perf_counter()
            headers = self._headers | {"Last-Event-ID": str(self.arrived[-1] if self.arrived else 0)}
            self._stream = await EventStream.open(self._url, "/api/chat/events", headers)
            self.returns.append(time.perf_counter() - started)
            with closing(self._stream):
                async for event in self._stream.events():
                    if event.name == "message":
                        self._hear(int(event.id), loads(event.data))
            self._stream, away_seconds, self._away_seconds = None, self._away_seconds, 0.0
            await asyncio.sleep(away_seconds)

    def drop(self, away_seconds: float) -> None:
        """Lose the connection, and have it again after so long."""
        self._away_seconds = away_seconds
        if self._stream is not None:
            self._stream.close()

    @property
    def is_there(self) -> bool:
        return self._stream is not None

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    def _hear(self, seq: int, message: Mapping[str, Any]) -> None:
        if message["author"] == "bot" and self.arrived:
            self.heard.append(time.perf_counter())
        self.arrived.append(seq)

    async def _send(self, line: str) -> str:
        return await self.say(line)

    async def say(self, text: str) -> str:
        """Without an answer the same is sent again, as by the widget: a connection may close as it is used again."""
        key = uuid4().hex
        body = {"text": text, "client_message_id": key}
        for wait in AGAIN_AFTER_SECONDS:
            with suppress(httpx.TransportError):
                await self._post(body)
                return key
            self.sent_again += 1
            await asyncio.sleep(wait)
        await self._post(body)
        return key

    async def _post(self, body: Mapping[str, str]) -> None:
        answer = await self._http.post("/api/chat/messages", json=body, headers=self._headers)
        answer.raise_for_status()


class Chatter(Talk):
    """A customer in Telegram."""

    def __init__(self, server: TelegramServer, number: int) -> None:
        super().__init__()
        self._server = server
        self.person = Person(70_000 + number, language_code="en")

    async def _send(self, line: str) -> str:
        self._server.write(self.person, line)
        return str(self._server.last_message_id)


class Stranger(Talk):
    """A customer of plain Rasa, who hears the answer where they asked."""

    def __init__(self, http: httpx.AsyncClient, rest_url: str, conversation_id: str) -> None:
        super().__init__()
        self._http = http
        self._rest_url = rest_url
        self._sender = f"{conversation_id}.1"

    async def _send(self, line: str) -> str:
        body = {"sender": self._sender, "message": line}
        answer = await self._http.post(self._rest_url, json=body, timeout=ANSWER_SECONDS)
        answer.raise_for_status()
        self.heard.append(time.perf_counter())
        return ""


class Screen:
    """An agent's inbox in one view, with the conversation of one customer open; `seen` is when what came up."""

    def __init__(self, customer: Visitor, cookie: str, view: str) -> None:
        self._customer = customer
        self._cookie = cookie
        self._view = view
        self._sent: dict[str, float] = {}
        self.seen: dict[str, float] = {}

    async def stay(self, url: str) -> None:
        path = f"/staff/events?view={self._view}&open={self._customer.conversation_id}&mode=mine"
        stream = await EventStream.open(url, path, {"Cookie": self._cookie, "Accept-Language": "en"})
        with closing(stream):
            async for event in stream.events():
                for probe in [probe for probe in self._sent if probe not in self.seen and probe in event.data]:
                    self.seen[probe] = time.perf_counter()

    async def probe(self) -> None:
        """Let the customer say something that nobody said before."""
        probe = f"probe-{uuid4().hex}"
        self._sent[probe] = time.perf_counter()
        await self._customer.say(probe)

    @property
    def waits(self) -> list[float]:
        return [self.seen[probe] - at for probe, at in self._sent.items() if probe in self.seen]

    @property
    def missed(self) -> int:
        return len(self._sent) - len(self.seen)


def note_deliveries(server: TelegramServer, chatters: Sequence[Chatter]) -> None:
    """Write down, until the server closes, when each message reached its chat."""
    by_chat = {chatter.person.id: chatter for chatter in chatters}
    welcomed: defaultdict[int, bool] = defaultdict(bool)
    seen = 0

    def note() -> None:
        nonlocal seen
        while not server.world.is_closing:
            with server.world.changed:
                server.world.changed.wait(1)
                new, seen = server.world.sent[seen:], len(server.world.sent)
            for sent in new:
                chat = sent["chat"]["id"]
                if welcomed[chat]:
                    by_chat[chat].heard.append(time.perf_counter())
                welcomed[chat] = True

    Thread(target=note, daemon=True).start()


@asynccontextmanager
async def at_once(*coroutines: Any) -> AsyncIterator[None]:
    """Let these go on for ever beside the block; what breaks one of them breaks the block."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(coroutine) for coroutine in coroutines]
        yield
        for task in tasks:
            task.cancel()


async def pour(web: Sequence[Talk], telegram: Sequence[Talk], rate: float, seconds: float) -> None:
    """Let customers speak at this rate, whether they were answered or not; returns when all was sent.

    Every fourth message is one of Telegram, and every tenth time somebody says two lines in one go.
    """
    started, due = time.perf_counter(), itertools.count()
    web_turns, telegram_turns = itertools.cycle(web), itertools.cycle(telegram or web)
    async with asyncio.TaskGroup() as group:
        for number in itertools.count():
            talk = next(telegram_turns if number % 4 == 3 else web_turns)
            for _ in range(2 if number % 10 == 9 else 1):
                at = next(due) / rate
                if at >= seconds:
                    return
                await asyncio.sleep(max(0.0, started + at - time.perf_counter()))
                group.create_task(talk.say_next())


def drop_all(visitors: Sequence[Visitor], within_seconds: float) -> None:
    """A reconnect storm: everybody loses the connection now, and has it again before that time is over."""
    chance = random.Random(7)
    for visitor in visitors:
        visitor.drop(chance.uniform(0, within_seconds))
