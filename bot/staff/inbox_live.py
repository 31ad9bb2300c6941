"""The live stream of the inbox: whatever changes on an agent's page is sent as server-sent events."""

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractContextManager

from fastapi.concurrency import run_in_threadpool
from sse_starlette import ServerSentEvent

from bot.conversations.live import Watch
from bot.staff.inbox_parts import KEY_LENGTH, Part, as_partials, short_key

# Waiting times in the list grow by the minute; typing signs have to disappear again.
REFRESH_SECONDS = 10.0
# A turn rings several times; one rendering serves them all.
GATHERING_SECONDS = 0.15
# While everybody writes, a page rests so many times as long as it takes to render: the customers' turns come first.
RESTS = 9
MAX_REST_SECONDS = 1.0
_SEEN = re.compile(rf"([a-z-]{{1,40}})=([0-9a-f]{{{KEY_LENGTH}}})")
MAX_ID_LENGTH = 1000

Render = Callable[[], Mapping[str, Part] | None]


def has_composer(mode: str) -> Mapping[str, str]:
    """What a page just loaded has: only its composer must not be sent again.

    To send it would cost the agent nothing but the protection against sending the same answer twice.
    """
    return {"composer": short_key(mode)}


def read_event_id(last_event_id: str) -> Mapping[str, str]:
    """The keys of the parts that a page had when its connection was lost; nothing of an id that is not ours."""
    pairs = [_SEEN.fullmatch(pair) for pair in last_event_id[:MAX_ID_LENGTH].split(",")]
    return {pair[1]: pair[2] for pair in pairs if pair is not None}


def pause_before_next(took_seconds: float, since_seconds: float) -> float:
    """How long to gather news, after a rendering that took so long and ended so long ago."""
    return max(GATHERING_SECONDS, min(RESTS * took_seconds, MAX_REST_SECONDS) - since_seconds)


async def inbox_news(
    watching: AbstractContextManager[Watch], render: Render, seen: Mapping[str, str]
) -> AsyncGenerator[ServerSentEvent, None]:
    """Send the parts that differ from what the page has seen, until `render` says that the log-in is over.

    The id of an event names all that the page has after it: a page that comes back with it is sent the rest, once.
    """
    sent = dict(seen)
    with watching as watch:
        while True:
            started = time.monotonic()
            parts = await run_in_threadpool(render)
            ended = time.monotonic()
            if parts is None:
                return
            changed = {name: part for name, part in parts.items() if sent.get(name) != part.key}
            if changed:
                sent = {name: part.key for name, part in parts.items()}
                event_id = ",".join(f"{name}={key}" for name, key in sent.items())
                yield ServerSentEvent(as_partials(changed), id=event_id)
            await watch.rung(REFRESH_SECONDS)
            await asyncio.sleep(pause_before_next(ended - started, time.monotonic() - ended))
