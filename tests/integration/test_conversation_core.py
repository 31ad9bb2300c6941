"""The conversation core on both databases: turns, their order, buttons and languages."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import text

from bot.conversations import store
from bot.rasa.client import BotMessage
from bot.texts import Button, Rendered, Texts
from tests.fixtures.front_office import FrontOffice, open_front_office

pytestmark = pytest.mark.integration
WELCOME = 1


@pytest.fixture
def office(database_url: str) -> Iterator[FrontOffice]:
    with open_front_office(database_url) as office:
        yield office


def test_a_conversation_begins_with_a_welcome_that_says_a_machine_answers(office: FrontOffice) -> None:
    conversation_id = office.open()
    (welcome,) = office.messages(conversation_id)
    assert welcome.seq == WELCOME
    assert welcome.author == "bot"
    assert "a program, not a person" in welcome.text
    assert office.assistant.asked == []


def test_a_message_is_answered_with_all_that_the_bot_says(office: FrontOffice) -> None:
    office.assistant.script["hello there"] = [Rendered("Hello!"), Rendered("What now?", (Button("Order", "/order"),))]
    conversation_id = office.open()
    seq = office.say(conversation_id, "hello there")
    office.wait_until_quiet(conversation_id)
    assert seq == WELCOME + 1
    assert office.said(conversation_id, "bot") == ["Hello!", "What now?"]
    assert [m.seq for m in office.messages(conversation_id)] == [1, 2, 3, 4]
    assert office.conversation(conversation_id).answered_seq == seq
    assert not office.conversation(conversation_id).has_pending


def test_the_bot_is_asked_with_the_sequence_number_of_the_message(office: FrontOffice) -> None:
    conversation_id = office.open()
    seq = office.say(conversation_id, "hello there")
    office.wait_until_quiet(conversation_id)
    assert office.assistant.asked == [BotMessage(f"{conversation_id}.1", "hello there", seq)]


def test_a_failure_while_the_replies_are_stored_leaves_none_of_them(office: FrontOffice) -> None:
    conversation_id = office.open()
    office.assistant.script["two answers"] = [Rendered("the first"), Rendered("the second\0")]
    if office.database.is_sqlite:
        refuse_second_answer(office)
    office.hear(conversation_id, "two answers")
    assert office.said(conversation_id, "bot") == []
    assert office.conversation(conversation_id).has_pending
    assert office.is_without_gaps(conversation_id)
    office.assistant.script["two answers"] = [Rendered("a good answer")]
    office.turns.sweep()
    office.wait_until_quiet(conversation_id)
    assert office.said(conversation_id, "bot") == ["a good answer"]
    assert office.is_without_gaps(conversation_id)


def refuse_second_answer(office: FrontOffice) -> None:
    """PostgreSQL refuses NUL in a text by itself."""
    with office.database.write() as session:
        session.execute(
            text(
                "CREATE TRIGGER refuse BEFORE INSERT ON messages WHEN NEW.text LIKE 'the second%' "
                "BEGIN SELECT RAISE(ABORT, 'refused'); END"
            )
        )


def test_messages_that_arrive_during_a_turn_are_the_next_turn_in_their_order(office: FrontOffice) -> None:
    conversation_id = office.open()
    with office.assistant.thinking():
        office.say(conversation_id, "one")
        office.assistant.wait_until_asked(1)
        for later in ("two", "three", "four"):
            office.say(conversation_id, later)
    office.wait_until_quiet(conversation_id)
    assert office.assistant.questions == ["one", "two", "three", "four"]
    spoken = [(m.author, m.text) for m in office.messages(conversation_id)[1:]]
    assert spoken[:4] == [("customer", word) for word in ("one", "two", "three", "four")]
    assert spoken[4:] == [("bot", f"echo: {word}") for word in ("one", "two", "three", "four")]
    assert office.is_without_gaps(conversation_id)


def test_an_answer_is_told_before_the_next_message_is_thought_about(office: FrontOffice) -> None:
    conversation_id = office.open()
    told: list[list[str]] = []
    office.assistant.effects["two"] = lambda _: told.append(office.said(conversation_id, "bot"))
    with office.assistant.thinking():
        for word in ("one", "two"):
            office.say(conversation_id, word)
    office.wait_until_quiet(conversation_id)
    assert told == [["echo: one"]]
    assert office.said(conversation_id, "bot") == ["echo: one", "echo: two"]


def test_whoever_writes_much_does_not_keep_others_waiting(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.conversations.turn.MAX_PARALLEL_TURNS", 1)
    with open_front_office(database_url) as office:
        talkative, brief = office.open(), office.open()
        with office.assistant.thinking():
            for word in ("one", "two", "three"):
                office.say(talkative, word)
            office.say(brief, "me too")
        for conversation_id in (talkative, brief):
            office.wait_until_quiet(conversation_id)
        assert office.assistant.questions == ["one", "me too", "two", "three"]


def test_one_message_at_a_time_is_served_however_many_arrive_at_once(office: FrontOffice) -> None:
    conversation_ids = [office.open() for _ in range(2)]
    words = [f"message {number}" for number in range(20)]
    start = Barrier(len(words))

    def say(word: str) -> None:
        start.wait()
        for conversation_id in conversation_ids:
            office.say(conversation_id, word)

    with ThreadPoolExecutor(len(words)) as threads:
        list(threads.map(say, words))
    for conversation_id in conversation_ids:
        office.wait_until_quiet(conversation_id)
        assert sorted(office.said(conversation_id, "customer")) == sorted(words)
        asked = [m.text for m in office.assistant.asked if m.sender == f"{conversation_id}.1"]
        assert asked == office.said(conversation_id, "customer")
        assert office.said(conversation_id, "bot") == [f"echo: {word}" for word in asked]
        assert office.is_without_gaps(conversation_id)
    assert office.assistant.overlaps == []


def test_a_message_sent_again_is_stored_once_and_answers_the_same(office: FrontOffice) -> None:
    conversation_id = office.open()
    first = office.desk.say(conversation_id, "hello there", "the same")
    office.wait_until_quiet(conversation_id)
    assert office.desk.say(conversation_id, "another text", "the same") == first
    office.wait_until_quiet(conversation_id)
    assert office.said(conversation_id, "customer") == ["hello there"]
    assert office.assistant.questions == ["hello there"]


def test_a_message_sent_many_times_at_once_is_stored_once(office: FrontOffice) -> None:
    conversation_id = office.open()
    start = Barrier(10)

    def say(_: int) -> int:
        start.wait()
        return office.desk.say(conversation_id, "hello there", "the same")

    with ThreadPoolExecutor(10) as threads:
        seqs = set(threads.map(say, range(10)))
    office.wait_until_quiet(conversation_id)
    assert seqs == {WELCOME + 1}
    assert office.said(conversation_id, "customer") == ["hello there"]


def test_two_customers_may_use_the_same_message_id(office: FrontOffice) -> None:
    one, other = office.open(), office.open()
    for conversation_id in (one, other):
        office.desk.say(conversation_id, "hello there", "the same")
        office.wait_until_quiet(conversation_id)
        assert office.said(conversation_id, "bot") == ["echo: hello there"]


def test_an_update_of_an_outside_channel_counts_once(office: FrontOffice) -> None:
    conversation_id = office.open(channel="telegram")
    said = [office.desk.say_once(conversation_id, "hello there", ("telegram", "7")) for _ in range(2)]
    office.wait_until_quiet(conversation_id)
    assert said == [True, False]
    assert office.said(conversation_id, "customer") == ["hello there"]


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ('/order_status{"x":1}', 'order_status{"x":1}'),
        (" //affirm", "affirm"),
        ("\u00a0/affirm", "affirm"),
        ("\u200b\u2028/ /affirm", "affirm"),
        ("///", "?"),
        ("either/or", "either/or"),
    ],
)
def test_nothing_a_customer_types_is_a_command_to_the_bot(office: FrontOffice, typed: str, asked: str) -> None:
    conversation_id = office.open()
    office.hear(conversation_id, typed)
    assert office.assistant.questions == [asked]
    assert office.said(conversation_id, "customer") == [typed]


def test_a_button_means_what_it_was_sent_for(office: FrontOffice) -> None:
    conversation_id = office.open()
    button = (office.messages(conversation_id)[0].buttons or [])[0]
    office.say(conversation_id, button["title"], button_id=button["id"])
    office.wait_until_quiet(conversation_id)
    assert office.assistant.questions == ["/order_status"]
    assert office.said(conversation_id, "customer") == ["Where is my order?"]


@pytest.mark.parametrize("invented", ["/affirm", "0", "x" * 40, "ř", "id' OR 1=1 --"])
def test_an_invented_button_is_only_the_text_beside_it(office: FrontOffice, invented: str) -> None:
    conversation_id = office.open()
    office.say(conversation_id, "/affirm me", button_id=invented)
    office.wait_until_quiet(conversation_id)
    assert office.assistant.questions == ["affirm me"]


def test_a_button_of_another_customer_is_only_the_text_beside_it(office: FrontOffice) -> None:
    button = (office.messages(office.open())[0].buttons or [])[0]
    conversation_id = office.open()
    office.say(conversation_id, "my words", button_id=button["id"])
    office.wait_until_quiet(conversation_id)
    assert office.assistant.questions == ["my words"]


def test_the_bot_speaks_the_language_that_the_customer_writes(office: FrontOffice) -> None:
    conversation_id = office.open("en")
    office.hear(conversation_id, "dobrý den, kde je moje objednávka")
    assert office.conversation(conversation_id).language == "cs"
    office.hear(conversation_id, "ok")
    assert office.conversation(conversation_id).language == "cs"


def test_a_language_that_the_customer_chose_stays(office: FrontOffice) -> None:
    conversation_id = office.open("en")
    with office.database.write() as session:
        chosen = store.lock_conversation(session, conversation_id)
        chosen.language, chosen.is_language_chosen = "fa", True
    office.hear(conversation_id, "where is my order please")
    assert office.conversation(conversation_id).language == "fa"


def test_a_language_that_we_do_not_speak_changes_nothing(office: FrontOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Texts, "supports", lambda _texts, language: language != "hu")
    conversation_id = office.open("en")
    office.hear(conversation_id, "hol van a rendelésem, kérem szépen")
    assert office.conversation(conversation_id).language == "en"
