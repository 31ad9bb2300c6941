"""Commands in Telegram, the deep link from the web, and the sign that an agent is writing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.channels.telegram_commands import COMMANDS, is_for_another_bot, read_command
from bot.channels.telegram_parts import TelegramParts
from bot.conversations.ownership import close, take_over
from bot.notices import NoticeSender
from bot.texts import Button, Rendered
from connectors.contracts.notices import NoticeKind
from connectors.database.models.conversation import Author, Contact, Conversation, Owner
from connectors.database.models.service import Notice, OrderProof
from tests.fixtures.front_office import TEXTS, FrontOffice, open_front_office
from tests.fixtures.telegram_methods import BOT
from tests.fixtures.telegram_office import (
    conversation_with,
    mode_beside,
    receive_as,
    running,
    telegram_parts,
    telegram_settings,
)
from tests.fixtures.telegram_server import Person, TelegramServer

pytestmark = pytest.mark.integration

JANA = Person(71, "Jana", "cs-CZ")
KARL = Person(73, "Karl", "de")
GROUP = -500


def text(key: str, language: str = "en", **values: Any) -> str:
    return TEXTS.render(key, language, values).text


@pytest.fixture
def server() -> Iterator[TelegramServer]:
    with TelegramServer().running() as running:
        yield running


@pytest.fixture
def office(database_url: str) -> Iterator[FrontOffice]:
    with open_front_office(database_url) as opened:
        receive_as(opened, mode_beside(database_url))
        yield opened


@pytest.fixture
def parts(office: FrontOffice, server: TelegramServer, tmp_path: Path) -> TelegramParts:
    return telegram_parts(office, telegram_settings(server, tmp_path))


def contact_of(office: FrontOffice, conversation_id: str) -> Contact:
    with office.database.read() as session:
        return session.get_one(Conversation, conversation_id).contact


def titles(sent: dict[str, Any]) -> list[str]:
    return [row[0]["text"] for row in sent["reply_markup"]["inline_keyboard"]]


def follow(server: TelegramServer, person: Person, url: str | None, texts: int) -> list[str]:
    """Open a deep link and press Start, as Telegram's clients do; what is said then."""
    assert url is not None
    assert url.startswith(f"https://t.me/{BOT['username']}?start=")
    server.write(person, f"/start {url.partition('start=')[2]}")
    return server.wait_for_texts(person.id, texts)


@pytest.mark.parametrize(
    ("said", "command"),
    [
        ("/start", ("start", "")),
        ("/start abc", ("start", "abc")),
        ("/Language@shop_test_bot magyar", ("language", "magyar")),
        ("/stopp", None),
        ("please /stop", None),
        ("", None),
        ("/", None),
    ],
)
def test_a_command_begins_a_message(said: str, command: tuple[str, str] | None) -> None:
    assert read_command(said) == command


def test_a_command_for_another_bot_of_the_group_is_not_ours() -> None:
    assert is_for_another_bot("/start@other_bot", "shop_test_bot")
    assert not is_for_another_bot("/start@Shop_Test_Bot", "shop_test_bot")
    assert not is_for_another_bot("/start", "shop_test_bot")


def test_the_menu_of_commands_is_there_in_every_language(
    office: FrontOffice, server: TelegramServer, parts: TelegramParts
) -> None:
    with running(office, parts, server):
        server.wait_until(lambda: len(server.world.commands) == 7)
    for language in ("cs", "en", "fa", "hu", "is", "ru"):
        listed = server.world.commands[language]
        assert tuple(command["command"] for command in listed) == COMMANDS
        assert listed[2]["description"] == text("telegram_command_human", language)
    assert server.world.commands[""] == server.world.commands["en"]


def test_human_brings_a_person_also_while_the_assistant_is_away(
    office: FrontOffice, server: TelegramServer, parts: TelegramParts
) -> None:
    office.assistant.is_down = True
    with running(office, parts, server):
        server.write(KARL, "/human")
        place = [{"key": "handoff_place", "place": 1}]
        assert server.wait_for_texts(KARL.id, 2)[1] == text("hand_over", waiting=place)
        queued = office.conversation(conversation_with(office, KARL))
        assert (queued.owner, queued.handoff_reason) == (Owner.QUEUE, "asked_for_a_person")
        agent = office.agent()
        with office.database.write() as session:
            take_over(session, queued.id, agent, TEXTS)
        server.write(KARL, "/human")
        assert server.wait_for_texts(KARL.id, 4)[3] == text("telegram_human_here")


