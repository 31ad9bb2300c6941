"""What there is to say about an order, as arguments of responses: its items in the customer's words, and its way."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import structlog
from babel import Locale

from automations.follow_ups.awaited_goods import read_arrivals
from automations.rules.back_orders import Supply, share_supply
from bot.texts import Texts
from bot.understanding.views import folded_view
from connectors.contracts.catalogue import Catalogue
from connectors.contracts.orders import Order, OrderItem, Orders, OrderState, Shipment
from connectors.contracts.purchasing import Purchasing
from connectors.database.models.conversation import Conversation
from connectors.database.session import Database
from connectors.errors import ConnectorError
from connectors.money import ZERO
from connectors.registry import Connectors

OVER = frozenset({OrderState.CANCELLED, OrderState.DELIVERED})

Words = dict[str, Any]

log = structlog.get_logger()


class OrderWords:
    """`today` tells the company's calendar day."""

    def __init__(self, database: Database, texts: Texts, connectors: Connectors, today: Callable[[], date]) -> None:
        self._database = database
        self._texts = texts
        self._catalogue: Callable[[], Catalogue] = connectors.catalogue
        self._orders: Callable[[], Orders] = connectors.orders
        self._purchasing: Callable[[], Purchasing] = connectors.purchasing
        self._today = today

    def language_of(self, conversation_id: str) -> str:
        with self._database.read() as session:
            return session.get_one(Conversation, conversation_id).language

    def country(self, conversation_id: str, code: str) -> str:
        """What a country is called in the customer's language."""
        language = self._texts.languages[self.language_of(conversation_id)]
        return str(Locale.parse(language.locale).territories[code])

    def means_all(self, conversation_id: str, text: str) -> bool:
        """Whether the customer says "all of it"."""
        words = str(self._texts.languages[self.language_of(conversation_id)].terms["words_for_all"])
        said = folded_view(text).text.split()
        return any(folded_view(word).text in said for word in words.split())

    def names(self, conversation_id: str, items: Iterable[OrderItem]) -> Mapping[str, str]:
        """What each item is called in the customer's language; without a catalogue as the order has it."""
        language = self.language_of(conversation_id)
        return {item.sku: self._name(item, language) for item in items}

    def items(self, conversation_id: str, items: Iterable[OrderItem]) -> list[Words]:
        """Lines of a list of items."""
        items = tuple(items)
        names = self.names(conversation_id, items)
        return [
            {"key": "order_item", "quantity": plain(item.quantity), "name": names[item.sku], "sku": item.sku}
            for item in items
        ]

    def status(self, conversation_id: str, order: Order) -> Words:
        """The arguments of the response `order_status`."""
        return {
            "number": order.number,
            "ordered_on": order.ordered_on.isoformat(),
            "state": order.state.value,
            "items": self.items(conversation_id, order.items),
            "total": money(order.total, order.currency),
            "delivery": self.delivery(order),
        }

    def delivery(self, order: Order) -> list[Words]:
        """Lines that say where the parcel is, or when it is expected."""
        lines = _describe_shipment(order.shipment) if order.shipment else []
        if order.state in OVER or (order.shipment and order.shipment.delivered_on):
            return lines
        supply = self._expected_supply(order) if order.state == OrderState.BACK_ORDER else None
        # A proposal whose day has passed is nothing to go by.
        if supply is not None and (supply.is_ordered or supply.expected_on >= self._today()):
            return [*lines, {"key": self._key_of(supply), "expected_on": supply.expected_on.isoformat()}]
        if order.expected_on is not None:
            lines.append({"key": "order_expected", "expected_on": order.expected_on.isoformat()})
        return lines

    def stock_of(self, sku: str) -> Decimal | None:
        """How many more could be sold now; None when the catalogue does not say."""
        try:
            return self._catalogue().find_product(sku).stock
        except ConnectorError as error:
            log.info("stock is not known", sku=sku, reason=error.reason)
            return None

    def _name(self, item: OrderItem, language: str) -> str:
        try:
            return self._catalogue().find_product(item.sku).name_in(language)
        except ConnectorError as error:
            log.info("an item is called as in its order", sku=item.sku, reason=error.reason)
            return item.name

    def _key_of(self, supply: Supply) -> str:
        if supply.expected_on < self._today():
            return "order_awaited_late"
        return "order_awaited" if supply.is_ordered else "order_planned"

    def _expected_supply(self, order: Order) -> Supply | None:
        """When goods come for this order, after those for customers who have waited longer."""
        stock = {item.sku: self.stock_of(item.sku) or ZERO for item in order.items}
        try:
            undelivered = self._orders().undelivered_orders()
            arrivals = read_arrivals(self._purchasing(), stock, self._today())
        except ConnectorError as error:
            log.warning("open purchase orders cannot be read", reason=error.reason)
            return None
        waiting = {one.number: one for one in undelivered if one.state is OrderState.BACK_ORDER}
        return share_supply((waiting | {order.number: order}).values(), stock, arrivals).get(order.number)


def plain(quantity: Decimal) -> str:
    return format(quantity.normalize(), "f")


def money(amount: Decimal, currency: str) -> Words:
    return {"amount": str(amount), "currency": currency}


def _describe_shipment(parcel: Shipment) -> list[Words]:
    lines: list[Words] = []
    if parcel.shipped_on:
        lines.append(
            {
                "key": "order_shipped",
                "shipped_on": parcel.shipped_on.isoformat(),
                "carrier": parcel.carrier,
                "tracking_number": parcel.tracking_number,
            }
        )
    if parcel.delivered_on:
        delivered_on = parcel.delivered_on.isoformat()
        lines.append({"key": "order_delivered", "delivered_on": delivered_on, "carrier": parcel.carrier})
    return lines
