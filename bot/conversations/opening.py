"""What a customer brings along to a new conversation: who they were before, and what they said in the form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from bot.services.verification import verify_conversation
from connectors.database.models.conversation import Contact, Conversation


@dataclass(frozen=True, slots=True)
class Answer:
    """To one question of the form; `labels` is the question by language."""

    name: str
    labels: Mapping[str, str]
    value: str


@dataclass(frozen=True, slots=True)
class Opening:
    """`earlier` is another conversation of the same customer; `name` and `email` are claims that prove nothing.

    `welcome` are the company's own words for the first message.
    """

    earlier: str | None = None
    path: str | None = None
    answers: Sequence[Answer] = ()
    name: str | None = None
    email: str | None = None
    welcome: str | None = None


NOTHING_SAID = Opening()


def contact_of(session: Session, opening: Opening) -> Contact | None:
    """The contact whose conversation this will be, if they were here before."""
    return None if opening.earlier is None else session.get_one(Conversation, opening.earlier).contact


def keep_opening(session: Session, conversation: Conversation, opening: Opening) -> None:
    """Note it in the conversation that it opens. Whoever was verified in the earlier one is so here, too."""
    if opening.path or opening.answers:
        answers = [{"name": one.name, "labels": dict(one.labels), "value": one.value} for one in opening.answers]
        conversation.opened_with = {"path": opening.path, "answers": answers}
    contact = conversation.contact
    contact.email = contact.email or opening.email
    contact.display_name = contact.display_name or opening.name
    if opening.earlier is not None and conversation.verified_email is None:
        earlier = session.get_one(Conversation, opening.earlier)
        if earlier.verified_email is not None and earlier.verified_by is not None:
            verify_conversation(session, conversation, earlier.verified_email, earlier.verified_by)
