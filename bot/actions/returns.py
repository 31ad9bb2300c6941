"""Sending goods back, and what became of the money."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

from rasa_sdk import Action

from automations.rules.returns import (
    LABEL_CURRENCY,
    LABEL_FEE,
    REFUND_DAYS,
    RETURN_PERIOD,
    ReturnObstacle,
    find_return_obstacle,
    last_return_day,
    returnable_items,
    worth_of,
)
from bot.actions.dialogue import ORDER_NUMBER, Events, Talk, TalkAction, finish
from bot.actions.forms import TALK_TO_PERSON, OrderForm
from bot.actions.order_changes import with_order
from bot.actions.orders import proved_order
from bot.services.effects import Effect, Outcome
from bot.services.item_choice import find_items
from bot.services.masking import mask_email
from bot.services.order_lookup import OrderLookup
from bot.services.order_words import OrderWords, money, plain
from bot.services.returns import ReturnDesk, ReturnDraft, read_return_number
from connectors.contracts.orders import Order, OrderItem, OrderState
from connectors.contracts.returns import ReturnCase, ReturnState

ALL_ITEMS = "all"
LONGEST_REASON = 500
FAILURES = {Outcome.REFUSED: "return_refused", Outcome.UNAVAILABLE: "return_unavailable"}


def return_actions(
    lookup: OrderLookup, words: OrderWords, desk: ReturnDesk, today: Callable[[], date]
) -> Sequence[Action]:
    return [
        ActionAskReturnConfirmed(lookup, words),
        ActionAskReturnItems(lookup, words, desk),
        ActionRefundStatus(lookup, desk),
        ActionRequestReturn(lookup, desk),
        RefundStatusForm(lookup, desk),
        ReturnForm(lookup, words, desk, today),
    ]


def say_failure(talk: Talk, order: Order, outcome: Outcome, intent: str) -> None:
    again = [with_order(intent, order, "try_again")] if outcome == Outcome.UNAVAILABLE else []
    talk.say(FAILURES[outcome], number=order.number, choices=[*again, TALK_TO_PERSON])


class ReturnForm(OrderForm):
    form = "return_form"
    trigger = "refund_request"
    triggers = frozenset({"refund_request"})
    questions = ("return_items", "return_reason", "is_faulty", "confirmed")
    yes_or_no = frozenset({"is_faulty", "confirmed"})
    may_hold_numbers = frozenset({"return_reason"})
    explanations: ClassVar[Mapping[str, str]] = {
        **OrderForm.explanations,
        "return_items": "need_return_items",
        "is_faulty": "utter_need_yes_or_no",
    }

    def __init__(self, lookup: OrderLookup, words: OrderWords, desk: ReturnDesk, today: Callable[[], date]) -> None:
        super().__init__(lookup)
        self._words = words
        self._desk = desk
        self._today = today

    def refuse(self, talk: Talk, order: Order) -> bool:
        cases = self._desk.cases_of(order.number)
        if cases.result is None:
            say_failure(talk, order, cases.outcome, self.trigger)
            return True
        obstacle = find_return_obstacle(order, cases.result, self._today())
        if obstacle is not None:
            _say_obstacle(talk, order, obstacle)
        return obstacle is not None

    def read(self, talk: Talk, slot: str) -> Any:
        if slot == "return_reason":
            return "" if talk.intent in {"skip", "deny"} else self.own_words(talk)
        return super().read(talk, slot)

    def check(self, talk: Talk, slot: str, value: Any) -> Any:
        return value[:LONGEST_REASON] if slot == "return_reason" else value

    def is_leaving(self, talk: Talk) -> bool:
        """A no to the question for a reason only skips it."""
        return super().is_leaving(talk) and (talk.requested, talk.intent) != ("return_reason", "deny")

    def read_answers_about(self, talk: Talk, order: Order) -> dict[str, Any]:
        answers = self.read_answers(talk)
        if talk.slots.get("return_items") is None and not talk.is_served:
            answers |= self._read_items(talk, order)
        return answers

    def _read_items(self, talk: Talk, order: Order) -> dict[str, list[str]]:
        items = returnable_items(order, self._desk.cases_of(order.number).result or ())
        skus = [item.sku for item in items]
        chosen = talk.entity("return_items")
        if chosen == ALL_ITEMS or len(skus) == 1:
            return {"return_items": skus}
        if chosen in skus:
            return {"return_items": [chosen]}
        text = self.words_about(talk, "return_items")
        if text is None:
            return {}
        if talk.requested == "return_items" and self._words.means_all(talk.conversation_id, text):
            return {"return_items": skus}
        named = find_items(text, self._words.names(talk.conversation_id, items))
        return {"return_items": list(named)} if named else {}


def _say_obstacle(talk: Talk, order: Order, obstacle: ReturnObstacle) -> None:
    match obstacle:
        case ReturnObstacle.CANCELLED:
            talk.say("refund_of_cancelled", number=order.number)
        case ReturnObstacle.NOT_PACKED:
            offer = with_order("cancel_order", order, "cancel_order")
            talk.say("return_not_sent", number=order.number, choices=[offer, TALK_TO_PERSON])
        case ReturnObstacle.NOT_ARRIVED:
            talk.say("return_not_arrived", number=order.number, days=RETURN_PERIOD.days)
        case ReturnObstacle.TOO_LATE:
            last_day = last_return_day(order)
            talk.say("return_too_late", number=order.number, last_day=last_day.isoformat() if last_day else None)
        case ReturnObstacle.ALL_RETURNED:
            status = with_order("refund_status", order, "refund_status")
            talk.say("return_all_registered", number=order.number, choices=[status])


class ActionAskReturnItems(TalkAction):
    action_name = "action_ask_return_items"

    def __init__(self, lookup: OrderLookup, words: OrderWords, desk: ReturnDesk) -> None:
        self._lookup = lookup
        self._words = words
        self._desk = desk

    def act(self, talk: Talk) -> Events:
        if order := proved_order(self._lookup, talk):
            items = returnable_items(order, self._desk.cases_of(order.number).result or ())
            names = self._words.names(talk.conversation_id, items)
            everything = {"term": "all_items", "payload": _items_payload(ALL_ITEMS)}
            talk.say("ask_return_items", choices=[*(_choice(item, names[item.sku]) for item in items), everything])
        return []


def _choice(item: OrderItem, name: str) -> dict[str, str]:
    return {"title": f"{plain(item.quantity)} × {name}", "payload": _items_payload(item.sku)}


def _items_payload(value: str) -> str:
    return f'/inform{{"return_items":"{value}"}}'


class ActionAskReturnConfirmed(TalkAction):
    action_name = "action_ask_return_form_confirmed"

    def __init__(self, lookup: OrderLookup, words: OrderWords) -> None:
        self._lookup = lookup
        self._words = words

    def act(self, talk: Talk) -> Events:
        order = proved_order(self._lookup, talk)
        if order is None:
            return []
        skus, reason = talk.slots["return_items"], talk.slots["return_reason"]
        amount = worth_of(order, skus)
        label = {"key": "label_is_free"} if talk.slots["is_faulty"] else {"key": "label_costs", "fee": _fee()}
        talk.say(
            "return_confirm",
            number=order.number,
            items=self._words.items(talk.conversation_id, [item for item in order.items if item.sku in skus]),
            reason=[{"key": "return_reason", "reason": reason}] if reason else [],
            label=[label],
            refund=[{"key": "return_refund", "amount": money(amount, order.currency)}] if amount is not None else [],
            days=REFUND_DAYS,
        )
        return []


def _fee() -> dict[str, str]:
    return money(LABEL_FEE, LABEL_CURRENCY)


class ActionRequestReturn(TalkAction):
    action_name = "action_request_return"

    def __init__(self, lookup: OrderLookup, desk: ReturnDesk) -> None:
        self._lookup = lookup
        self._desk = desk

    def act(self, talk: Talk) -> Events:
        order = proved_order(self._lookup, talk)
        if order is not None and talk.slots.get("confirmed"):
            effect = self._request(talk, order)
            if effect.result is not None:
                talk.say("return_created", return_number=effect.result.number, email=mask_email(order.email))
            else:
                say_failure(talk, order, effect.outcome, ReturnForm.trigger)
        elif order is not None and talk.slots.get("confirmed") is False:
            talk.say("return_not_created")
        return finish(talk, ORDER_NUMBER, *ReturnForm.questions)

    def _request(self, talk: Talk, order: Order) -> Effect[ReturnCase]:
        skus = tuple(talk.slots["return_items"])
        amount = worth_of(order, skus)
        if amount is None:
            # People know what it cost when the system does not.
            return Effect(Outcome.REFUSED)
        draft = ReturnDraft(order, skus, talk.slots["return_reason"], talk.slots["is_faulty"], amount)
        return self._desk.request(talk.conversation_id, talk.turn_key, draft)


class RefundStatusForm(OrderForm):
    form = "refund_status_form"
    trigger = "refund_status"
    triggers = frozenset({"refund_status"})

    def __init__(self, lookup: OrderLookup, desk: ReturnDesk) -> None:
        super().__init__(lookup)
        self._desk = desk

    def read_order(self, talk: Talk) -> str | None:
        number = None if talk.is_served else read_return_number(talk.text)
        return self._desk.order_of(number) if number else None


class ActionRefundStatus(TalkAction):
    action_name = "action_refund_status"

    def __init__(self, lookup: OrderLookup, desk: ReturnDesk) -> None:
        self._lookup = lookup
        self._desk = desk

    def act(self, talk: Talk) -> Events:
        if order := proved_order(self._lookup, talk):
            cases = self._desk.cases_of(order.number)
            if cases.result is None:
                say_failure(talk, order, cases.outcome, RefundStatusForm.trigger)
            elif cases.result:
                talk.say("refund_status", number=order.number, cases=[_describe_case(case) for case in cases.result])
            elif order.state == OrderState.CANCELLED:
                talk.say("refund_of_cancelled", number=order.number)
            else:
                offer = with_order("refund_request", order, "start_return")
                talk.say("refund_none", number=order.number, choices=[offer, TALK_TO_PERSON])
        return finish(talk, ORDER_NUMBER)


def _describe_case(case: ReturnCase) -> dict[str, Any]:
    words: dict[str, Any] = {
        "key": "return_case",
        "return_number": case.number,
        "requested_on": case.requested_on.isoformat(),
        "state": f"return_{case.state.value}",
        "amount": money(case.amount, case.currency),
    }
    if case.state == ReturnState.REFUNDED and case.refunded_on:
        words |= {"key": "return_case_refunded", "refunded_on": case.refunded_on.isoformat()}
    return words
