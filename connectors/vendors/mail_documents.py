"""Supplier documents that arrive as attachments of mails: a mail leaves the folder when all of its documents have."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from uuid import uuid4

import structlog
from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import InstrumentedAttribute

from connectors.contracts.documents import Document
from connectors.contracts.mailbox import INBOX, Mailbox, ReceivedMail
from connectors.database.base import utc_now
from connectors.database.chunks import in_chunks
from connectors.database.failures import explain_failures
from connectors.database.models.mail import DocumentState, MailDocument
from connectors.database.session import Database
from connectors.errors import NotFound, Rejected
from connectors.mailbox_position import keep_position, read_position
from connectors.vendors.mail_attachments import documents_of, refusal_of

ARCHIVE, QUARANTINE = "Archive", "Quarantine"
WAITING = DocumentState.WAITING.value

log = structlog.get_logger()


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
        self._finish_moves()
        with TemporaryDirectory(prefix="twinoffice-mail-") as folder:
            known, position = self._recall()
            waiting = {mail_id for (mail_id, _place), state in known.items() if state == WAITING}
            found: list[_Found] = []
            last, gone = position, set(waiting)
            for mail in chain(
                self._mailbox.find_mails(self._folders.intake, sorted(waiting)),
                self._mailbox.read_mails(self._folders.intake, position),
            ):
                found += _spool(mail, Path(folder))
                last = mail.id if mail.id not in waiting else last
                gone.discard(mail.id)
            self._note([each for each in found if (each.mail_id, each.place) not in known], gone, last)
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

    @property
    def _mine(self) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        return MailDocument.connection == self._connection, MailDocument.folder == self._folders.intake

    def _finish_moves(self) -> None:
        """Mails that were settled when we died, or when the server went away."""
        for rows in self._open_mails().values():
            if all(row.state != WAITING for row in rows):
                try:
                    self._put_aside(rows)
                except (NotFound, Rejected) as error:
                    # The others are not to wait for it.
                    log.warning("mail not put aside", connection=self._connection, reason=error.reason)

    def _open_mails(self) -> dict[str, list[MailDocument]]:
        """The documents of the mails that may lie in the folder still."""
        lies_there = select(MailDocument.mail_id).where(*self._mine, MailDocument.moved_at.is_(None))
        query = select(MailDocument).where(*self._mine, MailDocument.mail_id.in_(lies_there))
        mails: dict[str, list[MailDocument]] = {}
        with explain_failures(), self._database.read() as session:
            for row in session.scalars(query.order_by(MailDocument.mail_id, MailDocument.place)):
                mails.setdefault(row.mail_id, []).append(row)
        return mails

    def _recall(self) -> tuple[dict[tuple[str, int], str], str | None]:
        """What became of the documents of mails that may lie there still, and the last mail that was seen."""
        known = {(row.mail_id, row.place): row.state for rows in self._open_mails().values() for row in rows}
        with explain_failures(), self._database.read() as session:
            return known, read_position(session, self._reader, self._folders.intake)

    def _note(self, found: Sequence[_Found], gone: AbstractSet[str], last: str | None) -> None:
        """Remember what was seen for the first time and how far the folder was read, and forget what is gone."""
        now, folder = self._now(), self._folders.intake
        with explain_failures(), self._database.write() as session:
            for some in in_chunks(sorted(gone)):
                session.execute(delete(MailDocument).where(*self._mine, MailDocument.mail_id.in_(some)))
            session.add_all(
                MailDocument(
                    connection=self._connection,
                    folder=folder,
                    mail_id=each.mail_id,
                    place=each.place,
                    name=each.name,
                    checksum=each.checksum,
                    seen_at=now,
                )
                for each in found
            )
            if last is not None:
                keep_position(session, self._reader, folder, last, now)

    def _settle(self, document: Document, state: DocumentState, reason: str | None) -> None:
        """The record first: a mail that cannot be moved now is moved when documents are listed again."""
        same = (*self._mine, MailDocument.checksum == document.checksum, MailDocument.name == document.name)
        change = update(MailDocument).where(*same, MailDocument.state == WAITING)
        with explain_failures(), self._database.write() as session:
            session.execute(change.values(state=state.value, reason=reason, settled_at=self._now()))
            mail_ids = set(session.scalars(select(MailDocument.mail_id).where(*same)))
        for mail_id, rows in self._open_mails().items():
            if mail_id in mail_ids and all(row.state != WAITING for row in rows):
                self._put_aside(rows)

    def _put_aside(self, rows: Sequence[MailDocument]) -> None:
        intake, mail_id = self._folders.intake, rows[0].mail_id
        refused = [row for row in rows if row.state == DocumentState.QUARANTINED.value]
        # A person may have moved it, and the server may have renumbered it.
        if any(row.noted_at is None for row in refused) and any(self._mailbox.find_mails(intake, [mail_id])):
            self._mailbox.add(self._folders.quarantine, _explain(refused, self._now()))
            self._mark(refused, MailDocument.noted_at)
        self._mailbox.move(mail_id, intake, self._folders.quarantine if refused else self._folders.archive)
        self._mark(rows, MailDocument.moved_at)

    def _mark(self, rows: Sequence[MailDocument], when: InstrumentedAttribute[datetime | None]) -> None:
        change = update(MailDocument).where(MailDocument.id.in_([row.id for row in rows]))
        with explain_failures(), self._database.write() as session:
            session.execute(change.values({when: self._now()}))


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
