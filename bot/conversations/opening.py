"""What a customer brings along to a new conversation: who they were before, and what they said in the form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy.orm import Session

from bot.conversations.access import Identity, lock_opened_by
from bot.services.verification import verify_conversation
from connectors.database.models.conversation import Contact, Conversation


@dataclass(frozen=True, slots=True)
class Answer:
    """To one question of the form; `labels` is the question by language."""

    name: str
    labels: Mapping[str, str]
    value: str


class Earlier(NamedTuple):
    """Another conversation of the same customer, by what opens it."""

    identity: Identity
    conversation_id: str


@dataclass(frozen=True, slots=True)
class Opening:
    """`name` and `email` are claims that prove nothing.

    `welcome` are the company's own words for the first message.
    """

    earlier: Earlier | None = None
    path: str | None = None
    answers: Sequence[Answer] = ()
    name: str | None = None
    email: str | None = None
    welcome: str | None = None


NOTHING_SAID = Opening()


def known_from(session: Session, opening: Opening) -> tuple[Contact | None, str | None]:
    """Of whoever was here before: the contact whose conversation this will be, and the family of its token.

    Raises:
        IdentityEndedError: what opened the earlier conversation opens it no more.
    """
    if opening.earlier is None:
        return None, None
    opened = lock_opened_by(session, *opening.earlier)
    return session.get_one(Conversation, opened.conversation_id).contact, opened.family


def keep_opening(session: Session, conversation: Conversation, opening: Opening) -> None:
    """Note it in the conversation that it opens. Whoever was verified in the earlier one is so here, too."""
    if opening.path or opening.answers:
        answers = [{"name": one.name, "labels": dict(one.labels), "value": one.value} for one in opening.answers]
        conversation.opened_with = {"path": opening.path, "answers": answers}
    contact = conversation.contact
    contact.email = contact.email or opening.email
    contact.display_name = contact.display_name or opening.name
    if opening.earlier is not None and conversation.verified_email is None:
        earlier = session.get_one(Conversation, opening.earlier.conversation_id)
        if earlier.verified_email is not None and earlier.verified_by is not None:
            verify_conversation(session, conversation, earlier.verified_email, earlier.verified_by)
