"""The ticket form: validated as the customer answers, confirmed before anything is created."""

from typing import Any

from rasa_sdk import Action, FormValidationAction, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from bot.actions.dialogue import Events, conversation_id, intent_of, slots, turn_key, utter
from bot.services.tickets import MAX_SUBJECT_LENGTH, TicketDraft, Tickets

# A "no" of a few words ends the form; a longer text with a "no" in it is a description.
LONGEST_REFUSAL_WORDS = 3
REFUSALS = frozenset({"deny", "cancel"})
STOP_FORM = {"requested_slot": None, "ticket_confirmed": False}
FORM_SLOTS = ("ticket_subject", "ticket_description", "ticket_confirmed")


class ValidateTicketForm(FormValidationAction):
    def name(self) -> str:
        return "validate_ticket_form"

    def validate_ticket_subject(
        self, value: str, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        if _is_refusal(value, tracker):
            return {"ticket_subject": None, **STOP_FORM}
        if len(value) > MAX_SUBJECT_LENGTH:
            utter(dispatcher, "ticket_subject_too_long", limit=MAX_SUBJECT_LENGTH)
            return {"ticket_subject": None}
        return {"ticket_subject": value.strip()}

    def validate_ticket_description(
        self, value: str, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        if _is_refusal(value, tracker):
            return {"ticket_description": None, **STOP_FORM}
        return {"ticket_description": value.strip()}


class ActionAskTicketConfirmed(Action):
    def name(self) -> str:
        return "action_ask_ticket_form_ticket_confirmed"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        draft = _draft(tracker)
        utter(dispatcher, "ticket_confirm", subject=draft.subject, description=draft.description, email=draft.email)
        return []


class ActionCreateTicket(Action):
    def __init__(self, tickets: Tickets) -> None:
        self._tickets = tickets

    def name(self) -> str:
        return "action_create_ticket"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        if slots(tracker).get("ticket_confirmed"):
            draft = _draft(tracker)
            number = self._tickets.open_ticket(conversation_id(tracker), turn_key(tracker), draft)
            utter(dispatcher, "ticket_created", number=number, email=draft.email)
        else:
            utter(dispatcher, "ticket_not_created")
        return [SlotSet(name, None) for name in FORM_SLOTS]


def _draft(tracker: Tracker) -> TicketDraft:
    given = slots(tracker)
    return TicketDraft(given["ticket_subject"], given["ticket_description"], given["email"])


def _is_refusal(text: str, tracker: Tracker) -> bool:
    return intent_of(tracker) in REFUSALS and len(text.split()) <= LONGEST_REFUSAL_WORDS
