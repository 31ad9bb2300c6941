"""Telegram, by polling: the same conversations as on the web; nothing is acknowledged before it is stored."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

import structlog
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import select
from telegram import Bot, CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message, Update
from telegram.error import BadRequest, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError
from telegram.ext import AIORateLimiter, ExtBot

from bot.channels.web_api import choose_language
from bot.conversations.live import STAFF
from bot.conversations.store import TooManyPendingError
from bot.front_desk import MAX_TEXT_LENGTH, BadTextError, FrontDesk
from connectors.database.base import utc_now
from connectors.database.models.conversation import ChannelIdentity, Delivery
from connectors.database.models.conversation import Message as StoredMessage
from connectors.settings import Settings

CHANNEL = "telegram"
UPDATE_TYPES = ["message", "edited_message", "callback_query"]
POLL_SECONDS = 25
RETRY_SECONDS = 5.0
DELIVERY_SECONDS = 1.0
MAX_DELIVERY_ATTEMPTS = 10
MAX_MESSAGE_LENGTH = 4096

log = structlog.get_logger()


class TelegramChannel:
    """Two loops: updates in, deliveries out. A lost network stops neither; both go on when it is back."""

    def __init__(self, desk: FrontDesk, bot: Bot) -> None:
        self._desk = desk
        self._bot = bot
        self._tasks: list[asyncio.Task[None]] = []
        self.is_healthy = False

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._forever(loop)) for loop in (self._receive, self._deliver)]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with suppress(TelegramError):
            await self._bot.shutdown()

    async def _forever(self, loop: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await self._bot.initialize()
                await loop()
            except InvalidToken:
                self.is_healthy = False
                log.error("Telegram refuses the token; correct TWINOFFICE_TELEGRAM_BOT_TOKEN and start again")
                return
            except TelegramError as error:
                if self.is_healthy:
                    log.warning("Telegram cannot be reached, trying on", reason=str(error))
                self.is_healthy = False
            except Exception:
                # The channel loop: whatever one update broke is recorded, and the next ones still arrive.
                log.exception("Telegram channel failed, going on")
            await asyncio.sleep(RETRY_SECONDS)

    async def _receive(self) -> None:
        offset = 0
        while True:
            updates = await self._bot.get_updates(offset, timeout=POLL_SECONDS, allowed_updates=UPDATE_TYPES)
            self.is_healthy = True
            for update in updates:
                await self._take(update)
                offset = update.update_id + 1

    async def _take(self, update: Update) -> None:
        """Store one update; a repeated one changes nothing."""
        message = update.message or update.edited_message
        if message is not None:
            await self._take_message(update.update_id, message)
        elif update.callback_query is not None:
            await self._take_button(update.update_id, update.callback_query)

    async def _take_message(self, update_id: int, message: Message) -> None:
        if message.from_user is None or message.from_user.is_bot:
            return
        language = message.from_user.language_code or ""
        identity = f"{message.chat_id}:{message.from_user.id}"
        conversation_id, is_new = await self._conversation(identity, language, message.from_user.full_name)
        if not message.text:
            await self._answer(message.chat_id, conversation_id, "telegram_text_only")
        elif not (is_new and message.text.startswith("/start")):
            await self._say(message.chat_id, conversation_id, message.text, update_id)

    async def _take_button(self, update_id: int, query: CallbackQuery) -> None:
        with suppress(BadRequest):  # an old query cannot be answered any more, but still counts
            await query.answer()
        if not isinstance(query.message, Message) or query.data is None:
            return
        identity = f"{query.message.chat_id}:{query.from_user.id}"
        language = query.from_user.language_code or ""
        conversation_id, _ = await self._conversation(identity, language, query.from_user.full_name)
        title = _title_of(query.message, query.data)
        await self._say(query.message.chat_id, conversation_id, title, update_id, query.data)

    async def _conversation(self, identity: str, language_code: str, name: str) -> tuple[str, bool]:
        known = await run_in_threadpool(self._desk.find, CHANNEL, identity)
        if known is not None:
            return known.id, False
        language = choose_language(self._desk.texts, language_code, "")
        return await run_in_threadpool(self._desk.open, CHANNEL, identity, language, None, name), True

    async def _say(
        self, chat_id: int, conversation_id: str, text: str, update_id: int, button_id: str | None = None
    ) -> None:
        update = (CHANNEL, str(update_id))
        try:
            await run_in_threadpool(self._desk.say_once, conversation_id, text, update, button_id)
        except BadTextError:
            await self._answer(chat_id, conversation_id, "message_too_long", limit=MAX_TEXT_LENGTH)
        except TooManyPendingError:
            log.warning("Telegram customer writes faster than we answer", conversation=conversation_id)

    async def _answer(self, chat_id: int, conversation_id: str, key: str, **arguments: int) -> None:
        transcript = await run_in_threadpool(self._desk.read, conversation_id, 0)
        text = self._desk.texts.render(key, transcript.language, arguments).text
        await self._bot.send_message(chat_id, text)

    async def _deliver(self) -> None:
        with self._desk.live.watch(STAFF) as watch:
            while True:
                for delivery_id in await run_in_threadpool(self._due):
                    await self._send(delivery_id)
                await watch.rung(DELIVERY_SECONDS)

    def _due(self) -> list[int]:
        """The oldest open delivery of each conversation, if its time has come: order is kept by waiting."""
        with self._desk.database.read() as session:
            rows = session.scalars(
                select(Delivery)
                .where(Delivery.channel == CHANNEL, Delivery.delivered_at.is_(None), Delivery.failure.is_(None))
                .order_by(Delivery.id)
                .limit(500)
            )
            oldest: dict[str, Delivery] = {}
            for row in rows:
                oldest.setdefault(row.conversation_id, row)
            return [row.id for row in oldest.values() if row.next_attempt_at <= utc_now()]

    async def _send(self, delivery_id: int) -> None:
        chat_id, message = await run_in_threadpool(self._load, delivery_id)
        keyboard = _keyboard(message)
        try:
            parts = split_text(message.text)
            for number, part in enumerate(parts, 1):
                await self._bot.send_message(chat_id, part, reply_markup=keyboard if number == len(parts) else None)
        except RetryAfter as error:
            await run_in_threadpool(self._settle, delivery_id, retry_after=error._retry_after)
        except (Forbidden, BadRequest) as error:
            await run_in_threadpool(self._settle, delivery_id, failure=str(error))
        except NetworkError:
            await run_in_threadpool(self._settle, delivery_id, retry_after=timedelta(seconds=RETRY_SECONDS))
        else:
            await run_in_threadpool(self._settle, delivery_id)

    def _load(self, delivery_id: int) -> tuple[int, StoredMessage]:
        with self._desk.database.read() as session:
            delivery = session.get_one(Delivery, delivery_id)
            external_id = session.scalars(
                select(ChannelIdentity.external_id).where(
                    ChannelIdentity.conversation_id == delivery.conversation_id, ChannelIdentity.channel == CHANNEL
                )
            ).first()
            message = session.scalars(
                select(StoredMessage).where(
                    StoredMessage.conversation_id == delivery.conversation_id, StoredMessage.seq == delivery.seq
                )
            ).one()
        return int((external_id or "0").partition(":")[0]), message

    def _settle(self, delivery_id: int, retry_after: timedelta | None = None, failure: str | None = None) -> None:
        with self._desk.database.write() as session:
            delivery = session.get_one(Delivery, delivery_id)
            delivery.attempts += 1
            delivery.failure = failure
            if retry_after is not None:
                delivery.next_attempt_at = utc_now() + retry_after
                if delivery.attempts >= MAX_DELIVERY_ATTEMPTS:
                    delivery.failure = f"given up after {delivery.attempts} attempts"
            elif failure is None:
                delivery.delivered_at = utc_now()


def create_telegram(desk: FrontDesk, settings: Settings) -> TelegramChannel | None:
    """The channel, or None when no token is set."""
    if settings.telegram_bot_token is None:
        return None
    bot: Bot = ExtBot(
        settings.telegram_bot_token.get_secret_value(),
        base_url=settings.telegram_api_base_url,
        rate_limiter=AIORateLimiter(max_retries=0),
    )
    return TelegramChannel(desk, bot)


def split_text(text: str, limit: int = MAX_MESSAGE_LENGTH) -> list[str]:
    """Cut a text that is too long for one message: at a paragraph, else a sentence, else a word, else anywhere."""
    parts = []
    while len(text) > limit:
        head = text[:limit]
        cut = next((head.rfind(mark) + len(mark) for mark in ("\n\n", "\n", ". ", " ") if head.rfind(mark) > 0), limit)
        parts.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return [*parts, text] if text else parts


def _keyboard(message: StoredMessage) -> InlineKeyboardMarkup | None:
    if not message.buttons:
        return None
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(button["title"], callback_data=button["id"])] for button in message.buttons]
    )


def _title_of(message: Message, button_id: str) -> str:
    rows = message.reply_markup.inline_keyboard if message.reply_markup else ()
    return next((button.text for row in rows for button in row if button.callback_data == button_id), button_id)
