"""Telegram's limits over HTTP: we keep them, and what is refused all the same is neither lost nor swapped."""

import random
from collections.abc import Iterator
from dataclasses import replace
from time import monotonic

import pytest

from bot.channels.setup import TELEGRAM
from bot.conversations.store import add_message, lock_conversation
from bot.texts import Rendered
from connectors.database.models.conversation import Author
from tests.fixtures.front_office import TEXTS, FrontOffice, open_front_office
from tests.fixtures.telegram_limits import OVERALL, PER_GROUP, Limits
from tests.fixtures.telegram_methods import Fault
from tests.fixtures.telegram_office import (
    QUICK,
    connected,
    conversation_with,
    deliveries_to,
    mode_beside,
    receive_as,
)
from tests.fixtures.telegram_server import Person, TelegramServer

pytestmark = pytest.mark.integration

KARL = Person(73, "Karl", "de")
JANA = Person(71, "Jana", "cs")
GROUP = -500
WELCOME = TEXTS.render("welcome", "en").text
AS_TELEGRAM_WANTS = replace(QUICK, chat=1.0, group_minute=60.0)


@pytest.fixture
def server() -> Iterator[TelegramServer]:
    with TelegramServer().running() as running:
        yield running


@pytest.fixture
def office(database_url: str) -> Iterator[FrontOffice]:
    with open_front_office(database_url) as opened:
        receive_as(opened, mode_beside(database_url))
        yield opened


def tell(office: FrontOffice, conversation_id: str, *lines: str) -> None:
    """A colleague says all this in one go."""
    with office.database.write() as session:
        for words in lines:
            add_message(session, lock_conversation(session, conversation_id), Author.AGENT, Rendered(words))
    office.live.publish("staff")


def test_a_chat_gets_a_message_a_second_and_nobody_waits_for_it(office: FrontOffice, server: TelegramServer) -> None:
    with connected(office, server):
        for person in (KARL, JANA):
            server.write(person, "/start")
            server.wait_for_texts(person.id, 1)
    server.world.limits = Limits()
    with connected(office, server, pace=AS_TELEGRAM_WANTS):
        tell(office, conversation_with(office, KARL), f"{'a' * 3000}\n\n{'b' * 3000}", "three", "four")
        server.wait_for_texts(KARL.id, 2)
        tell(office, conversation_with(office, JANA), "jedna")
        server.wait_for_texts(JANA.id, 2)
        assert server.texts_to(KARL.id)[-1] != "four"
        assert server.wait_for_texts(KARL.id, 5)[1:] == ["a" * 3000, "b" * 3000, "three", "four"]
    assert server.world.too_early == []
    assert [d.attempts for d in deliveries_to(office, conversation_with(office, KARL))] == [1] * 4


def test_a_group_gets_twenty_a_minute_whoever_of_it_is_spoken_to(office: FrontOffice, server: TelegramServer) -> None:
    with connected(office, server):
        for person in (KARL, JANA):
            server.write_in_group(person, "/start")
        server.wait_for_texts(GROUP, 2)
    server.world.limits = Limits(chat_seconds=0.01, group_seconds=4.0)
    lines = {person: [f"{person.first_name} {number}" for number in range(13)] for person in (KARL, JANA)}
    began = monotonic()
    with connected(office, server, pace=replace(QUICK, chat=0.01, group_minute=4.0)):
        for person, said in lines.items():
            tell(office, conversation_with(office, person, GROUP), *said)
        told = server.wait_for_texts(GROUP, 2 + 26)[2:]
    assert len(told) > PER_GROUP
    assert monotonic() - began > 4.0
    for person, said in lines.items():
        assert [words for words in told if words.startswith(person.first_name)] == said
    assert server.world.too_early == []


def test_all_chats_together_get_thirty_a_second(office: FrontOffice, server: TelegramServer) -> None:
    people = [Person(1000 + number, f"Person {number}") for number in range(3 * OVERALL)]
    server.world.limits = Limits(chat_seconds=0.0)
    for person in people:
        server.world.chats[person.id] = {"id": person.id, "type": "private"}
        office.desk.open(TELEGRAM, f"{person.id}:{person.id}", "en", None)
    with connected(office, server):
        server.wait_until(lambda: len(server.world.sent) == len(people))
    assert server.world.too_early == []


def test_a_part_of_a_long_message_is_not_repeated_after_a_restart(office: FrontOffice, server: TelegramServer) -> None:
    with connected(office, server):
        server.write(KARL, "/start")
        server.wait_for_texts(KARL.id, 1)
    with connected(office, server, pace=replace(QUICK, chat=0.5)):
        tell(office, conversation_with(office, KARL), f"{'a' * 3000}\n\n{'b' * 3000}", "the end")
        server.wait_for_texts(KARL.id, 2)
    with connected(office, server):
        assert server.wait_for_texts(KARL.id, 4)[1:] == ["a" * 3000, "b" * 3000, "the end"]


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_telegram_refuses_arrives_once_and_in_order(
    office: FrontOffice, server: TelegramServer, seed: int
) -> None:
    people = [Person(80 + number, f"Person {number}") for number in range(4)]
    with connected(office, server):
        for person in people:
            server.write(person, "/start")
            server.wait_for_texts(person.id, 1)
        lines = [f"line {number}" for number in range(6)]
        faults = [Fault(status=500), Fault(status=502), Fault(cut_before=True), Fault(retry_after=1)]
        luck = random.Random(seed)
        for person in people:
            chosen = [replace(luck.choice(faults), chat_id=person.id) for _ in range(3)]
            server.fail_next("sendMessage", *[f for fault in chosen for f in (Fault(), fault)])
        # Telegram is stricter than it says.
        server.world.limits = Limits(chat_seconds=0.05)
        for person in people:
            tell(office, conversation_with(office, person), *lines)
        for person in people:
            assert server.wait_for_texts(person.id, 7)[1:] == lines
    assert not [held for held in server.world.too_early if held.startswith("sendMessage")]
