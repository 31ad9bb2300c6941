"""Transcripts of conversations in the customer's language, written to a file or into a mail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.conversations.message_files import attachments_of
from bot.conversations.store import lock_conversation
from bot.mail_queue import MailQueue
from bot.pages.rendering import Pages
from bot.services.masking import mask_email
from connectors.contracts.mail import Mail
from connectors.database.audit import record_audit
from connectors.database.base import utc_now
from connectors.database.models.conversation import Conversation, Message
from connectors.database.models.mail import OutgoingMail
from connectors.database.models.people import User
from connectors.database.session import wait_in_line
from connectors.email_address import normalise_email

# The newest messages; whoever said more gets the end of it.
MAX_MESSAGES = 2000
MAILS_PER_CONVERSATION = 3
# Whatever conversations they come from: nobody shall be flooded by somebody who names their address.
MAILS_PER_ADDRESS = 6
# Whoever they are for: else anybody could have us send what they like to whom they like.
MAILS_PER_NETWORK_ADDRESS = 30
A_DAY = timedelta(days=1)
ABOUT = "transcript:"


class TooManyTranscriptsError(Exception):
    retry_after_seconds = int(A_DAY.total_seconds())


@dataclass(frozen=True, slots=True)
class Line:
    """One message; `name` is the agent's, `files` are the names of what was sent with it."""

    author: str
    name: str | None
    at: datetime
    text: str
    is_edited: bool
    files: Sequence[str]


class Transcripts:
    """Both methods work inside their caller's transaction."""

    def __init__(self, pages: Pages, queue: MailQueue) -> None:
        self._pages = pages
        self._queue = queue

    def write(self, session: Session, conversation_id: str, form: str) -> str:
        """All that the customer saw, as `txt` or `html`."""
        conversation = session.get_one(Conversation, conversation_id)
        values = _values(session, conversation)
        return self._pages.text(conversation.language, f"transcript/transcript.{form}", **values)

    def mail(self, session: Session, conversation_id: str, address: str) -> None:
        """Put it into the queue of mails.

        Raises:
            TooManyTranscriptsError: of this conversation, to this address, or asked for from one network address.
        """
        conversation = lock_conversation(session, conversation_id)
        email = normalise_email(address)
        _refuse_too_many(session, conversation, email)
        self._queue.put(session, self._compose(session, conversation, email))
        actor, masked = f"contact:{conversation.contact_id}", mask_email(email)
        record_audit(session, actor, "conversation.transcript", "conversation", conversation_id, email=masked)

    def _compose(self, session: Session, conversation: Conversation, email: str) -> Mail:
        language = conversation.language
        return Mail(
            email,
            self._pages.catalogue.translator(language)("transcript.mail.subject"),
            self._pages.text(language, "transcript/mail.txt", **_values(session, conversation)),
            is_right_to_left=self._pages.languages[language].direction == "rtl",
            about=f"{ABOUT}{conversation.id}",
        )


def _refuse_too_many(session: Session, conversation: Conversation, email: str) -> None:
    """Those for the same address, or from the same network address, wait for each other here."""
    network_address = conversation.network_address
    for subject in (email, network_address or ""):
        wait_in_line(session, f"{ABOUT}{subject}")
    is_recent = (OutgoingMail.about.startswith(ABOUT), OutgoingMail.created_at > utc_now() - A_DAY)
    of_this = select(func.count()).where(OutgoingMail.about == f"{ABOUT}{conversation.id}")
    to_them = select(func.count()).where(OutgoingMail.recipient == email, *is_recent)
    from_here = (
        select(func.count())
        .select_from(OutgoingMail)
        .join(Conversation, Conversation.id == func.substr(OutgoingMail.about, len(ABOUT) + 1))
        .where(Conversation.network_address == network_address, *is_recent)
    )
    limits = (
        (of_this, MAILS_PER_CONVERSATION),
        (to_them, MAILS_PER_ADDRESS),
        (from_here, MAILS_PER_NETWORK_ADDRESS),
    )
    if any((session.scalar(count) or 0) >= limit for count, limit in limits):
        raise TooManyTranscriptsError


def _values(session: Session, conversation: Conversation) -> Mapping[str, Any]:
    newest = (
        select(Message, User.name)
        .outerjoin(User, User.id == Message.agent_id)
        .where(Message.conversation_id == conversation.id)
        .order_by(Message.seq.desc())
        .limit(MAX_MESSAGES)
    )
    said = session.execute(newest).all()[::-1]
    files = attachments_of(session, conversation.id, [message.seq for message, _ in said])
    lines = [
        Line(
            message.author,
            name,
            message.at,
            message.text,
            message.edited_at is not None,
            [file.name for file in files.get(message.seq, ())],
        )
        for message, name in said
    ]
    return {"lines": lines, "begun": conversation.created_at, "number": conversation.id[:8]}
