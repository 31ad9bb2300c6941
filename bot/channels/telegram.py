"""Telegram, by polling: the same conversations as on the web; nothing is acknowledged before it is stored."""

import asyncio
import logging
import os
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import structlog
from fastapi.concurrency import run_in_threadpool
from telegram import Bot, CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message, Update, User
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter, TelegramError
from telegram.ext import AIORateLimiter, ExtBot, filters

from bot.channels.outbox import Outbox, Parcel, split_text
from bot.channels.pace import Pace
from bot.channels.rate_limit import RateLimit
from bot.channels.web_api import choose_language
from bot.conversations.live import STAFF
from bot.conversations.store import TooManyPendingError
from bot.front_desk import MAX_TEXT_LENGTH, BadTextError, FrontDesk
from connectors.database.audit import record_audit
from connectors.database.failures import explain_failures
from connectors.database.models.conversation import Conversation, InboundUpdate, Owner
from connectors.errors import Unavailable
from connectors.settings import Settings

CHANNEL = "telegram"
UPDATE_TYPES = ["message", "edited_message", "callback_query"]
MAX_TRIES = 5
MAX_PARALLEL_SENDS = 20
MAX_MESSAGE_LENGTH = 4096
MAX_DOUBLINGS = 3

log = structlog.get_logger()


