"""What a file really is: found in its bytes, whatever its name or its sender say; what may harm is refused."""

import io
import re
import struct
import unicodedata
import warnings
import zipfile
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from itertools import count
from pathlib import PurePosixPath

import puremagic
from PIL import Image, UnidentifiedImageError

MAX_NAME_LENGTH = 150
MAX_PIXELS = 50_000_000
MAX_FRAMES = 2_000
MAX_ENTRIES = 2_000
DIRECTORY_ENTRY = b"PK\x01\x02"
MAX_UNPACKED = 200 * 1024 * 1024
MAX_RATIO = 100
# An entry that small may be packed as well as it likes.
SMALL_ENTRY = 1024 * 1024

IMAGES = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}
# What telephones make: opened as a JPEG, with more of them behind it, which nobody is shown.
MPO = "MPO"
# All that decoders were seen to raise about damaged pictures.
DAMAGED = (OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError, OverflowError, struct.error, zlib.error)
AUDIO = {
    "application/ogg": "audio/ogg",
    "audio/ogg": "audio/ogg",
    "audio/wave": "audio/wav",
    "audio/x-wav": "audio/wav",
    "audio/mpeg": "audio/mpeg",
    "audio/mp4": "audio/mp4",
    "video/webm": "audio/webm",
    "audio/flac": "audio/flac",
}
# QuickTime, pictures of telephones and much else are found to be MP4, too, so it comes last.
VIDEO = ("video/quicktime", "video/webm", "video/mp4")
# An MP4 and a WebM may hold sound, pictures or both: how they describe their tracks tells.
FILM_TRACK = re.compile(rb"hdlr.{8}vide|\x86[\x85-\x9f]V_(VP[89]|AV1|MPEG)", re.DOTALL)
SOUND_TRACK = re.compile(rb"hdlr.{8}soun", re.DOTALL)
OFFICE = {
    "word/document.xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/presentation.xml": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
OPEN_DOCUMENT = re.compile(r"application/vnd\.oasis\.opendocument\.[a-z-]{4,40}")
LONGEST_TYPE = 100
MACROS = re.compile(r"(^|/)(vbaproject\.bin|basic/)", re.IGNORECASE)
PACKED = frozenset({".zip", ".7z", ".rar", ".gz", ".tgz", ".bz2", ".xz", ".jar", ".tar", ".zst", ".iso"})
# What a browser or a desktop would run, whatever stands around it.
RUNNABLE = re.compile(rb"<\s*(!doctype\s+html|html|script|svg|iframe|\?xml|\?php)|^#!", re.IGNORECASE)
CONTROL_BYTES = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
RUNNABLE_SUFFIXES = frozenset(
    {".html", ".htm", ".xhtml", ".svg", ".svgz", ".xml", ".js", ".mjs", ".exe", ".bat", ".cmd", ".com", ".scr", ".vbs"}
    | {".ps1", ".sh", ".php", ".jar", ".msi", ".hta", ".lnk", ".apk", ".dmg", ".swf", ".url", ".reg", ".pif", ".cpl"}
    | {".jse", ".vbe", ".wsf", ".wsh", ".chm", ".xht", ".mht", ".mhtml", ".xsl", ".py", ".command", ".desktop"}
)
TEXT = {".csv": "text/csv", ".log": "text/plain", ".md": "text/plain", ".txt": "text/plain"}
SUFFIXES = {
    "image": (".png", ".jpg", ".jpeg", ".gif", ".webp"),
    "pdf": (".pdf",),
    "text": tuple(TEXT),
    "office": (".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp"),
    "audio": (".ogg", ".oga", ".wav", ".mp3", ".m4a", ".mp4", ".webm", ".flac"),
    "video": (".mp4", ".m4v", ".mov", ".webm"),
    "archive": (".zip",),
}


class RefusedFileError(Exception):
    """A file that is not taken; `code` is the end of a text's key."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class FileContent:
    """`kind` is one of the kinds that admins allow (image, pdf, text, office, audio, video, archive)."""

    kind: str
    media_type: str


def inspect(name: str, content: bytes, kinds: Collection[str]) -> FileContent:
    """What these bytes are.

    Raises:
        RefusedFileError: is_empty; kind_not_allowed; content_differs (the name says something else, or it is damaged);
            is_bomb (it would unpack to far more than it is, or is an archive of archives).
    """
    if not content:
        raise RefusedFileError("is_empty")
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in RUNNABLE_SUFFIXES:
        raise RefusedFileError("kind_not_allowed")
    found = _identify(name, content)
    if found.kind not in (_claimed(suffix) or {found.kind}):
        raise RefusedFileError("content_differs")
    if found.kind not in kinds:
        raise RefusedFileError("kind_not_allowed")
    return found


def clean_name(name: str) -> str:
    """A name that looks as it is: no path, no control or direction characters, not too long; never empty."""
    name = name.replace("\\", "/").rpartition("/")[2]
    name = "".join(c for c in unicodedata.normalize("NFC", name) if unicodedata.category(c)[0] != "C")
    name = " ".join(name.split()).strip(". ")
    stem, dot, suffix = name.rpartition(".")
    if dot and len(name) > MAX_NAME_LENGTH:
        name = f"{stem[: MAX_NAME_LENGTH - len(suffix[:10]) - 1]}.{suffix[:10]}"
    return name[:MAX_NAME_LENGTH] or "file"


def _claimed(suffix: str) -> Collection[str]:
    """The kinds that a name may stand for; none if it says nothing."""
    return {kind for kind, suffixes in SUFFIXES.items() if suffix in suffixes}


def _identify(name: str, content: bytes) -> FileContent:
    if content.startswith(b"PK\x03\x04"):
        return _read_package(name, content)
    if content.startswith(b"%PDF-"):
        return FileContent("pdf", "application/pdf")
    if (image := _read_image(content)) is not None:
        return image
    if (recording := _read_recording(content)) is not None:
        return recording
    return _read_text(name, content)


def _read_image(content: bytes) -> FileContent | None:
    """Decoded to the end, so that what is damaged or only begins like a picture is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of sizes, which are checked here, and of damage, which shows by itself
            with Image.open(io.BytesIO(content), formats=tuple(IMAGES)) as image:
                form = "JPEG" if image.format == MPO else str(image.format)
                _decode(image, is_first_enough=image.format == MPO)
    except UnidentifiedImageError:
        return None
    except Image.DecompressionBombError as error:
        raise RefusedFileError("is_bomb") from error
    except DAMAGED as error:
        raise RefusedFileError("content_differs") from error
    return FileContent("image", IMAGES[form])


def _decode(image: Image.Image, *, is_first_enough: bool) -> None:
    """One frame after the other: to count them first may take longer than all else, so many fit into a file."""
    for frame in count(1):
        if frame > MAX_FRAMES or image.width * image.height * frame > MAX_PIXELS:
            raise RefusedFileError("is_bomb")
        image.load()
        if is_first_enough or not _goes_on(image, frame):
            return


def _goes_on(image: Image.Image, frame: int) -> bool:
    try:
        image.seek(frame)
    except EOFError:
        return False
    return True


def _read_recording(content: bytes) -> FileContent | None:
    """Sound or film; the tracks of an MP4 may be described at its end."""
    try:
        matches = puremagic.magic_string(content[:4096])
    except puremagic.PureError:
        return None
    types = [match.mime_type for match in matches]
    film = next((one for one in VIDEO if one in types), None)
    if film is not None and FILM_TRACK.search(content):
        return FileContent("video", film)
    if "video/mp4" in types and SOUND_TRACK.search(content):
        return FileContent("audio", "audio/mp4")
    found = next((AUDIO[one] for one in types if one in AUDIO), None)
    return FileContent("audio", found) if found else None


def _read_package(name: str, content: bytes) -> FileContent:
    if content.count(DIRECTORY_ENTRY) > MAX_ENTRIES:
        raise RefusedFileError("is_bomb")  # without making an object of each
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            entries = package.infolist()
            _refuse_bomb(entries)
            names = {entry.filename for entry in entries}
            declared = _declared_type(package, entries)
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError, RuntimeError) as error:
        raise RefusedFileError("content_differs") from error
    if any(map(MACROS.search, names)):
        raise RefusedFileError("kind_not_allowed")
    office = next((media_type for part, media_type in OFFICE.items() if part in names), None)
    if office is None and OPEN_DOCUMENT.fullmatch(declared):
        office = declared
    # A program packed like a document (.pyz, .xpi, .docm) would be run by what its name says.
    kind, media_type = ("archive", "application/zip") if office is None else ("office", office)
    if PurePosixPath(name).suffix.lower() not in {*SUFFIXES[kind], ""}:
        raise RefusedFileError("content_differs")
    return FileContent(kind, media_type)


