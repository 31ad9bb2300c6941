"""Our channel inside Rasa: one call is one message, which may hold several requests."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from rasa.core.channels.channel import UserMessage

from bot.rasa.channel import REQUESTS_FILE, Collector, TurnInput
from bot.understanding.requests import Requests

NUMBER = {"entity": "order_number", "value": "ORD-2026-1042", "start": 9, "end": 22}
ANGRY = {"entity": "mood", "value": "angry", "start": 0, "end": 5}
HOURS, STATUS = "when are you open?", "where is ORD-2026-1042"
BOTH = f"{STATUS} and {HOURS}"


class Tracker:
    def __init__(self, question: str | None) -> None:
        self.active_loop_name = "some_form" if question else None
        self._question = question

    def get_slot(self, name: str) -> str | None:
        return self._question


class Rasa:
    """An agent that understands what it was taught; an order's form asks for the e-mail until the end."""

    def __init__(self, question: str | None = None) -> None:
        self.understands: dict[str, tuple[str, list[dict[str, Any]]]] = {
            BOTH: ("order_status", [NUMBER]),
            STATUS: ("order_status", [NUMBER]),
            HOURS: ("opening_hours", []),
        }
        self.question = question
        self.handled: list[UserMessage] = []
        self.tracker_store = self

    async def parse_message(self, text: str) -> dict[str, Any]:
        name, entities = self.understands.get(text, ("nlu_fallback", []))
        intent = {"name": name, "confidence": 0.9}
        return {"text": text, "intent": intent, "intent_ranking": [intent], "entities": entities}

    async def retrieve(self, sender: str) -> Tracker:
        return Tracker(self.question)

    async def handle(self, message: UserMessage) -> None:
        self.handled.append(message)
        intent = message.parse_data["intent"]["name"]
        await self._say(message, f"about {intent}", f"utter_{intent}")
        if intent == "order_status":
            self.question = "email"
        if self.question:
            await self._say(message, f"your {self.question}?", f"utter_ask_{self.question}")

    async def _say(self, message: UserMessage, text: str, key: str) -> None:
        assert isinstance(message.output_channel, Collector)
        said = {"text": text, "metadata": {"response": key}}
        await message.output_channel.send_response(message.sender_id, said)


def ask(rasa: Rasa, text: str) -> dict[str, Any]:
    channel = TurnInput("secret", Requests.read(REQUESTS_FILE))
    return asyncio.run(channel.serve(rasa, rasa.handle, {"sender": "c1.1", "text": text, "seq": 7}))


def texts(answer: dict[str, Any]) -> list[str]:
    return [message["text"] for message in answer["messages"]]


def test_one_request_is_one_message_to_rasa() -> None:
    rasa = Rasa()
    answer = ask(rasa, HOURS)
    assert texts(answer) == ["about opening_hours"]
    assert [(m.text, m.sender_id, m.metadata) for m in rasa.handled] == [(HOURS, "c1.1", {"seq": 7})]
    assert answer["understood"] == [
        {
            "text": HOURS,
            "intent": "opening_hours",
            "confidence": 0.9,
            "ranking": [{"name": "opening_hours", "confidence": 0.9}],
            "is_angry": False,
            "responses": ["utter_opening_hours"],
            "amounts": [],
        }
    ]


def test_two_requests_are_answered_in_order_and_the_open_question_stands_last() -> None:
    rasa = Rasa()
    answer = ask(rasa, BOTH)
    assert texts(answer) == ["about order_status", "about opening_hours", "your email?"]
    assert [m.text for m in rasa.handled] == [STATUS, HOURS]
    assert [(one["intent"], one["responses"]) for one in answer["understood"]] == [
        ("order_status", ["utter_order_status", "utter_ask_email"]),
        ("opening_hours", ["utter_opening_hours", "utter_ask_email"]),
    ]


def test_what_one_part_names_the_other_means_as_well() -> None:
    rasa = Rasa()
    rasa.understands["refund policy for it?"] = ("refund_policy", [])
    rasa.understands["can I pay by card?"] = ("payment_methods", [])
    ask(rasa, f"{STATUS}. and can I pay by card?")
    assert len(rasa.handled) == 1  # the part ends with a full stop, which was not taught
    rasa.understands["an invoice for 10482."] = ("invoice_copy", [NUMBER])
    ask(rasa, "an invoice for 10482. and can I pay by card?")
    assert [m.parse_data["entities"] for m in rasa.handled[1:]] == [[NUMBER], [NUMBER]]


def test_to_an_open_form_nothing_is_said_that_its_part_did_not_say() -> None:
    rasa = Rasa()
    ask(rasa, BOTH)
    assert [m.parse_data["entities"] for m in rasa.handled] == [[NUMBER], []]
    rasa = Rasa(question="confirmed")
    rasa.understands["yes."] = ("affirm", [])
    ask(rasa, f"yes. {STATUS}")
    assert [m.parse_data["entities"] for m in rasa.handled] == [[], [NUMBER]]


def test_own_words_are_kept_together() -> None:
    rasa = Rasa(question="ticket_description")
    ask(rasa, BOTH)
    assert [m.text for m in rasa.handled] == [BOTH]


def test_the_anger_of_a_message_is_the_anger_of_all_its_parts() -> None:
    rasa = Rasa()
    rasa.understands[BOTH] = ("order_status", [NUMBER, ANGRY])
    assert [one["is_angry"] for one in ask(rasa, BOTH)["understood"]] == [True, True]


@pytest.mark.parametrize("text", ['/order_status{"order_number": "x"} and when are you open?', "/affirm"])
def test_a_pressed_button_is_never_cut(text: str) -> None:
    rasa = Rasa()
    rasa.understands[text] = ("order_status", [])
    ask(rasa, text)
    assert [m.text for m in rasa.handled] == [text]


def test_the_rules_are_where_the_channel_looks_for_them() -> None:
    assert Path(__file__).parents[2] / "data" / "shared" / "requests.yml" == REQUESTS_FILE
