"""The front office as its channels see it: open a conversation, say something, read what was said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import IntegrityError

from bot.conversations import store
from bot.conversations.live import STAFF, Live
from bot.conversations.turn import Turns
from bot.services.verification import SIGNED
from bot.texts import Texts
from connectors.database.models.conversation import Author, Conversation, InboundUpdate
from connectors.database.session import Database

MAX_TEXT_LENGTH = 4000
MAX_KNOWN_IDENTITIES = 10_000


class BadTextError(Exception):
    """A text that cannot be taken; `code` names why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Transcript:
    """What a customer may see of a conversation."""

    owner: str
    language: str
    messages: Sequence[Mapping[str, Any]]


class FrontDesk:
    """Every channel speaks to this and nothing else; all methods block and belong into a thread."""

    def __init__(self, database: Database, texts: Texts, turns: Turns, live: Live) -> None:
        self.database = database
        self.texts = texts
        self.live = live
        self._turns = turns
        # An identity belongs to its conversation for good, so what was found once need not be looked up again.
        self._known: dict[tuple[str, str], str] = {}

    def open(
        self, channel: str, external_id: str, language: str, network_address: str | None, name: str | None = None
    ) -> str:
        """Start a conversation with the welcome that says that a machine answers; returns its id."""
        with self.database.write() as session:
            conversation = store.open_conversation(session, channel, external_id, language, network_address, name)
            store.add_message(session, conversation, Author.BOT, self.texts.render("welcome", language))
            # The welcome is no answer to anything.
            conversation.answered_seq = conversation.last_seq
        self.live.publish(STAFF)
        return conversation.id

    def find(self, channel: str, external_id: str) -> Conversation | None:
        with self.database.read() as session:
            found = store.find_conversation(session, channel, external_id)
        if found is not None:
            if len(self._known) >= MAX_KNOWN_IDENTITIES:
                self._known.clear()
            self._known[channel, external_id] = found.id
        return found

    def known(self, channel: str, external_id: str) -> str | None:
        """The id of a conversation found before; does not block, and None says nothing."""
        return self._known.get((channel, external_id))

    def is_signed(self, conversation_id: str) -> bool:
        """Whether the shop vouches for the customer of this conversation."""
        with self.database.read() as session:
            return session.get_one(Conversation, conversation_id).verified_by == SIGNED

    def say(self, conversation_id: str, text: str, client_message_id: str, button_id: str | None = None) -> int:
        """Store a customer's message and start the bot's turn if it is its turn; returns the message's seq.

        Raises:
            BadTextError: empty, too long, or not text.
            TooManyPendingError: the bot cannot follow.
        """
        check_text(text)
        with self.database.write() as session:
            intake = store.take_customer_message(session, conversation_id, text, client_message_id, button_id)
        self._follow(conversation_id, intake)
        return intake.seq

    def say_once(self, conversation_id: str, text: str, update: tuple[str, str], button_id: str | None = None) -> bool:
        """As `say`, for an update (channel, external id) that may arrive again; False when it did."""
        check_text(text)
        try:
            with self.database.write() as session:
                session.add(InboundUpdate(channel=update[0], external_id=update[1]))
                session.flush()
                intake = store.take_customer_message(session, conversation_id, text, ":".join(update), button_id)
        except IntegrityError:
            return False
        self._follow(conversation_id, intake)
        return True

    def read(self, conversation_id: str, after: int) -> Transcript:
        with self.database.read() as session:
            conversation = session.get_one(Conversation, conversation_id)
            messages = store.messages_after(session, conversation_id, after)
        return Transcript(conversation.owner, conversation.language, [_show(m) for m in messages])

    def _follow(self, conversation_id: str, intake: store.Intake) -> None:
        self.live.publish(conversation_id, STAFF)
        if intake.lease is not None:
            self._turns.submit(conversation_id, intake.lease)


def check_text(text: str) -> None:
    """Refuse what is no message.

    Raises:
        BadTextError: with code text_empty, text_too_long or not_text (broken Unicode, NUL).
    """
    if not text.strip():
        raise BadTextError("text_empty")
    if len(text) > MAX_TEXT_LENGTH:
        raise BadTextError("text_too_long")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise BadTextError("not_text") from error
    if "\0" in text:
        raise BadTextError("not_text")


def _show(message: Any) -> Mapping[str, Any]:
    shown = {"seq": message.seq, "author": message.author, "text": message.text, "at": message.at.isoformat()}
    if message.buttons:
        shown["buttons"] = [{"title": b["title"], "id": b["id"]} for b in message.buttons]
    if message.author == Author.CUSTOMER and message.client_message_id:
        shown["client_message_id"] = message.client_message_id
    return shown
