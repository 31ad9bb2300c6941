"""Cancelling an order and changing what is in it: while its state allows, and only after a yes."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from rasa_sdk import Action

from automations.rules.order_changes import Obstacle, obstacle_to_contents
from bot.actions.dialogue import ORDER_NUMBER, Events, Talk, TalkAction, finish
from bot.actions.forms import TALK_TO_PERSON, OrderForm
from bot.actions.orders import proved_order
from bot.services.effects import Effect, Outcome
from bot.services.item_choice import find_items, read_quantity
from bot.services.order_changes import OrderChanges
from bot.services.order_lookup import OrderLookup
from bot.services.order_words import OrderWords, money, plain
from connectors.contracts.orders import Order, OrderItem

OBSTACLES: Mapping[Obstacle, str] = {
    Obstacle.CANCELLED: "order_already_cancelled",
    Obstacle.BEING_PACKED: "order_being_packed",
    Obstacle.ON_THE_WAY: "order_on_the_way",
    Obstacle.DELIVERED: "order_already_delivered",
}
FAILURES = {Outcome.REFUSED: "order_change_refused", Outcome.UNAVAILABLE: "order_change_unavailable"}
TAKE_OUT = {"term": "take_out", "payload": '/inform{"quantity":"0"}'}
MOST_PIECES = 999


def order_change_actions(lookup: OrderLookup, words: OrderWords, changes: OrderChanges) -> Sequence[Action]:
    return [
        ActionAskCancelOrderConfirmed(lookup, words),
        ActionAskChangeOrderConfirmed(lookup, words),
        ActionAskNewQuantity(lookup, words),
        ActionAskOrderItem(lookup, words),
        ActionCancelOrder(lookup, changes),
        ActionChangeOrder(lookup, words, changes),
        CancelOrderForm(lookup),
        ChangeOrderForm(lookup, words),
    ]


def with_order(intent: str, order: Order, term: str) -> dict[str, str]:
    """A button that asks for something about this order."""
    return {"term": term, "payload": f'/{intent}{{"order_number":"{order.number}"}}'}


def say_obstacle(talk: Talk, order: Order, obstacle: Obstacle) -> None:
    choices = [with_order("refund_request", order, "start_return")] if obstacle == Obstacle.DELIVERED else []
    talk.say(OBSTACLES[obstacle], number=order.number, choices=choices)


def say_failure(talk: Talk, order: Order, effect: Effect[Any], intent: str) -> None:
    """Honestly: nothing was done, and what the customer can do now."""
    again = [with_order(intent, order, "try_again")] if effect.outcome == Outcome.UNAVAILABLE else []
    talk.say(FAILURES[effect.outcome], number=order.number, choices=[*again, TALK_TO_PERSON])


class CancelOrderForm(OrderForm):
    form = "cancel_order_form"
    trigger = "cancel_order"
    triggers = frozenset({"cancel_order"})
    questions = ("confirmed",)

    def refuse(self, talk: Talk, order: Order) -> bool:
        obstacle = obstacle_to_contents(order)
        if obstacle is not None:
            say_obstacle(talk, order, obstacle)
        return obstacle is not None

    def is_leaving(self, talk: Talk) -> bool:
        """ "Cancel" is no way out of a question whether to cancel; the customer is asked for a yes or a no."""
        return talk.requested != "confirmed" and super().is_leaving(talk)

    def read(self, talk: Talk, slot: str) -> Any:
        has_repeated_it = slot == "confirmed" and talk.intent == self.trigger and not talk.has_news() and talk.is_sure()
        return True if has_repeated_it else super().read(talk, slot)


class ActionAskCancelOrderConfirmed(TalkAction):
    action_name = "action_ask_cancel_order_form_confirmed"

    def __init__(self, lookup: OrderLookup, words: OrderWords) -> None:
        self._lookup = lookup
        self._words = words

    def act(self, talk: Talk) -> Events:
        if order := proved_order(self._lookup, talk):
            items = self._words.items(talk.conversation_id, order.items)
            talk.say("cancel_order_confirm", number=order.number, items=items, total=money(order.total, order.currency))
        return []


class ActionCancelOrder(TalkAction):
    action_name = "action_cancel_order"

    def __init__(self, lookup: OrderLookup, changes: OrderChanges) -> None:
        self._lookup = lookup
        self._changes = changes

    def act(self, talk: Talk) -> Events:
        order = proved_order(self._lookup, talk)
        if order is not None and talk.slots.get("confirmed"):
            effect = self._changes.cancel(talk.conversation_id, talk.turn_key, order.number)
            if effect.result is not None:
                talk.say("order_cancelled", number=order.number)
            else:
                say_failure(talk, order, effect, CancelOrderForm.trigger)
        elif order is not None and talk.slots.get("confirmed") is False:
            talk.say("order_unchanged", number=order.number)
        return finish(talk, ORDER_NUMBER, "confirmed")


class ChangeOrderForm(OrderForm):
    """Which item, and how many of it instead; the first message may say both."""

    form = "change_order_form"
    trigger = "change_order"
    triggers = frozenset({"change_order"})
    questions = ("order_item", "new_quantity", "confirmed")
    explanations: ClassVar[Mapping[str, str]] = {
        **OrderForm.explanations,
        "order_item": "need_order_item",
        "new_quantity": "need_quantity",
    }

    def __init__(self, lookup: OrderLookup, words: OrderWords) -> None:
        super().__init__(lookup)
        self._words = words

    def refuse(self, talk: Talk, order: Order) -> bool:
        obstacle = obstacle_to_contents(order)
        if obstacle is not None:
            say_obstacle(talk, order, obstacle)
        return obstacle is not None

    def read_answers_about(self, talk: Talk, order: Order) -> dict[str, Any]:
        answers = self.read_answers(talk)
        item = self._chosen_item(talk, order, answers)
        if item is None:
            return answers
        if talk.slots.get("order_item") != item.sku:
            answers["order_item"] = item.sku
        quantity = answers.get("new_quantity") or self._said_at_first(talk)
        if quantity is not None:
            answers["new_quantity"] = self._check_quantity(talk, order, item, Decimal(quantity))
        return answers

    def read(self, talk: Talk, slot: str) -> Any:
        if slot == "new_quantity":
            said = talk.entity("quantity") or read_quantity(talk.text)
            return None if said is None else str(said)
        return super().read(talk, slot)

    def _chosen_item(self, talk: Talk, order: Order, answers: Mapping[str, Any]) -> OrderItem | None:
        known = answers.get("order_item") or talk.slots.get("order_item") or talk.entity("order_item")
        if known is None and len(order.items) == 1:
            known = order.items[0].sku
        if known is None and (text := self.words_about(talk, "order_item")):
            named = find_items(text, self._words.names(talk.conversation_id, order.items))
            known = named[0] if len(named) == 1 else None
        return next((item for item in order.items if item.sku == known), None)

    def _said_at_first(self, talk: Talk) -> str | None:
        """ "Make it two": said before it was asked for."""
        if talk.requested == "new_quantity" or not self.words_about(talk, "new_quantity"):
            return None
        entities = talk.opening.get("parse_data", {}).get("entities") or ()
        return next((entity["value"] for entity in entities if entity["entity"] == "quantity"), None)

    def _check_quantity(self, talk: Talk, order: Order, item: OrderItem, quantity: Decimal) -> str | None:
        name = self._words.names(talk.conversation_id, [item])[item.sku]
        if quantity == item.quantity:
            talk.say("quantity_same", quantity=plain(quantity), name=name)
        elif not quantity and len(order.items) == 1:
            talk.say("quantity_leaves_nothing", choices=[with_order("cancel_order", order, "cancel_order")])
        elif quantity > MOST_PIECES or quantity != quantity.to_integral_value():
            talk.say("need_quantity")
        elif (most := self._most(item)) is not None and quantity > most:
            talk.say("quantity_not_in_stock", most=plain(most), name=name)
        else:
            return plain(quantity)
        return None

    def _most(self, item: OrderItem) -> Decimal | None:
        """What is ordered already and what is in stock beside it; None when nobody knows the stock."""
        stock = self._words.stock_of(item.sku)
        return None if stock is None else item.quantity + max(stock, Decimal(0))


class ActionAskOrderItem(TalkAction):
    action_name = "action_ask_order_item"

    def __init__(self, lookup: OrderLookup, words: OrderWords) -> None:
        self._lookup = lookup
        self._words = words

    def act(self, talk: Talk) -> Events:
        if order := proved_order(self._lookup, talk):
            names = self._words.names(talk.conversation_id, order.items)
            choices = [
                {"title": f"{plain(item.quantity)} × {names[item.sku]}", "payload": _item_payload(item)}
                for item in order.items
            ]
            talk.say("ask_order_item", number=order.number, choices=choices)
        return []


def _item_payload(item: OrderItem) -> str:
    return f'/inform{{"order_item":"{item.sku}"}}'


class ActionAskNewQuantity(TalkAction):
    action_name = "action_ask_new_quantity"

    def __init__(self, lookup: OrderLookup, words: OrderWords) -> None:
        self._lookup = lookup
        self._words = words

    def act(self, talk: Talk) -> Events:
        order = proved_order(self._lookup, talk)
        item = _item_of(order, talk) if order else None
        if order is not None and item is not None:
            name = self._words.names(talk.conversation_id, [item])[item.sku]
            choices = [TAKE_OUT] if len(order.items) > 1 else []
            talk.say("ask_new_quantity", name=name, quantity=plain(item.quantity), choices=choices)
        return []


def _item_of(order: Order, talk: Talk) -> OrderItem | None:
    return next((item for item in order.items if item.sku == talk.slots.get("order_item")), None)


class ActionAskChangeOrderConfirmed(TalkAction):
    action_name = "action_ask_change_order_form_confirmed"

    def __init__(self, lookup: OrderLookup, words: OrderWords) -> None:
        self._lookup = lookup
        self._words = words

    def act(self, talk: Talk) -> Events:
        order = proved_order(self._lookup, talk)
        item = _item_of(order, talk) if order else None
        if order is None or item is None:
            return []
        quantity = Decimal(talk.slots["new_quantity"])
        new_total = order.total + (quantity - item.quantity) * (item.unit_price or Decimal(0))
        talk.say(
            "change_order_confirm" if quantity else "remove_item_confirm",
            number=order.number,
            name=self._words.names(talk.conversation_id, [item])[item.sku],
            before=plain(item.quantity),
            after=plain(quantity),
            total=money(new_total, order.currency),
        )
        return []


class ActionChangeOrder(TalkAction):
    action_name = "action_change_order"

    def __init__(self, lookup: OrderLookup, words: OrderWords, changes: OrderChanges) -> None:
        self._lookup = lookup
        self._words = words
        self._changes = changes

    def act(self, talk: Talk) -> Events:
        order = proved_order(self._lookup, talk)
        if order is not None and talk.slots.get("confirmed"):
            self._change(talk, order)
        elif order is not None and talk.slots.get("confirmed") is False:
            talk.say("order_unchanged", number=order.number)
        return finish(talk, ORDER_NUMBER, *ChangeOrderForm.questions)

    def _change(self, talk: Talk, order: Order) -> None:
        sku, quantity = talk.slots["order_item"], Decimal(talk.slots["new_quantity"])
        effect = self._changes.change_quantity(talk.conversation_id, talk.turn_key, order.number, sku, quantity)
        if effect.result is None:
            say_failure(talk, order, effect, ChangeOrderForm.trigger)
            return
        changed = effect.result
        items = self._words.items(talk.conversation_id, changed.items)
        talk.say("order_changed", number=changed.number, items=items, total=money(changed.total, changed.currency))
