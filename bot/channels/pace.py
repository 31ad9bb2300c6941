"""How long a channel that is told and asked waits for what."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """In seconds."""

    poll: int = 25
    retry: float = 5.0
    wrong_token: float = 60.0
    delivery: float = 1.0
    # Between two messages of one chat, and the time in which a group takes twenty.
    chat: float = 1.0
    group_minute: float = 60.0
    stop: float = 10.0
    setup: float = 2.0
    webhook: float = 60.0
    files: float = 2.0
    # Telegram forgets after five that somebody is typing.
    typing: float = 4.0