def test_human_opens_a_closed_conversation_again(
    office: FrontOffice, server: TelegramServer, parts: TelegramParts
) -> None:
    with running(office, parts, server):
        server.write(KARL, "/human")
        server.wait_for_texts(KARL.id, 2)
        agent, conversation_id = office.agent(), conversation_with(office, KARL)
        with office.database.write() as session:
            take_over(session, conversation_id, agent, TEXTS)
            close(session, conversation_id, agent, "done", TEXTS)
        server.write(KARL, "/human")
        office.wait_until(lambda: office.conversation(conversation_id).owner == Owner.QUEUE)


def test_language_is_named_or_chosen_from_all_and_kept(
    office: FrontOffice, server: TelegramServer, parts: TelegramParts
) -> None:
    with running(office, parts, server):
        server.write(KARL, "/language magyar")
        assert server.wait_for_texts(KARL.id, 2)[1] == text("language_changed", "hu")
        server.write(KARL, "/language")
        assert server.wait_for_texts(KARL.id, 3)[2] == text("language_ask", "hu")
        assert set(titles(server.world.sent[-1])) == {language.name for language in TEXTS.languages.values()}
    chosen = office.conversation(conversation_with(office, KARL))
    assert (chosen.language, chosen.is_language_chosen) == ("hu", True)


def test_a_chosen_language_goes_to_the_assistant_and_without_it_is_changed_at_once(
    office: FrontOffice, server: TelegramServer, parts: TelegramParts
) -> None:
    with running(office, parts, server):
        server.write(KARL, "/language")
        server.wait_for_texts(KARL.id, 2)
        asked = server.world.sent[-1]
        icelandic = titles(asked).index(TEXTS.languages["is"].name)
        server.press(KARL, asked, icelandic)
        assert server.wait_for_texts(KARL.id, 3)[2] == 'echo: /change_language{"language":"is"}'
        server.write(KARL, "/human")
        server.wait_for_texts(KARL.id, 4)
        server.press(KARL, asked, icelandic)
        assert server.wait_for_texts(KARL.id, 5)[4] == text("language_changed", "is")
        server.wait_until(lambda: len(server.world.answered_queries) == 2)
    assert office.conversation(conversation_with(office, KARL)).language == "is"


def test_stop_ends_notices_and_one_arrives_as_long_as_they_are_wanted(
    office: FrontOffice, server: TelegramServer, parts: TelegramParts
) -> None:
    sender = NoticeSender(office.database, TEXTS, office.live)

    def notify(key: str) -> None:
        arguments = {"number": "4711", "expected_on": "2026-11-20"}
        contact = contact_of(office, conversation_with(office, KARL)).id
        kind = NoticeKind.ORDER_LATE.value
        with office.database.write() as session:
            session.add(
                Notice(
                    idempotency_key=key,
                    kind=kind,
                    contact_id=contact,
                    response="notice_order_late",
                    arguments=arguments,
                )
            )
        sender.send_due()

    with running(office, parts, server):
        server.write(KARL, "/start")
        server.wait_for_texts(KARL.id, 1)
        notify("first")
        assert "4711" in server.wait_for_texts(KARL.id, 2)[1]
        server.write(KARL, "/stop")
        assert server.wait_for_texts(KARL.id, 3)[2] == text("notices_off")
        notify("second")
        server.write(KARL, "thanks")
        assert server.wait_for_texts(KARL.id, 4)[3] == "echo: thanks"
    assert not contact_of(office, conversation_with(office, KARL)).accepts_notices


def test_an_agent_who_is_writing_is_seen_in_telegram_and_the_bot_is_not(
    office: FrontOffice, server: TelegramServer, parts: TelegramParts
) -> None:
    with running(office, parts, server):
        server.write(KARL, "/start")
        server.wait_for_texts(KARL.id, 1)
        conversation_id = conversation_with(office, KARL)
        office.live.set_typing(conversation_id, Author.BOT)
        web = office.open()
        office.live.set_typing(web, Author.AGENT)
        office.live.set_typing(conversation_id, Author.AGENT)
        server.wait_until(lambda: len(server.world.actions) >= 2)
        assert set(server.world.actions) == {(KARL.id, "typing")}
        office.live.set_typing(conversation_id, None)


