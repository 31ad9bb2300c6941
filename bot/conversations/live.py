"""Waking up everybody who waits for news of a conversation, from any thread of this process."""

import asyncio
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress

STAFF = "staff"
# A turn takes far less; a process that died in one must not be "typing" for ever.
TYPING_SECONDS = 90.0


class Watch:
    """One waiter's bell. Read the database after taking it and after each `rung()`: nothing can be missed."""

    def __init__(self) -> None:
        self._bell = asyncio.Event()

    async def rung(self, timeout_seconds: float) -> bool:
        """Wait for news; False when none came in time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_seconds):
                await self._bell.wait()
            self._bell.clear()
            return True
        return False

    def ring(self) -> None:
        self._bell.set()


class Live:
    """Topics are conversation ids, and STAFF for whatever the inbox shows."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watches: defaultdict[str, set[Watch]] = defaultdict(set)
        self._typing: dict[tuple[str, bool], tuple[str, float]] = {}
        self._lock = threading.Lock()

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        """Name the loop on which the waiters wait."""
        self._loop = loop

    @contextmanager
    def watch(self, topic: str) -> Iterator[Watch]:
        watch = Watch()
        with self._lock:
            self._watches[topic].add(watch)
        try:
            yield watch
        finally:
            with self._lock:
                self._watches[topic].discard(watch)
                if not self._watches[topic]:
                    del self._watches[topic]

    def publish(self, *topics: str) -> None:
        """Ring the bells of these topics; callable from any thread, harmless when nobody waits."""
        with self._lock:
            bells = [watch for topic in topics for watch in self._watches.get(topic, ())]
        if self._loop is not None and not self._loop.is_closed():
            for watch in bells:
                self._loop.call_soon_threadsafe(watch.ring)

    def set_typing(self, conversation_id: str, author: str | None, seconds: float = TYPING_SECONDS) -> None:
        """Say who is writing to the customer (bot, agent), or that nobody is; it is forgotten after `seconds`."""
        self._remember_typing((conversation_id, False), author, seconds)

    def set_customer_typing(self, conversation_id: str, seconds: float) -> None:
        self._remember_typing((conversation_id, True), "customer", seconds)

    def typing(self, conversation_id: str) -> str | None:
        """Who is writing to the customer now."""
        return self._who_types((conversation_id, False))

    def is_customer_typing(self, conversation_id: str) -> bool:
        return self._who_types((conversation_id, True)) is not None

    def _remember_typing(self, key: tuple[str, bool], author: str | None, seconds: float) -> None:
        with self._lock:
            if author is None:
                self._typing.pop(key, None)
            else:
                self._typing[key] = (author, time.monotonic() + seconds)
        self.publish(key[0], STAFF)

    def _who_types(self, key: tuple[str, bool]) -> str | None:
        with self._lock:
            author, until = self._typing.get(key, (None, 0.0))
            if author is not None and until < time.monotonic():
                del self._typing[key]
                return None
            return author
