"""Forms: one question after the other, with a way out, a way back, and a last word before something is done."""

from collections.abc import Mapping
from typing import Any, ClassVar

from rasa_sdk.events import SlotSet
from rasa_sdk.interfaces import ActionExecutionRejection

from bot.actions.dialogue import ORDER_NUMBER, Events, Talk, TalkAction
from bot.services.order_lookup import LookupOutcome, LookupResult, OrderLookup, Proof
from bot.understanding.extractor import extract, is_only_references
from bot.understanding.postcodes import as_postcode
from connectors.contracts.orders import Order

REFUSALS = {
    LookupOutcome.REFUSED: "order_refused",
    LookupOutcome.TOO_MANY_TRIES: "order_too_many_tries",
    LookupOutcome.UNAVAILABLE: "order_unavailable",
}
YES_OR_NO = {"affirm": True, "deny": False}
# A "no" of a few words ends a form; a longer text with a "no" in it is an answer.
LONGEST_REFUSAL_WORDS = 3
# These ask for nothing that could be served instead of the open question.
NO_REQUESTS = frozenset({"nlu_fallback", "out_of_scope", "inform", "affirm", "deny", "cancel", "skip"})
# What interrupts a question that any words would answer: always, or when the assistant is sure about it.
NEVER_OWN_WORDS = frozenset({"talk_to_human", "change_language", "restart", "repeat"})
SELDOM_OWN_WORDS = frozenset(
    {"order_status", "opening_hours", "delivery_info", "payment_methods", "refund_policy", "bot_challenge", "help"}
)
# What a customer asks for by naming an order; inside another task it is another task, not a correction.
ORDER_REQUESTS = frozenset(
    {
        "cancel_order",
        "change_address",
        "change_order",
        "invoice_copy",
        "late_or_missing_parcel",
        "order_status",
        "refund_request",
        "refund_status",
    }
)
# With an order number beside it, a request need not be beyond doubt: a correction is none ("no, 10483").
LIKELY = 0.5
TALK_TO_PERSON = {"term": "talk_to_person", "payload": "/talk_to_human"}
SEND_CODE = {"term": "send_code", "payload": '/account_help{"account_topic": "overview"}'}


