"""Supplier documents in a folder of an SFTP server."""

import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import PurePosixPath

import paramiko
import structlog

from connectors.contracts.documents import Document
from connectors.einvoice.reader import MAX_BYTES
from connectors.errors import Unavailable
from connectors.vendors.put_aside import (
    ARCHIVE,
    QUARANTINE,
    REASON_SUFFIX,
    identity,
    is_offered,
    names_for,
    show,
    too_large,
)
from connectors.vendors.settling import Settling, Stamp
from connectors.vendors.sftp_session import SftpSession

log = structlog.get_logger(__name__)


class SftpDocuments:
    """Offers the files that lie directly in the folder, whatever their type; moves them to archive/ or quarantine/.

    Hidden files, those that are still being written or in use by somebody else, links and sub-folders are left alone.
    A file over 20 MB, or one that we may not read, is offered without content and with the refusal that says so.

    Raises (any method):
        Unavailable, AuthFailed, Rejected: as `SftpSession` says.
    """

    def __init__(self, session: SftpSession, folder: str, settling: Settling, pattern: str = "*") -> None:
        self._session = session
        self._folder = PurePosixPath(folder)
        self._settling = settling
        self._pattern = pattern

    def list_documents(self) -> Iterator[Document]:
        for name, stamp in self._settling.settled(self._look).items():
            with self._use() as client:
                document = self._fetch(client, name, stamp)
            # Not while it is handed over: whoever takes it may put it aside at once.
            if document is not None:
                yield document

    def latest(self, is_wanted: Callable[[str], bool]) -> Document | None:
        """The last by name of the files that are wanted; None when there is none."""
        for complete in (self._settling.known, self._settling.settled):
            wanted = [(name, stamp) for name, stamp in complete(self._look).items() if is_wanted(show(name))]
            if wanted:
                with self._use() as client:
                    return self._fetch(client, *wanted[-1])
        return None

    def archive(self, document: Document) -> None:
        with self._use() as client:
            self._move(client, document, ARCHIVE)

    def quarantine(self, document: Document, reason: str) -> None:
        with self._use() as client:
            target = self._move(client, document, QUARANTINE)
            if target is not None and not _exists(client, explanation := f"{target}{REASON_SUFFIX}"):
                with client.open(explanation, "wx") as file:
                    file.write(f"{reason}\n".encode())

    def check(self) -> str:
        return f"{len(self._look())} documents wait in {self._folder} on the server."

    def close(self) -> None:
        """End the session with the server; the next call begins another."""
        self._session.close()

    @contextmanager
    def _use(self) -> Iterator[paramiko.SFTPClient]:
        with self._session.use() as client:
            try:
                yield client
            except FileNotFoundError as error:
                if _exists(client, str(self._folder)):
                    raise Unavailable(f"A file disappeared from {self._folder} meanwhile. Try again.") from error
                raise Unavailable(
                    f"There is no folder {self._folder} on the server. Ask its owner to make it, or enter another."
                ) from error

    def _look(self) -> Mapping[str, Stamp]:
        with self._use() as client:
            return {
                entry.filename: _stamp(entry)
                for entry in client.listdir_attr(str(self._folder))
                if is_offered(show(entry.filename), self._pattern) and stat.S_ISREG(entry.st_mode or 0)
            }

    def _fetch(self, client: paramiko.SFTPClient, name: str, stamp: Stamp) -> Document | None:
        """None when the file went away or was written to since it was listed, or the server does not give it now."""
        path, shown, size = str(self._folder / name), show(name), stamp[0]
        if size > MAX_BYTES:
            return Document(shown, identity(shown, *stamp), b"", too_large(size))
        try:
            content = _fetch_bytes(client, path, size)
        except OSError as error:
            if _is_lost(client, error):
                raise
            log.warning("document_unreadable", file=shown, error=str(error))
            if not isinstance(error, PermissionError):
                return None
            return Document(shown, identity(shown, *stamp), b"", "The file may not be read.")
        if stamp != _find_stamp(client, path) or len(content) != size:
            return None
        return Document(shown, sha256(content).hexdigest(), content)

    def _move(self, client: paramiko.SFTPClient, document: Document, folder: str) -> str | None:
        """Move this very file and say where it is now; None = it is in neither place."""
        if PurePosixPath(document.name).name != document.name:
            return None
        source, target_folder = self._find_file(client, document), self._folder / folder
        if source is None:
            return _find_moved(client, document, target_folder)
        _make_folder(client, str(target_folder))
        for name in names_for(document.name):
            target = str(target_folder / name)
            if _exists(client, target):
                continue
            try:
                # SFTP's own rename never overwrites, whoever else is at work there.
                client.rename(source, target)
            except OSError:
                if _exists(client, target) and _exists(client, source):
                    continue
                raise
            return target
        raise AssertionError("the names never end")

    def _find_file(self, client: paramiko.SFTPClient, document: Document) -> str | None:
        """The file by its name and its bytes: a newer file of the same name is another document."""
        names = [document.name]
        if "\ufffd" in document.name:
            names = [name for name in client.listdir(str(self._folder)) if show(name) == document.name]
        paths = (str(self._folder / name) for name in names)
        return next((path for path in paths if _is_same(client, path, document)), None)


def _stamp(seen: paramiko.SFTPAttributes) -> Stamp:
    return seen.st_size or 0, int(seen.st_mtime or 0)


def _is_lost(client: paramiko.SFTPClient, error: OSError) -> bool:
    """Whether it is the connection that fails, and not this one file."""
    channel = client.get_channel()
    return isinstance(error, TimeoutError) or channel is None or channel.closed


def _find_stamp(client: paramiko.SFTPClient, path: str) -> Stamp | None:
    """None when there is no regular file of that name (any more)."""
    try:
        seen = client.lstat(path)
    except FileNotFoundError:
        return None
    return _stamp(seen) if stat.S_ISREG(seen.st_mode or 0) else None


def _fetch_bytes(client: paramiko.SFTPClient, path: str, size: int) -> bytes:
    with client.open(path, "rb") as file:
        file.prefetch(size)
        content: bytes = file.read(MAX_BYTES + 1)
    return content


def _checksum(client: paramiko.SFTPClient, path: str, name: str, stamp: Stamp) -> str:
    if stamp[0] > MAX_BYTES:
        return identity(name, *stamp)
    try:
        return sha256(_fetch_bytes(client, path, stamp[0])).hexdigest()
    except OSError as error:
        if _is_lost(client, error):
            raise
        return identity(name, *stamp)


def _is_same(client: paramiko.SFTPClient, path: str, document: Document) -> bool:
    """Whether a file is the one that was read, byte by byte."""
    stamp = _find_stamp(client, path)
    return stamp is not None and _checksum(client, path, document.name, stamp) == document.checksum


def _find_moved(client: paramiko.SFTPClient, document: Document, folder: PurePosixPath) -> str | None:
    for name in names_for(document.name):
        target = str(folder / name)
        if _is_same(client, target, document):
            return target
        if not _exists(client, target):
            return None
    return None


def _exists(client: paramiko.SFTPClient, path: str) -> bool:
    try:
        client.lstat(path)
    except FileNotFoundError:
        return False
    return True


def _make_folder(client: paramiko.SFTPClient, path: str) -> None:
    try:
        kind = client.lstat(path).st_mode or 0
    except FileNotFoundError:
        client.mkdir(path)
        return
    if not stat.S_ISDIR(kind):
        raise Unavailable(
            f"{path} on the server is no folder, so no file can be put there. Ask its owner to make it one."
        )
