"""The customer's own data: proved by a code that goes to their address, then told, or given to people to change."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, ClassVar

from rasa_sdk.events import SlotSet

from bot.actions.dialogue import Events, Talk, TalkAction, finish
from bot.actions.forms import TaskForm
from bot.actions.greeting import as_choices, language_of
from bot.services.account_topics import AccountTopic, AccountTopics
from bot.services.customers import Customers
from bot.services.greeting import matter_buttons
from bot.services.one_time_codes import CODE_DIGITS, VALID, OneTimeCodes, SendOutcome, TryOutcome
from bot.services.own_tickets import OwnTicket
from bot.services.tickets import TicketDraft, Tickets
from bot.texts import Texts
from connectors.contracts.tickets import MAX_SUBJECT_LENGTH
from connectors.database.models.conversation import Conversation
from connectors.database.session import Database

OWN_SLOTS = ("account_topic", "account_request", "code_sent_to", "confirmed")
# People do these; each has a subject for their ticket.
REQUESTS: Mapping[str, str] = {
    AccountTopic.DELETION: "account_subject_deletion",
    AccountTopic.COPY: "account_subject_copy",
    AccountTopic.CHANGE: "account_subject_change",
}
SEND_REFUSALS = {SendOutcome.TOO_MANY: "code_too_many", SendOutcome.UNAVAILABLE: "code_unavailable"}
_CODE = re.compile(rf"(?<!\d)\d(?:[ -]?\d){{{CODE_DIGITS - 1}}}(?![ -]?\d)")


def read_code(text: str) -> str | None:
    """Six digits of any script, perhaps in groups; None when there are none or several."""
    plain = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)
    found = [re.sub(r"\D", "", match) for match in _CODE.findall(plain)]
    return found[0] if len(found) == 1 else None


class AccountForm(TaskForm):
    """Which wish, whose address, the code from the mail, and a last word before anything is asked of people.

    A verified customer is asked neither for an address nor for a code. The code is no slot: it works once.
    """

    form = "account_form"
    questions = ("account_topic", "email", "code", "confirmed")
    triggers = frozenset({"account_help"})
    explanations: ClassVar[Mapping[str, str]] = {**TaskForm.explanations, "code": "utter_need_code"}

    def __init__(self, database: Database, codes: OneTimeCodes, topics: AccountTopics) -> None:
        self._database = database
        self._codes = codes
        self._topics = topics

    def slots_of_task(self) -> tuple[str, ...]:
        return OWN_SLOTS

    def take_answers(self, talk: Talk) -> Events:
        answers = self._read_wish(talk)
        topic = answers.get("account_topic") or talk.slots.get("account_topic")
        if topic == AccountTopic.SIGN_IN:
            talk.say("account_sign_in")
            return self.stop()
        if topic is None:
            return self.store(talk, answers, ("account_topic",))
        if not is_verified(self._database, talk.conversation_id):
            return self._prove(talk, answers)
        return self._go_on(talk, answers, topic)

    def _read_wish(self, talk: Talk) -> dict[str, Any]:
        """The topic, by button or by words, and the words themselves for those who will read the request."""
        wish: dict[str, Any] = {}
        if talk.slots.get("account_topic") is None:
            topic = talk.entity("account_topic") or self._topics.topic_of(talk.text)
            wish |= {"account_topic": str(topic)} if topic else {}
            is_told = talk.intent in self.triggers and not talk.text.startswith("/")
            if is_told and talk.slots.get("account_request") is None:
                wish["account_request"] = talk.text
        return wish

    def _prove(self, talk: Talk, answers: dict[str, Any]) -> Events:
        email = talk.tracker.slots_to_validate().get("email") or talk.slots.get("email")
        if email is None:
            return self.store(talk, answers, ("account_topic", "email"))
        is_code_asked = talk.requested == "code" and not talk.is_served
        wants_another = is_code_asked and talk.intent in self.triggers
        if email != talk.slots.get("code_sent_to") or wants_another:
            return self._send(talk, {**answers, "email": email})
        code = read_code(talk.text) if is_code_asked else None
        if code is None:
            return self.store(talk, answers, ("account_topic", "email", "code"))
        return self._try(talk, answers, code)

    def _send(self, talk: Talk, answers: dict[str, Any]) -> Events:
        outcome = self._codes.send(talk.conversation_id, answers["email"])
        if outcome != SendOutcome.SENT:
            talk.say(SEND_REFUSALS[outcome])
            return self.stop()
        talk.say("code_sent", email=answers["email"], minutes=int(VALID.total_seconds() // 60))
        sent = {**answers, "code_sent_to": answers["email"]}
        return [*(SlotSet(*answer) for answer in sent.items()), SlotSet("requested_slot", "code")]

    def _try(self, talk: Talk, answers: dict[str, Any], code: str) -> Events:
        outcome = self._codes.prove(talk.conversation_id, code)
        # Six digits look like an order number, too; as the answer to this question they are none.
        answers = {**answers, "order_number": talk.slot_before("order_number")}
        if outcome == TryOutcome.PROVED:
            talk.say("code_right")
            return self._go_on(talk, answers, talk.slots["account_topic"])
        talk.say("code_wrong" if outcome == TryOutcome.WRONG else "code_over")
        return [*(SlotSet(*answer) for answer in answers.items()), SlotSet("requested_slot", "code")]

    def _go_on(self, talk: Talk, answers: dict[str, Any], topic: str) -> Events:
        if topic not in REQUESTS:
            return [*(SlotSet(*answer) for answer in answers.items()), SlotSet("requested_slot", None)]
        is_asked = talk.requested == "confirmed" and not talk.is_served
        agreed = self.read(talk, "confirmed") if is_asked else None
        answers |= {} if agreed is None else {"confirmed": agreed}
        return self.store(talk, answers, ("account_topic", "confirmed"))


class ActionAskAccountConfirmed(TalkAction):
    action_name = "action_ask_account_form_confirmed"

    def __init__(self, texts: Texts, database: Database) -> None:
        self._texts = texts
        self._database = database

    def act(self, talk: Talk) -> Events:
        draft = _draft(talk, self._texts, self._database)
        talk.say("account_confirm", subject=draft.subject, email=draft.email)
        return []


class ActionAccount(TalkAction):
    """Shows a verified customer what they wait for, or gives their request to people."""

    action_name = "action_account"

    def __init__(self, database: Database, texts: Texts, customers: Customers, tickets: Tickets) -> None:
        self._database = database
        self._texts = texts
        self._customers = customers
        self._tickets = tickets

    def act(self, talk: Talk) -> Events:
        topic = talk.slots.get("account_topic")
        if topic is not None and is_verified(self._database, talk.conversation_id):
            if topic in REQUESTS:
                self._request(talk)
            elif topic == AccountTopic.OVERVIEW:
                self._show(talk)
        return finish(talk, *OWN_SLOTS)

    def _show(self, talk: Talk) -> None:
        matters = self._customers.open_matters(talk.conversation_id)
        if matters is None:
            return
        if matters.missing:
            talk.say("account_incomplete")
        lines: list[Mapping[str, str | None]] = [
            {"key": "order_line", "number": o.number, "state": o.state.value} for o in matters.orders
        ]
        lines += [_describe(ticket) for ticket in matters.tickets]
        if not lines:
            talk.say("account_nothing_open")
            return
        language = language_of(self._database, talk.conversation_id)
        buttons = matter_buttons(self._texts, language, matters, limit=len(lines))
        talk.say("account_overview", lines=lines, choices=as_choices(buttons))

    def _request(self, talk: Talk) -> None:
        if not talk.slots.get("confirmed"):
            if talk.slots.get("confirmed") is False:
                talk.say("account_not_requested")
            return
        draft = _draft(talk, self._texts, self._database)
        number = self._tickets.open_ticket(talk.conversation_id, talk.turn_key, draft)
        talk.say("account_requested", number=number, email=draft.email)


def is_verified(database: Database, conversation_id: str) -> bool:
    with database.read() as session:
        return session.get_one(Conversation, conversation_id).verified_email is not None


def _describe(ticket: OwnTicket) -> Mapping[str, str | None]:
    key = "ticket_line" if ticket.subject is not None else "ticket_line_untitled"
    return {"key": key, "number": ticket.number, "subject": ticket.subject}


def _draft(talk: Talk, texts: Texts, database: Database) -> TicketDraft:
    """The request in the customer's language and words, to the address that they proved."""
    with database.read() as session:
        conversation = session.get_one(Conversation, talk.conversation_id)
    subject = texts.render(REQUESTS[talk.slots["account_topic"]], conversation.language).text[:MAX_SUBJECT_LENGTH]
    return TicketDraft(subject, talk.slots.get("account_request") or subject, conversation.verified_email or "")
