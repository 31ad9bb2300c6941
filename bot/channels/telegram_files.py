"""What a Telegram message holds beside its text, and fetching the files of it, which Telegram hands out afterwards."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from fastapi.concurrency import run_in_threadpool
from telegram import Animation, Audio, Bot, Document, Location, Message, Venue, Video, VideoNote, Voice
from telegram.error import BadRequest, Forbidden, TelegramError

from bot.channels.setup_model import LARGEST_FILE, MEGABYTE
from bot.channels.telegram_parts import TelegramParts
from bot.channels.telling import Teller
from bot.conversations.live import STAFF
from bot.conversations.store import lock_conversation, touch
from bot.services.file_content import RefusedFileError
from connectors.database.base import utc_now
from connectors.database.models.conversation import Attachment, AttachmentKind
from connectors.errors import Unavailable

# Telegram keeps a file for long, but after so long nobody waits for it any more.
GIVE_UP_AFTER = timedelta(days=1)
READ_SECONDS = 60.0
FETCHED_AT_ONCE = 4
MAX_DOUBLINGS = 7
TOO_LARGE, NOT_AVAILABLE = "too_large", "not_available"

File = Document | Voice | Audio | Video | VideoNote | Animation

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a message; without a `file_id` it has no bytes, and `detail` is all there is."""

    kind: AttachmentKind
    name: str
    file_id: str = ""
    size: int = 0
    seconds: int | None = None
    detail: Mapping[str, Any] | None = None


def pieces_of(message: Message) -> Sequence[Piece]:
    """Everything beside text that can be kept."""
    found = _files_of(message)
    if message.location is not None:
        found.append(_place(message.location, message.venue))
    if (card := message.contact) is not None:
        name = " ".join(part for part in (card.first_name, card.last_name) if part)
        found.append(Piece(AttachmentKind.CONTACT, name, detail={"name": name, "phone": card.phone_number}))
    return found


def words_of(message: Message) -> str:
    """What a message says; of a sticker the emoji that it stands for."""
    sticker = message.sticker.emoji if message.sticker else None
    return message.text or message.caption or sticker or ""


def replacing(external_id: str) -> str:
    """How a message is known whose files replaced those of another."""
    return f"{external_id}:files"


def _files_of(message: Message) -> list[Piece]:
    found = []
    if message.photo:
        largest = message.photo[-1]
        found.append(Piece(AttachmentKind.PHOTO, "photo.jpg", largest.file_id, largest.file_size or 0))
    animation = message.animation
    is_gif = animation is not None and animation.mime_type == "image/gif"  # of nearly all Telegram makes an MP4
    files: Sequence[tuple[AttachmentKind, File | None, str]] = (
        # An animation comes as a document, too.
        (AttachmentKind.DOCUMENT, message.document if animation is None else None, "file"),
        (AttachmentKind.VOICE, message.voice, "voice.ogg"),
        (AttachmentKind.VOICE, message.audio, "audio.mp3"),
        (AttachmentKind.DOCUMENT, message.video or message.video_note, "video.mp4"),
        (AttachmentKind.DOCUMENT, animation, "animation.gif" if is_gif else "animation.mp4"),
    )
    return found + [_file(kind, file, usual_name) for kind, file, usual_name in files if file is not None]


def _file(kind: AttachmentKind, file: File, usual_name: str) -> Piece:
    """Voice messages and round videos never have a name, others may have none."""
    name, duration = getattr(file, "file_name", None) or usual_name, getattr(file, "duration", None)
    return Piece(kind, name, file.file_id, file.file_size or 0, None if duration is None else _seconds(duration))


def _place(location: Location, venue: Venue | None) -> Piece:
    """Where somebody is; a venue comes with its location, too."""
    detail: dict[str, Any] = {"latitude": location.latitude, "longitude": location.longitude}
    if venue is None:
        return Piece(AttachmentKind.LOCATION, f"{location.latitude:.5f}, {location.longitude:.5f}", detail=detail)
    detail["name"] = f"{venue.title}, {venue.address}"
    return Piece(AttachmentKind.LOCATION, venue.title, detail=detail)


def _seconds(duration: int | timedelta) -> int:
    return int(duration.total_seconds()) if isinstance(duration, timedelta) else duration


