"""How far a reader of a mailbox has come, kept in our own database."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.database.models.mail import MailboxPosition


def read_position(session: Session, reader: str, folder: str) -> str | None:
    """The id of the last mail that this reader dealt with in a folder."""
    row = session.get(MailboxPosition, (reader, folder))
    return row.mail_id if row is not None else None


def keep_position(session: Session, reader: str, folder: str, mail_id: str, now: datetime) -> None:
    """In the transaction of what was done with the mail: both stand or fall together."""
    session.merge(MailboxPosition(reader=reader, folder=folder, mail_id=mail_id, at=now))


def forget_positions(session: Session, connection: str) -> None:
    """Those of all readers of a connection: another account of that name begins from its first mail."""
    for row in session.scalars(select(MailboxPosition)):
        if row.reader.rpartition(":")[0] == connection:
            session.delete(row)
