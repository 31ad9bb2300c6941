"""Labels: words that conversations are sorted by."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.conversations.store import lock_conversation, touch
from connectors.database.audit import record_audit
from connectors.database.models.conversation import Conversation
from connectors.database.models.inbox import ConversationLabel, Label
from connectors.database.models.people import User

COLOURS = ("grey", "blue", "green", "yellow", "red", "purple")
MAX_LABELS = 50
MAX_NAME = 40


class LabelError(ValueError):
    """A label cannot be like this; `code` is a page text."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def all_labels(session: Session) -> Sequence[Label]:
    return session.scalars(select(Label).order_by(Label.name)).all()


def labels_by_conversation(session: Session, ids: Collection[str]) -> Mapping[str, Sequence[Label]]:
    query = (
        select(ConversationLabel.conversation_id, Label)
        .join(Label, Label.id == ConversationLabel.label_id)
        .where(ConversationLabel.conversation_id.in_(ids))
        .order_by(Label.name)
    )
    found: dict[str, list[Label]] = {}
    for conversation_id, label in session.execute(query):
        found.setdefault(conversation_id, []).append(label)
    return found


def set_labels(session: Session, conversation_id: str, label_ids: Collection[int], agent: User) -> None:
    """Exactly these; one that was deleted meanwhile is left out."""
    conversation = lock_conversation(session, conversation_id)
    before = labels_by_conversation(session, [conversation_id]).get(conversation_id, ())
    wanted = session.scalars(select(Label).where(Label.id.in_(label_ids)).order_by(Label.name)).all()
    if [one.id for one in before] == [one.id for one in wanted]:
        return
    session.execute(delete(ConversationLabel).where(ConversationLabel.conversation_id == conversation_id))
    session.add_all(ConversationLabel(conversation_id=conversation_id, label_id=one.id) for one in wanted)
    touch(conversation)
    record_audit(
        session,
        agent.email,
        "conversation.label",
        "conversation",
        conversation_id,
        before={"labels": [one.name for one in before]},
        after={"labels": [one.name for one in wanted]},
    )


def save_label(session: Session, label_id: int | None, name: str, colour: str, actor: str) -> None:
    """Make a label, or change one.

    Raises:
        LabelError: no name, no such colour, a name that another has, or too many.
    """
    name = " ".join(name.split())
    if not name or len(name) > MAX_NAME or "\0" in name or colour not in COLOURS:
        raise LabelError("inbox.error.label")
    label = session.get(Label, label_id) if label_id else None
    if label is None and len(all_labels(session)) >= MAX_LABELS:
        raise LabelError("inbox.error.labels_full")
    before = {"name": label.name, "colour": label.colour} if label else None
    if label is None:
        label = Label(name=name, colour=colour)
        session.add(label)
    label.name, label.colour = name, colour
    try:
        session.flush()
    except IntegrityError as error:
        raise LabelError("inbox.error.label_taken") from error
    record_audit(
        session, actor, "label.save", "label", str(label.id), before=before, after={"name": name, "colour": colour}
    )


def delete_label(session: Session, label_id: int, actor: str) -> None:
    """Take a label away, from conversations too."""
    label = session.get(Label, label_id)
    if label is None:
        return
    ids = session.scalars(select(ConversationLabel.conversation_id).where(ConversationLabel.label_id == label_id)).all()
    for conversation in session.scalars(select(Conversation).where(Conversation.id.in_(ids))):
        touch(conversation)
    session.execute(delete(ConversationLabel).where(ConversationLabel.label_id == label_id))
    record_audit(
        session, actor, "label.delete", "label", str(label_id), before={"name": label.name, "colour": label.colour}
    )
    session.delete(label)
