"""A mailbox on an IMAP server (RFC 3501), with MOVE (6851), UIDPLUS (4315) and IDLE (2177) where it has them."""

import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Event
from time import monotonic
from typing import Any

from imap_tools.errors import (
    MailboxDeleteError,
    MailboxExpungeError,
    MailboxFetchError,
    MailboxFolderCreateError,
    MailboxFolderSelectError,
)
from imap_tools.folder import FolderInfo
from imap_tools.idle import get_socket_poller
from imap_tools.mailbox import BaseMailBox
from imap_tools.utils import check_command_status, chunked_crop

from connectors.contracts.mailbox import INBOX, ReceivedMail
from connectors.errors import NotFound, Unavailable
from connectors.http.reach import Allowed
from connectors.mail_reading import MAX_MAIL_BYTES, read_mail
from connectors.vendors.imap_session import ImapServer, is_for_now, said_code, visit
from connectors.vendors.mail_reach import ANYWHERE

# RFC 2177 wants it renewed before half an hour is over; routers forget quiet connections sooner.
IDLE_SECONDS = 240.0
LOOK_SECONDS = 1.0
# Of a server without IDLE.
PAUSE_SECONDS = 30.0
SIZES_AT_ONCE = 500
WITHHELD = "The mail server does not hand this mail over. Ask the sender to send it again."
_SIZE = re.compile(rb"UID (\d+).*?RFC822\.SIZE (\d+)|RFC822\.SIZE (\d+).*?UID (\d+)")


class ImapMailbox:
    """Each call is a visit of its own: a kept connection dies silently. An id is `<UIDVALIDITY>.<UID>`."""

    def __init__(self, server: ImapServer, allowed: Allowed = ANYWHERE, trust: ssl.SSLContext | None = None) -> None:
        """`trust` says whose certificates are believed; those of the machine unless given."""
        self._server = server
        self._allowed = allowed
        self._trust = trust

    def list_folders(self) -> Sequence[str]:
        with self._visit() as box:
            return sorted(folder.name for folder in box.folder.list() if not _is_only_a_level(folder))

    def read_mails(self, folder: str, after: str | None = None) -> Iterator[ReceivedMail]:
        with self._visit() as box:
            validity = self._select(box, folder)
            yield from _read(box, validity, _uids_after(box, _last_uid(validity, after)))

    def find_mails(self, folder: str, mail_ids: Sequence[str]) -> Iterator[ReceivedMail]:
        if not mail_ids:
            return
        with self._visit() as box:
            validity = self._select(box, folder)
            wanted = {_last_uid(validity, mail_id) for mail_id in mail_ids} - {0}
            yield from _read(box, validity, [str(uid) for uid in sorted(wanted) if _is_there(box, str(uid))])

    def move(self, mail_id: str, folder: str, to: str) -> None:
        with self._visit() as box:
            validity, _, uid = mail_id.partition(".")
            if self._select(box, folder, is_for_reading=False) != validity or not _is_there(box, uid):
                return
            _make_folder(box, to)
            _move(box, uid, to)

    def add(self, folder: str, message: bytes) -> None:
        with self._visit() as box:
            _make_folder(box, folder)
            box.append(message, folder, flag_set=["\\Seen"])

    def wait(self, folder: str, after: str | None, seconds: float, stop: Event) -> bool:
        until = monotonic() + seconds
        with self._visit() as box:
            while not stop.is_set():
                # Looked at before each wait: what came in between is told to nobody.
                if _uids_after(box, _last_uid(self._select(box, folder), after)):
                    return True
                left = until - monotonic()
                if left <= 0:
                    return False
                if "IDLE" in box.client.capabilities:
                    _idle(box, min(left, IDLE_SECONDS), stop)
                else:
                    stop.wait(min(left, PAUSE_SECONDS))
        return False

    def check(self) -> str:
        with self._visit() as box:
            status = box.folder.status(INBOX, ["MESSAGES", "UNSEEN"])
            folders = len(box.folder.list())
            has_idle = "tells of new mail at once" if "IDLE" in box.client.capabilities else "has no IDLE"
        mails, unread = status.get("MESSAGES", 0), status.get("UNSEEN", 0)
        return f"{self._server} {has_idle}: {folders} folders; {mails} mails in the inbox, {unread} of them unread."

    @contextmanager
    def _visit(self) -> Iterator[BaseMailBox]:
        with visit(self._server, self._allowed, self._trust) as box:
            yield box

    def _select(self, box: BaseMailBox, folder: str, *, is_for_reading: bool = True) -> str:
        """Returns the UIDVALIDITY: as long as it stays the same, so do the numbers of the mails."""
        try:
            box.folder.set(folder, readonly=is_for_reading)
        except MailboxFolderSelectError as error:
            if said_code(error) not in ("NONEXISTENT", "TRYCREATE", ""):
                raise
            names = ", ".join(sorted(found.name for found in box.folder.list())[:20])
            raise NotFound(f"{self._server} has no folder {folder!r}. There are: {names}.") from error
        _, validity = box.client.response("UIDVALIDITY")
        if not validity or validity[0] is None:
            raise Unavailable(f"The mail server {self._server} gives its mails no numbers that last; use another.")
        return str(validity[0].decode())


