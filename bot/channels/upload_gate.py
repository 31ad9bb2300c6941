"""Receiving files: few at once and within a time, or slow senders would fill the memory with halves of them."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import Request

from bot.web_address import address_of
from bot.web_errors import problem

ALL = ""
WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class GateLimits:
    """How many files are received at once; `waiting` how many of one network address wait for their turn.

    `seconds`: how long one may take with its waiting.
    """

    of_conversation: int = 3
    of_address: int = 8
    all: int = 16
    waiting: int = 40
    seconds: float = 180


class UploadGate:
    """Belongs to one event loop. Whoever waits sends nothing meanwhile: the network holds it back."""

    def __init__(self, limits: GateLimits | None = None) -> None:
        self._limits = limits or GateLimits()
        self._open: Counter[str] = Counter()
        self._freed = asyncio.Event()

    @asynccontextmanager
    async def receive(self, request: Request, conversation_id: str) -> AsyncIterator[bytes]:
        """The body of a request, whose place is taken until the caller is done with it.

        Raises:
            HTTPException: 408 it came too slowly, 429 too many wait already.
        """
        address = address_of(request)
        limits = {
            conversation_id: self._limits.of_conversation,
            address: self._limits.of_address,
            ALL: self._limits.all,
        }
        try:
            async with asyncio.timeout(self._limits.seconds):
                await self._enter(limits, f"{WAITING} {address}")
                try:
                    content = await request.body()
                except BaseException:
                    self._leave(limits)
                    raise
        except TimeoutError as error:
            raise problem(408, "upload_too_slow", "The file did not arrive in time; send it again.") from error
        try:
            yield content
        finally:
            self._leave(limits)

    async def _enter(self, limits: dict[str, int], line: str) -> None:
        if self._open[line] >= self._limits.waiting:
            raise problem(429, "too_many_uploads", "Too many files at once; wait a moment.", retry_after=5)
        self._open[line] += 1
        try:
            while any(self._open[who] >= most for who, most in limits.items()):
                await self._freed.wait()
            self._open.update(limits.keys())
        finally:
            self._give_back(line)

    def _leave(self, limits: dict[str, int]) -> None:
        for who in limits:
            self._give_back(who)
        self._freed.set()
        self._freed = asyncio.Event()

    def _give_back(self, who: str) -> None:
        self._open[who] -= 1
        if not self._open[who]:
            del self._open[who]