class TaskForm(TalkAction):
    """Checks the answers to a form's questions and names the next one; Rasa asks it and calls this again.

    `questions` are slots in the order of asking. The question itself is the response `utter_ask_<form>_<slot>` or
    `utter_ask_<slot>`, or an action `action_ask_…`. The last question of a task that changes something is
    `confirmed`. `triggers` are the intents that start the form. `explanations` are responses that say what an answer
    looks like, by slot. `yes_or_no` are the questions that a no answers; to any other it is the wish to stop.
    A message that asks for something else is left to the rules, and then the form asks again.
    """

    form: ClassVar[str]
    questions: ClassVar[tuple[str, ...]]
    triggers: ClassVar[frozenset[str]]
    yes_or_no: ClassVar[frozenset[str]] = frozenset({"confirmed"})
    explanations: ClassVar[Mapping[str, str]] = {
        "order_number": "utter_need_order_number",
        "email": "utter_need_email",
        "confirmed": "utter_need_yes_or_no",
    }

    def name(self) -> str:
        return f"validate_{self.form}"

    def act(self, talk: Talk) -> Events:
        if talk.is_served:
            return self.take_answers(talk)
        if self.is_another_task(talk):
            raise ActionExecutionRejection(self.form)
        if self.is_leaving(talk):
            talk.say("utter_cancelled")
            return self.stop()
        return self.take_answers(talk)

    def is_another_task(self, talk: Talk) -> bool:
        """Another request about an order, which would be mistaken for an answer because it names one."""
        is_answer = talk.requested in {None, ORDER_NUMBER, "email"} or talk.entity(ORDER_NUMBER) is None
        return not is_answer and talk.is_sure(LIKELY) and talk.intent in ORDER_REQUESTS - self.triggers

    def is_leaving(self, talk: Talk) -> bool:
        """A wish to stop; a plain no as well, unless yes or no is what was asked."""
        if talk.requested is None or talk.has_news():
            return False
        if talk.requested in self.yes_or_no:
            return talk.intent == "cancel"
        return talk.intent in {"cancel", "deny"} and len(talk.text.split()) <= LONGEST_REFUSAL_WORDS

    def stop(self) -> Events:
        """Leave the form; the action after it finds nothing to do. What was asked is forgotten."""
        return [*(SlotSet(slot, None) for slot in self.slots_of_task()), SlotSet("requested_slot", None)]

    def slots_of_task(self) -> tuple[str, ...]:
        """What belongs to this task alone and is forgotten with it."""
        return self.questions

    def take_answers(self, talk: Talk) -> Events:
        return self.store(talk, self.read_answers(talk), self.questions)

    def read_answers(self, talk: Talk) -> dict[str, Any]:
        """The checked values of the slots that this message filled, and of the open question."""
        filled = talk.tracker.slots_to_validate()
        answers: dict[str, Any] = {}
        for slot in self.questions:
            value = filled.get(slot)
            if value is None and slot == talk.requested and not talk.is_served:
                value = self.read(talk, slot)
            if value is not None:
                answers[slot] = self.check(talk, slot, value)
        return answers

    def read(self, talk: Talk, slot: str) -> Any:
        """The answer to the open question where no entity holds it; None when the message is no answer."""
        return YES_OR_NO.get(talk.intent or "") if slot in self.yes_or_no and not talk.has_news() else None

    def check(self, talk: Talk, slot: str, value: Any) -> Any:
        """The value to keep, or None to ask again (say why before). A value may be checked more than once."""
        return value

    def own_words(self, talk: Talk) -> str | None:
        """The message as an answer in the customer's own words; None when it clearly is something else."""
        if talk.intent in NEVER_OWN_WORDS or (talk.is_sure() and talk.intent in SELDOM_OWN_WORDS):
            return None
        return None if is_only_references(talk.text, extract(talk.text)) else talk.text.strip() or None

    def store(self, talk: Talk, answers: dict[str, Any], questions: tuple[str, ...]) -> Events:
        """Keep the answers and name the first question that is open; with none the form ends."""
        is_no_answer = not answers and talk.requested in questions and not talk.is_served
        if is_no_answer and talk.requested and talk.intent in NO_REQUESTS | self.triggers:
            answers = self._explain(talk, talk.requested)
        known = {**talk.slots, **answers}
        open_question = next((slot for slot in questions if known.get(slot) is None), None)
        return [*(SlotSet(slot, value) for slot, value in answers.items()), SlotSet("requested_slot", open_question)]

    def _explain(self, talk: Talk, slot: str) -> dict[str, Any]:
        """Say what an answer looks like. An empty slot tells Rasa that the message was taken, so no rule answers it."""
        if key := self.explanations.get(slot):
            talk.say(key)
        return {slot: None}


