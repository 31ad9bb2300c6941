"""Returns: what may come back of an order, and registering it once."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot.services.effects import Effect, Outcome, attempt
from bot.understanding.normaliser import normalise
from connectors.contracts.orders import Order
from connectors.contracts.returns import ReturnCase, ReturnRequest, Returns
from connectors.database.audit import record_audit
from connectors.database.models.conversation import Conversation
from connectors.database.session import Database

_NUMBER = re.compile(r"(?<![a-z0-9])ret[\s\-_.:#]{0,3}(\d{1,9})(?![\w-])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ReturnDraft:
    """What the customer confirmed; `amount` in the order's currency."""

    order: Order
    skus: tuple[str, ...]
    reason: str
    is_faulty: bool
    amount: Decimal


def read_return_number(text: str) -> str | None:
    """`RET-000012`, however it is typed; None when there is none."""
    found = _NUMBER.search(normalise(text))
    return f"RET-{int(found[1]):06d}" if found else None


class ReturnDesk:
    """The caller has made sure that the order was proved."""

    def __init__(self, database: Database, returns: Callable[[], Returns]) -> None:
        self._database = database
        self._returns = returns

    def cases_of(self, number: str) -> Effect[Sequence[ReturnCase]]:
        """The returns of an order, newest first."""
        return attempt("return.read", lambda: self._returns().returns_of(number))

    def order_of(self, return_number: str) -> str | None:
        """The order that a return belongs to.

        A number that does not exist stands for itself: whoever guesses is asked for a proof and refused, as for
        any order. None when the returns cannot be asked.
        """
        case = attempt("return.find", lambda: self._returns().find_return(return_number))
        if case.outcome == Outcome.UNAVAILABLE:
            return None
        return case.result.order_number if case.result else return_number

    def request(self, conversation_id: str, turn_key: str, draft: ReturnDraft) -> Effect[ReturnCase]:
        """Register a return; the same turn again answers the same case."""
        request = ReturnRequest(
            idempotency_key=turn_key,
            order_number=draft.order.number,
            skus=draft.skus,
            reason=draft.reason,
            is_faulty=draft.is_faulty,
            amount=draft.amount,
            currency=draft.order.currency,
        )
        effect = attempt("return.request", lambda: self._returns().request_return(request))
        self._record(conversation_id, draft.order.number, effect)
        return effect

    def _record(self, conversation_id: str, number: str, effect: Effect[ReturnCase]) -> None:
        with self._database.write() as session:
            conversation = session.get_one(Conversation, conversation_id)
            record_audit(
                session,
                f"contact:{conversation.contact_id}",
                "return.request",
                "order",
                number,
                outcome=effect.outcome.value,
                conversation=conversation_id,
                return_number=effect.result.number if effect.result else None,
            )
