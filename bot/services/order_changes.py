"""Changes that customers make to their orders: carried out once, and each on record."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from bot.services.effects import Effect, attempt
from connectors.contracts.orders import Address, Order, Orders
from connectors.database.audit import record_audit
from connectors.database.models.conversation import Conversation
from connectors.database.session import Database


class OrderChanges:
    """The caller has made sure that the order was proved and that the customer confirmed the change.

    The same `turn_key` again changes nothing and answers the same.
    """

    def __init__(self, database: Database, orders: Callable[[], Orders]) -> None:
        self._database = database
        self._orders = orders

    def cancel(self, conversation_id: str, turn_key: str, number: str) -> Effect[Order]:
        effect = attempt("order.cancel", lambda: self._orders().cancel_order(number, turn_key))
        self._record(conversation_id, "order.cancel", number, effect)
        return effect

    def change_quantity(
        self, conversation_id: str, turn_key: str, number: str, sku: str, quantity: Decimal
    ) -> Effect[Order]:
        effect = attempt("order.change", lambda: self._orders().change_quantity(number, sku, quantity, turn_key))
        self._record(conversation_id, "order.change", number, effect, sku=sku, quantity=str(quantity))
        return effect

    def change_address(self, conversation_id: str, turn_key: str, number: str, address: Address) -> Effect[Order]:
        effect = attempt("order.readdress", lambda: self._orders().change_address(number, address, turn_key))
        self._record(conversation_id, "order.readdress", number, effect, country=address.country)
        return effect

    def _record(self, conversation_id: str, action: str, number: str, effect: Effect[Order], **detail: Any) -> None:
        with self._database.write() as session:
            conversation = session.get_one(Conversation, conversation_id)
            record_audit(
                session,
                f"contact:{conversation.contact_id}",
                action,
                "order",
                number,
                outcome=effect.outcome.value,
                conversation=conversation_id,
                **detail,
            )