class OrderForm(TaskForm):
    """A form about one order of the customer: its number and a proof first, `questions` after them.

    `trigger` is the intent that begins it anew after a failure. `may_hold_numbers` are questions whose answers have
    numbers of their own: bare digits name no order there.
    """

    trigger: ClassVar[str]
    may_hold_numbers: ClassVar[frozenset[str]] = frozenset()
    questions: ClassVar[tuple[str, ...]] = ()
    explanations: ClassVar[Mapping[str, str]] = {**TaskForm.explanations, "email": "utter_need_proof"}

    def __init__(self, lookup: OrderLookup) -> None:
        self._lookup = lookup

    def slots_of_task(self) -> tuple[str, ...]:
        return (ORDER_NUMBER, *self.questions)

    def take_answers(self, talk: Talk) -> Events:
        filled = talk.tracker.slots_to_validate()
        answers: dict[str, Any] = {slot: filled[slot] for slot in (ORDER_NUMBER, "email") if filled.get(slot)}
        if number := self.read_order(talk):
            answers[ORDER_NUMBER] = number
        if talk.requested in self.may_hold_numbers and str(answers.get(ORDER_NUMBER)).isdigit():
            answers[ORDER_NUMBER] = talk.slot_before(ORDER_NUMBER)
        is_corrected = self._is_corrected(talk, answers)
        if is_corrected:
            # What was answered about one order does not hold for another.
            answers.update(dict.fromkeys(self.questions))
        proof = self._read_proof(talk, answers)
        number = answers.get(ORDER_NUMBER) or talk.slots.get(ORDER_NUMBER)
        if number is None:
            return self.store(talk, answers, (ORDER_NUMBER, "email"))
        result = self._lookup.recall(talk.conversation_id, number)
        if result is None and proof is not None:
            result = self._lookup.look_up(talk.conversation_id, number, proof)
            is_of_earlier = proof.email is not None and talk.entity("email") is None
            if result.outcome == LookupOutcome.REFUSED and is_of_earlier:
                # The address was said about something else; it is no reason to give up.
                return [*(SlotSet(*answer) for answer in answers.items()), SlotSet("requested_slot", "email")]
        if result is None:
            return self.store(talk, answers, (ORDER_NUMBER, "email"))
        return self._go_on(talk, answers, result, is_corrected)

    def _read_proof(self, talk: Talk, answers: dict[str, Any]) -> Proof | None:
        """The e-mail address, from now or before; or the postcode, when it answers the question for a proof."""
        is_proof_asked = talk.requested == "email" and not talk.is_served
        if is_proof_asked and "email" not in answers and (postcode := as_postcode(talk.text)):
            # Five digits look like an order number, too; as the answer to this question they are none.
            answers[ORDER_NUMBER] = talk.slot_before(ORDER_NUMBER) or talk.slots.get(ORDER_NUMBER)
            return Proof(postcode=postcode)
        email = answers.get("email") or talk.slots.get("email")
        return Proof(email=email) if email else None

    def _go_on(self, talk: Talk, answers: dict[str, Any], result: LookupResult, is_corrected: bool) -> Events:
        if result.order is None:
            self._say_refusal(talk, result.outcome)
            return [*self.stop(), SlotSet("email", None)]
        if self.refuse(talk, result.order):
            return self.stop()
        if not is_corrected:
            answers.update(self.read_answers_about(talk, result.order))
        return self.store(talk, answers, self.questions)

    def _say_refusal(self, talk: Talk, outcome: LookupOutcome) -> None:
        try_again = {"term": "try_again", "payload": f"/{self.trigger}"}
        way_out = SEND_CODE if outcome == LookupOutcome.TOO_MANY_TRIES else try_again
        talk.say(REFUSALS[outcome], choices=[way_out, TALK_TO_PERSON])

    def _is_corrected(self, talk: Talk, answers: Mapping[str, Any]) -> bool:
        """Whether the customer names another order after questions about the first."""
        before = talk.slot_before(ORDER_NUMBER)
        return talk.requested in self.questions and before is not None and before != answers.get(ORDER_NUMBER, before)

    def words_about(self, talk: Talk, slot: str) -> str | None:
        """What was said about a slot: in answer to its question, or already when the task began.

        Before the proof there was nothing to read it with, so the first words are read once the order is proved.
        """
        if talk.is_served:
            return None
        if talk.requested not in {None, ORDER_NUMBER, "email"}:
            return talk.text if talk.requested == slot else None
        first_words = str(talk.opening.get("text") or "")
        return None if first_words.startswith("/") else first_words

    def read_order(self, talk: Talk) -> str | None:
        """The number of an order that the message names otherwise than by its number."""
        return None

    def refuse(self, talk: Talk, order: Order) -> bool:
        """Whether the task is impossible for this order; says why."""
        return False

    def read_answers_about(self, talk: Talk, order: Order) -> dict[str, Any]:
        """As `read_answers`, for a task whose checks need the order."""
        return self.read_answers(talk)
