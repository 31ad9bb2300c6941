"""Where an order is, and what to do about a parcel that is late or missing."""

from collections.abc import Callable, Sequence
from datetime import date

from rasa_sdk import Action

from automations.rules.parcels import ParcelNews, judge_parcel
from bot.actions.dialogue import ORDER_NUMBER, Events, Talk, TalkAction, finish
from bot.actions.forms import OrderForm
from bot.services.masking import mask_email
from bot.services.order_lookup import OrderLookup
from bot.services.order_words import OrderWords
from bot.services.tickets import TicketDraft, Tickets
from bot.texts import Texts
from connectors.contracts.orders import Order

MOST_OFFERED = 5
# A code by e-mail does as well; after it the customer's orders are offered.
NO_NUMBER = {"term": "no_number", "payload": '/account_help{"account_topic": "proof"}'}


def order_actions(
    lookup: OrderLookup, words: OrderWords, tickets: Tickets, texts: Texts, today: Callable[[], date]
) -> Sequence[Action]:
    parcels = ParcelTickets(tickets, words, texts, today)
    return [
        ActionAskOrderNumber(lookup, words),
        ActionAskLateParcelConfirmed(lookup, words, today),
        ActionLateParcel(lookup, parcels),
        ActionOrderStatus(lookup, words),
        LateParcelForm(lookup, words, today),
        OrderStatusForm(lookup),
    ]


def proved_order(lookup: OrderLookup, talk: Talk) -> Order | None:
    """The order that the talk is about, if it is proved: a slot alone proves nothing."""
    number = talk.slots.get(ORDER_NUMBER)
    result = lookup.recall(talk.conversation_id, number) if number else None
    return result.order if result else None


class ActionAskOrderNumber(TalkAction):
    """Asks which order; those that the customer proved already are offered as buttons, and a way without the number."""

    action_name = "action_ask_order_number"

    def __init__(self, lookup: OrderLookup, words: OrderWords) -> None:
        self._lookup = lookup
        self._words = words

    def act(self, talk: Talk) -> Events:
        offered = self._lookup.known_orders(talk.conversation_id)[:MOST_OFFERED]
        choices = [self._choice(talk, order) for order in offered]
        if not self._lookup.is_person_proved(talk.conversation_id):
            choices.append(NO_NUMBER)
        talk.say("utter_ask_order_number", choices=choices)
        return []

    def _choice(self, talk: Talk, order: Order) -> dict[str, str]:
        names = self._words.names(talk.conversation_id, order.items[:1])
        title = " · ".join([order.number, *names.values()])
        return {"title": title, "payload": f'/inform{{"order_number":"{order.number}"}}'}


class OrderStatusForm(OrderForm):
    form = "order_status_form"
    trigger = "order_status"
    triggers = frozenset({"order_status"})


class ActionOrderStatus(TalkAction):
    action_name = "action_order_status"

    def __init__(self, lookup: OrderLookup, words: OrderWords) -> None:
        self._lookup = lookup
        self._words = words

    def act(self, talk: Talk) -> Events:
        order = proved_order(self._lookup, talk)
        if order is not None:
            talk.say("order_status", **self._words.status(talk.conversation_id, order))
        return finish(talk, ORDER_NUMBER)


class LateParcelForm(OrderForm):
    """Says how it stands; a parcel that is late or cannot be found is worth a ticket, which is offered."""

    form = "late_parcel_form"
    trigger = "late_or_missing_parcel"
    triggers = frozenset({"late_or_missing_parcel"})
    questions = ("confirmed",)

    def __init__(self, lookup: OrderLookup, words: OrderWords, today: Callable[[], date]) -> None:
        super().__init__(lookup)
        self._words = words
        self._today = today

    def refuse(self, talk: Talk, order: Order) -> bool:
        news = judge_parcel(order, self._today())
        if news in {ParcelNews.LATE, ParcelNews.NOT_RECEIVED}:
            return False
        talk.say("order_status", **self._words.status(talk.conversation_id, order))
        if news == ParcelNews.ON_TIME:
            talk.say("parcel_on_time")
        return True


class ActionAskLateParcelConfirmed(TalkAction):
    action_name = "action_ask_late_parcel_form_confirmed"

    def __init__(self, lookup: OrderLookup, words: OrderWords, today: Callable[[], date]) -> None:
        self._lookup = lookup
        self._words = words
        self._today = today

    def act(self, talk: Talk) -> Events:
        order = proved_order(self._lookup, talk)
        if order is not None:
            is_late = judge_parcel(order, self._today()) == ParcelNews.LATE
            talk.say(
                "parcel_late" if is_late else "parcel_not_received",
                number=order.number,
                delivery=self._words.delivery(order),
                email=mask_email(order.email),
            )
        return []


class ParcelTickets:
    """Tickets about parcels, with what we know of them written down already."""

    def __init__(self, tickets: Tickets, words: OrderWords, texts: Texts, today: Callable[[], date]) -> None:
        self._tickets = tickets
        self._words = words
        self._texts = texts
        self._today = today

    def open(self, conversation_id: str, turn_key: str, order: Order) -> str:
        """The number of the ticket, which is answered to the address of the order."""
        language = self._words.language_of(conversation_id)
        is_late = judge_parcel(order, self._today()) == ParcelNews.LATE
        subject = "parcel_late_subject" if is_late else "parcel_not_received_subject"
        about = self._words.status(conversation_id, order)
        draft = TicketDraft(
            self._texts.render(subject, language, about).text,
            self._texts.render("order_status", language, about).text,
            order.email,
        )
        return self._tickets.open_ticket(conversation_id, turn_key, draft)


class ActionLateParcel(TalkAction):
    action_name = "action_late_parcel"

    def __init__(self, lookup: OrderLookup, parcels: ParcelTickets) -> None:
        self._lookup = lookup
        self._parcels = parcels

    def act(self, talk: Talk) -> Events:
        order = proved_order(self._lookup, talk)
        if order is not None and talk.slots.get("confirmed"):
            number = self._parcels.open(talk.conversation_id, talk.turn_key, order)
            talk.say("parcel_ticket_created", number=number, email=mask_email(order.email))
        elif order is not None and talk.slots.get("confirmed") is False:
            talk.say("ticket_not_created")
        return finish(talk, ORDER_NUMBER, "confirmed")