class TelegramChannel:
    """Two loops: updates in, deliveries out. A lost network stops neither; both go on when it is back.

    A message is sent at least once: when the connection breaks after Telegram took it, nobody can know.
    """

    def __init__(self, desk: FrontDesk, bot: Bot, pace: Pace, message_limit: RateLimit) -> None:
        """`message_limit` is for each conversation, as on the web."""
        self._desk = desk
        self._message_limit = message_limit
        self._bot = bot
        self._pace = pace
        self._outbox = Outbox(desk.database, CHANNEL)
        self._loops: list[asyncio.Task[None]] = []
        self._button_answers: set[asyncio.Task[None]] = set()
        self._sends: asyncio.Future[list[BaseException | None]] | None = None
        self._is_connected = asyncio.Event()
        self._trouble: str | None = None
        self._tries: Counter[int] = Counter()
        # How much of a long message went out: it outlives a failure between two parts, or before "delivered" is stored.
        self._sent_parts: Counter[int] = Counter()
        self.is_healthy = False

    def start(self) -> None:
        self._loops = [asyncio.create_task(self._forever(loop)) for loop in (self._receive, self._deliver)]

    async def stop(self) -> None:
        """End both loops; what is being sent is sent and recorded first, or the customer would get it twice."""
        tasks = [*self._loops, *self._button_answers]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._sends is not None:
            await asyncio.wait([self._sends], timeout=self._pace.stop)
        with suppress(TelegramError):
            await self._bot.shutdown()

    async def _forever(self, loop: Callable[[], Awaitable[None]]) -> None:
        while True:
            wait = timedelta(seconds=self._pace.retry)
            try:
                with explain_failures():
                    await loop()
            except InvalidToken:
                self._report("Telegram refuses the token; correct TWINOFFICE_TELEGRAM_BOT_TOKEN and start again")
                wait = timedelta(seconds=self._pace.wrong_token)
            except RetryAfter as error:
                wait = _wait_of(error)
                log.warning("Telegram wants us to wait", seconds=wait.total_seconds())
            except TelegramError as error:
                self._report("Telegram cannot be reached, trying on", reason=str(error))
            except Unavailable as error:
                # Not the update's fault, so it is not counted against it.
                self._tries.clear()
                log.warning("Telegram updates wait for the database", reason=error.reason)
            except Exception:
                # The channel loop: whatever one update broke is recorded, and the next ones still arrive.
                log.exception("Telegram channel failed, going on")
            await asyncio.sleep(wait.total_seconds())

    def _report(self, trouble: str | None, **detail: str) -> None:
        """A failure is logged once, and its end once."""
        self.is_healthy = trouble is None
        before, self._trouble = self._trouble, trouble
        if trouble is None and before is not None:
            log.info("Telegram is connected")
        elif trouble is not None and trouble != before:
            log.error(trouble, **detail)

    async def _receive(self) -> None:
        await self._bot.initialize()
        # Polling and a webhook exclude each other; updates that wait are kept.
        await self._bot.delete_webhook()
        self._report(None)
        self._is_connected.set()
        offset = 0
        while True:
            updates = await self._bot.get_updates(offset, timeout=self._pace.poll, allowed_updates=UPDATE_TYPES)
            for update in updates:
                await self._take_or_skip(update)
                offset = update.update_id + 1
            if not updates:
                # All were confirmed; after a quiet week Telegram numbers afresh, perhaps below our offset.
                offset = 0

    async def _take_or_skip(self, update: Update) -> None:
        """An update that breaks again and again is recorded and left behind: those after it wait for it."""
        if self._tries[update.update_id] < MAX_TRIES:
            self._tries[update.update_id] += 1
            await self._take(update)
        else:
            await run_in_threadpool(self._record_skipped, update)
            log.error("Telegram update skipped, see the failures above", update_id=update.update_id)
        del self._tries[update.update_id]

    async def _take(self, update: Update) -> None:
        """Store one update, whose repetition changes nothing. Nothing in here waits for the network."""
        message = update.message or update.edited_message
        if message is not None:
            await self._take_message(update.update_id, message)
        elif update.callback_query is not None:
            await self._take_button(update.update_id, update.callback_query)

    def _record_skipped(self, update: Update) -> None:
        chat_id = update.effective_chat.id if update.effective_chat else None
        with self._desk.database.write() as session:
            session.merge(InboundUpdate(channel=CHANNEL, external_id=str(update.update_id)))
            record_audit(session, CHANNEL, "update.skip", "update", str(update.update_id), chat_id=chat_id)

    async def _take_message(self, update_id: int, message: Message) -> None:
        sender, text = message.from_user, message.text or message.caption
        if sender is None or sender.is_bot or filters.StatusUpdate.ALL.filter(Update(update_id, message)):
            return  # nobody said anything: somebody joined, a message was pinned
        conversation, is_new = await self._conversation(message.chat_id, sender)
        # Photos of one album and the many positions of a live location are told about once.
        cause = f"{message.chat_id}:{message.media_group_id or message.message_id}"
        if message.text is None:
            await self._tell(conversation, cause, "telegram_text_only")
        if text is None:
            return
        if not (_is_start(text) and conversation.owner in {Owner.BOT, Owner.CLOSED}):
            await self._say(conversation, text, update_id, cause)
        elif not is_new and message.date > conversation.created_at:
            await self._tell(conversation, cause, "welcome")

    async def _take_button(self, update_id: int, query: CallbackQuery) -> None:
        if query.message is not None and query.data is not None:
            conversation, _ = await self._conversation(query.message.chat.id, query.from_user)
            title = _title_of(query.message, query.data)
            await self._say(conversation, title, update_id, f"button:{query.id}", query.data)
        answer = asyncio.create_task(self._answer_button(query))
        self._button_answers.add(answer)
        answer.add_done_callback(self._button_answers.discard)

    async def _answer_button(self, query: CallbackQuery) -> None:
        """End the button's waiting sign. It is only decoration, so nothing waits for it."""
        for _ in range(MAX_TRIES):
            wait = timedelta(seconds=self._pace.retry)
            try:
                with suppress(BadRequest):  # too old to be answered
                    await query.answer()
                return
            except RetryAfter as error:
                wait = _wait_of(error)
            except TelegramError as error:
                log.info("Telegram button not answered yet", reason=str(error))
            await asyncio.sleep(wait.total_seconds())

    async def _conversation(self, chat_id: int, user: User) -> tuple[Conversation, bool]:
        """The conversation of this user in this chat (in a group each has one), and whether it begins now."""
        identity = f"{chat_id}:{user.id}"
        known = await run_in_threadpool(self._desk.find, CHANNEL, identity)
        if known is not None:
            return known, False
        language = choose_language(self._desk.texts, user.language_code, "")
        await run_in_threadpool(self._desk.open, CHANNEL, identity, language, None, user.full_name)
        return (await self._conversation(chat_id, user))[0], True

    async def _say(
        self, conversation: Conversation, text: str, update_id: int, cause: str, button_id: str | None = None
    ) -> None:
        update = (CHANNEL, str(update_id))
        try:
            if not self._message_limit.allows(conversation.id):
                raise TooManyPendingError
            await run_in_threadpool(self._desk.say_once, conversation.id, text, update, button_id)
        except BadTextError as error:
            key = "message_too_long" if error.code == "text_too_long" else "telegram_text_only"
            await self._tell(conversation, cause, key, limit=MAX_TEXT_LENGTH)
        except TooManyPendingError:
            log.warning("Telegram message refused: too many at once", conversation=conversation.id)
            # Told once, until something was answered.
            once = f"{conversation.id}:{conversation.answered_seq}"
            await self._tell(conversation, once, "telegram_too_fast")

    async def _tell(self, conversation: Conversation, cause: str, key: str, **arguments: int) -> None:
        rendered = self._desk.texts.render(key, conversation.language, arguments)
        if await run_in_threadpool(self._outbox.tell_once, conversation.id, rendered, cause):
            self._desk.live.publish(conversation.id, STAFF)

    async def _deliver(self) -> None:
        await self._is_connected.wait()
        with self._desk.live.watch(STAFF) as watch:
            while True:
                while parcels := await run_in_threadpool(self._outbox.claim, MAX_PARALLEL_SENDS):
                    self._sends = asyncio.gather(*map(self._send, parcels), return_exceptions=True)
                    for outcome in await asyncio.shield(self._sends):
                        if outcome is not None:
                            raise outcome
                await watch.rung(self._pace.delivery)

    async def _send(self, parcel: Parcel) -> None:
        try:
            await self._send_parts(parcel)
        except (Forbidden, BadRequest, ChatMigrated) as error:
            log.warning("Telegram takes no message", conversation=parcel.conversation_id, reason=str(error))
            await run_in_threadpool(self._outbox.mark_failed, parcel, str(error))
        except TelegramError as error:
            backoff = timedelta(seconds=self._pace.retry * 2 ** min(parcel.attempts - 1, MAX_DOUBLINGS))
            wait = _wait_of(error) if isinstance(error, RetryAfter) else backoff
            if not await run_in_threadpool(self._outbox.postpone, parcel, wait):
                log.error("Telegram message given up", conversation=parcel.conversation_id, reason=str(error))
            return
        else:
            await run_in_threadpool(self._outbox.mark_delivered, parcel)
        del self._sent_parts[parcel.delivery_id]

    async def _send_parts(self, parcel: Parcel) -> None:
        chat_id = int(parcel.external_id.partition(":")[0])
        parts = split_text(parcel.text, MAX_MESSAGE_LENGTH)
        for number, part in enumerate(parts, 1):
            if number > self._sent_parts[parcel.delivery_id]:
                keyboard = _keyboard(parcel) if number == len(parts) else None
                await self._bot.send_message(chat_id, part, reply_markup=keyboard)
                self._sent_parts[parcel.delivery_id] = number


