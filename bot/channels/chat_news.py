"""News of a conversation for whoever waits for them: the long poll and the stream of events."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any

from fastapi.concurrency import run_in_threadpool
from sse_starlette import ServerSentEvent

from bot.conversations.access import Identity, IdentityEndedError
from bot.front_desk import FrontDesk, Transcript

KEEP_ALIVE_SECONDS = 15
TYPING_SECONDS = 6


async def wait_for_news(
    desk: FrontDesk, conversation_id: str, identity: Identity, after: int, wait_seconds: float
) -> Transcript:
    """What was said after `after`, as soon as there is something.

    Raises:
        IdentityEndedError: the identity opens the conversation no more.
    """
    deadline = asyncio.get_running_loop().time() + wait_seconds
    with desk.live.watch(conversation_id) as watch:
        while True:
            transcript = await run_in_threadpool(desk.read, conversation_id, after, identity)
            remaining = deadline - asyncio.get_running_loop().time()
            if transcript.messages or remaining <= 0:
                return transcript
            await watch.rung(remaining)


async def follow(
    desk: FrontDesk, conversation_id: str, identity: Identity, after: int
) -> AsyncIterator[ServerSentEvent]:
    """Every message after `after`, once and in order; and each change of who is there, queue, reading and typing.

    It ends when the identity opens the conversation no more.
    """
    told_owner, told_read, typing = None, 0, None
    with desk.live.watch(conversation_id) as watch:
        while True:
            try:
                transcript = await run_in_threadpool(desk.read, conversation_id, after, identity)
            except IdentityEndedError:
                return
            for message in transcript.messages:
                after = message["seq"]
                yield _event("message", message, event_id=after)
            if (owner := _owner(transcript)) != told_owner:
                told_owner = owner
                yield _event("owner", owner)
            if transcript.read_seq > told_read:
                told_read = transcript.read_seq
                yield _event("read", {"seq": told_read})
            if (now_typing := desk.live.typing(conversation_id)) != typing:
                author, typing = now_typing or typing, now_typing
                yield _event("typing", {"author": author, "typing": now_typing is not None})
            await watch.rung(TYPING_SECONDS if typing else KEEP_ALIVE_SECONDS)


def _owner(transcript: Transcript) -> dict[str, Any]:
    queue = None if transcript.queue is None else asdict(transcript.queue)
    return {
        "owner": transcript.owner,
        "language": transcript.language,
        "queue": queue,
        "is_agent_here": transcript.is_agent_here,
    }


def _event(name: str, data: Any, event_id: int | None = None) -> ServerSentEvent:
    return ServerSentEvent(
        json.dumps(data, ensure_ascii=False), event=name, id=None if event_id is None else str(event_id)
    )
