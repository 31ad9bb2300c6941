"""Bringing in a person by the rules, on both databases: what is said, what is remembered, and what ends it."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from bot.conversations import ownership
from bot.rasa.client import Understood
from bot.services.order_lookup import OrderLookup, Proof
from bot.services.proof_attempts import ProofLimits
from bot.texts import Button, Rendered
from connectors.contracts.orders import Order, OrderItem, OrderState
from connectors.database.models.conversation import Owner
from connectors.database.models.understanding import UnderstoodTurn
from connectors.vendors.memory_orders import MemoryOrders
from tests.fixtures.front_office import TEXTS, FrontOffice, open_front_office

pytestmark = pytest.mark.integration

COSTLY = Order(
    number="ORD-2026-1077",
    email="emma@example.com",
    customer_name="Emma Novák",
    ordered_on=date(2026, 11, 12),
    state=OrderState.DELIVERED,
    items=(OrderItem("SOFA", "Sofa", Decimal(1)),),
    total=Decimal("1500.00"),
    currency="EUR",
)
PLACE = [{"key": "handoff_place", "place": 1}]


@pytest.fixture
def office(database_url: str) -> Iterator[FrontOffice]:
    with open_front_office(database_url) as office:
        teach(office, "gibberish", Understood("gibberish", "nlu_fallback", 0.3, responses=["not_understood"]))
        teach(office, "thieves", Understood("thieves", "order_status", 0.9, is_angry=True))
        teach(office, "opening hours", Understood("opening hours", "opening_hours", 0.9, responses=["opening_hours"]))
        yield office


def teach(office: FrontOffice, text: str, *understood: Understood) -> None:
    office.assistant.understood[text] = understood


def hear_all(office: FrontOffice, conversation_id: str, texts: Sequence[str]) -> None:
    for text in texts:
        office.hear(conversation_id, text)


def told(key: str, language: str = "en") -> str:
    return TEXTS.render(key, language, {"waiting": PLACE}).text


def turns_of(office: FrontOffice, conversation_id: str) -> Sequence[UnderstoodTurn]:
    with office.database.read() as session:
        query = select(UnderstoodTurn).where(UnderstoodTurn.conversation_id == conversation_id)
        return session.scalars(query.order_by(UnderstoodTurn.seq, UnderstoodTurn.part)).all()


@pytest.mark.parametrize(
    ("texts", "reason"),
    [(["gibberish"] * 3, "not_understood"), (["thieves"] * 2, "anger"), (["gibberish", "thieves"], "anger")],
)
def test_the_answer_is_said_and_then_a_person_is_brought_in(
    office: FrontOffice, texts: Sequence[str], reason: str
) -> None:
    conversation_id = office.open("cs")
    hear_all(office, conversation_id, texts)
    conversation = office.conversation(conversation_id)
    assert (conversation.owner, conversation.handoff_reason) == (Owner.QUEUE, reason)
    assert conversation.has_pending is False
    assert office.said(conversation_id, "bot")[-2:] == [f"echo: {texts[-1]}", told(f"handoff_{reason}", "cs")]


def test_talk_that_goes_well_stays_with_the_assistant(office: FrontOffice) -> None:
    conversation_id = office.open()
    hear_all(office, conversation_id, ["gibberish", "gibberish", "opening hours", "gibberish", "thieves again"])
    assert office.conversation(conversation_id).owner == Owner.BOT


def test_whoever_was_handed_over_is_not_handed_over_again(office: FrontOffice) -> None:
    conversation_id = office.open()
    hear_all(office, conversation_id, ["thieves"] * 2)
    office.say(conversation_id, "thieves")
    assert office.said(conversation_id, "bot").count(told("handoff_anger")) == 1
    assert office.assistant.questions == ["thieves"] * 2


def test_messages_that_wait_behind_a_handoff_are_left_to_the_person(office: FrontOffice) -> None:
    conversation_id = office.open()
    office.hear(conversation_id, "thieves")
    with office.assistant.thinking():
        office.say(conversation_id, "thieves")
        office.assistant.wait_until_asked(2)
        office.say(conversation_id, "opening hours")
    office.wait_until_quiet(conversation_id)
    assert office.assistant.questions == ["thieves"] * 2
    assert office.conversation(conversation_id).owner == Owner.QUEUE


def test_what_went_wrong_before_a_person_came_is_settled(office: FrontOffice) -> None:
    conversation_id, agent = office.open(), office.agent()
    hear_all(office, conversation_id, ["gibberish"] * 3)
    with office.database.write() as session:
        ownership.take_over(session, conversation_id, agent, TEXTS)
    with office.database.write() as session:
        ownership.give_back(session, conversation_id, agent, TEXTS)
    hear_all(office, conversation_id, ["gibberish", "gibberish"])
    assert office.conversation(conversation_id).owner == Owner.BOT
    office.hear(conversation_id, "gibberish")
    assert office.conversation(conversation_id).owner == Owner.QUEUE


def test_a_task_that_waits_for_its_yes_is_finished_first(office: FrontOffice) -> None:
    office.assistant.script["thieves"] = [Rendered("Shall I?", (Button("Yes", "/affirm"), Button("No", "/deny")))]
    conversation_id = office.open()
    hear_all(office, conversation_id, ["thieves"] * 3)
    assert office.conversation(conversation_id).owner == Owner.BOT


def test_much_money_named_with_a_refund_brings_in_a_person(office: FrontOffice) -> None:
    teach(office, "refund 1200", Understood("refund 1200", "refund_request", 0.9, amounts=["1200.00 EUR"]))
    teach(office, "refund 120", Understood("refund 120", "refund_request", 0.9, amounts=["120.00 EUR"]))
    small, large = office.open(), office.open()
    office.hear(small, "refund 120")
    office.hear(large, "refund 1200")
    assert [office.conversation(one).owner for one in (small, large)] == [Owner.BOT, Owner.QUEUE]
    assert office.conversation(large).handoff_reason == "money"


def test_an_order_that_cost_much_counts_once_it_is_proved(office: FrontOffice) -> None:
    teach(office, "refund", Understood("refund", "refund_request", 0.9))
    lookup = OrderLookup(office.database, lambda: MemoryOrders([COSTLY]), ProofLimits(5, 50, 20))
    conversation_id = office.open()
    office.hear(conversation_id, "refund")
    assert office.conversation(conversation_id).owner == Owner.BOT
    lookup.look_up(conversation_id, COSTLY.number, Proof(email=COSTLY.email))
    office.hear(conversation_id, COSTLY.number)
    assert office.conversation(conversation_id).handoff_reason == "money"


def test_every_request_of_a_message_counts_as_one_message(office: FrontOffice) -> None:
    lost, angry = (
        Understood("a", "nlu_fallback", 0.3, responses=["not_understood"], is_angry=True),
        Understood("b", "opening_hours", 0.9, is_angry=True),
    )
    teach(office, "two things", lost, angry)
    conversation_id = office.open()
    office.hear(conversation_id, "two things")
    # One angry message after which something failed is enough, two parts of one message are not two messages.
    assert [turn.part for turn in turns_of(office, conversation_id)] == [0, 1]
    assert office.conversation(conversation_id).handoff_reason == "anger"
    calm = office.open()
    teach(office, "two things", angry, angry)
    office.hear(calm, "two things")
    assert office.conversation(calm).owner == Owner.BOT


def test_what_was_picked_of_two_guesses_is_evidence_for_the_review(office: FrontOffice) -> None:
    ranking = [("nlu_fallback", 0.3), ("refund_status", 0.25), ("refund_request", 0.2)]
    teach(office, "my money", Understood("my money", "nlu_fallback", 0.3, ranking, responses=["did_you_mean"]))
    teach(office, "/refund_request", Understood("/refund_request", "refund_request", 1.0))
    buttons = (Button("Where my refund is", "/refund_status"), Button("Return something", "/refund_request"))
    office.assistant.script["my money"] = [Rendered("Did you mean one of these?", buttons)]
    conversation_id = office.open()
    office.hear(conversation_id, "my money")
    asked = next(message for message in office.messages(conversation_id) if message.text.startswith("Did you"))
    assert asked.buttons is not None
    office.say(conversation_id, "Return something", button_id=asked.buttons[1]["id"])
    office.wait_until_quiet(conversation_id)
    doubted, pressed = turns_of(office, conversation_id)
    assert {guess["intent"]: guess["is_picked"] for guess in doubted.ranking} == {
        "nlu_fallback": False,
        "refund_status": False,
        "refund_request": True,
    }
    assert doubted.label is None
    assert (pressed.text, pressed.intent, pressed.review_state) == ("Return something", "refund_request", None)


def test_a_bot_that_is_away_says_so_once_and_answers_when_it_is_back(office: FrontOffice) -> None:
    conversation_id = office.open()
    office.assistant.is_down = True
    office.hear(conversation_id, "opening hours")
    office.turns.sweep()
    office.wait_until_quiet(conversation_id)
    office.hear(conversation_id, "still there?")
    assert office.said(conversation_id, "system") == [TEXTS.render("bot_away", "en").text]
    away = office.conversation(conversation_id)
    assert away.bot_away_since is not None
    assert away.has_pending
    office.assistant.is_down = False
    office.turns.sweep()
    office.wait_until_quiet(conversation_id)
    assert office.said(conversation_id, "bot") == ["echo: opening hours", "echo: still there?"]
    assert office.conversation(conversation_id).bot_away_since is None


def test_a_person_may_answer_instead_of_a_bot_that_is_away(office: FrontOffice) -> None:
    conversation_id, agent = office.open(), office.agent()
    office.assistant.is_down = True
    office.hear(conversation_id, "opening hours")
    with office.database.write() as session:
        ownership.take_over(session, conversation_id, agent, TEXTS)
    office.assistant.is_down = False
    office.turns.sweep()
    office.wait_until_quiet(conversation_id)
    conversation = office.conversation(conversation_id)
    assert (conversation.owner, conversation.bot_away_since) == (Owner.HUMAN, None)
    assert office.said(conversation_id, "bot") == []


def test_a_bot_that_is_away_a_second_time_says_so_again(office: FrontOffice) -> None:
    conversation_id = office.open()
    for _ in range(2):
        office.assistant.is_down = True
        office.hear(conversation_id, "opening hours")
        office.assistant.is_down = False
        office.turns.sweep()
        office.wait_until_quiet(conversation_id)
    assert len(office.said(conversation_id, "system")) == 2