def _refuse_bomb(entries: Collection[zipfile.ZipInfo]) -> None:
    """By what the directory says, without unpacking; an entry that unpacks to more than it says is no entry."""
    too_packed = any(e.file_size > SMALL_ENTRY and e.file_size > MAX_RATIO * e.compress_size for e in entries)
    nested = any(PurePosixPath(entry.filename).suffix.lower() in PACKED for entry in entries)
    if too_packed or nested or len(entries) > MAX_ENTRIES or sum(e.file_size for e in entries) > MAX_UNPACKED:
        raise RefusedFileError("is_bomb")


def _declared_type(package: zipfile.ZipFile, entries: Collection[zipfile.ZipInfo]) -> str:
    """OpenDocument says what it is in an entry that is not packed; a packed one may lie about its size."""
    entry = next((entry for entry in entries if entry.filename == "mimetype"), None)
    if entry is None or entry.compress_type != zipfile.ZIP_STORED or entry.file_size > LONGEST_TYPE:
        return ""
    return package.read(entry).decode()


def _read_text(name: str, content: bytes) -> FileContent:
    """Plain text, of one or more bytes a letter, which no program takes for anything to run."""
    suffix = PurePosixPath(name).suffix.lower()
    if suffix not in TEXT:
        raise RefusedFileError("content_differs" if _claimed(suffix) else "kind_not_allowed")
    if CONTROL_BYTES.search(content) or RUNNABLE.search(content.lstrip()[:1024]):
        raise RefusedFileError("content_differs")
    return FileContent("text", TEXT[suffix])
