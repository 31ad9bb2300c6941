"""What leaves for Telegram: messages in order, files after them, and that an agent is writing."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

import structlog
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import select
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.constants import ChatAction, FileSizeLimit, MessageLimit
from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter, TelegramError

from bot.channels.outbox import Outbox, Parcel, split_text
from bot.channels.setup import TELEGRAM
from bot.channels.telegram_parts import TelegramParts
from bot.conversations.live import STAFF
from bot.services.attachments import READY, StoredFile
from connectors.database.models.conversation import Attachment, Author, ChannelIdentity
from connectors.errors import NotFound

MAX_PARALLEL_SENDS = 20
MAX_DOUBLINGS = 3
NEVER = float("-inf")
MAX_KNOWN_CHATS = 10_000
# Telegram makes other kinds smaller, or refuses them as photos.
PHOTOS = frozenset({"image/jpeg", "image/png"})

log = structlog.get_logger()

Keyboard = InlineKeyboardMarkup | None
Send = Callable[[Keyboard], Coroutine[Any, Any, object]]


class Deliveries:
    """A message is sent at least once: when the connection breaks after Telegram took it, nobody can know."""

    def __init__(self, parts: TelegramParts, bot: Bot) -> None:
        self._parts = parts
        self._bot = bot
        self._live = parts.desk.live
        self._pace = parts.pace
        self._outbox = Outbox(parts.desk.database, TELEGRAM)
        self._sends: asyncio.Future[list[BaseException | None]] | None = None
        # How much of a message went out: it outlives a failure between two parts, or before "delivered" is stored.
        self._sent_parts: Counter[int] = Counter()
        # Until when Telegram wants nothing more for a chat; several conversations of a group share one.
        self._not_before: dict[int, float] = {}

    async def run(self) -> None:
        """Send for ever."""
        with self._live.watch(STAFF) as watch:
            while True:
                while parcels := await run_in_threadpool(self._outbox.claim, MAX_PARALLEL_SENDS):
                    self._sends = asyncio.gather(*map(self._send, parcels), return_exceptions=True)
                    for outcome in await asyncio.shield(self._sends):
                        if outcome is not None:
                            raise outcome
                await watch.rung(self._pace.delivery)

    async def finish(self) -> None:
        """Let what is being sent be sent and recorded, or the customer would get it twice."""
        if self._sends is not None:
            await asyncio.wait([self._sends], timeout=self._pace.stop)

    async def _send(self, parcel: Parcel) -> None:
        chat_id = _chat_of(parcel.external_id)
        held = self._not_before.get(chat_id, 0.0) - asyncio.get_running_loop().time()
        if held > 0:
            await run_in_threadpool(self._outbox.postpone, parcel, timedelta(seconds=held))
            return
        self._not_before.pop(chat_id, None)
        try:
            await self._send_parts(parcel, chat_id)
        except (Forbidden, BadRequest, ChatMigrated, NotFound) as error:
            log.warning("Telegram takes no message", conversation=parcel.conversation_id, reason=str(error))
            await run_in_threadpool(self._outbox.mark_failed, parcel, str(error))
        except TelegramError as error:
            if not await run_in_threadpool(self._outbox.postpone, parcel, self._wait_after(error, parcel, chat_id)):
                log.error("Telegram message given up", conversation=parcel.conversation_id, reason=str(error))
            return
        else:
            await run_in_threadpool(self._outbox.mark_delivered, parcel)
        del self._sent_parts[parcel.delivery_id]
        if parcel.is_agents:
            self._live.publish(parcel.conversation_id, STAFF)  # the inbox shows what became of it

    def _wait_after(self, error: TelegramError, parcel: Parcel, chat_id: int) -> timedelta:
        if not isinstance(error, RetryAfter):
            return timedelta(seconds=self._pace.retry * 2 ** min(parcel.attempts - 1, MAX_DOUBLINGS))
        wait = wait_of(error)
        self._not_before[chat_id] = asyncio.get_running_loop().time() + wait.total_seconds()
        return wait

    async def _send_parts(self, parcel: Parcel, chat_id: int) -> None:
        parts = [*self._text_parts(parcel, chat_id), *self._file_parts(parcel, chat_id)]
        for number, send in enumerate(parts, 1):
            if number > self._sent_parts[parcel.delivery_id]:
                await send(_keyboard(parcel) if number == len(parts) else None)
                self._sent_parts[parcel.delivery_id] = number

    def _text_parts(self, parcel: Parcel, chat_id: int) -> Sequence[Send]:
        def sending(part: str) -> Send:
            return lambda keyboard: self._bot.send_message(chat_id, part, reply_markup=keyboard)

        return [sending(part) for part in split_text(parcel.text, MessageLimit.MAX_TEXT_LENGTH)]

    def _file_parts(self, parcel: Parcel, chat_id: int) -> Sequence[Send]:
        def sending(file: Attachment) -> Send:
            return lambda keyboard: self._send_file(chat_id, file, keyboard)

        return [sending(file) for file in parcel.files if file.state == READY]

    async def _send_file(self, chat_id: int, attachment: Attachment, keyboard: Keyboard) -> None:
        """As a photo where that shows it well, else to be saved. Raises NotFound when the bytes are gone."""
        attachments = self._parts.attachments
        file = await run_in_threadpool(attachments.open, attachment.id, attachment.conversation_id)
        content = await run_in_threadpool(file.path.read_bytes)
        if _is_photo(file):
            try:
                await self._bot.send_photo(chat_id, content, filename=file.name, reply_markup=keyboard)
                return
            except BadRequest as error:
                log.info("Telegram does not show a picture, it goes as a document", reason=str(error))
        await self._bot.send_document(chat_id, content, filename=file.name, reply_markup=keyboard)


class TypingSigns:
    """Tells Telegram who is writing to whom, as long as they do. Nothing waits for it and nothing is tried again."""

    def __init__(self, parts: TelegramParts, bot: Bot) -> None:
        self._desk = parts.desk
        self._pace = parts.pace
        self._bot = bot
        self._chats: dict[str, int | None] = {}

    async def run(self) -> None:
        shown: dict[str, float] = {}
        with self._desk.live.watch(STAFF) as watch:
            while True:
                now = asyncio.get_running_loop().time()
                writing = self._desk.live.written_to_by(Author.AGENT)
                for conversation_id in writing:
                    if shown.get(conversation_id, NEVER) + self._pace.typing <= now:
                        shown[conversation_id] = now
                        await self._show(conversation_id)
                shown = {conversation_id: shown[conversation_id] for conversation_id in writing}
                await watch.rung(self._pace.typing / 4)

    async def _show(self, conversation_id: str) -> None:
        if conversation_id not in self._chats:
            if len(self._chats) >= MAX_KNOWN_CHATS:
                self._chats.clear()
            self._chats[conversation_id] = await run_in_threadpool(self._find_chat, conversation_id)
        chat_id = self._chats[conversation_id]
        if chat_id is not None:
            with suppress(TelegramError):
                await self._bot.send_chat_action(chat_id, ChatAction.TYPING)

    def _find_chat(self, conversation_id: str) -> int | None:
        query = select(ChannelIdentity.external_id).where(
            ChannelIdentity.conversation_id == conversation_id, ChannelIdentity.channel == TELEGRAM
        )
        with self._desk.database.read() as session:
            found = session.scalar(query)
        return None if found is None else _chat_of(found)


def wait_of(error: RetryAfter) -> timedelta:
    """How long Telegram wants us to wait."""
    wait = error.retry_after
    return wait if isinstance(wait, timedelta) else timedelta(seconds=wait)


def _chat_of(external_id: str) -> int:
    return int(external_id.partition(":")[0])


def _is_photo(file: StoredFile) -> bool:
    return file.media_type in PHOTOS and file.size <= FileSizeLimit.PHOTOSIZE_UPLOAD


def _keyboard(parcel: Parcel) -> Keyboard:
    if not parcel.buttons:
        return None
    return InlineKeyboardMarkup([[InlineKeyboardButton(b["title"], callback_data=b["id"])] for b in parcel.buttons])