def create_telegram(desk: FrontDesk, settings: Settings, pace: Pace | None = None) -> TelegramChannel | None:
    """The channel, or None when no token is set."""
    if settings.telegram_bot_token is None:
        return None
    # The library asks for this opt-in to times as timedelta, and warns at every RetryAfter without it.
    os.environ.setdefault("PTB_TIMEDELTA", "true")
    # It would log each RetryAfter with a traceback; we respect it and go on.
    logging.getLogger("telegram.ext.AIORateLimiter").setLevel(logging.CRITICAL)
    bot: ExtBot[Any] = ExtBot(
        settings.telegram_bot_token.get_secret_value(),
        base_url=settings.telegram_api_base_url,
        # No waiting for groups in the library: a busy one would hold up everybody. Telegram says when to wait.
        rate_limiter=AIORateLimiter(group_max_rate=0, group_time_period=0, max_retries=0),
    )
    limit = RateLimit(settings.messages_per_minute_per_conversation)
    return TelegramChannel(desk, bot, pace or Pace(), limit)


def _wait_of(error: RetryAfter) -> timedelta:
    wait = error.retry_after
    return wait if isinstance(wait, timedelta) else timedelta(seconds=wait)


def _is_start(text: str) -> bool:
    """Whether this is the command that Telegram's clients send when a chat begins."""
    return text.partition(" ")[0].partition("@")[0] == "/start"


def _keyboard(parcel: Parcel) -> InlineKeyboardMarkup | None:
    if not parcel.buttons:
        return None
    return InlineKeyboardMarkup([[InlineKeyboardButton(b["title"], callback_data=b["id"])] for b in parcel.buttons])


def _title_of(message: Any, button_id: str) -> str:
    """What stands on the pressed button; of a message that is too old Telegram does not tell."""
    rows = message.reply_markup.inline_keyboard if isinstance(message, Message) and message.reply_markup else ()
    return next((button.text for row in rows for button in row if button.callback_data == button_id), button_id)
