"""Files, places and contact cards that customers and agents send: kept outside the web root, handed out by id."""

import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import structlog
from sqlalchemy import delete, func, literal_column, select
from sqlalchemy.orm import Session

from bot.channels.setup import ChannelSetups
from bot.conversations.store import lock_conversation
from bot.services.file_content import RefusedFileError, clean_name, inspect
from connectors.database.base import new_id, utc_now
from connectors.database.models.conversation import Attachment, AttachmentKind
from connectors.database.session import Database
from connectors.errors import NotFound, Unavailable

MAX_FILES = 50
MAX_BYTES = 200 * 1024 * 1024
# Strangers must not fill the disk to the last byte: the database is likely to be on it, too.
KEPT_FREE = 256 * 1024 * 1024
# An upload that no message came to take is forgotten.
ORPHANED_AFTER = timedelta(days=1)
EXPECTED, READY, MISSING = "expected", "ready", "missing"
KIND_OF = {"image": AttachmentKind.PHOTO, "audio": AttachmentKind.VOICE}

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class StoredFile:
    """`path` may be read, never linked to."""

    name: str
    media_type: str
    size: int
    path: Path


class Attachments:
    """All methods block. Bytes are written before their row is, so that a row always has its bytes."""

    def __init__(
        self, database: Database, folder: Path, setups: ChannelSetups, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._database = database
        self._folder = folder
        self._setups = setups
        self._now = now

    def keep(
        self, conversation_id: str, author: str, name: str, content: bytes, *, kind: AttachmentKind | None = None
    ) -> Attachment:
        """Check and store a file; a message takes it by its id.

        Raises:
            RefusedFileError: as `inspect`, and too_large, too_many (of this conversation).
            Unavailable: the disk takes nothing more.
        """
        attachment = Attachment(id=new_id(), conversation_id=conversation_id, author=author, created_at=self._now())
        self._fill(attachment, clean_name(name), content, kind, self._setups.web().file_kinds)
        try:
            with self._database.write() as session:
                _refuse_too_many(session, conversation_id, len(content))
                session.add(attachment)
        except BaseException:
            self._path(attachment.id).unlink(missing_ok=True)
            raise
        return attachment

    def expect(
        self,
        conversation_id: str,
        kind: AttachmentKind,
        name: str,
        external_id: str,
        size: int = 0,
        seconds: int | None = None,
    ) -> Attachment:
        """A customer's file that its channel still holds; `fill` or `give_up` follows. `seconds`: how long it plays."""
        length = {} if seconds is None else {"seconds": seconds}
        detail = {"announced_size": size, **length}
        return self._note(conversation_id, kind, clean_name(name), EXPECTED, external_id, detail)

    def note(self, conversation_id: str, kind: AttachmentKind, name: str, detail: Mapping[str, Any]) -> Attachment:
        """What has no bytes: a place ({"latitude", "longitude"}), a contact card ({"name", "phone"})."""
        return self._note(conversation_id, kind, clean_name(name), READY, None, detail)

    def fill(self, attachment_id: str, content: bytes) -> None:
        """The bytes of an expected file. Raises as `keep`; then the caller gives it up."""
        with self._database.read() as session:
            attachment = session.get_one(Attachment, attachment_id)
        if attachment.state == READY:
            return
        kind, allowed = AttachmentKind(attachment.kind), self._setups.web().fetched_kinds
        self._fill(attachment, attachment.name, content, kind, allowed)
        with self._database.write() as session:
            _refuse_too_many(session, attachment.conversation_id, len(content))
            session.merge(attachment)

    def give_up(self, attachment_id: str, reason: str) -> Attachment:
        """The file will never be there; `reason` is a code that agents are shown in words."""
        with self._database.write() as session:
            attachment = session.get_one(Attachment, attachment_id)
            attachment.state, attachment.detail = MISSING, {**attachment.detail, "reason": reason}
        return attachment

    def expected(self, limit: int = 100) -> Sequence[Attachment]:
        """Files of messages that are still to be fetched, oldest first."""
        # Written out, or no database could tell that its index of these is meant.
        is_owed = (Attachment.state == literal_column(f"'{EXPECTED}'"), Attachment.seq.is_not(None))
        query = select(Attachment).where(*is_owed).order_by(Attachment.created_at).limit(limit)
        with self._database.read() as session:
            return session.scalars(query).all()

    def open(self, attachment_id: str, conversation_id: str) -> StoredFile:
        """Raises NotFound, also when it belongs to another conversation."""
        with self._database.read() as session:
            attachment = session.get(Attachment, attachment_id)
        if attachment is None or attachment.conversation_id != conversation_id or attachment.sha256 is None:
            raise NotFound("There is no such file.")
        path = self._path(attachment.id)
        if not path.is_file():
            log.error("attachment without bytes", attachment=attachment_id)
            raise NotFound("The file is gone.")
        return StoredFile(attachment.name, attachment.media_type, attachment.size, path)

    def forget_orphans(self) -> int:
        """Remove uploads that no message took; returns how many."""
        is_orphan = (Attachment.seq.is_(None), Attachment.created_at < self._now() - ORPHANED_AFTER)
        found = select(Attachment.id).where(*is_orphan).limit(1000)
        # Each row is asked once more: a message may take one at this moment.
        query = delete(Attachment).where(Attachment.id.in_(found), Attachment.seq.is_(None)).returning(Attachment.id)
        with self._database.write() as session:
            orphans = session.scalars(query.execution_options(synchronize_session=False)).all()
        for orphan in orphans:
            self._path(orphan).unlink(missing_ok=True)
        return len(orphans)

    def _note(
        self,
        conversation_id: str,
        kind: AttachmentKind,
        name: str,
        state: str,
        external_id: str | None,
        detail: Mapping[str, Any],
    ) -> Attachment:
        attachment = Attachment(
            conversation_id=conversation_id,
            author="customer",
            kind=kind.value,
            state=state,
            name=name,
            external_id=external_id,
            detail=dict(detail),
            created_at=self._now(),
        )
        with self._database.write() as session:
            session.add(attachment)
        return attachment

    def _fill(
        self, attachment: Attachment, name: str, content: bytes, kind: AttachmentKind | None, allowed: Collection[str]
    ) -> None:
        if len(content) > self._setups.web().largest_file:
            raise RefusedFileError("too_large")
        found = inspect(name, content, allowed)
        self._write(attachment.id, content)
        attachment.kind = (kind or KIND_OF.get(found.kind, AttachmentKind.DOCUMENT)).value
        attachment.state, attachment.name, attachment.media_type = READY, name, found.media_type
        attachment.size, attachment.sha256 = len(content), hashlib.sha256(content).hexdigest()

    def _write(self, attachment_id: str, content: bytes) -> None:
        """Whole or not at all, also when the disk is full or the process dies."""
        path = self._path(attachment_id)
        part = path.with_name(f"{uuid4().hex}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if shutil.disk_usage(path.parent).free < KEPT_FREE + len(content):
                raise OSError(errno.ENOSPC, "what is left is kept free")
            with part.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except OSError as error:
            part.unlink(missing_ok=True)
            free = shutil.disk_usage(self._folder.anchor).free
            log.error("a file cannot be kept", reason=str(error), free_bytes=free)
            raise Unavailable("The file could not be stored; try again later.") from error

    def _path(self, attachment_id: str) -> Path:
        return self._folder / attachment_id[:2] / attachment_id


def _refuse_too_many(session: Session, conversation_id: str, size: int) -> None:
    """Of one conversation, whose uploads at the same moment wait for each other here."""
    lock_conversation(session, conversation_id)
    query = select(func.count(), func.coalesce(func.sum(Attachment.size), 0)).where(
        Attachment.conversation_id == conversation_id, Attachment.sha256.is_not(None)
    )
    count, used = session.execute(query).one()
    if count >= MAX_FILES or used + size > MAX_BYTES:
        raise RefusedFileError("too_many")
