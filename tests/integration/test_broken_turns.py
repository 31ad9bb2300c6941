"""Turns that do not go well: a bot that is away or breaks, a process that dies, a flood, what is no message."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.conversations import store
from bot.conversations.turn import MAX_TURN_FAILURES, Turns
from bot.front_desk import BadTextError
from connectors.database.base import utc_now
from connectors.database.models.conversation import Conversation, Message, Owner
from tests.fixtures.front_office import TEXTS, FrontOffice, open_front_office

pytestmark = pytest.mark.integration
WELCOME = 1


@pytest.fixture
def office(database_url: str) -> Iterator[FrontOffice]:
    with open_front_office(database_url) as office:
        yield office


def test_a_message_is_kept_while_the_bot_is_down_and_answered_once_it_is_back(office: FrontOffice) -> None:
    conversation_id = office.open()
    office.assistant.is_down = True
    for _ in range(MAX_TURN_FAILURES + 2):
        office.hear(conversation_id, "hello there")
        office.turns.sweep()
    office.wait_until_quiet(conversation_id)
    assert office.said(conversation_id, "bot") == []
    assert office.conversation(conversation_id).owner == Owner.BOT
    office.assistant.is_down = False
    office.turns.sweep()
    office.wait_until_quiet(conversation_id)
    assert office.said(conversation_id, "bot") == ["echo: hello there"] * (MAX_TURN_FAILURES + 2)
    assert office.is_without_gaps(conversation_id)


def test_a_bot_that_is_away_is_left_alone_for_some_seconds(office: FrontOffice) -> None:
    conversation_id = office.open()
    office.assistant.is_down = True
    with office.database.write() as session:
        intake = store.take_customer_message(session, conversation_id, "hello there", "1")
    assert intake.lease is not None
    patient = Turns(office.database, office.assistant, TEXTS, office.live, office.handoffs)
    patient.submit(conversation_id, intake.lease)
    office.assistant.wait_until_asked(1)
    patient.stop()
    office.say(conversation_id, "are you there?")
    lease = office.conversation(conversation_id).turn_lease_until
    assert lease is not None
    assert lease <= utc_now() + timedelta(seconds=5)
    assert office.turns.sweep() == 0
    assert len(office.assistant.asked) == 1
    office.assistant.is_down = False
    let_lease_run_out(office, conversation_id)
    office.turns.sweep()
    office.wait_until_quiet(conversation_id)
    assert office.said(conversation_id, "bot") == ["echo: hello there", "echo: are you there?"]


def test_a_person_is_asked_when_the_bot_breaks_three_times_on_a_message(office: FrontOffice) -> None:
    conversation_id = office.open("cs")
    office.assistant.breaks_on = {"rozbij se"}
    office.hear(conversation_id, "rozbij se")
    for _ in range(MAX_TURN_FAILURES - 2):
        office.turns.sweep()
        office.wait_until_quiet(conversation_id)
    assert office.conversation(conversation_id).owner == Owner.BOT
    assert office.said(conversation_id, "bot") == []
    office.turns.sweep()
    office.wait_until_quiet(conversation_id)
    assert office.conversation(conversation_id).owner == Owner.QUEUE
    assert office.conversation(conversation_id).handoff_reason == "turn_failed"
    assert office.said(conversation_id, "bot") == [TEXTS.render("turn_failed", "cs").text]
    assert office.turns.sweep() == 0


def test_what_was_answered_before_the_bot_broke_is_not_asked_again(office: FrontOffice) -> None:
    conversation_id = office.open()
    office.assistant.breaks_on = {"what breaks it"}
    with office.assistant.thinking():
        for words in ("hello there", "what breaks it"):
            office.say(conversation_id, words)
    office.wait_until_quiet(conversation_id)
    office.turns.sweep()
    office.wait_until_quiet(conversation_id)
    assert office.assistant.questions == ["hello there", "what breaks it", "what breaks it"]
    assert office.said(conversation_id, "bot") == ["echo: hello there"]


def test_a_success_forgives_earlier_failures(office: FrontOffice) -> None:
    conversation_id = office.open()
    for _ in range(MAX_TURN_FAILURES):
        office.assistant.breaks_on = {"hello there"}
        office.hear(conversation_id, "hello there")
        office.assistant.breaks_on = set()
        office.turns.sweep()
        office.wait_until_quiet(conversation_id)
    assert office.conversation(conversation_id).owner == Owner.BOT


def test_a_restart_in_the_middle_of_a_turn_serves_the_message(office: FrontOffice) -> None:
    conversation_id = office.open()
    with office.database.write() as session:
        store.take_customer_message(session, conversation_id, "hello there", "1")
    assert office.turns.sweep() == 0
    with office.database.write() as session:
        store.release_all_leases(session)
    office.turns.sweep()
    office.wait_until_quiet(conversation_id)
    assert office.said(conversation_id, "bot") == ["echo: hello there"]


def let_lease_run_out(office: FrontOffice, conversation_id: str) -> None:
    with office.database.write() as session:
        values = {"turn_lease_until": utc_now() - timedelta(seconds=1)}
        session.execute(update(Conversation).where(Conversation.id == conversation_id).values(values))


def test_a_turn_of_a_dead_process_is_taken_up_when_its_lease_has_run_out(office: FrontOffice) -> None:
    conversation_id = office.open()
    with office.database.write() as session:
        store.take_customer_message(session, conversation_id, "hello there", "1")
    let_lease_run_out(office, conversation_id)
    office.turns.sweep()
    office.wait_until_quiet(conversation_id)
    assert office.said(conversation_id, "bot") == ["echo: hello there"]


def test_a_turn_that_outlived_its_lease_does_not_answer_a_second_time(office: FrontOffice) -> None:
    conversation_id = office.open()
    with office.assistant.thinking():
        office.say(conversation_id, "hello there")
        office.assistant.wait_until_asked(1)
        let_lease_run_out(office, conversation_id)
        office.turns.sweep()
        office.assistant.wait_until_asked(2)
    office.turns.stop()
    assert office.said(conversation_id, "bot") == ["echo: hello there"]


def test_a_flood_that_nobody_can_answer_is_stopped(office: FrontOffice) -> None:
    conversation_id = office.open()
    with office.assistant.thinking():
        for _ in range(store.MAX_PENDING_MESSAGES):
            office.say(conversation_id, "hello there")
        with pytest.raises(store.TooManyPendingError):
            office.say(conversation_id, "hello there")
    office.wait_until_quiet(conversation_id)
    assert len(office.said(conversation_id, "bot")) == store.MAX_PENDING_MESSAGES
    office.hear(conversation_id, "and again")
    assert office.said(conversation_id, "bot")[-1] == "echo: and again"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("", "text_empty"),
        (" \n\t", "text_empty"),
        ("x" * 100_000, "text_too_long"),
        ("a\0b", "not_text"),
        ("\ud800", "not_text"),
    ],
)
def test_what_is_no_message_is_refused_and_not_stored(office: FrontOffice, words: str, code: str) -> None:
    conversation_id = office.open()
    with pytest.raises(BadTextError, match=code):
        office.say(conversation_id, words)
    assert len(office.messages(conversation_id)) == WELCOME


def test_a_customer_whose_messages_cannot_be_stored_gets_no_turn(office: FrontOffice) -> None:
    conversation_id = office.open()
    with office.database.write() as session:
        session.execute(update(Message).where(Message.conversation_id == conversation_id).values(seq=WELCOME + 1))
    with pytest.raises(Exception, match=r"(?i)unique"):
        office.say(conversation_id, "hello there")
    assert not office.conversation(conversation_id).has_pending
    assert office.conversation(conversation_id).turn_lease_until is None
