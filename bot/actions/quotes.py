"""The wish for an offer: which product, how many, for whom; confirmed before sales people hear of it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

import structlog

from bot.actions.dialogue import Events, Talk, TalkAction, finish
from bot.actions.forms import TaskForm
from bot.actions.product_facts import read_mentions
from bot.services.product_search import ProductSearch
from bot.services.quotes import LONGEST_COMPANY, MOST_PIECES, QuoteDraft, Quotes
from connectors.errors import ConnectorError

OWN_SLOTS = ("quote_product", "quote_quantity", "quote_company", "confirmed")
# "No" and "skip" are answers to the question for a company.
NO_COMPANY = frozenset({"skip", "deny"})
# What may be corrected while another question is open.
CORRECTIONS = {"quote_product": "product", "quote_quantity": "quantity"}

log = structlog.get_logger()


class QuoteForm(TaskForm):
    form = "quote_form"
    questions = ("quote_product", "quote_quantity", "quote_company", "email", "confirmed")
    triggers: ClassVar[frozenset[str]] = frozenset()
    explanations: ClassVar[Mapping[str, str]] = {**TaskForm.explanations, "quote_quantity": "utter_need_quantity"}

    def __init__(self, search: ProductSearch) -> None:
        self._search = search

    def slots_of_task(self) -> tuple[str, ...]:
        return OWN_SLOTS

    def is_leaving(self, talk: Talk) -> bool:
        is_answer = talk.requested == "quote_company" and talk.intent in NO_COMPANY
        return not is_answer and super().is_leaving(talk)

    def read_answers(self, talk: Talk) -> dict[str, Any]:
        answers = super().read_answers(talk)
        # A company may be called after a lamp and have a number in its name.
        if talk.is_served or "quote_company" in answers:
            return answers
        for slot, kind in CORRECTIONS.items():
            if slot not in answers and (value := talk.entity(kind)):
                answers[slot] = self.check(talk, slot, value)
        return answers

    def read(self, talk: Talk, slot: str) -> Any:
        if slot == "quote_product":
            return talk.entity("product") or self.own_words(talk)
        if slot == "quote_company":
            return "" if talk.intent in NO_COMPANY else self.own_words(talk)
        return super().read(talk, slot)

    def check(self, talk: Talk, slot: str, value: Any) -> Any:
        if slot == "quote_product":
            return self._check_product(talk, value)
        if slot == "quote_quantity":
            return self._check_quantity(talk, value)
        return value[:LONGEST_COMPANY] if slot == "quote_company" else value

    def _check_product(self, talk: Talk, value: str) -> str:
        """The SKU where it is clear; anything else is a description for the sales people."""
        try:
            language = self._search.language_of(talk.conversation_id)
            if self._search.find_product(value) is None:
                found = self._search.find(talk.text, language, read_mentions(talk, language))
                value = found.products[0].sku if len(found.products) == 1 else talk.text.strip() or value
        except ConnectorError as error:
            log.warning("the catalogue cannot be asked", reason=error.reason)
        return value

    def _check_quantity(self, talk: Talk, value: str) -> str | None:
        quantity = Decimal(value)
        if quantity != quantity.to_integral_value() or not 0 < quantity <= MOST_PIECES:
            talk.say("utter_need_quantity")
            return None
        return format(quantity.to_integral_value(), "f")


class ActionAskQuoteConfirmed(TalkAction):
    action_name = "action_ask_quote_form_confirmed"

    def __init__(self, search: ProductSearch) -> None:
        self._search = search

    def act(self, talk: Talk) -> Events:
        draft = _draft(talk, self._search)
        company = [{"key": "quote_company_line", "company": draft.company}] if draft.company else []
        quantity = str(draft.quantity)
        talk.say("quote_confirm", product=draft.description, quantity=quantity, company=company, email=draft.email)
        return []


class ActionRequestQuote(TalkAction):
    action_name = "action_request_quote"

    def __init__(self, search: ProductSearch, quotes: Quotes) -> None:
        self._search = search
        self._quotes = quotes

    def act(self, talk: Talk) -> Events:
        if talk.slots.get("confirmed"):
            self._request(talk)
        elif talk.slots.get("confirmed") is False:
            talk.say("quote_not_requested")
        return finish(talk, *OWN_SLOTS)

    def _request(self, talk: Talk) -> None:
        draft = _draft(talk, self._search)
        try:
            number = self._quotes.request(talk.conversation_id, talk.turn_key, draft)
        except ConnectorError as error:
            log.warning("a lead cannot be registered", reason=error.reason)
            talk.say("quote_failed")
            return
        talk.say("quote_requested", number=number, email=draft.email)


def _draft(talk: Talk, search: ProductSearch) -> QuoteDraft:
    given = talk.slots
    asked = given["quote_product"]
    try:
        product = search.find_product(asked)
    except ConnectorError as error:
        log.warning("the catalogue cannot be asked", reason=error.reason)
        product = None
    name = product.name_in(search.language_of(talk.conversation_id)) if product else asked
    return QuoteDraft(
        description=name,
        sku=product.sku if product else None,
        quantity=Decimal(given["quote_quantity"]),
        company=given.get("quote_company") or "",
        email=given["email"],
    )
