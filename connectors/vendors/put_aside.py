"""What folders of documents have in common, here and on a server: names and sizes."""

import hashlib
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from connectors.einvoice.reader import MAX_BYTES

ARCHIVE, QUARANTINE = "archive", "quarantine"
REASON_SUFFIX = ".reason.txt"
MAX_NAME_BYTES = 220
# What programs call a file that they have not finished writing.
_HALF_WRITTEN = (".part", ".partial", ".filepart", ".tmp", ".crdownload")


def show(name: str) -> str:
    """A file name as text that every database and page can take: bytes that are no UTF-8 stand in `name` as Python
    has them in the names of files."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def is_offered(name: str, pattern: str = "*") -> bool:
    """Fits the pattern (`*.xml`, in any case), is not hidden, and its name does not say that it is half written."""
    folded = name.lower()
    is_complete = not name.startswith(".") and not folded.endswith(_HALF_WRITTEN)
    return is_complete and fnmatchcase(folded, pattern.lower())


def too_large(size: int) -> str:
    """Why a file of so many bytes is offered without its content."""
    return (
        f"The file has {size / 1024 / 1024:.1f} MB; more than {MAX_BYTES // 1024 // 1024} MB are not read. "
        "Ask for the invoice without its attachments."
    )


def identity(name: str, size: int, modified: float) -> str:
    """What stands for the checksum of a file that is not read."""
    return hashlib.sha256(f"{name!r} {size} {modified}".encode("utf-8", "surrogateescape")).hexdigest()


def names_for(name: str) -> Iterator[str]:
    """The name itself, then `name~1.xml`, `name~2.xml` and so on."""
    plain = PurePosixPath(_shorten(name))
    yield plain.name
    number = 1
    while True:
        yield f"{plain.stem}~{number}{plain.suffix}"
        number += 1


def _shorten(name: str) -> str:
    """Leave room for `~1` and `.reason.txt`: file systems take 255 bytes."""
    if len(name.encode()) <= MAX_NAME_BYTES:
        return name
    suffix = PurePosixPath(name).suffix[:20]
    kept = name.encode()[: MAX_NAME_BYTES - len(suffix.encode())].decode(errors="ignore")
    return kept + suffix
