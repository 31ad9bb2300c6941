"""Waking up everybody who waits for news of a conversation, and who is there now; from any thread of this process."""

import asyncio
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

STAFF = "staff"
ASSISTANT = "assistant"
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
    """Topics are conversation ids, STAFF for whatever agents work on, ASSISTANT for what it and customers say alone."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watches: defaultdict[str, set[Watch]] = defaultdict(set)
        self._typing: dict[tuple[str, bool], tuple[str, float]] = {}
        self._lookers: defaultdict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
        self._lock = threading.Lock()

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        """Name the loop on which the waiters wait."""
        self._loop = loop

    @contextmanager
    def watch(self, *topics: str) -> Iterator[Watch]:
        watch = Watch()
        with self._lock:
            for topic in topics:
                self._watches[topic].add(watch)
        try:
            yield watch
        finally:
            with self._lock:
                for topic in topics:
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

    def publish_talk(self, conversation_id: str) -> None:
        """Of a conversation that is the assistant's: staff hear of it where they have it open, or list such ones."""
        with self._lock:
            is_open = conversation_id in self._lookers
        self.publish(conversation_id, ASSISTANT, *([STAFF] if is_open else []))

    def count_watches(self, topic: str) -> int:
        """How many wait for its news."""
        with self._lock:
            return len(self._watches.get(topic, ()))

    def is_watched(self, conversation_id: str) -> bool:
        """Whether somebody waits for its news: the customer has it open, on a page of this process."""
        with self._lock:
            return conversation_id in self._watches

    @contextmanager
    def look_at(self, conversation_id: str, user_id: str, name: str) -> Iterator[None]:
        """Let colleagues know that an agent has a conversation open."""
        self._count_looker(conversation_id, (user_id, name), 1)
        try:
            yield
        finally:
            self._count_looker(conversation_id, (user_id, name), -1)

    def lookers(self, conversation_id: str, but: str) -> Sequence[str]:
        """The names of the agents who have it open, without one of them."""
        with self._lock:
            looking = self._lookers.get(conversation_id, Counter())
            return sorted(name for (user_id, name), pages in looking.items() if pages and user_id != but)

    def _count_looker(self, conversation_id: str, looker: tuple[str, str], change: int) -> None:
        with self._lock:
            looking = self._lookers[conversation_id]
            looking[looker] += change
            if not looking[looker]:
                del looking[looker]
            if not looking:
                del self._lookers[conversation_id]
        self.publish(STAFF)

    def set_typing(self, conversation_id: str, author: str | None, seconds: float = TYPING_SECONDS) -> None:
        """Say who is writing to the customer (bot, agent), or that nobody is; it is forgotten after `seconds`."""
        self._remember_typing((conversation_id, False), author, seconds)

    def set_customer_typing(self, conversation_id: str, seconds: float) -> None:
        self._remember_typing((conversation_id, True), "customer", seconds)

    def typing(self, conversation_id: str) -> str | None:
        """Who is writing to the customer now."""
        return self._who_types((conversation_id, False))

    def written_to_by(self, author: str) -> Sequence[str]:
        """The conversations to whose customer this author is writing now."""
        now = time.monotonic()
        with self._lock:
            typing = [(key, said) for key, said in self._typing.items() if not key[1]]
        return [conversation_id for (conversation_id, _), (who, until) in typing if who == author and until > now]

    def is_customer_typing(self, conversation_id: str) -> bool:
        return self._who_types((conversation_id, True)) is not None

    def _remember_typing(self, key: tuple[str, bool], author: str | None, seconds: float) -> None:
        with self._lock:
            before, until = self._typing.pop(key, (None, 0.0))
            is_known = author is not None and before == author and until > time.monotonic()
            if author is not None:
                self._typing[key] = (author, time.monotonic() + seconds)
            # The assistant writes all the time; staff see it only where they have the conversation open.
            is_only_the_bot = {before, author} <= {"bot", None}
            is_for_staff = not is_only_the_bot or key[0] in self._lookers
        # Whoever types says so all the time; nobody need look again for that.
        if not is_known:
            self.publish(key[0], *([STAFF] if is_for_staff else []))

    def _who_types(self, key: tuple[str, bool]) -> str | None:
        with self._lock:
            author, until = self._typing.get(key, (None, 0.0))
            if author is not None and until < time.monotonic():
                del self._typing[key]
                return None
            return author
