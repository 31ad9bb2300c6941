"""Supplier documents in a folder of this machine or a mounted share."""

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from io import BufferedReader
from pathlib import Path

import structlog

from connectors.contracts.documents import Document
from connectors.database.base import utc_now
from connectors.einvoice.reader import MAX_BYTES
from connectors.errors import Unavailable
from connectors.vendors.put_aside import (
    ARCHIVE,
    QUARANTINE,
    REASON_SUFFIX,
    SETTLING_TIME,
    identity,
    is_offered,
    names_for,
    too_large,
)

log = structlog.get_logger(__name__)


class FolderDocuments:
    """Offers the files that lie directly in the folder, whatever their type; moves them to archive/ or quarantine/.

    Hidden files and sub-folders are left alone, and no symbolic link is followed. A file over 20 MB, or one that
    may not be read, is offered without content and with the refusal that says so.
    """

    def __init__(self, path: Path, now: Callable[[], datetime] = utc_now, pattern: str = "*") -> None:
        self._folder = path
        self._now = now
        self._pattern = pattern

    def list_documents(self) -> Iterator[Document]:
        with self._explain_failures():
            for name in self._settled_names():
                document = _read(self._folder / os.fsdecode(name), _show(name))
                if document is not None:
                    yield document

    def latest(self, is_wanted: Callable[[str], bool]) -> Document | None:
        """The last by name of the files that are wanted; None when there is none."""
        with self._explain_failures():
            wanted = [name for name in self._settled_names() if is_wanted(_show(name))]
            return _read(self._folder / os.fsdecode(wanted[-1]), _show(wanted[-1])) if wanted else None

    def archive(self, document: Document) -> None:
        with self._explain_failures():
            self._move(document, self._folder / ARCHIVE)

    def quarantine(self, document: Document, reason: str) -> None:
        with self._explain_failures():
            target = self._move(document, self._folder / QUARANTINE)
            if target is None:
                return
            explanation = target.with_name(target.name + REASON_SUFFIX)
            # "x": neither an explanation that is there already nor a link of its name is written to.
            with suppress(FileExistsError), explanation.open("x", encoding="utf-8") as file:
                file.write(reason + "\n")

    def check(self) -> str:
        with self._explain_failures():
            waiting = len(self._settled_names())
            with os.scandir(self._folder) as entries:
                links = sum(entry.is_symlink() for entry in entries)
        ignored = f" {links} symbolic links are not followed." if links else ""
        return f"{waiting} documents wait in {self._folder}.{ignored}"

    @contextmanager
    def _explain_failures(self) -> Iterator[None]:
        try:
            yield
        except (FileNotFoundError, NotADirectoryError) as error:
            if self._folder.is_dir():
                raise Unavailable(f"A file disappeared from {self._folder} meanwhile: {error}. Try again.") from error
            raise Unavailable(f"There is no folder {self._folder}. Make it with: mkdir -p {self._folder}") from error
        except OSError as error:
            raise Unavailable(f"The folder {self._folder} cannot be used: {error}. Check its permissions.") from error

    def _settled_names(self) -> list[bytes]:
        """As bytes: a file name need not be valid text, and sorts the same everywhere this way."""
        now = self._now()
        with os.scandir(os.fsencode(self._folder)) as entries:
            return sorted(
                entry.name
                for entry in entries
                if is_offered(_show(entry.name), self._pattern)
                and entry.is_file(follow_symlinks=False)
                and _is_settled(entry, now)
            )

    def _move(self, document: Document, to: Path) -> Path | None:
        """Move this very file and say where it is now; None = it is in neither place."""
        source = self._find_file(document)
        if source is None:
            return _find_moved(document, to)
        to.mkdir(exist_ok=True)
        if to.is_symlink():
            raise Unavailable(
                f"{to} is a symbolic link, and files are not moved out of their folder. Replace it by a folder."
            )
        target = _reserve(to, document.name)
        source.replace(target)
        return target

    def _find_file(self, document: Document) -> Path | None:
        """The file by its name and its bytes: a newer file of the same name is another document."""
        if Path(document.name).name != document.name:
            return None
        named = self._folder / document.name
        candidates = [named]
        if "\ufffd" in document.name:
            candidates = [entry for entry in self._folder.iterdir() if _show(os.fsencode(entry.name)) == document.name]
        return next((file for file in candidates if _is_regular(file) and _checksum(file) == document.checksum), None)


def _show(name: bytes) -> str:
    """A file name as text that every database and page can take."""
    return name.decode("utf-8", errors="replace")


def _is_settled(entry: os.DirEntry[bytes], now: datetime) -> bool:
    try:
        modified = entry.stat(follow_symlinks=False).st_mtime
    except FileNotFoundError:
        return False
    return abs(now.timestamp() - modified) >= SETTLING_TIME.total_seconds()


def _is_regular(file: Path) -> bool:
    try:
        return stat.S_ISREG(file.lstat().st_mode)
    except FileNotFoundError:
        return False


def _read(file: Path, shown_name: str) -> Document | None:
    """None when the file went away or became a link since the folder was listed."""
    try:
        with _open(file) as stream:
            size = os.fstat(stream.fileno()).st_size
            if size <= MAX_BYTES:
                content = stream.read()
                return Document(shown_name, hashlib.sha256(content).hexdigest(), content)
            checksum = hashlib.file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError:
        return None
    except OSError as error:
        log.warning("document_unreadable", file=shown_name, error=str(error))
        return Document(shown_name, _identity(file), b"", refusal=f"The file may not be read: {error.strerror}.")
    return Document(shown_name, checksum, b"", too_large(size))


def _open(file: Path) -> BufferedReader:
    # O_NOFOLLOW and O_NONBLOCK: the entry may have become a link or a pipe since it was listed.
    return os.fdopen(os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")


def _checksum(file: Path) -> str:
    try:
        with _open(file) as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return _identity(file)


def _identity(file: Path) -> str:
    """What stands for the checksum of a file that may not be read."""
    seen = file.lstat()
    return identity(file.name, seen.st_size, seen.st_mtime_ns)


def _reserve(folder: Path, name: str) -> Path:
    """A name that nobody has: the empty file is ours, so moving onto it overwrites nothing of anybody else's."""
    for target in map(folder.joinpath, names_for(name)):
        try:
            target.touch(exist_ok=False)
        except FileExistsError:
            continue
        return target
    raise AssertionError("the candidates never end")


def _find_moved(document: Document, folder: Path) -> Path | None:
    if Path(document.name).name != document.name:
        return None
    for target in map(folder.joinpath, names_for(document.name)):
        if not _is_regular(target):
            return None
        if _checksum(target) == document.checksum:
            return target
    return None
