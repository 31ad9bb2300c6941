"""What arrives from Telegram: each update is stored once, whoever it comes from and however often it comes."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

import structlog
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.exc import IntegrityError
from telegram import Bot, CallbackQuery, Message, Update, User
from telegram.constants import ChatType
from telegram.error import BadRequest, RetryAfter, TelegramError
from telegram.ext import filters

from bot.channels.rate_limit import RateLimit
from bot.channels.setup import TELEGRAM
from bot.channels.telegram_chats import identity_of, move_chat
from bot.channels.telegram_commands import Command, Commands, is_for_another_bot, read_command
from bot.channels.telegram_deliveries import wait_of
from bot.channels.telegram_files import FileKeeper, Piece, pieces_of, replacing, words_of
from bot.channels.telegram_parts import TelegramParts
from bot.channels.telling import Teller
from bot.channels.web_api import choose_language
from bot.conversations.store import TooManyPendingError
from bot.front_desk import MAX_TEXT_LENGTH, BadTextError
from bot.services.attachments import MISSING
from connectors.database.audit import record_audit
from connectors.database.models.conversation import Conversation, InboundUpdate

UPDATE_TYPES = ("message", "edited_message", "callback_query")
MAX_TRIES = 5

log = structlog.get_logger()


class Updates:
    """Nothing in here waits for the network, so that an update is stored before Telegram hears that we have it."""

    def __init__(self, parts: TelegramParts, files: FileKeeper, teller: Teller, message_limit: RateLimit) -> None:
        """`message_limit` is for each conversation, as on the web."""
        self._parts = parts
        self._desk = parts.desk
        self._files = files
        self._teller = teller
        self._message_limit = message_limit
        self._commands = Commands(parts.desk, parts.links, parts.describe_waiting)
        self._tries: Counter[int] = Counter()
        self._button_answers: set[asyncio.Task[None]] = set()

    async def take_or_skip(self, update: Update) -> None:
        """An update that breaks again and again is recorded and left behind: those after it wait for it."""
        if self._tries[update.update_id] < MAX_TRIES:
            self._tries[update.update_id] += 1
            await self._take(update)
        else:
            if update.callback_query is not None:
                self._answer_soon(update.callback_query)
            await run_in_threadpool(self._record_skipped, update)
            log.error("Telegram update skipped, see the failures above", update_id=update.update_id)
        del self._tries[update.update_id]

    def forgive(self) -> None:
        """What failed was not the updates' fault, so it is not counted against them."""
        self._tries.clear()

    async def stop(self) -> None:
        for task in self._button_answers:
            task.cancel()
        await asyncio.gather(*self._button_answers, return_exceptions=True)

    async def _take(self, update: Update) -> None:
        message = update.message or update.edited_message
        if message is not None:
            await self._take_message(update.update_id, message, is_edit=update.message is None)
        elif update.callback_query is not None:
            await self._take_button(update.update_id, update.callback_query)

    def _record_skipped(self, update: Update) -> None:
        chat_id = update.effective_chat.id if update.effective_chat else None
        with self._desk.database.write() as session:
            session.merge(InboundUpdate(channel=TELEGRAM, external_id=str(update.update_id)))
            record_audit(session, TELEGRAM, "update.skip", "update", str(update.update_id), chat_id=chat_id)

    async def _take_message(self, update_id: int, message: Message, *, is_edit: bool) -> None:
        sender, text = message.from_user, words_of(message)
        if message.migrate_to_chat_id is not None:
            await run_in_threadpool(move_chat, self._desk.database, message.chat_id, message.migrate_to_chat_id)
        if sender is None or sender.is_bot or filters.StatusUpdate.ALL.filter(Update(update_id, message)):
            return  # nobody said anything: somebody joined, a message was pinned
        if is_edit and message.location is not None:
            return  # somebody who shares where they are has moved
        if text.startswith("/") and is_for_another_bot(text, await run_in_threadpool(self._parts.links.bot_name)):
            return
        conversation, is_new = await self._conversation(message.chat_id, sender)
        if not await self._is_welcome(conversation):
            return
        is_known = is_edit and await run_in_threadpool(self._desk.has_message, conversation.id, str(message.message_id))
        command = read_command(text)
        if is_known:
            await self._edit(conversation, message, text, update_id)
        elif command is not None:
            is_first = is_new or message.date <= conversation.created_at
            wanted = Command(*command, is_private=message.chat.type == ChatType.PRIVATE, is_first=is_first)
            await run_in_threadpool(self._commands.carry_out, update_id, conversation.id, wanted)
        else:
            await self._say(conversation, message, text, update_id)

    async def _edit(self, conversation: Conversation, message: Message, text: str, update_id: int) -> None:
        """Another text, and perhaps another picture: that one is kept as well, after all that was said."""
        external_id, pieces = str(message.message_id), pieces_of(message)
        update = (TELEGRAM, str(update_id))
        try:
            is_file = bool(pieces)
            await run_in_threadpool(
                self._desk.edit_once, conversation.id, external_id, text, update, may_be_empty=is_file
            )
        except BadTextError as error:
            await self._tell_unreadable(conversation, f"update:{update_id}", error)
        if new := await run_in_threadpool(self._files.not_kept, conversation.id, external_id, pieces):
            await self._store(conversation, "", new, f"{update_id}:files", replacing(external_id))

    async def _say(self, conversation: Conversation, message: Message, text: str, update_id: int) -> None:
        pieces = pieces_of(message)
        # The parts of one album are told about once.
        cause = f"{message.chat_id}:{message.media_group_id or message.message_id}"
        if pieces or text:
            await self._store(conversation, text, pieces, str(update_id), str(message.message_id))
        # A caption stands under something: we have its words, and not what they are about.
        if not pieces and (message.caption or not text):
            await self._tell(conversation, cause, "telegram_unreadable")

    async def _store(
        self,
        conversation: Conversation,
        text: str,
        pieces: Sequence[Piece],
        update_id: str,
        external_id: str | None = None,
    ) -> None:
        update = (TELEGRAM, update_id)
        # Text alone is stored once by its update; files are noted before, and would be twice.
        if bool(pieces) and await run_in_threadpool(self._desk.is_taken, update):
            return
        kept = await run_in_threadpool(self._files.note, conversation.id, pieces)
        ids = [attachment.id for attachment in kept]
        try:
            await run_in_threadpool(self._desk.say_once, conversation.id, text, update, None, ids, external_id)
        except BadTextError as error:
            await self._tell_unreadable(conversation, f"update:{update_id}", error)
        except TooManyPendingError:
            await self._tell_too_fast(conversation)
        for attachment in kept:
            if attachment.state == MISSING:
                await run_in_threadpool(self._files.tell_refused, conversation.id, attachment)
        if kept:
            self._files.wake()

    async def _take_button(self, update_id: int, query: CallbackQuery) -> None:
        if query.message is not None and query.data is not None:
            conversation, _ = await self._conversation(query.message.chat.id, query.from_user)
            if await self._is_welcome(conversation):
                await self._press(conversation, query.message, query.data, update_id)
        self._answer_soon(query)

    def _answer_soon(self, query: CallbackQuery) -> None:
        answer = asyncio.create_task(self._answer_button(query))
        self._button_answers.add(answer)
        answer.add_done_callback(self._button_answers.discard)

    async def _press(self, conversation: Conversation, message: Any, button_id: str, update_id: int) -> None:
        if await run_in_threadpool(self._commands.press, update_id, conversation.id, button_id):
            return
        title, update = _title_of(message, button_id), (TELEGRAM, str(update_id))
        if title is None and not await run_in_threadpool(self._desk.has_button, conversation.id, button_id):
            await self._tell(conversation, f"update:{update_id}", "telegram_button_old")
            return
        try:
            await run_in_threadpool(self._desk.say_once, conversation.id, title or button_id, update, button_id)
        except BadTextError as error:
            await self._tell_unreadable(conversation, f"update:{update_id}", error)
        except TooManyPendingError:
            await self._tell_too_fast(conversation)

    async def _answer_button(self, query: CallbackQuery) -> None:
        """End the button's waiting sign. It is only decoration, so nothing waits for it."""
        for _ in range(MAX_TRIES):
            wait = timedelta(seconds=self._parts.pace.retry)
            try:
                with suppress(BadRequest):  # too old to be answered
                    await query.answer()
                return
            except RetryAfter as error:
                wait = wait_of(error)
            except TelegramError as error:
                log.info("Telegram button not answered yet", reason=str(error))
            await asyncio.sleep(wait.total_seconds())

    async def _conversation(self, chat_id: int, user: User) -> tuple[Conversation, bool]:
        """The conversation of this user in this chat (in a group each has one), and whether it begins now."""
        identity, is_new = identity_of(chat_id, user.id), False
        while (known := await run_in_threadpool(self._desk.find, TELEGRAM, identity)) is None:
            language = choose_language(self._desk.texts, user.language_code, "")
            # Two updates of somebody new may arrive side by side: one of them begins the conversation.
            with suppress(IntegrityError):
                await run_in_threadpool(self._desk.open, TELEGRAM, identity, language, None, user.full_name)
                is_new = True
        return known, is_new

    async def _is_welcome(self, conversation: Conversation) -> bool:
        """Whether this is not too much at once; whoever writes too fast is told so."""
        is_welcome = self._message_limit.allows(conversation.id)
        if not is_welcome:
            await self._tell_too_fast(conversation)
        return is_welcome

    async def _tell_unreadable(self, conversation: Conversation, cause: str, error: BadTextError) -> None:
        key = "message_too_long" if error.code == "text_too_long" else "telegram_unreadable"
        await self._tell(conversation, cause, key, limit=MAX_TEXT_LENGTH)

    async def _tell_too_fast(self, conversation: Conversation) -> None:
        log.warning("Telegram message refused: too many at once", conversation=conversation.id)
        # Told once, until something was answered.
        await self._tell(conversation, f"{conversation.id}:{conversation.answered_seq}", "telegram_too_fast")

    async def _tell(self, conversation: Conversation, cause: str, key: str, **arguments: int) -> None:
        await run_in_threadpool(self._teller.tell_once, conversation.id, cause, key, **arguments)


async def publish_menu(parts: TelegramParts, bot: Bot) -> None:
    """Tell Telegram our commands in every language; without the menu they work as well, so a failure is let be."""
    commands = Commands(parts.desk, parts.links, parts.describe_waiting)
    with suppress(TelegramError):
        await bot.set_my_commands(commands.menu("en"))
        for language in parts.desk.texts.languages:
            await bot.set_my_commands(commands.menu(language), language_code=language)


def _title_of(message: Any, button_id: str) -> str | None:
    """What stands on the pressed button; of a message that is too old Telegram does not tell."""
    rows = message.reply_markup.inline_keyboard if isinstance(message, Message) and message.reply_markup else ()
    return next((button.text for row in rows for button in row if button.callback_data == button_id), None)
