"""How fast Telegram may be written to: one message a second in a chat, twenty a minute in a group."""

import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from telegram.constants import FloodLimit

from bot.channels.pace import Pace

# Chats that nothing was sent to for longer say nothing; they are dropped when there are this many.
MAX_KNOWN_CHATS = 10_000


class ChatPace:
    """When each chat may get its next message. All conversations of a group share one chat."""

    def __init__(self, pace: Pace, clock: Callable[[], float] = time.monotonic) -> None:
        self._pace = pace
        self._clock = clock
        self._not_before: dict[int, float] = {}
        self._sent_to_group: defaultdict[int, deque[float]] = defaultdict(
            lambda: deque(maxlen=FloodLimit.MESSAGES_PER_MINUTE_PER_GROUP)
        )
        self._busy: set[int] = set()

    def is_busy(self, chat_id: int) -> bool:
        """Whether a message is on its way to this chat now."""
        return chat_id in self._busy

    @contextmanager
    def writing_to(self, chat_id: int) -> Iterator[None]:
        """Keep the chat for one message and its parts."""
        self._busy.add(chat_id)
        try:
            yield
        finally:
            self._busy.discard(chat_id)

    def wait(self, chat_id: int) -> float:
        """Seconds until the chat may get something."""
        now = self._clock()
        sent: Sequence[float] = self._sent_to_group.get(chat_id, ())
        is_full = len(sent) == FloodLimit.MESSAGES_PER_MINUTE_PER_GROUP
        group = sent[0] + self._pace.group_minute if is_full else now
        return max(0.0, self._not_before.get(chat_id, now) - now, group - now)

    def sent(self, chat_id: int) -> None:
        """Something arrived there. It is counted from here, as Telegram took it no later."""
        now = self._clock()
        if chat_id < 0:
            self._sent_to_group[chat_id].append(now)
        self.hold(chat_id, self._pace.chat)

    def hold(self, chat_id: int, seconds: float) -> None:
        """Nothing more for this chat for so long."""
        if len(self._not_before) >= MAX_KNOWN_CHATS:
            self._forget()
        self._not_before[chat_id] = self._clock() + seconds

    def _forget(self) -> None:
        now = self._clock()
        self._not_before = {chat: until for chat, until in self._not_before.items() if until > now}
        for chat, sent in list(self._sent_to_group.items()):
            if sent[-1] + self._pace.group_minute < now:
                del self._sent_to_group[chat]
