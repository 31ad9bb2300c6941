"""One connection to Telegram, by polling or by webhook: the loops that bring updates in and deliveries out."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import structlog
from telegram import Bot, Update
from telegram.error import InvalidToken, RetryAfter, TelegramError

from bot.channels.rate_limit import RateLimit
from bot.channels.setup import TELEGRAM
from bot.channels.telegram_deliveries import Deliveries, TypingSigns, wait_of
from bot.channels.telegram_files import FileKeeper
from bot.channels.telegram_parts import WEBHOOK_PATH, TelegramParts, Terms
from bot.channels.telegram_updates import UPDATE_TYPES, Updates, publish_menu
from bot.channels.telling import Teller
from connectors.database.failures import explain_failures
from connectors.errors import Unavailable

WHEN_REFUSED = "Telegram refuses the token; correct it on /console/channels, or TWINOFFICE_TELEGRAM_BOT_TOKEN"
WITHOUT_HTTPS = "Telegram calls webhooks by https only; set TWINOFFICE_PUBLIC_URL to an address with https"

log = structlog.get_logger()


class TelegramChannel:
    """A lost network stops no loop; all go on when it is back. Nothing is acknowledged before it is stored."""

    def __init__(self, parts: TelegramParts, bot: Bot, terms: Terms, message_limit: RateLimit) -> None:
        self._parts = parts
        self._pace = parts.pace
        self._bot = bot
        self._terms = terms
        teller = Teller(parts.desk, TELEGRAM)
        self._files = FileKeeper(parts, bot, teller)
        self._updates = Updates(parts, self._files, teller, message_limit)
        self._deliveries = Deliveries(parts, bot)
        self._signs = TypingSigns(parts, bot)
        self._loops: list[asyncio.Task[None]] = []
        self._is_connected = asyncio.Event()
        self._trouble: str | None = None
        self.is_healthy = False

    def start(self) -> None:
        receive = self._poll if self._terms.mode == "polling" else self._listen
        outgoing = (self._deliveries.run, self._files.run, self._signs.run, self._publish_menu)
        loops = [self._forever(receive), *(self._forever(self._when_connected(loop)) for loop in outgoing)]
        self._loops = [asyncio.create_task(loop) for loop in loops]

    async def stop(self) -> None:
        """End all loops; what is being sent is sent and recorded first, or the customer would get it twice."""
        for task in self._loops:
            task.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        await self._updates.stop()
        await self._deliveries.finish()
        with suppress(TelegramError):
            await self._bot.shutdown()

    async def take(self, document: dict[str, Any]) -> None:
        """Take an update that came by the webhook.

        Raises:
            Unavailable: the database; Telegram is to send it again.
        """
        try:
            update = Update.de_json(document, self._bot)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            # Sending it again would not help, and those after it would wait.
            log.error("Telegram update cannot be read", update_id=document["update_id"], reason=repr(error))
            return
        try:
            with explain_failures():
                await self._updates.take_or_skip(update)
        except Unavailable:
            self._updates.forgive()
            raise

    async def _forever(self, loop: Callable[[], Awaitable[None]]) -> None:
        while True:
            wait = timedelta(seconds=self._pace.retry)
            try:
                with explain_failures():
                    await loop()
            except InvalidToken:
                self._report(WHEN_REFUSED)
                wait = timedelta(seconds=self._pace.wrong_token)
            except RetryAfter as error:
                wait = wait_of(error)
                log.warning("Telegram wants us to wait", seconds=wait.total_seconds())
            except TelegramError as error:
                self._report("Telegram cannot be reached, trying on", reason=str(error))
            except Unavailable as error:
                self._updates.forgive()
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

    def _when_connected(self, loop: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            await self._is_connected.wait()
            await loop()

        return run

    async def _publish_menu(self) -> None:
        await publish_menu(self._parts, self._bot)
        await asyncio.Event().wait()  # once is enough

    def _connected(self) -> None:
        self._parts.links.learn_bot_name(self._bot.username)
        self._report(None)
        self._is_connected.set()

    async def _poll(self) -> None:
        await self._bot.initialize()
        # Polling and a webhook exclude each other; updates that wait are kept.
        await self._bot.delete_webhook()
        self._connected()
        offset = 0
        while True:
            updates = await self._bot.get_updates(offset, timeout=self._pace.poll, allowed_updates=UPDATE_TYPES)
            for update in updates:
                await self._updates.take_or_skip(update)
                offset = update.update_id + 1
            if not updates:
                # All were confirmed; after a quiet week Telegram numbers afresh, perhaps below our offset.
                offset = 0

    async def _listen(self) -> None:
        """Have Telegram call us, and look now and then whether it still does."""
        url = f"{self._parts.settings.public_base_url}{WEBHOOK_PATH}"
        if not url.startswith("https://"):
            self._report(WITHOUT_HTTPS)
            await asyncio.sleep(self._pace.wrong_token)
            return
        await self._bot.initialize()
        await self._bot.set_webhook(url, secret_token=self._terms.webhook_secret, allowed_updates=UPDATE_TYPES)
        self._connected()
        failed_at: datetime | None = None
        while True:
            await asyncio.sleep(self._pace.webhook)
            info = await self._bot.get_webhook_info()
            if info.url != url:
                log.warning("Telegram's webhook was changed by somebody else; it is set again")
                return
            if info.last_error_date not in {None, failed_at}:
                failed_at = info.last_error_date
                log.warning("Telegram could not call us", reason=info.last_error_message, at=str(failed_at))
            self._report(None)
