"""Groups in Telegram: everybody is a customer of their own, also when the group becomes a supergroup."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from bot.conversations.store import add_message, lock_conversation
from bot.texts import Rendered
from connectors.database.models.conversation import Author, ChannelIdentity
from tests.fixtures.front_office import TEXTS, FrontOffice, open_front_office
from tests.fixtures.telegram_office import (
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
GROUP, SUPERGROUP = -500, -1_001_234_567_890


def text(key: str, language: str = "en") -> str:
    return TEXTS.render(key, language).text


@pytest.fixture
def server() -> Iterator[TelegramServer]:
    with TelegramServer().running() as running:
        yield running


@pytest.fixture
def office(database_url: str) -> Iterator[FrontOffice]:
    with open_front_office(database_url) as opened:
        receive_as(opened, mode_beside(database_url))
        yield opened


def tell(office: FrontOffice, conversation_id: str, words: str) -> None:
    with office.database.write() as session:
        add_message(session, lock_conversation(session, conversation_id), Author.AGENT, Rendered(words))


def known_as(office: FrontOffice) -> set[str]:
    with office.database.read() as session:
        return set(session.scalars(select(ChannelIdentity.external_id)))


def test_the_conversations_of_a_group_go_on_in_its_supergroup(office: FrontOffice, server: TelegramServer) -> None:
    with connected(office, server):
        for person in (KARL, JANA):
            server.write_in_group(person, "hello")
        server.wait_for_texts(GROUP, 4)
        server.upgrade_group(KARL, SUPERGROUP)
        server.write_in_group(KARL, "still me", SUPERGROUP)
        assert server.wait_for_texts(SUPERGROUP, 1) == ["echo: still me"]
        tell(office, conversation_with(office, JANA, SUPERGROUP), "pro Janu")
        assert server.wait_for_texts(SUPERGROUP, 2)[1] == "pro Janu"
    assert known_as(office) == {f"{SUPERGROUP}:{KARL.id}", f"{SUPERGROUP}:{JANA.id}"}
    assert office.said(conversation_with(office, KARL, SUPERGROUP), "customer") == ["hello", "still me"]


def test_a_message_to_a_group_that_moved_unheard_arrives_where_it_went(
    office: FrontOffice, server: TelegramServer
) -> None:
    with connected(office, server):
        server.write_in_group(KARL, "hello")
        server.wait_for_texts(GROUP, 2)
        chat = conversation_with(office, KARL, GROUP)
        server.upgrade_group(KARL, SUPERGROUP, is_told=False)
        for words in ("one", "two"):
            tell(office, chat, words)
        assert server.wait_for_texts(SUPERGROUP, 2) == ["one", "two"]
    assert [delivery.failure for delivery in deliveries_to(office, chat)] == [None] * 4


def test_who_wrote_in_the_supergroup_before_we_heard_of_it_is_told_both_answers_there(
    office: FrontOffice, server: TelegramServer
) -> None:
    with connected(office, server):
        server.write_in_group(KARL, "hello")
        server.wait_for_texts(GROUP, 2)
        before = conversation_with(office, KARL, GROUP)
        server.upgrade_group(KARL, SUPERGROUP, is_told=False)
        server.write_in_group(KARL, "I am here now", SUPERGROUP)
        assert server.wait_for_texts(SUPERGROUP, 2) == [text("welcome"), "echo: I am here now"]
        tell(office, before, "your lamp is here")
        assert server.wait_for_texts(SUPERGROUP, 3)[2] == "your lamp is here"
        server.write_in_group(KARL, "thanks", SUPERGROUP)
        assert server.wait_for_texts(SUPERGROUP, 4)[3] == "echo: thanks"
    assert office.said(before, "customer") == ["hello"]


def test_what_others_do_in_a_group_starts_no_conversation(office: FrontOffice, server: TelegramServer) -> None:
    channel_bot = Person(1087968824, "Group")
    with connected(office, server):
        server.join_group(JANA)
        as_bot = channel_bot.as_json() | {"is_bot": True}
        server.send(channel_bot, text="as the group itself", chat={"id": GROUP, "type": "group"}, **{"from": as_bot})
        server.send(KARL, pinned_message={"message_id": 1, "date": 0, "chat": {"id": GROUP, "type": "group"}})
        server.write_in_group(KARL, "my order")
        assert server.wait_for_texts(GROUP, 2)[1] == "echo: my order"
    assert known_as(office) == {f"{GROUP}:{KARL.id}"}
