"""The front office as its channels see it: open a conversation, say something, read what was said."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.conversations import store
from bot.conversations.access import Identity, opened_by
from bot.conversations.live import ASSISTANT, STAFF, Live
from bot.conversations.message_files import attachments_of
from bot.conversations.opening import NOTHING_SAID, Opening, keep_opening, known_from
from bot.conversations.read_marks import read_by_us
from bot.conversations.turn import Turns
from bot.handoff.presence import is_agent_here
from bot.handoff.queue_times import QueueOutlook, QueueTimes
from bot.services.verification import SIGNED
from bot.texts import Texts
from connectors.database.base import utc_now
from connectors.database.models.conversation import Attachment, Author, Conversation, InboundUpdate, Message, Owner
from connectors.database.session import Database

MAX_TEXT_LENGTH = 4000
MAX_SEEN_IDENTITIES = 10_000
SHOWN_DETAIL = frozenset({"latitude", "longitude", "name", "phone", "seconds", "reason"})


class BadTextError(Exception):
    """A text that cannot be taken; `code` names why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Transcript:
    """What a customer may see of a conversation; `read_seq` is up to where we have read what they said.

    `is_agent_here`: whether the person who has it has the inbox open; None while no person has it.
    """

    owner: str
    language: str
    messages: Sequence[Mapping[str, Any]]
    read_seq: int = 0
    queue: QueueOutlook | None = None
    is_agent_here: bool | None = None


class FrontDesk:
    """Every channel speaks to this and nothing else; all methods block and belong into a thread."""

    def __init__(
        self, database: Database, texts: Texts, turns: Turns, live: Live, queue_times: QueueTimes | None = None
    ) -> None:
        self.database = database
        self.texts = texts
        self.live = live
        self._turns = turns
        self._queue_times = queue_times
        self._seen: set[tuple[str, str]] = set()

    def open(
        self,
        channel: str,
        external_id: str,
        language: str,
        network_address: str | None,
        name: str | None = None,
        opening: Opening = NOTHING_SAID,
    ) -> str:
        """Start a conversation with the welcome that says that a machine answers; returns its id.

        Raises:
            IdentityEndedError: what opened the earlier conversation opens it no more.
        """
        with self.database.write() as session:
            contact, family = known_from(session, opening)
            conversation = store.open_conversation(
                session, channel, external_id, language, network_address, name, contact, family
            )
            keep_opening(session, conversation, opening)
            welcome = self.texts.render("welcome", language)
            own = replace(welcome, text=opening.welcome) if opening.welcome else welcome
            store.add_message(session, conversation, Author.BOT, own)
            # The welcome is no answer to anything.
            conversation.answered_seq = conversation.last_seq
        self.live.publish(ASSISTANT)
        return conversation.id

    def find(self, channel: str, external_id: str) -> Conversation | None:
        with self.database.read() as session:
            found = store.find_conversation(session, channel, external_id)
        if found is None:
            self._seen.discard((channel, external_id))
        else:
            if len(self._seen) >= MAX_SEEN_IDENTITIES:
                self._seen.clear()
            self._seen.add((channel, external_id))
        return found

    def was_found(self, channel: str, external_id: str) -> bool:
        """Whether `find` found a conversation of this identity lately; does not block."""
        return (channel, external_id) in self._seen

    def is_signed(self, conversation_id: str) -> bool:
        """Whether the shop vouches for the customer of this conversation."""
        with self.database.read() as session:
            return session.get_one(Conversation, conversation_id).verified_by == SIGNED

    def say(
        self,
        conversation_id: str,
        text: str,
        client_message_id: str,
        button_id: str | None = None,
        attachments: Collection[str] = (),
    ) -> int:
        """Store a customer's message and start the bot's turn if it is its turn; returns the message's seq.

        Raises:
            BadTextError: empty (without attachments), too long, or not text.
            TooManyPendingError: the bot cannot follow.
            NotFound: one of the attachments is not there.
        """
        check_text(text, may_be_empty=bool(attachments))
        with self.database.write() as session:
            intake = store.take_customer_message(
                session, conversation_id, text, client_message_id, button_id, attachments=attachments
            )
        self._follow(conversation_id, intake)
        return intake.seq

    def say_once(
        self,
        conversation_id: str,
        text: str,
        update: tuple[str, str],
        button_id: str | None = None,
        attachments: Collection[str] = (),
        external_id: str | None = None,
    ) -> bool:
        """As `say`, for an update (channel, external id) that may arrive again; False when it did.

        `external_id` is the message's own on its channel, by which `edit_once` finds it.
        """
        check_text(text, may_be_empty=bool(attachments))
        try:
            with self.database.write() as session:
                session.add(InboundUpdate(channel=update[0], external_id=update[1]))
                session.flush()
                intake = store.take_customer_message(
                    session,
                    conversation_id,
                    text,
                    ":".join(update),
                    button_id,
                    attachments=attachments,
                    external_id=external_id,
                )
        except IntegrityError:
            return False
        self._follow(conversation_id, intake)
        return True

    def edit_once(
        self, conversation_id: str, external_id: str, text: str, update: tuple[str, str], *, may_be_empty: bool = False
    ) -> bool:
        """A message that the customer changed after sending it; False when this update was taken before.

        Raises:
            BadTextError: empty (where it may not be), too long, or not text.
        """
        check_text(text, may_be_empty=may_be_empty)
        try:
            with self.database.write() as session:
                session.add(InboundUpdate(channel=update[0], external_id=update[1]))
                session.flush()
                is_changed = store.edit_message(session, conversation_id, external_id, text)
        except IntegrityError:
            return False
        if is_changed:
            self.live.publish(conversation_id, STAFF)
        return True

    def has_message(self, conversation_id: str, external_id: str) -> bool:
        """Whether the customer's message with this number on its channel is among those of the conversation."""
        is_it = (Message.conversation_id == conversation_id, Message.external_id == external_id)
        with self.database.read() as session:
            return session.scalars(select(Message.id).where(*is_it).limit(1)).first() is not None

    def has_button(self, conversation_id: str, button_id: str) -> bool:
        """Whether the button stands under one of the last messages."""
        with self.database.read() as session:
            return store.find_button(session, session.get_one(Conversation, conversation_id), button_id) is not None

    def files_of(self, conversation_id: str, external_id: str) -> Sequence[Attachment]:
        """What the customer's message with this number on its channel brought beside text."""
        is_it = (Message.conversation_id == conversation_id, Message.external_id == external_id)
        with self.database.read() as session:
            seqs = session.scalars(select(Message.seq).where(*is_it)).all()
            return [file for files in attachments_of(session, conversation_id, seqs).values() for file in files]

    def is_taken(self, update: tuple[str, str]) -> bool:
        """Whether an update (channel, external id) was stored before."""
        with self.database.read() as session:
            return session.get(InboundUpdate, update) is not None

    def read(self, conversation_id: str, after: int, identity: Identity | None = None) -> Transcript:
        """What is there after `after`; for an identity only while it opens the conversation.

        Raises:
            IdentityEndedError: it does not, or no longer.
        """
        with self.database.read() as session:
            if identity is not None:
                opened_by(session, identity, conversation_id)
            conversation = session.get_one(Conversation, conversation_id)
            # Whoever only waits asks this all the time, and nearly always there is nothing new.
            messages = store.messages_after(session, conversation_id, after) if conversation.last_seq > after else ()
            files = attachments_of(session, conversation_id, [message.seq for message in messages])
            queue = self._queue_of(session, conversation)
            is_here = is_agent_here(session, conversation, utc_now())
        shown = [_show(message, files.get(message.seq, ())) for message in messages]
        return Transcript(conversation.owner, conversation.language, shown, read_by_us(conversation), queue, is_here)

    def _queue_of(self, session: Session, conversation: Conversation) -> QueueOutlook | None:
        if self._queue_times is None or conversation.owner != Owner.QUEUE:
            return None
        return self._queue_times.outlook(session, conversation)

    def _follow(self, conversation_id: str, intake: store.Intake) -> None:
        if intake.lease is None:
            self.live.publish(conversation_id, STAFF)
        else:
            self.live.publish_talk(conversation_id)
            self._turns.submit(conversation_id, intake.lease)


