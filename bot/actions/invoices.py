"""A copy of an invoice: a link at once, and as a mail to the address of the order when the customer wants it.

An invoice shows name and street. Whoever proved an order by its postcode alone gets no link: the mail goes to the
address of the order, whoever asked.
"""

from collections.abc import Sequence
from datetime import tzinfo

from rasa_sdk import Action

from bot.actions.dialogue import ORDER_NUMBER, Events, Talk, TalkAction, finish
from bot.actions.forms import TALK_TO_PERSON, OrderForm
from bot.actions.order_changes import with_order
from bot.actions.orders import proved_order
from bot.services.effects import Outcome
from bot.services.invoice_copies import InvoiceCopies
from bot.services.masking import mask_email
from bot.services.order_lookup import OrderLookup
from connectors.contracts.orders import Order, OrderState
from connectors.contracts.sales_invoices import SalesInvoice

BY_EMAIL = "email"
MAIL_ANSWERS = {
    Outcome.DONE: "invoice_mailed",
    Outcome.REFUSED: "invoice_mailed_often",
}


def invoice_actions(lookup: OrderLookup, copies: InvoiceCopies, zone: tzinfo) -> Sequence[Action]:
    return [ActionInvoiceCopy(lookup, copies, zone), InvoiceForm(lookup)]


class InvoiceForm(OrderForm):
    form = "invoice_form"
    trigger = "invoice_copy"
    triggers = frozenset({"invoice_copy"})


class ActionInvoiceCopy(TalkAction):
    """Days are shown in the company's time zone."""

    action_name = "action_invoice_copy"

    def __init__(self, lookup: OrderLookup, copies: InvoiceCopies, zone: tzinfo) -> None:
        self._lookup = lookup
        self._copies = copies
        self._zone = zone

    def act(self, talk: Talk) -> Events:
        if order := proved_order(self._lookup, talk):
            self._answer(talk, order)
        return finish(talk, ORDER_NUMBER)

    def _answer(self, talk: Talk, order: Order) -> None:
        invoices = self._copies.invoices_of(order.number)
        if invoices.result is None:
            again = with_order(InvoiceForm.trigger, order, "try_again")
            talk.say("invoice_unavailable", choices=[again, TALK_TO_PERSON])
        elif not invoices.result:
            is_cancelled = order.state == OrderState.CANCELLED
            talk.say("invoice_never" if is_cancelled else "invoice_not_yet", number=order.number)
        elif not self._lookup.knows_address(talk.conversation_id, order):
            self._mail(talk, order, invoices.result, "invoice_mail_down")
        elif talk.entity("invoice_by") == BY_EMAIL:
            self._mail(talk, order, invoices.result, "invoice_not_mailed")
        else:
            self._give_links(talk, order, invoices.result)

    def _mail(self, talk: Talk, order: Order, invoices: Sequence[SalesInvoice], failure: str) -> None:
        outcome = self._copies.mail(talk.conversation_id, talk.turn_key, order, invoices)
        talk.say(MAIL_ANSWERS.get(outcome, failure), email=mask_email(order.email))

    def _give_links(self, talk: Talk, order: Order, invoices: Sequence[SalesInvoice]) -> None:
        wish = f'{{"order_number":"{order.number}","invoice_by":"{BY_EMAIL}"}}'
        by_email = {"term": "send_by_email", "payload": f"/{InvoiceForm.trigger}{wish}"}
        for invoice in invoices:
            link = self._copies.link(talk.conversation_id, invoice)
            talk.say(
                "invoice_link",
                invoice_number=invoice.number,
                issued_on=invoice.issued_on.isoformat(),
                url=link.url,
                until=link.valid_until.astimezone(self._zone).date().isoformat(),
                email=mask_email(order.email),
                choices=[by_email],
            )
