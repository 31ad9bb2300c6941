"""Ticket status: the number and the e-mail address of a ticket, or all tickets of a verified customer."""

from collections.abc import Mapping
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from bot.actions.dialogue import Events, Talk, TalkAction, finish
from bot.actions.forms import TaskForm
from bot.services.own_tickets import OwnTicket
from bot.services.ticket_lookup import TicketLookup, TicketOutcome

MAX_SHOWN = 10
# Whoever left the form asked for nothing any more.
LEAVING = frozenset({"cancel", "deny"})
REFUSALS = {
    TicketOutcome.REFUSED: "ticket_refused",
    TicketOutcome.TOO_MANY_TRIES: "ticket_too_many_tries",
}


class TicketStatusForm(TaskForm):
    """Collects; the proof is tried by the action, because a slot proves nothing."""

    form = "ticket_status_form"
    questions = ("ticket_number", "email")
    triggers = frozenset({"ticket_status"})
    explanations: ClassVar[Mapping[str, str]] = {**TaskForm.explanations, "ticket_number": "utter_need_ticket_number"}

    def __init__(self, lookup: TicketLookup) -> None:
        self._lookup = lookup

    def slots_of_task(self) -> tuple[str, ...]:
        return ("ticket_number",)

    def take_answers(self, talk: Talk) -> Events:
        answers = self.read_answers(talk)
        number = answers.get("ticket_number") or talk.slots.get("ticket_number")
        if number is None and self._lookup.own(talk.conversation_id) is not None:
            return self.store(talk, answers, ())
        if number is not None and self._lookup.recall(talk.conversation_id, number) is not None:
            return self.store(talk, answers, ())
        return self.store(talk, answers, self.questions)


class ActionTicketStatus(TalkAction):
    action_name = "action_ticket_status"

    def __init__(self, lookup: TicketLookup, zone: ZoneInfo) -> None:
        self._lookup = lookup
        self._zone = zone

    def act(self, talk: Talk) -> Events:
        number, email = talk.slots.get("ticket_number"), talk.slots.get("email")
        if number is None:
            if talk.intent not in LEAVING:
                self._show_own(talk)
            return finish(talk, "ticket_number")
        ticket = self._lookup.recall(talk.conversation_id, number)
        if ticket is None and email is not None:
            result = self._lookup.look_up(talk.conversation_id, number, email)
            ticket = result.ticket
            if ticket is None:
                talk.say(REFUSALS[result.outcome])
                return finish(talk, "ticket_number", "email")
        if ticket is not None:
            talk.say("ticket_status", tickets=[self._describe(ticket)])
        return finish(talk, "ticket_number")

    def _show_own(self, talk: Talk) -> None:
        tickets = self._lookup.own(talk.conversation_id)
        if tickets:
            talk.say("ticket_status", tickets=[self._describe(ticket) for ticket in tickets[:MAX_SHOWN]])
        elif tickets is not None:
            talk.say("ticket_none")

    def _describe(self, ticket: OwnTicket) -> dict[str, Any]:
        return {
            "key": "ticket_state" if ticket.subject is not None else "ticket_state_untitled",
            "number": ticket.number,
            "subject": ticket.subject,
            "state": f"ticket_{ticket.state}",
            "opened_on": ticket.opened_at.astimezone(self._zone).date().isoformat(),
            "changed_on": ticket.changed_at.astimezone(self._zone).date().isoformat(),
        }