def check_text(text: str, *, may_be_empty: bool = False) -> None:
    """Refuse what is no message.

    Raises:
        BadTextError: with code text_empty, text_too_long or not_text (broken Unicode, NUL).
    """
    if not text.strip() and not may_be_empty:
        raise BadTextError("text_empty")
    if len(text) > MAX_TEXT_LENGTH:
        raise BadTextError("text_too_long")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise BadTextError("not_text") from error
    if "\0" in text:
        raise BadTextError("not_text")


def _show(message: Message, files: Sequence[Attachment]) -> Mapping[str, Any]:
    shown: dict[str, Any] = {
        "seq": message.seq,
        "author": message.author,
        "text": message.text,
        "at": message.at.isoformat(),
    }
    if message.buttons:
        shown["buttons"] = [{"title": b["title"], "id": b["id"]} for b in message.buttons]
    if files:
        shown["attachments"] = [_show_file(file) for file in files]
    if message.edited_at is not None:
        shown["edited_at"] = message.edited_at.isoformat()
    if message.author == Author.CUSTOMER and message.client_message_id:
        shown["client_message_id"] = message.client_message_id
    return shown


def _show_file(file: Attachment) -> Mapping[str, Any]:
    return {
        "id": file.id,
        "kind": file.kind,
        "name": file.name,
        "media_type": file.media_type,
        "size": file.size,
        "state": file.state,
        "detail": {name: value for name, value in file.detail.items() if name in SHOWN_DETAIL},
    }
