"""Customers at hundreds of widgets and in Telegram at once, agents who watch, and a network that breaks.

The load, our web process and Rasa share the machine's cores. Plain Rasa gets the same lines at the same rate for as
long, before ours and never at once. Whoever has not been answered yet does not keep others from speaking: where the
machine is too slow for the rate, waits grow on both sides.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import uvloop

from bot.conversations.ownership import take_over
from bot.server import allow_many_connections
from bot.staff.accounts import add_user, open_session
from bot.staff.guard import COOKIE
from bot.texts import Texts
from connectors.database.models.people import Role
from connectors.database.session import Database
from connectors.settings import DATA_FOLDER
from tests.bench.channel_ledger import Ledger, percentiles
from tests.bench.channel_people import (
    ANSWER_SECONDS,
    Chatter,
    Screen,
    Stranger,
    Talk,
    Visitor,
    at_once,
    drop_all,
    note_deliveries,
    pour,
)
from tests.bench.console import SCALE_VARIABLE
from tests.bench.engine import postgres_database
from tests.bench.turns import LINES, plain_rasa
from tests.fixtures.customer import Customer
from tests.fixtures.telegram_server import TOKEN, TelegramServer
from tests.product import Product, running_product

RATE = 20.0
# Within what the assistant alone can do on two cores, so that the wait for an answer is not one for the others.
EASY_RATE = 8.0
STORM_SECONDS = 5.0
STORM_TAIL_SECONDS = 10.0
PROBE_SECONDS = 2.0
PROGRESS_SECONDS = 60.0
OPENING_AT_ONCE = 8
# Conversations are long enough for this many lines, however small the load is made.
LINES_LEARNED = 30
VIEWS = ("now", "now", "mine", "all")
SETTINGS = {
    "TWINOFFICE_SESSIONS_PER_MINUTE_PER_ADDRESS": "100000",
    "TWINOFFICE_PROOF_TRIES_PER_HOUR_PER_ADDRESS": "100000",
    "TWINOFFICE_PROOF_TRIES_PER_HOUR_PER_ORDER": "100000",
    "TWINOFFICE_TELEGRAM_BOT_TOKEN": TOKEN,
}


@dataclass(frozen=True, slots=True)
class Size:
    """How large the load is; the issue's is 500 connections and two minutes."""

    connections: int
    chats: int
    seconds: float

    @property
    def rates(self) -> Sequence[tuple[float, float]]:
        """Messages a second, and for how many seconds."""
        return (EASY_RATE, self.seconds / 2), (RATE, self.seconds)

    @classmethod
    def of(cls, scale: float) -> "Size":
        return cls(max(20, round(500 * scale)), max(6, round(150 * scale)), max(10.0, 120 * scale))


@dataclass(frozen=True, slots=True)
class Place:
    """Where the load is measured: the product, its Telegram and its database."""

    product: Product
    telegram: TelegramServer
    http: httpx.AsyncClient
    ledger: Ledger


def measure() -> dict[str, Any]:
    allow_many_connections()
    size = Size.of(float(os.environ.get(SCALE_VARIABLE, "1")))
    with postgres_database() as url:
        return {"size": asdict(size), "sqlite": measure_one(size, None), "postgresql": measure_one(size, url)}


def measure_one(size: Size, url: str | None) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder, TelegramServer().running() as telegram:
        settings = SETTINGS | {"TWINOFFICE_TELEGRAM_API_BASE_URL": telegram.base_url}
        if url is not None:
            settings |= {"TWINOFFICE_DATABASE_URL": url, "TWINOFFICE_DEMO": "true"}
        with running_product(Path(folder) / "product", **settings) as product:
            with plain_rasa(product, Path(folder) / "plain") as rest_url:
                plain = uvloop.run(measure_plain(product, rest_url, size))
            database = Database(url or f"sqlite:///{product.data_dir / 'twinoffice.sqlite'}")
            ours = uvloop.run(measure_ours(product, telegram, Ledger(database, learn_answers(product)), size))
            database.close()
    return {**ours, "plain_rasa": plain, "ratios": ratios(ours["turns"], plain)}


