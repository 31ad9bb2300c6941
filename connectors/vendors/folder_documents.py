"""Supplier documents in a folder of this machine or a mounted share."""

import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path

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

log = structlog.get_logger(__name__)


class FolderDocuments:
    """Offers the files that lie directly in the folder, whatever their type; moves them to archive/ or quarantine/.

    Hidden files, those that are still being written and sub-folders are left alone, and no symbolic link is followed.
    A file over 20 MB, or one that may not be read, is offered without content and with the refusal that says so.
    """

    def __init__(self, path: Path, settling: Settling, pattern: str = "*") -> None:
        self._folder = path
        self._settling = settling
        self._pattern = pattern

    def list_documents(self) -> Iterator[Document]:
        with self._explain_failures():
            for name, stamp in self._settling.settled(self._look).items():
                document = _read(self._folder / name, stamp)
                if document is not None:
                    yield document

    def latest(self, is_wanted: Callable[[str], bool]) -> Document | None:
        """The last by name of the files that are wanted; None when there is none."""
        with self._explain_failures():
            for complete in (self._settling.known, self._settling.settled):
                wanted = [(name, stamp) for name, stamp in complete(self._look).items() if is_wanted(show(name))]
                if wanted:
                    name, stamp = wanted[-1]
                    return _read(self._folder / name, stamp)
        return None

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
            waiting = len(self._look())
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

    def _look(self) -> Mapping[str, Stamp]:
        seen: dict[str, Stamp] = {}
        with os.scandir(self._folder) as entries:
            for entry in entries:
                # It may go away while it is looked at.
                with suppress(FileNotFoundError):
                    if is_offered(show(entry.name), self._pattern) and entry.is_file(follow_symlinks=False):
                        seen[entry.name] = _stamp(entry.stat(follow_symlinks=False))
        return seen

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
            candidates = [entry for entry in self._folder.iterdir() if show(entry.name) == document.name]
        return next((file for file in candidates if _is_regular(file) and _checksum(file) == document.checksum), None)


def _stamp(seen: os.stat_result) -> Stamp:
    return seen.st_size, seen.st_mtime_ns


def _is_regular(file: Path) -> bool:
    try:
        return stat.S_ISREG(file.lstat().st_mode)
    except FileNotFoundError:
        return False


def _read(file: Path, stamp: Stamp) -> Document | None:
    """None when the file went away, became a link or was written to since the folder was listed."""
    name, size = show(file.name), stamp[0]
    try:
        with _open(file) as stream:
            if size > MAX_BYTES:
                return Document(name, hashlib.file_digest(stream, "sha256").hexdigest(), b"", too_large(size))
            content = stream.read(MAX_BYTES + 1)
            if _stamp(os.fstat(stream.fileno())) != stamp:
                return None
    except FileNotFoundError:
        return None
    except OSError as error:
        log.warning("document_unreadable", file=name, error=str(error))
        return Document(name, _identity(file), b"", refusal=f"The file may not be read: {error.strerror}.")
    return Document(name, hashlib.sha256(content).hexdigest(), content)


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