class FileKeeper:
    """Notes what messages bring, and fetches their files, those of the oldest messages first."""

    def __init__(self, parts: TelegramParts, bot: Bot, teller: Teller) -> None:
        self._parts = parts
        self._bot = bot
        self._teller = teller
        self._bell = asyncio.Event()
        self._failures: Counter[str] = Counter()
        self._not_before: dict[str, float] = {}

    def note(self, conversation_id: str, pieces: Sequence[Piece]) -> Sequence[Attachment]:
        """The attachments of a message that is stored next; what Telegram calls too large is given up. Blocks."""
        return [self._note(conversation_id, piece) for piece in pieces]

    def wake(self) -> None:
        """There is something to fetch."""
        self._bell.set()

    async def run(self) -> None:
        """Fetch for ever; what cannot be fetched now is tried again, ever more rarely, for a day."""
        while True:
            self._bell.clear()
            expected = await run_in_threadpool(self._parts.attachments.expected)
            now = asyncio.get_running_loop().time()
            due = [attachment for attachment in expected if self._not_before.get(attachment.id, 0.0) <= now]
            for first in range(0, len(due), FETCHED_AT_ONCE):
                await asyncio.gather(*map(self._fetch, due[first : first + FETCHED_AT_ONCE]))
            try:
                async with asyncio.timeout(self._parts.pace.files):
                    await self._bell.wait()
            except TimeoutError:
                continue

    def not_kept(self, conversation_id: str, external_id: str, pieces: Sequence[Piece]) -> Sequence[Piece]:
        """Those files of an edited message that it did not bring before. Blocks.

        Telegram may call the same file by another id each time, so they are known by their kind and size.
        """
        desk = self._parts.desk
        kept = [*desk.files_of(conversation_id, external_id), *desk.files_of(conversation_id, replacing(external_id))]
        known = {(file.kind, file.detail.get("announced_size")) for file in kept}
        return [piece for piece in pieces if piece.file_id and (piece.kind, piece.size) not in known]

    def tell_refused(self, conversation_id: str, attachment: Attachment) -> None:
        """Once for each file. Blocks."""
        cause = f"file:{attachment.id}"
        if attachment.detail.get("reason") == TOO_LARGE:
            limit = self._limit // MEGABYTE
            self._teller.tell_once(conversation_id, cause, "telegram_file_too_large", limit=limit)
        else:
            self._teller.tell_once(conversation_id, cause, "telegram_file_refused", name=attachment.name)

    @property
    def _limit(self) -> int:
        return min(LARGEST_FILE, self._parts.setups.web().largest_file)

    def _note(self, conversation_id: str, piece: Piece) -> Attachment:
        attachments = self._parts.attachments
        if not piece.file_id:
            return attachments.note(conversation_id, piece.kind, piece.name, piece.detail or {})
        expected = attachments.expect(
            conversation_id, piece.kind, piece.name, piece.file_id, piece.size, seconds=piece.seconds
        )
        return attachments.give_up(expected.id, TOO_LARGE) if piece.size > self._limit else expected

    async def _fetch(self, attachment: Attachment) -> None:
        try:
            file = await self._bot.get_file(attachment.external_id or "")
            if not (file.file_path or "").startswith("http"):
                # The library would read it from our own disk, where nobody outside may name a file.
                raise BadRequest("the file is said to lie on our own machine")
            content = bytes(await file.download_as_bytearray(read_timeout=READ_SECONDS))
            await run_in_threadpool(self._parts.attachments.fill, attachment.id, content)
        except RefusedFileError as error:
            await self._give_up(attachment, error.code)
        except (BadRequest, Forbidden) as error:
            log.warning("Telegram does not hand out a file", attachment=attachment.id, reason=str(error))
            await self._give_up(attachment, TOO_LARGE if "too big" in str(error).lower() else NOT_AVAILABLE)
        except (TelegramError, Unavailable) as error:
            await self._try_later(attachment, error)
        else:
            await self._settle(attachment)

    async def _try_later(self, attachment: Attachment, error: Exception) -> None:
        if attachment.created_at + GIVE_UP_AFTER < utc_now():
            await self._give_up(attachment, NOT_AVAILABLE)
            return
        self._failures[attachment.id] += 1
        wait = self._parts.pace.retry * 2 ** min(self._failures[attachment.id] - 1, MAX_DOUBLINGS)
        self._not_before[attachment.id] = asyncio.get_running_loop().time() + wait
        log.info("a file is fetched later", attachment=attachment.id, reason=str(error), seconds=wait)

    async def _give_up(self, attachment: Attachment, reason: str) -> None:
        """The customer is told, too: they think that we have it."""
        given_up = await run_in_threadpool(self._parts.attachments.give_up, attachment.id, reason)
        await run_in_threadpool(self.tell_refused, attachment.conversation_id, given_up)
        await self._settle(attachment)

    async def _settle(self, attachment: Attachment) -> None:
        self._failures.pop(attachment.id, None)
        self._not_before.pop(attachment.id, None)
        await run_in_threadpool(self._announce, attachment.conversation_id)

    def _announce(self, conversation_id: str) -> None:
        """Other processes look for conversations that changed."""
        with self._parts.desk.database.write() as session:
            touch(lock_conversation(session, conversation_id))
        self._parts.desk.live.publish(conversation_id, STAFF)
