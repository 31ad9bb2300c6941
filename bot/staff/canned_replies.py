"""Prepared answers: their texts in several languages, and the values that are filled into them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from connectors.database.audit import record_audit
from connectors.database.base import utc_now
from connectors.database.models.conversation import Conversation, Ticket
from connectors.database.models.inbox import CannedReply
from connectors.database.models.people import User
from connectors.database.models.service import OrderProof

VARIABLES = ("name", "agent", "order", "ticket")
SHORTCUT = re.compile(r"[\w-]{1,40}")
MAX_TEXT = 4000
FALLBACK_LANGUAGE = "en"
_PLACE = re.compile(r"\{(" + "|".join(VARIABLES) + r")\}")


class CannedReplyError(ValueError):
    """A prepared answer cannot be like this; `code` is a page text."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Prepared:
    """A prepared answer for one conversation; `text` keeps the places for which nothing is known."""

    shortcut: str
    language: str
    text: str


def fill(text: str, values: Mapping[str, str | None]) -> str:
    """The text with what is known in its places; what stands in braces otherwise is left alone."""
    return _PLACE.sub(lambda place: values.get(place[1]) or place[0], text)


def open_places(text: str) -> Sequence[str]:
    """The places that are still to be filled in, as they are written: nobody wants to send `{order}`."""
    return [place[0] for place in _PLACE.finditer(text)]


def replies_by_shortcut(session: Session) -> Mapping[str, Mapping[str, str]]:
    """The texts by shortcut and language."""
    found: dict[str, dict[str, str]] = {}
    for reply in session.scalars(select(CannedReply).order_by(CannedReply.shortcut, CannedReply.language)):
        found.setdefault(reply.shortcut, {})[reply.language] = reply.text
    return found


def replies_for(session: Session, conversation: Conversation, agent: User) -> Sequence[Prepared]:
    """All of them in the customer's language, or where there is none in English or any other; filled in."""
    values = _values(session, conversation, agent)
    prepared = []
    for shortcut, texts in replies_by_shortcut(session).items():
        spoken = (conversation.language, FALLBACK_LANGUAGE, *texts)
        language = next(code for code in spoken if code in texts)
        prepared.append(Prepared(shortcut, language, fill(texts[language], values)))
    return prepared


def save_reply(session: Session, shortcut: str, texts: Mapping[str, str], actor: str) -> None:
    """Keep the texts of a shortcut, one for each language that has any; the others go.

    Raises:
        CannedReplyError: a shortcut that is none, no text at all, or one that is too long.
    """
    shortcut = shortcut.strip().removeprefix("/").casefold()
    kept = {code: text.replace("\r\n", "\n").strip() for code, text in texts.items() if text.strip()}
    if not SHORTCUT.fullmatch(shortcut):
        raise CannedReplyError("inbox.error.shortcut")
    if not kept or any(len(text) > MAX_TEXT or "\0" in text for text in kept.values()):
        raise CannedReplyError("inbox.error.reply_text")
    before = replies_by_shortcut(session).get(shortcut)
    session.execute(delete(CannedReply).where(CannedReply.shortcut == shortcut))
    session.add_all(
        CannedReply(shortcut=shortcut, language=code, text=text, changed_at=utc_now()) for code, text in kept.items()
    )
    record_audit(session, actor, "canned_reply.save", "canned_reply", shortcut, before=before, after=kept)


def delete_reply(session: Session, shortcut: str, actor: str) -> None:
    before = replies_by_shortcut(session).get(shortcut)
    if before is None:
        return
    session.execute(delete(CannedReply).where(CannedReply.shortcut == shortcut))
    record_audit(session, actor, "canned_reply.delete", "canned_reply", shortcut, before=before)


def _values(session: Session, conversation: Conversation, agent: User) -> Mapping[str, str | None]:
    """What is known of this conversation: the order that was proved last, the newest ticket."""
    order = select(OrderProof.order_number).where(OrderProof.conversation_id == conversation.id)
    ticket = select(Ticket.number).where(Ticket.conversation_id == conversation.id)
    return {
        "name": conversation.contact.display_name,
        "agent": agent.name,
        "order": session.scalar(order.order_by(OrderProof.at.desc()).limit(1)),
        "ticket": session.scalar(ticket.order_by(Ticket.id.desc()).limit(1)),
    }