def ratios(ours: dict[str, Any], plain: dict[str, Any]) -> dict[str, dict[str, float]]:
    return {
        rate: {p: round(ours[rate][f"{p}_ms"] / figures[f"{p}_ms"], 2) for p in ("p50", "p95")}
        for rate, figures in plain.items()
    }


def learn_answers(product: Product) -> list[int]:
    """How often the bot speaks after each line, in a conversation that nobody disturbs."""
    customer = Customer(product.url, "en")
    answers = [len(customer.say(LINES[number % len(LINES)]).texts) for number in range(LINES_LEARNED)]
    assert all(answers), f"a line without an answer: {answers}"
    return answers


async def measure_plain(product: Product, rest_url: str, size: Size) -> dict[str, Any]:
    async with _http(product.url) as http:
        figures = {}
        for rate, seconds in size.rates:
            ids = [await _open(Visitor(http)) for _ in range(size.connections)]
            strangers = [Stranger(http, rest_url, visitor.conversation_id) for visitor in ids]
            await pour(strangers, (), rate, seconds)
            waits = [at - sent.at for one in strangers for at, sent in zip(one.heard, one.sent, strict=True)]
            figures[_per_second(rate)] = percentiles(waits)
        return figures


async def measure_ours(product: Product, telegram: TelegramServer, ledger: Ledger, size: Size) -> dict[str, Any]:
    async with _http(product.url) as http:
        place = Place(product, telegram, http, ledger)
        visitors = [await _open(Visitor(http)) for _ in range(size.connections)]
        chatters = [Chatter(telegram, number) for number in range(size.chats)]
        note_deliveries(telegram, chatters)
        web = psutil.Process(product.process.pid)
        before = web.memory_info().rss
        async with at_once(*(visitor.stay() for visitor in visitors)):
            await _until(lambda: all(visitor.arrived for visitor in visitors), "not everybody was welcomed")
            idle = await measure_idle(web, before, size)
            await greet(place, chatters)
            async with screens_on(place) as screens:
                turns = {}
                for rate, seconds in size.rates:
                    turns[_per_second(rate)] = await measure_turns(place, visitors, chatters, rate, seconds)
                storm = await measure_storm(place, visitors, chatters)
            watched = [wait for screen in screens for wait in screen.waits]
            faults = judge(place, visitors, chatters)
        peak = {"web_mb_at_end": round(web.memory_info().rss / 2**20, 1)}
    to_screen = percentiles(watched)
    return {"idle": idle, "turns": turns, "storm": storm, "message_to_agents_screen": to_screen, **faults, **peak}


async def greet(place: Place, chatters: Sequence[Chatter]) -> None:
    """Let everybody in Telegram speak: a chat's first answer comes a second after its welcome, as Telegram wants it."""
    for chatter in chatters:
        await chatter.say_next()
    await _until_answered(place.ledger, chatters)


async def measure_idle(web: psutil.Process, rss_before: int, size: Size) -> dict[str, float]:
    """What connections cost over which nothing is said; keep-alives go out every 15 seconds."""
    cpu, started = sum(web.cpu_times()[:2]), time.perf_counter()
    await asyncio.sleep(max(size.seconds / 4, 5))
    used = (sum(web.cpu_times()[:2]) - cpu) / (time.perf_counter() - started)
    kb = (web.memory_info().rss - rss_before) / 1024 / size.connections
    return {"kb_per_connection": round(kb, 1), "cpu_percent": round(used * 100, 1)}


async def measure_turns(
    place: Place, visitors: Sequence[Visitor], chatters: Sequence[Chatter], rate: float, seconds: float
) -> dict[str, Any]:
    since, talks = time.perf_counter(), [*visitors, *chatters]
    await pour(visitors, chatters, rate, seconds)
    sent = time.perf_counter()
    await _until_answered(place.ledger, talks)
    waits = percentiles(place.ledger.waits(talks, since))
    by_channel = {"web": visitors, "telegram": chatters}
    of_channels = {name: percentiles(place.ledger.waits(some, since)) for name, some in by_channel.items()}
    return waits | of_channels | {"answered_after_the_last_seconds": round(time.perf_counter() - sent, 1)}