def test_a_link_from_the_web_joins_both_after_the_person_agreed(
    office: FrontOffice, server: TelegramServer, parts: TelegramParts
) -> None:
    web = office.open()
    with office.database.write() as session:
        session.get_one(Conversation, web).verified_email = "emma@example.com"
        session.get_one(Conversation, web).verified_by = "code"
    with running(office, parts, server):
        server.wait_until(lambda: parts.links.bot_name() is not None)
        said = follow(server, KARL, parts.links.telegram_url(web), 2)
        assert said == [text("welcome"), text("telegram_link_ask")]
        assert contact_of(office, conversation_with(office, KARL)).id != contact_of(office, web).id
        question = server.world.sent[-1]
        assert titles(question) == [text("telegram_link_yes"), text("telegram_link_no")]
        server.press(KARL, question)
        assert server.wait_for_texts(KARL.id, 3)[2] == text("telegram_linked")
    chat = office.conversation(conversation_with(office, KARL))
    assert contact_of(office, chat.id).id == contact_of(office, web).id
    assert (chat.verified_email, chat.verified_by) == ("emma@example.com", "code")
    assert office.messages(web)[-1].text == text("telegram_linked_on_web")
    assert office.assistant.questions == []


def test_a_link_works_once_and_not_when_the_person_declines(
    office: FrontOffice, server: TelegramServer, parts: TelegramParts
) -> None:
    with running(office, parts, server):
        server.wait_until(lambda: parts.links.bot_name() is not None)
        url = parts.links.telegram_url(office.open())
        follow(server, KARL, url, 2)
        server.press(KARL, server.world.sent[-1], button=1)
        assert server.wait_for_texts(KARL.id, 3)[2] == text("telegram_link_declined")
        follow(server, KARL, url, 4)
        server.press(KARL, server.world.sent[-1])
        server.wait_for_texts(KARL.id, 5)
        assert follow(server, JANA, url, 2)[1] == text("telegram_link_expired", "cs")


def test_in_a_group_no_link_is_followed(office: FrontOffice, server: TelegramServer, parts: TelegramParts) -> None:
    with running(office, parts, server):
        server.wait_until(lambda: parts.links.bot_name() is not None)
        code = parts.links.make(office.open())
        server.write_in_group(KARL, f"/start@{BOT['username']} {code}")
        assert server.wait_for_texts(GROUP, 2)[1] == text("telegram_link_private")
        server.write_in_group(KARL, "/start@another_bot")
        server.write_in_group(KARL, "hello")
        assert server.wait_for_texts(GROUP, 3)[2] == "echo: hello"


def test_a_link_of_an_order_ties_this_order_to_the_chat_and_nobody_to_anybody(
    office: FrontOffice, server: TelegramServer, parts: TelegramParts
) -> None:
    web = office.open()
    with office.database.write() as session:
        session.add(OrderProof(conversation_id=web, order_number="4711", method="email"))
        session.add(OrderProof(conversation_id=web, order_number="4712", method="email"))
    with running(office, parts, server):
        server.wait_until(lambda: parts.links.bot_name() is not None)
        said = follow(server, KARL, parts.links.telegram_url(web, "4711"), 2)
        assert said[1] == text("telegram_order_linked", number="4711")
        server.press(KARL, server.world.sent[-1])
        assert server.wait_for_texts(KARL.id, 3)[2] == 'echo: /order_status{"order_number": "4711"}'
    chat = conversation_with(office, KARL)
    with office.database.read() as session:
        proved = session.scalars(select(OrderProof.order_number).where(OrderProof.conversation_id == chat)).all()
    assert proved == ["4711"]
    assert contact_of(office, chat).id != contact_of(office, web).id


def test_a_press_on_a_button_of_long_ago_is_answered_and_read_as_words(
    office: FrontOffice, server: TelegramServer, parts: TelegramParts
) -> None:
    office.assistant.script["help"] = [Rendered("How?", (Button("Track my order", "/order_status"),))]
    with running(office, parts, server):
        server.write(KARL, "help")
        server.wait_for_texts(KARL.id, 2)
        question = server.world.sent[-1]
        for number in range(6):
            server.write(KARL, f"more {number}")
        server.wait_for_texts(KARL.id, 8)
        server.press(KARL, question)
        assert server.wait_for_texts(KARL.id, 9)[8] == "echo: Track my order"
        server.wait_until(lambda: len(server.world.answered_queries) == 1)
