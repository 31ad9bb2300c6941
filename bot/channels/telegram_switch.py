"""Telegram as it is set up now: the connection is made, replaced and ended while everything else goes on."""

import asyncio
import hmac
import logging
import os
from typing import Any

import structlog
from fastapi.concurrency import run_in_threadpool
from telegram.ext import AIORateLimiter, ExtBot

from bot.channels.rate_limit import RateLimit
from bot.channels.telegram import TelegramChannel
from bot.channels.telegram_parts import TelegramParts, Terms, read_terms
from bot.channels.web_api import MESSAGE_BURST
from connectors.database.failures import explain_failures
from connectors.errors import Unavailable
from connectors.secrets import SecretUnreadableError

# Telegram takes thirty; the network does not keep their distances.
REQUESTS_PER_SECOND = 28

log = structlog.get_logger()


class TelegramOffError(Exception):
    """There is no webhook here now."""


class TelegramSwitch:
    """Off without a token; admins switch it on, off and over, and each process notices by itself."""

    def __init__(self, parts: TelegramParts) -> None:
        self._parts = parts
        self._limit = RateLimit(parts.settings.messages_per_minute_per_conversation, burst=MESSAGE_BURST)
        self._terms: Terms | None = None
        self._channel: TelegramChannel | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._trouble: str | None = None

    @property
    def is_on(self) -> bool:
        return self._channel is not None

    @property
    def is_healthy(self) -> bool:
        return self._channel is not None and self._channel.is_healthy

    def start(self) -> None:
        self._watcher = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)
        await self._change_to(None)

    def knows(self, secret: str) -> bool:
        """Whether a call of the webhook shows the right secret; compared in constant time."""
        ours = self._terms.webhook_secret if self._terms is not None and self._terms.mode == "webhook" else ""
        return hmac.compare_digest(ours.encode(), secret.encode()) and bool(ours)

    async def take(self, document: dict[str, Any]) -> None:
        """Take an update of the webhook. Raises Unavailable as the channel does, and TelegramOffError."""
        if self._channel is None:
            raise TelegramOffError
        await self._channel.take(document)

    async def _watch(self) -> None:
        while True:
            try:
                terms = await run_in_threadpool(self._read_terms)
            except Unavailable as error:
                self._report(error.reason)
            except SecretUnreadableError as error:
                self._report(str(error))
                await self._change_to(None)
            else:
                self._report(None)
                if terms != self._terms:
                    await self._change_to(terms)
            await asyncio.sleep(self._parts.pace.setup)

    def _report(self, trouble: str | None) -> None:
        """Once, however often it is met."""
        if trouble is not None and trouble != self._trouble:
            log.error("how Telegram is set up cannot be read", reason=trouble)
        self._trouble = trouble

    def _read_terms(self) -> Terms | None:
        with explain_failures():
            return read_terms(self._parts.setups, self._parts.settings)

    async def _change_to(self, terms: Terms | None) -> None:
        before, self._channel, self._terms = self._channel, None, terms
        if before is not None:
            await before.stop()
            self._parts.links.learn_bot_name(None)
        if terms is not None:
            self._channel = TelegramChannel(self._parts, self._bot(terms), terms, self._limit)
            self._channel.start()

    def _bot(self, terms: Terms) -> ExtBot[Any]:
        # The library asks for this opt-in to times as timedelta, and warns at every RetryAfter without it.
        os.environ.setdefault("PTB_TIMEDELTA", "true")
        # It would log each RetryAfter with a traceback; we respect it and go on.
        logging.getLogger("telegram.ext.AIORateLimiter").setLevel(logging.CRITICAL)
        # It logs addresses, and those of the Bot API hold the token.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        base = self._parts.settings.telegram_api_base_url
        return ExtBot(
            terms.token,
            base_url=base,
            base_file_url=f"{base.removesuffix('/bot')}/file/bot",
            # One by one, or a burst of thirty would come before thirty more of the same second. Chats and groups have
            # their pace in the deliveries: waiting here for a busy one would hold up everybody.
            rate_limiter=AIORateLimiter(
                overall_max_rate=1, overall_time_period=1 / REQUESTS_PER_SECOND, group_max_rate=0, max_retries=0
            ),
        )