async def measure_storm(place: Place, visitors: Sequence[Visitor], chatters: Sequence[Chatter]) -> dict[str, Any]:
    """Everybody drops at once and returns within five seconds, while customers go on speaking."""
    since, talks = time.perf_counter(), [*visitors, *chatters]
    drop_all(visitors, STORM_SECONDS)
    await pour(visitors, chatters, EASY_RATE, STORM_TAIL_SECONDS)
    await _until(lambda: all(visitor.is_there for visitor in visitors), "not everybody came back")
    await _until_answered(place.ledger, talks)
    returns = [visitor.returns[-1] for visitor in visitors if len(visitor.returns) > 1]
    return {"returned": percentiles(returns), "turns": percentiles(place.ledger.waits(talks, since))}


def judge(place: Place, visitors: Sequence[Visitor], chatters: Sequence[Chatter]) -> dict[str, Any]:
    """What was lost, doubled or out of order; all of it is to be nought."""
    ledger, talks = place.ledger, [*visitors, *chatters]
    texts = [place.telegram.texts_to(chatter.person.id) for chatter in chatters]
    faults = {
        "messages_stored": ledger.stored(talks),
        "messages_answered": ledger.answered(talks),
        "events_at_widgets": ledger.shown(visitors),
        "messages_in_telegram": ledger.delivered(chatters, texts),
    }
    return {
        "messages": sum(len(talk.sent) for talk in talks),
        "sent_again": sum(visitor.sent_again for visitor in visitors),
        "faults": {name: asdict(found) for name, found in faults.items()},
    }


@asynccontextmanager
async def screens_on(place: Place) -> AsyncIterator[Sequence[Screen]]:
    """Agents at their inboxes, each with a customer of their own who speaks now and then."""
    customers = [await _open(Visitor(place.http)) for _ in VIEWS]
    texts = Texts(DATA_FOLDER)
    screens = []
    for customer, view in zip(customers, VIEWS, strict=True):
        with place.ledger.database.write() as session:
            email = f"{customer.conversation_id}@example.com"
            agent = add_user(session, email, "Agent", Role.AGENT, "a password of the load", "load")
            take_over(session, customer.conversation_id, agent, texts)
            screens.append(Screen(customer, f"{COOKIE}={open_session(session, agent)}", view))
    async with at_once(*(screen.stay(place.product.url) for screen in screens)):
        async with at_once(_probe_for_ever(screens)):
            yield screens
        await _until(lambda: not any(screen.missed for screen in screens), "a message never came to a screen")


async def _probe_for_ever(screens: Sequence[Screen]) -> None:
    while True:
        for screen in screens:
            await asyncio.sleep(PROBE_SECONDS / len(screens))
            await screen.probe()


async def _open(visitor: Visitor) -> Visitor:
    await visitor.open()
    return visitor


async def _until(is_so: Callable[[], bool], otherwise: str) -> None:
    deadline = time.perf_counter() + ANSWER_SECONDS
    while not is_so():
        assert time.perf_counter() < deadline, otherwise
        await asyncio.sleep(0.05)


async def _until_answered(ledger: Ledger, talks: Sequence[Talk]) -> None:
    """Until everybody was answered, or nothing has come for so long that the rest is lost."""
    heard, since = -1, time.perf_counter()
    while not all(map(ledger.is_answered, talks)):
        now = sum(len(talk.heard) for talk in talks)
        if now != heard:
            heard, since = now, time.perf_counter()
        elif time.perf_counter() - since > PROGRESS_SECONDS:
            return
        await asyncio.sleep(0.1)


def _http(url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, trust_env=False, timeout=60, limits=httpx.Limits(max_connections=None))


def _per_second(rate: float) -> str:
    return f"{rate:g} a second"
