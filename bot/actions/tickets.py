"""The ticket form: checked as the customer answers, confirmed before anything is created."""

from typing import Any

from bot.actions.dialogue import Events, Talk, TalkAction, finish
from bot.actions.forms import TaskForm
from bot.services.tickets import TicketDraft, Tickets
from connectors.contracts.tickets import MAX_SUBJECT_LENGTH

OWN_SLOTS = ("ticket_subject", "ticket_description", "confirmed")


class TicketForm(TaskForm):
    form = "ticket_form"
    questions = ("ticket_subject", "ticket_description", "email", "confirmed")
    triggers = frozenset({"ticket_open"})

    def slots_of_task(self) -> tuple[str, ...]:
        return OWN_SLOTS

    def read(self, talk: Talk, slot: str) -> Any:
        return self.own_words(talk) if slot.startswith("ticket_") else super().read(talk, slot)

    def check(self, talk: Talk, slot: str, value: Any) -> Any:
        if slot == "ticket_subject" and len(value) > MAX_SUBJECT_LENGTH:
            talk.say("ticket_subject_too_long", limit=MAX_SUBJECT_LENGTH)
            return None
        return value


class ActionAskTicketConfirmed(TalkAction):
    action_name = "action_ask_ticket_form_confirmed"

    def act(self, talk: Talk) -> Events:
        draft = _draft(talk)
        talk.say("ticket_confirm", subject=draft.subject, description=draft.description, email=draft.email)
        return []


class ActionCreateTicket(TalkAction):
    action_name = "action_create_ticket"

    def __init__(self, tickets: Tickets) -> None:
        self._tickets = tickets

    def act(self, talk: Talk) -> Events:
        if talk.slots.get("confirmed"):
            draft = _draft(talk)
            number = self._tickets.open_ticket(talk.conversation_id, talk.turn_key, draft)
            talk.say("ticket_created", number=number, email=draft.email)
        elif talk.slots.get("confirmed") is False:
            talk.say("ticket_not_created")
        return finish(talk, *OWN_SLOTS)


def _draft(talk: Talk) -> TicketDraft:
    given = talk.slots
    return TicketDraft(given["ticket_subject"], given["ticket_description"], given["email"])
