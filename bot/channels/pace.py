"""How long a channel that polls waits for what."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """In seconds."""

    poll: int = 25
    retry: float = 5.0
    wrong_token: float = 60.0
    delivery: float = 1.0
    stop: float = 10.0
