"""Deep links into Telegram: a code ties the chat there to a conversation on the web, or to an order proved in one."""

import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.channels.setup import ChannelSetups
from bot.conversations.access import Identity, lock_opened_by
from bot.conversations.store import add_message, lock_conversation
from bot.services.contact_joining import Likeness, compare, is_stranger, join_better
from bot.services.verification import verify_conversation
from bot.texts import Button, Rendered, Texts
from connectors.database.audit import record_audit
from connectors.database.base import utc_now
from connectors.database.models.conversation import Author, Contact, Conversation, LinkCode
from connectors.database.models.service import OrderProof
from connectors.database.session import Database
from connectors.errors import NotFound

VALID = timedelta(minutes=30)
# 24 characters of the 64 that Telegram takes.
CODE_BYTES = 18
METHOD = "link"


class LinkOutcome(StrEnum):
    """`ASK`: the person in the chat has to agree first. `EXPIRED`: or used, or never made.

    `NEEDS_PROOF`: the chat is somebody's whom we know, and the web has not proved to be the same.
    """

    ASK = "ask"
    JOINED = "joined"
    ORDER = "order"
    EXPIRED = "expired"
    ANOTHER_PERSON = "another_person"
    NEEDS_PROOF = "needs_proof"


@dataclass(frozen=True, slots=True)
class Followed:
    """What following a link led to; `key` names the link when the person is to be asked."""

    outcome: LinkOutcome
    key: str = ""
    order_number: str = ""


class ChannelLinks:
    """Makes links and follows them. All methods block.

    The web side is proved by the session that asks for the link, the other by whoever opens it and agrees. What the
    web side proved counts in the chat from then on; never the other way round: a link that is sent to somebody must
    be no way to become them. So the chat is joined when it is a stranger's, or when both proved to be the same person.
    """

    def __init__(
        self, database: Database, texts: Texts, setups: ChannelSetups, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._database = database
        self._texts = texts
        self._setups = setups
        self._now = now
        self._bot_name: str | None = None

    def learn_bot_name(self, name: str | None) -> None:
        """What Telegram calls the bot that is connected."""
        self._bot_name = name

    def bot_name(self) -> str | None:
        """The bot's name in Telegram; None while customers cannot go there."""
        setup = self._setups.telegram()
        return (self._bot_name or setup.bot_name or None) if setup.is_on else None

    def telegram_url(
        self, conversation_id: str, order_number: str | None = None, identity: Identity | None = None
    ) -> str | None:
        """A link for this conversation, or for one order that was proved in it; None without a Telegram bot.

        For an identity only while it opens the conversation.

        Raises:
            NotFound: the order was not proved here.
            IdentityEndedError: the identity opens the conversation no more.
        """
        name = self.bot_name()
        if name is None:
            return None
        return f"https://t.me/{name}?start={self.make(conversation_id, order_number, identity)}"

    def make(self, conversation_id: str, order_number: str | None = None, identity: Identity | None = None) -> str:
        """A code that works once, for half an hour. Raises as above."""
        code, now = secrets.token_urlsafe(CODE_BYTES), self._now()
        with self._database.write() as session:
            if identity is not None:
                lock_opened_by(session, identity, conversation_id)
            if order_number is not None and session.get(OrderProof, (conversation_id, order_number)) is None:
                raise NotFound("This order was not proved in this conversation.")
            session.execute(delete(LinkCode).where(LinkCode.expires_at < now - timedelta(days=1)))
            session.add(
                LinkCode(
                    code_hash=_hash(code),
                    conversation_id=conversation_id,
                    order_number=order_number,
                    expires_at=now + VALID,
                )
            )
        return code

    def follow(self, session: Session, chat: Conversation, code: str) -> Followed:
        """What happens when this code was opened in a (locked) chat: an order is tied at once, a person is asked."""
        link = self._usable(session, _hash(code))
        if link is None:
            return Followed(LinkOutcome.EXPIRED)
        origin = session.get_one(Conversation, link.conversation_id)
        if link.order_number is not None:
            link.used_at = self._now()
            _link_order(session, origin, chat, link.order_number)
            return Followed(LinkOutcome.ORDER, order_number=link.order_number)
        if origin.contact_id == chat.contact_id:
            link.used_at = self._now()
            return Followed(LinkOutcome.JOINED)
        return Followed(LinkOutcome.ASK, key=link.code_hash)

    def join(self, session: Session, chat: Conversation, key: str) -> LinkOutcome:
        """The person in the (locked) chat agreed to be the one on the web."""
        link = self._usable(session, key)
        if link is None:
            return LinkOutcome.EXPIRED
        link.used_at = self._now()
        origin = session.get_one(Conversation, link.conversation_id)
        refusal = _refusal(session, origin.contact, chat.contact)
        if refusal is not None:
            return refusal
        join_better(session, origin.contact, chat.contact, METHOD)
        session.refresh(origin)
        session.refresh(chat)
        if origin.verified_email is not None and origin.verified_by is not None and chat.verified_email is None:
            verify_conversation(session, chat, origin.verified_email, origin.verified_by)
        _copy_proofs(session, origin, chat)
        self._tell_origin(session, origin.id)
        return LinkOutcome.JOINED

    def order_words(self, language: str, number: str) -> Rendered:
        """What somebody who came with an order is told, with its status as a button."""
        told = self._texts.render("telegram_order_linked", language, {"number": number})
        title = self._texts.render("telegram_order_button", language, {"number": number}).text
        return Rendered(told.text, (Button(title, f"/order_status{json.dumps({'order_number': number})}"),))

    def _usable(self, session: Session, key: str) -> LinkCode | None:
        link = session.get(LinkCode, key, with_for_update=True, populate_existing=True)
        return link if link is not None and link.used_at is None and link.expires_at > self._now() else None

    def _tell_origin(self, session: Session, conversation_id: str) -> None:
        """On the web, too, it is said that a chat was connected: whoever did not do it shall know."""
        origin = lock_conversation(session, conversation_id)
        add_message(session, origin, Author.SYSTEM, self._texts.render("telegram_linked_on_web", origin.language))


def _refusal(session: Session, origin: Contact, chat: Contact) -> LinkOutcome | None:
    """Why two contacts are not joined, if they are not."""
    likeness = compare(session, origin, chat)
    if likeness == Likeness.DIFFERENT:
        return LinkOutcome.ANOTHER_PERSON
    is_safe = likeness == Likeness.SAME or is_stranger(session, chat)
    return None if is_safe else LinkOutcome.NEEDS_PROOF


def _link_order(session: Session, origin: Conversation, chat: Conversation, number: str) -> None:
    """Whoever is in the chat sees the order from now on; `origin` is where it was proved."""
    _copy_proofs(session, origin, chat, number)
    actor = f"contact:{chat.contact_id}"
    record_audit(session, actor, "order.link", "conversation", chat.id, order=number, origin=origin.id)


def _copy_proofs(session: Session, origin: Conversation, chat: Conversation, number: str | None = None) -> None:
    query = select(OrderProof).where(OrderProof.conversation_id == origin.id)
    if number is not None:
        query = query.where(OrderProof.order_number == number)
    for proof in session.scalars(query).all():
        if session.get(OrderProof, (chat.id, proof.order_number)) is None:
            session.add(
                OrderProof(
                    conversation_id=chat.id,
                    order_number=proof.order_number,
                    method=proof.method,
                    told_expectation=proof.told_expectation,
                )
            )


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
