"""What leaves for Telegram: messages in order, files after them, and that an agent is writing."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
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
from bot.channels.telegram_chats import chat_of, move_chat
from bot.channels.telegram_pace import ChatPace
from bot.channels.telegram_parts import TelegramParts
from bot.conversations.live import ASSISTANT, STAFF
from bot.services.attachments import READY, StoredFile
from connectors.database.models.conversation import Attachment, Author, ChannelIdentity
from connectors.errors import NotFound

MAX_PARALLEL_SENDS = 20
MAX_DOUBLINGS = 3
LONGEST_WAIT_BETWEEN_PARTS = 5.0
SHORTEST_WAIT = 0.1
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
        self._database = parts.desk.database
        self._live = parts.desk.live
        self._pace = parts.pace
        self._outbox = Outbox(parts.desk.database, TELEGRAM)
        self._sends: set[asyncio.Task[None]] = set()
        self._bell: Callable[[], None] = lambda: None
        # How much of a message went out: it outlives a failure between two parts, or before "delivered" is stored.
        self._sent_parts: Counter[int] = Counter()
        self._chats = ChatPace(parts.pace)

    async def run(self) -> None:
        """Send for ever."""
        with self._live.watch(STAFF, ASSISTANT) as watch:
            self._bell = watch.ring
            while True:
                await self._send_due()
                await watch.rung(self._pace.delivery)

    async def finish(self) -> None:
        """Let what is being sent be sent and recorded, or the customer would get it twice."""
        if self._sends:
            await asyncio.wait(self._sends, timeout=self._pace.stop)

    async def _send_due(self) -> None:
        """Start sending all that may go now; a slow one holds up no other."""
        for task in [task for task in self._sends if task.done()]:
            self._sends.discard(task)
            task.result()
        if free := MAX_PARALLEL_SENDS - len(self._sends):
            parcels = await run_in_threadpool(self._outbox.claim, free)
            # Each rings when it is done, and then there is room again.
            self._sends.update(asyncio.create_task(self._send(parcel)) for parcel in parcels)

    async def _send(self, parcel: Parcel) -> None:
        try:
            chat_id = chat_of(parcel.external_id)
            # What is on its way to the chat may be told to wait, and then this has to wait as well.
            busy = max(self._pace.chat, SHORTEST_WAIT) if self._chats.is_busy(chat_id) else 0.0
            wait = max(busy, self._chats.wait(chat_id))
            if wait > 0:
                await self._defer(parcel, wait)
                return
            with self._chats.writing_to(chat_id):
                await self._try(parcel, chat_id)
        finally:
            self._bell()

    async def _try(self, parcel: Parcel, chat_id: int) -> None:
        try:
            wait = await self._send_parts(parcel, chat_id)
        except ChatMigrated as error:
            await run_in_threadpool(move_chat, self._database, chat_id, error.new_chat_id)
            await self._defer(parcel, 0.0)
        except (Forbidden, BadRequest, NotFound) as error:
            log.warning("Telegram takes no message", conversation=parcel.conversation_id, reason=str(error))
            await run_in_threadpool(self._outbox.mark_failed, parcel, str(error))
            self._settle(parcel)
        except TelegramError as error:
            await self._postpone(parcel, chat_id, error)
        else:
            if wait > 0:
                await self._defer(parcel, wait)
                return
            await run_in_threadpool(self._outbox.mark_delivered, parcel)
            self._settle(parcel)

    def _settle(self, parcel: Parcel) -> None:
        del self._sent_parts[parcel.delivery_id]
        if parcel.is_agents:
            self._live.publish(parcel.conversation_id, STAFF)  # the inbox shows what became of it

    async def _defer(self, parcel: Parcel, seconds: float) -> None:
        await run_in_threadpool(self._outbox.defer, parcel, timedelta(seconds=seconds))
        asyncio.get_running_loop().call_later(seconds, self._bell)

    async def _postpone(self, parcel: Parcel, chat_id: int, error: TelegramError) -> None:
        if isinstance(error, RetryAfter):
            wait = wait_of(error)
            self._chats.hold(chat_id, wait.total_seconds())
        else:
            wait = timedelta(seconds=self._pace.retry * 2 ** min(parcel.attempts - 1, MAX_DOUBLINGS))
        if await run_in_threadpool(self._outbox.postpone, parcel, wait):
            asyncio.get_running_loop().call_later(wait.total_seconds(), self._bell)
        else:
            log.error("Telegram message given up", conversation=parcel.conversation_id, reason=str(error))
            self._settle(parcel)

    async def _send_parts(self, parcel: Parcel, chat_id: int) -> float:
        """Send what is left of a message; how long it has to wait when its chat takes nothing more for long."""
        parts = [*self._text_parts(parcel, chat_id), *self._file_parts(parcel, chat_id)]
        for number, send in enumerate(parts, 1):
            if number <= self._sent_parts[parcel.delivery_id]:
                continue
            wait = self._chats.wait(chat_id)
            if wait > LONGEST_WAIT_BETWEEN_PARTS:
                return wait
            if number > 1:
                await run_in_threadpool(self._outbox.keep, parcel)
                await asyncio.sleep(wait)
            await send(_keyboard(parcel) if number == len(parts) else None)
            self._sent_parts[parcel.delivery_id] = number
            self._chats.sent(chat_id)
        return 0.0

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
            try:
                await self._bot.send_chat_action(chat_id, ChatAction.TYPING)
            except TelegramError as error:
                log.debug("Telegram shows nobody typing", reason=str(error))
                del self._chats[conversation_id]  # it may have become another chat

    def _find_chat(self, conversation_id: str) -> int | None:
        query = select(ChannelIdentity.external_id).where(
            ChannelIdentity.conversation_id == conversation_id, ChannelIdentity.channel == TELEGRAM
        )
        with self._desk.database.read() as session:
            found = session.scalar(query)
        return None if found is None else chat_of(found)


def wait_of(error: RetryAfter) -> timedelta:
    """How long Telegram wants us to wait."""
    wait = error.retry_after
    return wait if isinstance(wait, timedelta) else timedelta(seconds=wait)


def _is_photo(file: StoredFile) -> bool:
    return file.media_type in PHOTOS and file.size <= FileSizeLimit.PHOTOSIZE_UPLOAD


def _keyboard(parcel: Parcel) -> Keyboard:
    if not parcel.buttons:
        return None
    return InlineKeyboardMarkup([[InlineKeyboardButton(b["title"], callback_data=b["id"])] for b in parcel.buttons])
