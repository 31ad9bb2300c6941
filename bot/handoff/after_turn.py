"""After a turn of the assistant: is it time for a person, and what the customer is told then."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversations.ownership import hand_over
from bot.conversations.store import add_message
from bot.handoff.rules import Amount, Exchange, Facts, HandoffRules, decide
from bot.handoff.stretch import stretch_began
from bot.rasa.client import Reply
from bot.texts import Texts
from connectors.database.models.conversation import Author, Conversation, Owner
from connectors.database.models.people import AuditEntry
from connectors.database.models.understanding import UnderstoodTurn

# What the button payload of a task's last question is.
YES = "/affirm"

# What a customer who waits is told, by their place in the queue: arguments for `{waiting:list}` in a response.
DescribeWaiting = Callable[[int], Sequence[Mapping[str, Any]]]


class Handoffs:
    """Applies the rules within the transaction that stores a turn's replies."""

    def __init__(self, rules: HandoffRules, texts: Texts, describe_waiting: DescribeWaiting) -> None:
        self._rules = rules
        self._texts = texts
        self.describe_waiting = describe_waiting

    def consider(self, session: Session, conversation: Conversation, replies: Sequence[Reply]) -> None:
        """Hand over when a rule fits and the assistant still answers; what it just said stands."""
        if conversation.owner != Owner.BOT or not replies:
            return
        session.flush()
        facts = Facts(
            exchanges=_recent_exchanges(session, conversation, self._rules.recent_messages),
            amounts=[*_proved_totals(session, conversation), *_named_amounts(replies[-1])],
            is_confirming=any(b.payload == YES for said in replies[-1].messages for b in said.buttons),
        )
        reason = decide(facts, self._rules)
        if reason is None:
            return
        waiting = self.describe_waiting(hand_over(session, conversation, reason))
        told = self._texts.render(f"handoff_{reason}", conversation.language, {"waiting": waiting})
        add_message(session, conversation, Author.BOT, told)


def _recent_exchanges(session: Session, conversation: Conversation, limit: int) -> list[Exchange]:
    """The last messages of the assistant's stretch: what went wrong before a person came is settled."""
    query = select(UnderstoodTurn).where(UnderstoodTurn.conversation_id == conversation.id)
    if (began := stretch_began(session, conversation.id)) is not None:
        query = query.where(UnderstoodTurn.at > began)
    parts = session.scalars(query.order_by(UnderstoodTurn.seq.desc(), UnderstoodTurn.part).limit(2 * limit)).all()
    by_seq: dict[int, list[UnderstoodTurn]] = {}
    for part in parts:
        by_seq.setdefault(part.seq, []).append(part)
    return [_as_exchange(by_seq[seq]) for seq in sorted(by_seq)[-limit:]]


def _as_exchange(parts: Sequence[UnderstoodTurn]) -> Exchange:
    return Exchange(
        intents=frozenset(part.intent for part in parts),
        responses=frozenset(key for part in parts for key in part.responses),
        is_angry=any(part.is_angry for part in parts),
    )


def _proved_totals(session: Session, conversation: Conversation) -> Iterable[Amount]:
    """What the orders cost that were proved in this conversation."""
    query = select(AuditEntry.detail).where(
        AuditEntry.actor == f"contact:{conversation.contact_id}", AuditEntry.action == "order.look_up"
    )
    for detail in session.scalars(query):
        if detail.get("conversation") == conversation.id and "total" in detail:
            yield Amount(Decimal(detail["total"]), detail["currency"])


def _named_amounts(reply: Reply) -> Iterable[Amount]:
    for text in {amount for one in reply.understood for amount in one.amounts}:
        amount, _, currency = text.partition(" ")
        yield Amount(Decimal(amount), currency)
