"""Emptying the outbox of notices: each goes, in the customer's language, into the conversation that it concerns."""

from collections.abc import Sequence

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversations import store
from bot.conversations.live import STAFF, Live
from bot.texts import Texts
from connectors.contracts.notices import NoticeKind
from connectors.database.audit import record_audit
from connectors.database.base import utc_now
from connectors.database.models.conversation import Author, Conversation
from connectors.database.models.service import Notice, NoticeState, OrderProof
from connectors.database.session import Database

BATCH = 50
NO_CONVERSATION, OPTED_OUT = "no conversation to write to", "the customer wants no such messages"
CANNOT_BE_WORDED = "a text or a value is missing"
# What the customer asked for is no message that anybody can have opted out of.
ANSWERS = frozenset({NoticeKind.TICKET_ANSWERED.value, NoticeKind.BACK_IN_STOCK.value})
# Told only where it is certain who reads: a contact may be joined with conversations that proved nothing.
CONFIDENTIAL = frozenset({NoticeKind.INVOICE_OVERDUE.value})

log = structlog.get_logger()


class NoticeSender:
    """Any number of processes may send; each notice is told once."""

    def __init__(self, database: Database, texts: Texts, live: Live) -> None:
        self._database = database
        self._texts = texts
        self._live = live

    def send_due(self) -> int:
        """Settle the notices that wait, oldest first; returns how many."""
        due = (Notice.state == NoticeState.PENDING, Notice.email.is_(None))
        query = select(Notice.id).where(*due).order_by(Notice.id).limit(BATCH)
        with self._database.read() as session:
            waiting: Sequence[int] = session.scalars(query).all()
        return sum(self._settle(notice_id) for notice_id in waiting)

    def _settle(self, notice_id: int) -> bool:
        with self._database.write() as session:
            notice = session.get(Notice, notice_id, with_for_update={"skip_locked": True}, populate_existing=True)
            if notice is None or notice.state != NoticeState.PENDING:
                return False
            conversation = _find_conversation(session, notice)
            if conversation is None:
                _suppress(notice, NO_CONVERSATION)
            elif not conversation.contact.accepts_notices and notice.kind not in ANSWERS:
                _suppress(notice, OPTED_OUT)
            else:
                self._try_to_tell(session, notice, conversation)
            notice.settled_at = utc_now()
        if conversation is not None:
            self._live.publish(conversation.id, STAFF)
        return True

    def _try_to_tell(self, session: Session, notice: Notice, conversation: Conversation) -> None:
        try:
            self._tell(session, notice, conversation)
        except (KeyError, ValueError, TypeError, ArithmeticError) as error:
            # A notice of another version of the product must not keep the others from their customers.
            log.error("notice cannot be worded", notice=notice.id, kind=notice.kind, error=repr(error))
            _suppress(notice, CANNOT_BE_WORDED)

    def _tell(self, session: Session, notice: Notice, conversation: Conversation) -> None:
        rendered = self._texts.render(notice.response, conversation.language, notice.arguments)
        store.add_message(session, conversation, Author.SYSTEM, rendered)
        notice.state = NoticeState.SENT
        notice.conversation_id = conversation.id
        record_audit(session, "notices", "notice.send", "conversation", conversation.id, kind=notice.kind)


def _find_conversation(session: Session, notice: Notice) -> Conversation | None:
    """The customer's latest conversation; about an order or money, only one in which it was proved whose it is.

    What is confidential names in its arguments the address that it is about.
    """
    query = select(Conversation.id)
    if notice.conversation_id is not None:
        query = query.where(Conversation.id == notice.conversation_id)
    elif notice.contact_id is not None:
        query = query.where(Conversation.contact_id == notice.contact_id)
        if notice.kind in CONFIDENTIAL:
            query = query.where(Conversation.verified_email == notice.arguments.get("email", ""))
    else:
        proofs = select(OrderProof.conversation_id).where(OrderProof.order_number == notice.order_number)
        query = query.where(Conversation.id.in_(proofs))
    found = session.scalar(query.order_by(Conversation.updated_at.desc()).limit(1))
    return store.lock_conversation(session, found) if found is not None else None


def _suppress(notice: Notice, reason: str) -> None:
    notice.state = NoticeState.SUPPRESSED
    notice.reason = reason