def _is_only_a_level(folder: FolderInfo) -> bool:
    """It holds folders and can hold no mail."""
    return any(flag.lower() in ("\\noselect", "\\nonexistent") for flag in folder.flags)


def _read(box: BaseMailBox, validity: str, uids: Sequence[str]) -> Iterator[ReceivedMail]:
    """One at a time; a mail that was moved since it was listed is left out."""
    for some in chunked_crop(uids, SIZES_AT_ONCE):
        sizes = _sizes(box, some)
        for uid in some:
            raw = _fetch(box, uid, sizes[uid]) if uid in sizes else None
            if raw is not None:
                yield read_mail(raw, f"{validity}.{uid}", sizes[uid])
            elif _is_there(box, uid):
                yield ReceivedMail(f"{validity}.{uid}", "", "", "", refusal=WITHHELD)


def _last_uid(validity: str, after: str | None) -> int:
    """0 where the folder has new numbers: then everything counts as new."""
    known, _, uid = (after or "").partition(".")
    return int(uid) if known == validity else 0


def _uids_after(box: BaseMailBox, last: int) -> list[str]:
    # "9:*" always includes the last mail, even if its number is lower.
    found = box.uids(f"UID {last + 1}:* UNDELETED", charset=None)
    return sorted((uid for uid in found if int(uid) > last), key=int)


def _is_there(box: BaseMailBox, uid: str) -> bool:
    """What is marked as deleted is gone, even where nobody has taken it away yet."""
    return bool(box.uids(f"UID {uid} UNDELETED", charset=None))


def _sizes(box: BaseMailBox, uids: Sequence[str]) -> dict[str, int]:
    """In bytes, by UID; what is not there any more, or not handed over, is missing."""
    lines = _ask(box, ",".join(uids), "(UID RFC822.SIZE)")
    if lines is None:
        return {} if len(uids) == 1 else {uid: size for each in uids for uid, size in _sizes(box, [each]).items()}
    sizes: dict[str, int] = {}
    for line in lines:
        found = _SIZE.search(line) if isinstance(line, bytes) else None
        if found:
            uid, size = (found[1], found[2]) if found[1] else (found[4], found[3])
            sizes[uid.decode()] = int(size)
    return sizes


def _fetch(box: BaseMailBox, uid: str, size: int) -> bytes | None:
    """The message, or its head if it is too large."""
    section = "BODY.PEEK[HEADER]" if size > MAX_MAIL_BYTES else "BODY.PEEK[]"
    parts = _ask(box, uid, f"({section})")
    return next((bytes(part[1]) for part in parts or () if isinstance(part, tuple)), None)


def _ask(box: BaseMailBox, uids: str, what: str) -> list[Any] | None:
    """None where the server says that it cannot hand over one of these mails, which need not mean the others."""
    answer = box.client.uid("FETCH", uids, what)
    try:
        check_command_status(answer, MailboxFetchError)
    except MailboxFetchError as error:
        if is_for_now(error):
            raise
        return None
    return answer[1]


def _move(box: BaseMailBox, uid: str, to: str) -> None:
    """Without MOVE, only this mail is taken away, never all that a person has marked as deleted."""
    if "MOVE" in box.client.capabilities:
        box.move(uid, to)
        return
    box.copy(uid, to)
    check_command_status(box.client.uid("STORE", uid, "+FLAGS", r"(\Deleted)"), MailboxDeleteError)
    if "UIDPLUS" in box.client.capabilities:
        check_command_status(box.client.uid("EXPUNGE", uid), MailboxExpungeError)


def _make_folder(box: BaseMailBox, folder: str) -> None:
    if not box.folder.exists(folder):
        try:
            box.folder.create(folder)
        except MailboxFolderCreateError as error:
            if said_code(error) != "ALREADYEXISTS":
                raise


def _idle(box: BaseMailBox, seconds: float, stop: Event) -> None:
    """Returns at the first news, when the time is over, or when it is to stop."""
    until = monotonic() + seconds
    with box.idle as idle:
        while not stop.is_set() and (left := until - monotonic()) > 0:
            # The library says nothing of a connection that has ended; its socket stays readable for ever.
            if idle.poll(timeout=min(left, LOOK_SECONDS)) or get_socket_poller(box.client.sock, 0):
                return
