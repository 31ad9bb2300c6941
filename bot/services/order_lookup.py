"""Orders with proof: number and e-mail or postcode together, a limited number of tries, one answer for every no."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversations.store import lock_conversation
from bot.services.proof_attempts import ProofLimits, count_try, is_limited, order_subject, subjects_of
from connectors.contracts.orders import Order, Orders
from connectors.database.audit import record_audit
from connectors.database.models.conversation import Conversation
from connectors.database.models.service import OrderProof
from connectors.database.session import Database
from connectors.email_address import normalise_email
from connectors.errors import ConnectorError, NotFound
from connectors.order_number import normalise_order_number

log = structlog.get_logger()
EMAIL, POSTCODE, ACCOUNT = "email", "postcode", "account"


class LookupOutcome(StrEnum):
    FOUND = "found"
    REFUSED = "refused"
    TOO_MANY_TRIES = "too_many_tries"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class LookupResult:
    """`order` is there exactly when the outcome is FOUND."""

    outcome: LookupOutcome
    order: Order | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """What a customer knows about an order besides its number: one of the two."""

    email: str | None = None
    postcode: str | None = None

    @property
    def method(self) -> str:
        return EMAIL if self.email is not None else POSTCODE

    def fits(self, order: Order) -> bool:
        if self.email is not None:
            return _is_same(normalise_email(order.email), normalise_email(self.email))
        if self.postcode is None or order.address is None:
            return False
        return _is_same(normalise_postcode(order.address.postcode), normalise_postcode(self.postcode))


class OrderLookup:
    """Answers whether a customer may see an order; every look-up stands in the audit log."""

    def __init__(self, database: Database, orders: Callable[[], Orders], limits: ProofLimits) -> None:
        """`orders` is asked at each look-up, because an admin may connect another system meanwhile."""
        self._database = database
        self._orders = orders
        self._limits = limits

    def look_up(self, conversation_id: str, number: str, proof: Proof) -> LookupResult:
        """Try a proof; a right one holds for the rest of the conversation."""
        try:
            order = self._find(number)
        except ConnectorError as error:
            log.warning("orders cannot be looked up", reason=error.reason)
            return self._record(conversation_id, number, LookupResult(LookupOutcome.UNAVAILABLE), proof.method)
        if order is None or not proof.fits(order):
            return self._record(conversation_id, number, LookupResult(LookupOutcome.REFUSED), proof.method)
        return self._record(conversation_id, number, LookupResult(LookupOutcome.FOUND, order), proof.method)

    def recall(self, conversation_id: str, number: str) -> LookupResult | None:
        """The order if the customer proved it before, as an order or as a person; None when a proof is owed."""
        number = normalise_order_number(number)
        with self._database.read() as session:
            conversation = session.get_one(Conversation, conversation_id)
            is_proved = session.get(OrderProof, (conversation_id, number)) is not None
        if not is_proved and conversation.verified_email is None:
            return None
        try:
            order = self._find(number)
        except ConnectorError as error:
            log.warning("orders cannot be looked up", reason=error.reason)
            return LookupResult(LookupOutcome.UNAVAILABLE)
        if order is None:
            return None
        if is_proved:
            return LookupResult(LookupOutcome.FOUND, order)
        if _is_same(normalise_email(order.email), conversation.verified_email or ""):
            return self._record(conversation_id, number, LookupResult(LookupOutcome.FOUND, order), ACCOUNT)
        return None

    def is_person_proved(self, conversation_id: str) -> bool:
        """Whether the customer proved who they are, so that all of their orders are known."""
        with self._database.read() as session:
            return session.get_one(Conversation, conversation_id).verified_email is not None

    def knows_address(self, conversation_id: str, order: Order) -> bool:
        """Whether the customer proved the e-mail address of a proved order, too, and not only where it goes."""
        with self._database.read() as session:
            conversation = session.get_one(Conversation, conversation_id)
            proof = session.get(OrderProof, (conversation_id, normalise_order_number(order.number)))
        is_by_number = proof is not None and proof.method != POSTCODE
        return is_by_number or _is_same(normalise_email(order.email), conversation.verified_email or "")

    def known_orders(self, conversation_id: str) -> list[Order]:
        """The orders that need no further proof in this conversation, newest first; empty when they cannot be read."""
        with self._database.read() as session:
            email = session.get_one(Conversation, conversation_id).verified_email
            query = select(OrderProof.order_number).where(OrderProof.conversation_id == conversation_id)
            numbers = list(session.scalars(query))
        try:
            found = [order for number in numbers if (order := self._find(number)) is not None]
            if email is not None:
                found += [order for order in self._orders().orders_of(email) if order not in found]
        except ConnectorError as error:
            log.warning("orders cannot be looked up", reason=error.reason)
            return []
        return sorted(found, key=lambda order: (order.ordered_on, order.number), reverse=True)

    def _find(self, number: str) -> Order | None:
        # Outside the try: NotFound from here means that no sales system is connected, which is no failed proof.
        orders = self._orders()
        try:
            return orders.find_order(number)
        except NotFound:
            return None

    def _record(self, conversation_id: str, number: str, result: LookupResult, method: str) -> LookupResult:
        """Count and log in one transaction, one at a time per subject, so that no try slips past the limit."""
        with self._database.write() as session:
            conversation = lock_conversation(session, conversation_id)
            subjects = [*subjects_of(conversation), order_subject(number)]
            # Whoever proved their own address guesses nothing, and is not to suffer from others' guesses.
            if method != ACCOUNT and is_limited(session, subjects, self._limits):
                result = LookupResult(LookupOutcome.TOO_MANY_TRIES)
            elif result.outcome == LookupOutcome.REFUSED:
                count_try(session, subjects)
            if result.order is not None:
                _remember_owner(session, conversation, result.order, method)
            record_audit(
                session,
                f"contact:{conversation.contact_id}",
                "order.look_up",
                "order",
                number[:100],
                outcome=result.outcome.value,
                method=method,
                conversation=conversation_id,
                channel=conversation.channel,
                **_describe_value(result.order),
            )
        return result


def _describe_value(order: Order | None) -> dict[str, Any]:
    """What an order costs, for the rules that bring in a person."""
    return {"total": str(order.total), "currency": order.currency} if order else {}


def _remember_owner(session: Session, conversation: Conversation, order: Order, method: str) -> None:
    """Whoever proved an order is the person whose order it is, as far as the inbox is concerned."""
    if conversation.verified_email is None:
        conversation.contact.email = normalise_email(order.email)
        conversation.contact.display_name = order.customer_name
    number = normalise_order_number(order.number)
    if session.get(OrderProof, (conversation.id, number)) is None:
        session.add(
            OrderProof(
                conversation_id=conversation.id,
                order_number=number,
                method=method,
                told_expectation=order.expected_on,
            )
        )


def normalise_postcode(postcode: str) -> str:
    """The form in which postcodes are compared: no spaces, no dashes, capitals."""
    return "".join(character for character in postcode.upper() if character.isalnum())


def _is_same(ours: str, given: str) -> bool:
    return hmac.compare_digest(ours.encode(), given.encode())
