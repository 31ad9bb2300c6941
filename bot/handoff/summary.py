"""What an agent should know before reading: what was asked, found and tried, who the customer is, and in which mood."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.handoff.stretch import stretch_began
from connectors.database.models.conversation import Conversation
from connectors.database.models.people import AuditEntry
from connectors.database.models.service import OrderProof
from connectors.database.models.understanding import UnderstoodTurn

SHOWN_REQUESTS = 5
SHOWN_DEEDS = 8
LONGEST_REQUEST = 120
NOT_UNDERSTOOD = "nlu_fallback"
# What is said around a request and asks for nothing itself.
SMALL_TALK = frozenset(
    {
        *("affirm", "bot_challenge", "cancel", "change_language", "deny", "feedback", "goodbye", "greet", "help"),
        *("inform", "repeat", "restart", "skip", "thank"),
    }
)
FOUND = ("order.look_up", "ticket.look_up", "product.asked")
TRIED = (
    *("order.cancel", "order.change", "order.readdress", "return.request", "ticket.open", "quote.request"),
    *("invoice.link", "invoice.mail", "product.watch", "code.send", "code.prove"),
)


@dataclass(frozen=True, slots=True)
class Request:
    """In the customer's words. `intent` is None when it was not understood."""

    text: str
    intent: str | None


@dataclass(frozen=True, slots=True)
class Deed:
    """Something looked up or done: the audit log's action, its object and, where it has one, its outcome."""

    action: str
    object_id: str
    outcome: str | None


@dataclass(frozen=True, slots=True)
class Summary:
    """Of the assistant's last stretch of a conversation.

    `verified_by` is code or signed; without it `proved_orders` are all that the customer proved, as (number, method).
    """

    requests: Sequence[Request]
    found: Sequence[Deed]
    tried: Sequence[Deed]
    verified_by: str | None
    proved_orders: Sequence[tuple[str, str]]
    is_angry: bool
    reason: str | None

    @property
    def has_content(self) -> bool:
        return bool(self.requests or self.found or self.tried)


def summarise(session: Session, conversation: Conversation) -> Summary:
    began = stretch_began(session, conversation.id)
    turns = _turns(session, conversation, began)
    deeds = _deeds(session, conversation, began)
    proofs = select(OrderProof).where(OrderProof.conversation_id == conversation.id).order_by(OrderProof.at)
    return Summary(
        requests=_requests(turns),
        found=[deed for deed in deeds if deed.action in FOUND][-SHOWN_DEEDS:],
        tried=[deed for deed in deeds if deed.action in TRIED][-SHOWN_DEEDS:],
        verified_by=conversation.verified_by,
        proved_orders=[(proof.order_number, proof.method) for proof in session.scalars(proofs)],
        is_angry=any(turn.is_angry for turn in turns),
        reason=conversation.handoff_reason,
    )


def _turns(session: Session, conversation: Conversation, began: datetime | None) -> Sequence[UnderstoodTurn]:
    query = select(UnderstoodTurn).where(UnderstoodTurn.conversation_id == conversation.id)
    if began is not None:
        query = query.where(UnderstoodTurn.at > began)
    return session.scalars(query.order_by(UnderstoodTurn.seq, UnderstoodTurn.part)).all()


def _requests(turns: Sequence[UnderstoodTurn]) -> Sequence[Request]:
    """The last requests in their order; one that was only said again in other words counts once."""
    requests: list[Request] = []
    for turn in turns:
        if turn.intent in SMALL_TALK:
            continue
        intent = None if turn.intent == NOT_UNDERSTOOD else turn.intent
        if intent is None or not requests or requests[-1].intent != intent:
            requests.append(Request(_shorten(turn.text), intent))
    return requests[-SHOWN_REQUESTS:]


def _shorten(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_REQUEST else f"{line[: LONGEST_REQUEST - 1].rstrip()}…"


def _deeds(session: Session, conversation: Conversation, began: datetime | None) -> Sequence[Deed]:
    """What this contact did in this conversation; the same thing with the same outcome once."""
    query = select(AuditEntry).where(
        AuditEntry.actor == f"contact:{conversation.contact_id}", AuditEntry.action.in_((*FOUND, *TRIED))
    )
    if began is not None:
        query = query.where(AuditEntry.at > began)
    entries = session.scalars(query.order_by(AuditEntry.id)).all()
    own = [entry for entry in entries if entry.detail.get("conversation", conversation.id) == conversation.id]
    return list(dict.fromkeys(Deed(one.action, one.object_id, one.detail.get("outcome")) for one in own))
