"""The attachments of messages: given to a message when it is stored, and read with it."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from connectors.database.models.conversation import Attachment
from connectors.errors import NotFound


def attach(session: Session, conversation_id: str, author: str, seq: int, ids: Collection[str]) -> None:
    """Give waiting files to a message of the same conversation and author.

    Raises:
        NotFound: one of them is not there, is another conversation's, or stands in a message already.
    """
    if not ids:
        return
    is_waiting = (
        Attachment.id.in_(ids),
        Attachment.conversation_id == conversation_id,
        Attachment.author == author,
        Attachment.seq.is_(None),
    )
    given = session.execute(update(Attachment).where(*is_waiting).values(seq=seq).returning(Attachment.id)).all()
    if len(given) != len(set(ids)):
        raise NotFound("One of the files is not there any more; send it again.")


def attachments_of(session: Session, conversation_id: str, seqs: Collection[int]) -> Mapping[int, Sequence[Attachment]]:
    """Those of these messages, by seq."""
    if not seqs:
        return {}
    query = select(Attachment).where(Attachment.conversation_id == conversation_id, Attachment.seq.in_(seqs))
    found: dict[int, list[Attachment]] = {}
    for attachment in session.scalars(query.order_by(Attachment.created_at, Attachment.id)):
        found.setdefault(attachment.seq or 0, []).append(attachment)
    return found


def has_kept_files(session: Session, conversation_id: str, seq: int) -> bool:
    """Whether anything of a message is kept, or will be as soon as its channel hands it out."""
    files = attachments_of(session, conversation_id, [seq]).get(seq, ())
    return any(file.state != "missing" for file in files)
