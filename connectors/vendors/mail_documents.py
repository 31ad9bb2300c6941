"""Supplier documents that arrive as attachments of mails: a mail leaves the folder when all of its documents have."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from uuid import uuid4

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from connectors.contracts.documents import Document
from connectors.contracts.mailbox import INBOX, Mailbox, ReceivedMail
from connectors.database.base import utc_now
from connectors.database.failures import explain_failures
from connectors.database.models.mail import DocumentState, MailDocument
from connectors.database.session import Database
from connectors.mailbox_position import keep_position, read_position
from connectors.vendors.mail_attachments import documents_of, refusal_of

ARCHIVE, QUARANTINE = "Archive", "Quarantine"
WAITING = DocumentState.WAITING.value


@dataclass(frozen=True, slots=True)
class MailFolders:
    """Where mails with documents arrive, and where they are put aside."""

    intake: str = INBOX
    archive: str = ARCHIVE
    quarantine: str = QUARANTINE


@dataclass(frozen=True, slots=True)
class _Found:
    """A document of a mail; its bytes lie in `file`."""

    mail_id: str
    place: int
    name: str
    checksum: str
    file: Path
    refusal: str | None = None


class MailDocuments:
    """Offers XML, PDF and CSV attachments. A mail without any stays where it is, for people.

    Which attachments were settled is kept in our own database, so that a mail can wait for the last of its documents;
    then it is moved to the folder `archive`, or to `quarantine` if one of them was put aside, with a note of the
    reasons beside it. Each mail is read once, and again only while a document of it waits.
    """

    def __init__(
        self,
        mailbox: Mailbox,
        database: Database,
        connection: str,
        folders: MailFolders | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._mailbox = mailbox
        self._database = database
        self._connection = connection
        self._folders = folders or MailFolders()
        self._now = now

    def list_documents(self) -> Iterator[Document]:
        """The same file of the same name in two mails is one document."""
        with TemporaryDirectory(prefix="twinoffice-mail-") as folder:
            known, position = self._recall()
            waiting = {mail_id for mail_id, _place in (key for key, state in known.items() if state == WAITING)}
            mails = chain(
                self._mailbox.find_mails(self._folders.intake, sorted(waiting)),
                self._mailbox.read_mails(self._folders.intake, position),
            )
            found, last = [], position
            for mail in mails:
                found += _spool(mail, Path(folder))
                last = mail.id if mail.id not in waiting else last
            self._note([each for each in found if (each.mail_id, each.place) not in known], last)
            offered = [each for each in found if known.get((each.mail_id, each.place), WAITING) == WAITING]
            for _, each in sorted({(each.name, each.checksum): each for each in offered}.items()):
                content = b"" if each.refusal else each.file.read_bytes()
                yield Document(each.name, each.checksum, content, each.refusal)

    def archive(self, document: Document) -> None:
        self._settle(document, DocumentState.ARCHIVED, None)

    def quarantine(self, document: Document, reason: str) -> None:
        self._settle(document, DocumentState.QUARANTINED, reason)

    def check(self) -> str:
        folders, names = self._folders, self._mailbox.list_folders()
        # Says whether the folder of intake can be opened; nothing is read.
        self._mailbox.wait(folders.intake, None, 0, Event())
        missing = " and ".join(name for name in (folders.archive, folders.quarantine) if name not in names)
        made = f" Made when needed: {missing}." if missing else ""
        return f"{self._mailbox.check()} Documents are taken from {folders.intake}.{made}"

    @property
    def _reader(self) -> str:
        return f"{self._connection}:documents"

    def _recall(self) -> tuple[dict[tuple[str, int], str], str | None]:
        """What became of the documents of mails that may lie there still, and the last mail that was seen."""
        mine = MailDocument.connection == self._connection
        open_mails = select(MailDocument.mail_id).where(mine, MailDocument.state == WAITING)
        query = select(MailDocument).where(mine, MailDocument.mail_id.in_(open_mails))
        with explain_failures(), self._database.read() as session:
            known = {(row.mail_id, row.place): row.state for row in session.scalars(query)}
            return known, read_position(session, self._reader, self._folders.intake)

    def _note(self, found: Sequence[_Found], last: str | None) -> None:
        """Remember what was seen for the first time, and how far the folder was read."""
        now = self._now()
        with explain_failures(), self._database.write() as session:
            session.add_all(
                MailDocument(
                    connection=self._connection,
                    mail_id=each.mail_id,
                    place=each.place,
                    name=each.name,
                    checksum=each.checksum,
                    seen_at=now,
                )
                for each in found
            )
            if last is not None:
                keep_position(session, self._reader, self._folders.intake, last, now)

    def _settle(self, document: Document, state: DocumentState, reason: str | None) -> None:
        """The record first: if we are killed before a mail was moved, the same call again moves it."""
        mine = (
            MailDocument.connection == self._connection,
            MailDocument.checksum == document.checksum,
            MailDocument.name == document.name,
        )
        change = update(MailDocument).where(*mine, MailDocument.state == WAITING)
        with explain_failures(), self._database.write() as session:
            session.execute(change.values(state=state.value, reason=reason, settled_at=self._now()))
            mail_ids = session.scalars(select(MailDocument.mail_id).where(*mine).distinct()).all()
            settled = [rows for mail_id in mail_ids if (rows := self._settled_documents(session, mail_id))]
        for rows in settled:
            self._put_aside(rows)

    def _settled_documents(self, session: Session, mail_id: str) -> Sequence[MailDocument]:
        """All documents of a mail, or none while one of them waits."""
        query = select(MailDocument).where(MailDocument.connection == self._connection, MailDocument.mail_id == mail_id)
        rows = session.scalars(query.order_by(MailDocument.place)).all()
        return () if any(row.state == WAITING for row in rows) else rows

    def _put_aside(self, rows: Sequence[MailDocument]) -> None:
        refused = [row for row in rows if row.state == DocumentState.QUARANTINED.value]
        if any(row.noted_at is None for row in refused):
            self._mailbox.add(self._folders.quarantine, _explain(refused, self._now()))
            ids = [row.id for row in refused]
            with explain_failures(), self._database.write() as session:
                session.execute(update(MailDocument).where(MailDocument.id.in_(ids)).values(noted_at=self._now()))
        target = self._folders.quarantine if refused else self._folders.archive
        self._mailbox.move(rows[0].mail_id, self._folders.intake, target)


def _spool(mail: ReceivedMail, folder: Path) -> list[_Found]:
    """The documents of a mail, with their bytes on the disk: a full mailbox does not fit into memory."""
    if mail.refusal is not None:
        name = f"{mail.subject[:150] or 'mail'}.eml"
        identity = hashlib.sha256(f"{mail.message_id} {mail.id}".encode()).hexdigest()
        return [_Found(mail.id, 0, name, identity, folder, mail.refusal)]
    found = []
    for place, file in enumerate(documents_of(mail), start=1):
        checksum = hashlib.sha256(file.content).hexdigest()
        path = folder / uuid4().hex
        path.write_bytes(file.content)
        found.append(_Found(mail.id, place, file.name, checksum, path, refusal_of(file)))
    return found


def _explain(refused: Sequence[MailDocument], now: datetime) -> bytes:
    """A note that lies beside the mail; file names and reasons are in the languages in which they were written."""
    note = EmailMessage()
    note["From"] = note["To"] = "Twinoffice <twinoffice@localhost>"
    note["Subject"] = f"{', '.join(row.name for row in refused)[:150]}"
    note["Date"] = now
    note["Auto-Submitted"] = "auto-generated"
    note.set_content("\n\n".join(f"{row.name}\n{row.reason}" for row in refused) + "\n")
    return note.as_bytes()
