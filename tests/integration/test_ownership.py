"""Who answers the customer: bot, queue, one person, nobody; never two at once, and a clean way back."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import func, select

from bot.conversations import ownership, store
from bot.conversations.turn import conversation_of
from bot.rasa.client import BotMessage
from connectors.database.models.conversation import Owner
from connectors.database.models.people import AuditEntry
from tests.fixtures.front_office import TEXTS, FrontOffice, open_front_office

pytestmark = pytest.mark.integration


@pytest.fixture
def office(database_url: str) -> Iterator[FrontOffice]:
    with open_front_office(database_url) as office:
        yield office


def hand_over_in_mid_turn(office: FrontOffice) -> Callable[[BotMessage], None]:
    """What the action `action_hand_over` does while Rasa serves a message."""

    def effect(message: BotMessage) -> None:
        with office.database.write() as session:
            conversation = store.lock_conversation(session, conversation_of(message.sender))
            ownership.hand_over(session, conversation, "asked_for_a_person")

    return effect


def take_over(office: FrontOffice, conversation_id: str) -> str:
    agent = office.agent()
    with office.database.write() as session:
        ownership.take_over(session, conversation_id, agent, TEXTS)
    return agent.id


def test_what_the_bot_wanted_to_say_is_dropped_when_a_person_took_over_meanwhile(office: FrontOffice) -> None:
    conversation_id = office.open()
    with office.assistant.thinking():
        office.say(conversation_id, "hello there")
        office.assistant.wait_until_asked(1)
        take_over(office, conversation_id)
    office.wait_until_quiet(conversation_id)
    assert office.said(conversation_id, "bot") == []
    assert office.said(conversation_id, "system") == ["Jana is here now."]
    assert office.turns.sweep() == 0


def test_the_bot_is_not_asked_while_a_person_owns_the_conversation(office: FrontOffice) -> None:
    conversation_id = office.open()
    take_over(office, conversation_id)
    office.hear(conversation_id, "hello there")
    assert office.assistant.asked == []
    assert not office.conversation(conversation_id).has_pending


def test_words_to_a_person_do_not_reach_the_bot_through_a_turn_that_began_late(office: FrontOffice) -> None:
    conversation_id = office.open()
    with office.database.write() as session:
        intake = store.take_customer_message(session, conversation_id, "to the bot", "1")
    take_over(office, conversation_id)
    office.say(conversation_id, "to the person")
    assert intake.lease is not None
    office.turns.submit(conversation_id, intake.lease)
    office.wait_until_quiet(conversation_id)
    assert office.assistant.asked == []


def test_after_a_handover_the_rest_of_a_burst_is_for_people(office: FrontOffice) -> None:
    conversation_id = office.open()
    office.assistant.effects["a person please"] = hand_over_in_mid_turn(office)
    with office.assistant.thinking():
        office.say(conversation_id, "one")
        office.assistant.wait_until_asked(1)
        office.say(conversation_id, "a person please")
        office.say(conversation_id, "is anybody there")
    office.wait_until_quiet(conversation_id)
    assert office.assistant.questions == ["one", "a person please"]
    assert office.said(conversation_id, "bot") == ["echo: one", "echo: a person please"]
    assert office.conversation(conversation_id).owner == Owner.QUEUE
    assert office.turns.sweep() == 0


def test_a_conversation_given_back_starts_afresh_with_the_bot(office: FrontOffice) -> None:
    conversation_id = office.open()
    office.hear(conversation_id, "before")
    agent = office.agent()
    with office.database.write() as session:
        ownership.take_over(session, conversation_id, agent, TEXTS)
    office.say(conversation_id, "to the person")
    with office.database.write() as session:
        ownership.give_back(session, conversation_id, agent, TEXTS)
    office.hear(conversation_id, "after")
    assert office.assistant.questions == ["before", "after"]
    assert [message.sender for message in office.assistant.asked] == [f"{conversation_id}.1", f"{conversation_id}.2"]
    assert office.said(conversation_id, "bot")[1:] == [TEXTS.render("given_back", "en").text, "echo: after"]


def test_a_message_after_giving_back_is_served_though_an_old_turn_still_runs(office: FrontOffice) -> None:
    conversation_id = office.open()
    agent = office.agent()
    with office.assistant.thinking():
        office.say(conversation_id, "before")
        office.assistant.wait_until_asked(1)
        with office.database.write() as session:
            ownership.take_over(session, conversation_id, agent, TEXTS)
            ownership.give_back(session, conversation_id, agent, TEXTS)
        office.say(conversation_id, "after")
    office.wait_until_quiet(conversation_id)
    assert office.said(conversation_id, "bot") == [TEXTS.render("given_back", "en").text, "echo: after"]


def test_a_closed_conversation_is_reopened_by_the_customer(office: FrontOffice) -> None:
    conversation_id = office.open()
    agent = office.agent()
    with office.database.write() as session:
        ownership.take_over(session, conversation_id, agent, TEXTS)
        ownership.close(session, conversation_id, agent, "solved", TEXTS)
    assert office.conversation(conversation_id).owner == Owner.CLOSED
    office.hear(conversation_id, "one more thing")
    assert office.conversation(conversation_id).owner == Owner.BOT
    assert office.assistant.asked[0].sender == f"{conversation_id}.2"
    asked_for_stars = TEXTS.render("rating_ask", "en").text
    assert office.said(conversation_id, "bot") == [asked_for_stars, "echo: one more thing"]


def test_a_conversation_is_handed_over_once(office: FrontOffice) -> None:
    conversation_id = office.open()
    for _ in range(2):
        with office.database.write() as session:
            conversation = store.lock_conversation(session, conversation_id)
            assert ownership.hand_over(session, conversation, "asked_for_a_person") == 1
    with office.database.read() as session:
        entries = select(func.count()).where(AuditEntry.action == "conversation.hand_over")
        assert session.scalar(entries) == 1


def test_the_place_in_the_queue_counts_those_who_came_before(office: FrontOffice) -> None:
    places = []
    waiting = [office.open() for _ in range(3)]
    for conversation_id in waiting:
        with office.database.write() as session:
            conversation = store.lock_conversation(session, conversation_id)
            places.append(ownership.hand_over(session, conversation, "asked_for_a_person"))
    assert places == [1, 2, 3]
    take_over(office, waiting[0])
    with office.database.read() as session:
        assert ownership.queue_place(session, office.conversation(waiting[2])) == 2


def test_a_handover_that_comes_after_a_person_took_over_changes_nothing(office: FrontOffice) -> None:
    conversation_id = office.open()
    agent_id = take_over(office, conversation_id)
    with office.database.write() as session:
        conversation = store.lock_conversation(session, conversation_id)
        assert ownership.hand_over(session, conversation, "asked_for_a_person") == 0
    assert office.conversation(conversation_id).agent_id == agent_id


def test_only_the_first_agent_gets_a_conversation(office: FrontOffice) -> None:
    conversation_id = office.open()
    first = take_over(office, conversation_id)
    with pytest.raises(ownership.OwnershipError, match=r"inbox\.error\.taken"):
        take_over(office, conversation_id)
    assert office.conversation(conversation_id).agent_id == first


def test_only_its_agent_may_give_back_or_close_a_conversation(office: FrontOffice) -> None:
    conversation_id = office.open()
    take_over(office, conversation_id)
    stranger = office.agent("Stranger")
    with office.database.write() as session, pytest.raises(ownership.OwnershipError, match="not_yours"):
        ownership.give_back(session, conversation_id, stranger, TEXTS)
    with office.database.write() as session, pytest.raises(ownership.OwnershipError, match="not_yours"):
        ownership.close(session, conversation_id, stranger, "solved", TEXTS)
    assert office.conversation(conversation_id).owner == Owner.HUMAN
