"""The live stream of the inbox: whatever changes on an agent's page is sent as server-sent events."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractContextManager

from fastapi.concurrency import run_in_threadpool
from sse_starlette import ServerSentEvent

from bot.conversations.live import Watch
from bot.staff.inbox_parts import Part, as_partials

# Waiting times in the list grow by the minute; typing signs have to disappear again.
REFRESH_SECONDS = 10.0
# A turn rings several times; one rendering serves them all.
GATHERING_SECONDS = 0.15

Render = Callable[[], Mapping[str, Part] | None]


async def inbox_news(
    watching: AbstractContextManager[Watch], render: Render, composer_mode: str
) -> AsyncGenerator[ServerSentEvent, None]:
    """Send the parts that differ from what was sent before, until `render` says that the log-in is over.

    `composer_mode` is what the page has already: to send the composer again would cost the agent nothing but the
    protection against sending the same answer twice.
    """
    sent = {"composer": composer_mode}
    with watching as watch:
        while True:
            parts = await run_in_threadpool(render)
            if parts is None:
                return
            changed = {name: part for name, part in parts.items() if sent.get(name) != part.key}
            if changed:
                yield ServerSentEvent(as_partials(changed))
                sent.update({name: part.key for name, part in changed.items()})
            await watch.rung(REFRESH_SECONDS)
            await asyncio.sleep(GATHERING_SECONDS)
