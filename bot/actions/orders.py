"""Order status: the form has collected number and e-mail, one service answers."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.dialogue import Events, conversation_id, slots, utter
from bot.services.order_lookup import LookupOutcome, OrderLookup
from connectors.contracts.orders import Order, OrderState

REFUSALS = {
    LookupOutcome.REFUSED: "order_refused",
    LookupOutcome.TOO_MANY_TRIES: "order_too_many_tries",
    LookupOutcome.UNAVAILABLE: "order_unavailable",
}


class ActionOrderStatus(Action):
    def __init__(self, lookup: OrderLookup) -> None:
        self._lookup = lookup

    def name(self) -> str:
        return "action_order_status"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        given = slots(tracker)
        if not given.get("order_number") or not given.get("email"):
            return []
        result = self._lookup.look_up(conversation_id(tracker), given["order_number"], given["email"])
        if result.order is None:
            utter(dispatcher, REFUSALS[result.outcome])
            return [SlotSet("order_number", None), SlotSet("email", None)]
        utter(dispatcher, "order_status", **describe_order(result.order))
        return [SlotSet("order_number", None)]


def describe_order(order: Order) -> dict[str, Any]:
    """The arguments of the response `order_status`."""
    return {
        "number": order.number,
        "ordered_on": order.ordered_on.isoformat(),
        "state": order.state.value,
        "items": [
            {"key": "order_item", "quantity": format(item.quantity.normalize(), "f"), "name": item.name}
            for item in order.items
        ],
        "total": {"amount": str(order.total), "currency": order.currency},
        "delivery": _describe_delivery(order),
    }


def _describe_delivery(order: Order) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    parcel = order.shipment
    if parcel and parcel.shipped_on:
        shipped_on = parcel.shipped_on.isoformat()
        lines.append(
            {
                "key": "order_shipped",
                "shipped_on": shipped_on,
                "carrier": parcel.carrier,
                "tracking_number": parcel.tracking_number,
            }
        )
    if parcel and parcel.delivered_on:
        delivered_on = parcel.delivered_on.isoformat()
        lines.append({"key": "order_delivered", "delivered_on": delivered_on, "carrier": parcel.carrier})
    elif order.expected_on and order.state not in {OrderState.CANCELLED, OrderState.DELIVERED}:
        lines.append({"key": "order_expected", "expected_on": order.expected_on.isoformat()})
    return lines
