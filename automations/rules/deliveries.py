"""When a message that did not arrive is sent again, and what a receiver's answer means."""

from datetime import timedelta
from enum import StrEnum

# After each failed try; Standard Webhooks recommends some days in all, with growing pauses.
PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=12),
    timedelta(hours=24),
)
MAX_ATTEMPTS = len(PAUSES) + 1
# The pause is stretched by up to this share, so that many messages do not come back at one moment.
JITTER = 0.2
LONGEST_ASKED_PAUSE = timedelta(hours=24)


class Verdict(StrEnum):
    """What a try came to. `final`: the same will happen again; `gone`: the receiver wants nothing more, ever."""

    DELIVERED = "delivered"
    AGAIN = "again"
    FINAL = "final"
    GONE = "gone"


def judge_status(status: int) -> Verdict:
    """By the table of Standard Webhooks 1.0.0, "Delivery success and failure"; redirects are not followed."""
    if 200 <= status < 300:
        return Verdict.DELIVERED
    if status == 410:
        return Verdict.GONE
    return Verdict.FINAL if 300 <= status < 400 else Verdict.AGAIN


def next_pause(attempts: int, chance: float, asked: timedelta | None = None) -> timedelta | None:
    """How long to wait after this many tries; None to give up.

    `chance` is drawn from 0 to 1. `asked` is what the receiver wants at least (Retry-After).
    """
    if attempts >= MAX_ATTEMPTS:
        return None
    pause = PAUSES[attempts - 1] * (1 + JITTER * chance)
    return max(pause, min(asked, LONGEST_ASKED_PAUSE)) if asked is not None else pause
