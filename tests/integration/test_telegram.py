"""Customers in Telegram: the real library and our channel against a strict Bot API server over HTTP."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from bot.channels.outbox import split_text
from bot.conversations.store import MAX_PENDING_MESSAGES, add_message, lock_conversation
from bot.texts import Button, Rendered
from connectors.database.models.conversation import Author, MessageEdit
from tests.fixtures.front_office import TEXTS, FrontOffice, open_front_office
from tests.fixtures.telegram_methods import MAX_CALLBACK_BYTES
from tests.fixtures.telegram_office import (
    WatchedDesk,
    connected,
    conversation_with,
    deliveries_to,
    mode_beside,
    receive_as,
)
from tests.fixtures.telegram_server import Person, TelegramServer

pytestmark = pytest.mark.integration

JANA = Person(71, "Jana", "cs-CZ")
OMID = Person(72, "Omid", "fa")
KARL = Person(73, "Karl", "de")
GROUP = -500


def text(key: str, language: str = "en", **values: int) -> str:
    return TEXTS.render(key, language, values).text


@pytest.fixture
def server() -> Iterator[TelegramServer]:
    with TelegramServer().running() as running:
        yield running


@pytest.fixture
def office(database_url: str, server: TelegramServer) -> Iterator[FrontOffice]:
    with open_front_office(database_url) as opened:
        opened.desk = WatchedDesk(opened, server)
        receive_as(opened, mode_beside(database_url))
        yield opened


def tell(office: FrontOffice, person: Person, words: str) -> None:
    """A colleague in the inbox answers."""
    with office.database.write() as session:
        conversation = lock_conversation(session, conversation_with(office, person))
        add_message(session, conversation, Author.AGENT, Rendered(words))


def test_messages_are_answered_in_order(office: FrontOffice, server: TelegramServer) -> None:
    with connected(office, server):
        for words in ("where is it", "order 4711", "hello?"):
            server.write(KARL, words)
        answers = server.wait_for_texts(KARL.id, 4)
    assert answers == [text("welcome"), "echo: where is it", "echo: order 4711", "echo: hello?"]
    assert all(delivery.delivered_at for delivery in deliveries_to(office, conversation_with(office, KARL)))


def test_an_edit_of_a_message_that_never_came_is_read_as_a_message(office: FrontOffice, server: TelegramServer) -> None:
    with connected(office, server):
        server.edit(KARL, "order 4712, sorry")
        assert server.wait_for_texts(KARL.id, 2)[1] == "echo: order 4712, sorry"


def test_an_edited_message_is_shown_as_edited_and_not_answered_again(
    office: FrontOffice, server: TelegramServer
) -> None:
    with connected(office, server):
        server.write(KARL, "order 4711")
        server.wait_for_texts(KARL.id, 2)
        server.edit(KARL, "order 4712, sorry")
        office.wait_until(lambda: office.said(conversation_with(office, KARL), "customer") == ["order 4712, sorry"])
        server.write(KARL, "thanks")
        server.wait_for_texts(KARL.id, 3)
    shown = office.desk.read(conversation_with(office, KARL), 1).messages[0]
    assert shown["edited_at"]
    with office.database.read() as session:
        assert session.scalars(select(MessageEdit.text)).all() == ["order 4711"]
    assert office.assistant.questions == ["order 4711", "thanks"]


@pytest.mark.parametrize(("person", "language"), [(JANA, "cs"), (OMID, "fa"), (KARL, "en")])
def test_first_contact_is_welcomed_by_a_machine_in_the_language_of_the_profile(
    office: FrontOffice, server: TelegramServer, person: Person, language: str
) -> None:
    with connected(office, server):
        server.write(person, "/start")
        assert server.wait_for_texts(person.id, 1) == [text("welcome", language)]
    assert office.conversation(conversation_with(office, person)).language == language


def test_start_at_first_contact_gives_the_welcome_only_and_later_gives_it_again(
    office: FrontOffice, server: TelegramServer
) -> None:
    with connected(office, server):
        server.write(KARL, "/start from-the-website")
        server.wait_for_texts(KARL.id, 1)
        server.write(KARL, "my parcel")
        server.wait_for_texts(KARL.id, 2)
        server.write(KARL, "/start", date=4_000_000_000)
        answers = server.wait_for_texts(KARL.id, 3)
    assert answers == [text("welcome"), "echo: my parcel", text("welcome")]
    assert office.assistant.questions == ["my parcel"]


def test_a_pressed_button_means_its_payload_and_is_answered(office: FrontOffice, server: TelegramServer) -> None:
    office.assistant.script["help"] = [Rendered("How?", (Button("Track my order", "/order_status"),))]
    with connected(office, server):
        server.write(KARL, "help")
        server.wait_for_texts(KARL.id, 2)
        question = server.world.sent[-1]
        assert [row[0]["text"] for row in question["reply_markup"]["inline_keyboard"]] == ["Track my order"]
        assert len(question["reply_markup"]["inline_keyboard"][0][0]["callback_data"].encode()) <= MAX_CALLBACK_BYTES
        server.press(KARL, question)
        server.wait_for_texts(KARL.id, 3)
        server.wait_until(lambda: len(server.world.answered_queries) == 1)
    assert office.assistant.questions == ["help", "/order_status"]
    assert office.said(conversation_with(office, KARL), "customer") == ["help", "Track my order"]


def test_a_button_that_is_too_old_to_be_answered_still_counts(office: FrontOffice, server: TelegramServer) -> None:
    office.assistant.script["help"] = [Rendered("How?", (Button("Track my order", "/order_status"),))]
    with connected(office, server):
        server.write(KARL, "help")
        server.wait_for_texts(KARL.id, 2)
        server.press(KARL, server.world.sent[-1], is_expired=True)
        assert server.wait_for_texts(KARL.id, 3)[2] == "echo: /order_status"
    assert server.world.answered_queries == []


def test_a_button_whose_message_telegram_forgot_counts_while_we_know_it_and_else_is_told(
    office: FrontOffice, server: TelegramServer
) -> None:
    office.assistant.script["help"] = [Rendered("How?", (Button("Track my order", "/order_status"),))]
    with connected(office, server):
        server.write(KARL, "help")
        server.wait_for_texts(KARL.id, 2)
        question = server.world.sent[-1]
        server.press(KARL, question, is_forgotten=True)
        assert server.wait_for_texts(KARL.id, 3)[2] == "echo: /order_status"
        for number in range(6):
            server.write(KARL, f"more {number}")
        server.wait_for_texts(KARL.id, 9)
        server.press(KARL, question, is_forgotten=True)
        assert server.wait_for_texts(KARL.id, 10)[9] == text("telegram_button_old")
        server.wait_until(lambda: len(server.world.answered_queries) == 2)
    assert office.said(conversation_with(office, KARL), "customer")[-1] == "more 5"


def test_in_a_group_every_user_has_a_conversation_of_their_own(office: FrontOffice, server: TelegramServer) -> None:
    with connected(office, server):
        server.join_group(JANA)
        server.write_in_group(JANA, "moje objednávka")
        server.wait_for_texts(GROUP, 2)
        server.write_in_group(KARL, "my order")
        answers = server.wait_for_texts(GROUP, 4)
    assert answers == [text("welcome", "cs"), "echo: moje objednávka", text("welcome"), "echo: my order"]
    assert office.said(conversation_with(office, JANA, GROUP), "customer") == ["moje objednávka"]
    assert office.said(conversation_with(office, KARL, GROUP), "customer") == ["my order"]


def test_a_text_over_the_limit_is_refused_kindly_and_one_at_the_limit_is_taken(
    office: FrontOffice, server: TelegramServer
) -> None:
    office.assistant.script["y" * 4000] = [Rendered("long, but fine")]
    with connected(office, server):
        server.write(KARL, "x" * 4001)
        server.wait_for_texts(KARL.id, 2)
        server.write(KARL, "y" * 4000)
        answers = server.wait_for_texts(KARL.id, 3)
    assert answers[1:] == [text("message_too_long", limit=4000), "long, but fine"]


def test_a_colleague_s_message_arrives_and_a_long_one_in_parts(office: FrontOffice, server: TelegramServer) -> None:
    with connected(office, server):
        server.write(KARL, "/start")
        server.wait_for_texts(KARL.id, 1)
        tell(office, KARL, "Your parcel is at the post office.")
        tell(office, KARL, f"{'a' * 3000}\n\n{'b' * 3000}")
        answers = server.wait_for_texts(KARL.id, 4)
    assert answers[1:] == ["Your parcel is at the post office.", "a" * 3000, "b" * 3000]


def test_telegram_counts_emoji_twice_and_so_do_we(office: FrontOffice, server: TelegramServer) -> None:
    with connected(office, server):
        server.write(KARL, "/start")
        server.wait_for_texts(KARL.id, 1)
        tell(office, KARL, f"{'🌲' * 2048}\n\n{'🌳' * 2049}")
        assert server.wait_for_texts(KARL.id, 4)[1:] == ["🌲" * 2048, "🌳" * 2048, "🌳"]


def test_nothing_is_acknowledged_before_it_is_stored(office: FrontOffice, server: TelegramServer) -> None:
    assert isinstance(office.desk, WatchedDesk)
    with connected(office, server):
        update_id = server.write(KARL, "remember me")
        server.wait_for_texts(KARL.id, 2)
        server.wait_until(lambda: server.world.updates == [])
    assert office.desk.unconfirmed_when_stored == [[update_id]]


def test_a_blocked_bot_is_recorded_and_not_tried_again(office: FrontOffice, server: TelegramServer) -> None:
    with connected(office, server):
        server.write(KARL, "/start")
        server.wait_for_texts(KARL.id, 1)
        server.block(KARL)
        tell(office, KARL, "Are you there?")
        server.wait_until(lambda: server.world.calls.count("sendMessage") == 2)
        server.write(JANA, "dobrý den")
        server.wait_for_texts(JANA.id, 2)
    refused = deliveries_to(office, conversation_with(office, KARL))[-1]
    assert (refused.attempts, refused.delivered_at) == (1, None)
    assert "blocked" in (refused.failure or "")
    assert server.world.calls.count("sendMessage") == 4


def test_a_customer_who_unblocks_the_bot_is_served_again(office: FrontOffice, server: TelegramServer) -> None:
    with connected(office, server):
        server.write(KARL, "/start")
        server.wait_for_texts(KARL.id, 1)
        server.block(KARL)
        tell(office, KARL, "Are you there?")
        server.wait_until(lambda: server.world.calls.count("sendMessage") == 2)
        server.world.blocked.clear()
        server.write(KARL, "I am back")
        assert server.wait_for_texts(KARL.id, 2) == [text("welcome"), "echo: I am back"]


def test_whoever_writes_more_than_can_wait_is_told_once(office: FrontOffice, server: TelegramServer) -> None:
    with connected(office, server):
        server.write(KARL, "/start")
        server.wait_for_texts(KARL.id, 1)
        with office.assistant.thinking():
            for number in range(MAX_PENDING_MESSAGES + 5):
                server.write(KARL, f"message {number}")
            assert server.wait_for_texts(KARL.id, 2)[1] == text("telegram_too_fast")
            server.wait_until(lambda: server.world.updates == [])
        answers = server.wait_for_texts(KARL.id, MAX_PENDING_MESSAGES + 2)
    assert answers.count(text("telegram_too_fast")) == 1
    assert answers[-1] == f"echo: message {MAX_PENDING_MESSAGES - 1}"


def test_two_hundred_messages_at_once_are_limited_and_told_and_the_next_customer_is_served(
    office: FrontOffice, server: TelegramServer
) -> None:
    with connected(office, server, messages_per_minute=60):
        server.write(KARL, "/start")
        server.wait_for_texts(KARL.id, 1)
        for number in range(200):
            server.write(KARL, f"message {number}")
        server.write(JANA, "dobrý den")
        assert server.wait_for_texts(JANA.id, 2)[1] == "echo: dobrý den"
        server.wait_until(lambda: text("telegram_too_fast") in server.texts_to(KARL.id))
    said = office.said(conversation_with(office, KARL), "customer")
    assert said == [f"message {number}" for number in sorted(int(words.split()[1]) for words in said)]
    assert MAX_PENDING_MESSAGES // 2 <= len(said) <= 75


def test_a_conversation_has_its_limit_a_minute_and_others_have_theirs(
    office: FrontOffice, server: TelegramServer
) -> None:
    with connected(office, server, messages_per_minute=2):
        for number in range(3):
            server.write(KARL, f"message {number}")
        server.write(JANA, "dobrý den")
        assert server.wait_for_texts(JANA.id, 2)[1] == "echo: dobrý den"
        answers = server.wait_for_texts(KARL.id, 4)
    assert "echo: message 2" not in answers
    assert answers.count(text("telegram_too_fast")) == 1


@pytest.mark.parametrize(
    ("long_text", "parts"),
    [
        ("short", ["short"]),
        ("", []),
        ("one\n\ntwo three", ["one", "two three"]),
        ("First one. Then it", ["First one.", "Then it"]),
        ("nothing to cut", ["nothing to", "cut"]),
        ("abcdefghijklmno", ["abcdefghijkl", "mno"]),
        (" " * 20 + "far right", ["far right"]),
        ("چی شد؟ بگو لطفا", ["چی شد؟", "بگو لطفا"]),
        ("Oh! Really? What", ["Oh! Really?", "What"]),
        ("ab cd\n\nef gh\nij kl", ["ab cd", "ef gh\nij kl"]),
        ("🌲" * 7, ["🌲" * 6, "🌲"]),
        ("x" + "🌲" * 6, ["x" + "🌲" * 5, "🌲"]),
    ],
)
def test_a_long_text_is_cut_where_a_reader_would_pause(long_text: str, parts: list[str]) -> None:
    assert split_text(long_text, 12) == parts


@given(st.text(st.sampled_from("ab 🌲.!؟\n"), max_size=200), st.integers(2, 30))
def test_no_part_is_too_long_and_nothing_but_space_is_left_out(long_text: str, limit: int) -> None:
    parts = split_text(long_text, limit)
    assert all(0 < len(part.encode("utf-16-le")) <= 2 * limit for part in parts)
    assert "".join("".join(parts).split()) == "".join(long_text.split())
