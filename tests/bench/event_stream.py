"""A stream of server-sent events, read as barely as can be: the load shares the machine with what it measures."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

# An event of the inbox carries whole parts of the page.
MAX_LINE_BYTES = 2**22
CONNECT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Event:
    name: str
    id: str
    data: str


class StreamRefusedError(Exception):
    """The server answered with something else than a stream."""


class EventStream:
    """One connection; it is used up when either side has ended it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, url: str, path: str, headers: Mapping[str, str]) -> "EventStream":
        """Connect and wait until the stream begins.

        Raises:
            StreamRefusedError: the answer has another status than 200.
        """
        address = urlsplit(url)
        async with asyncio.timeout(CONNECT_SECONDS):
            reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=MAX_LINE_BYTES)
            lines = [f"GET {path} HTTP/1.1", f"Host: {address.netloc}", "Accept: text/event-stream"]
            lines += [f"{name}: {value}" for name, value in headers.items()]
            writer.write("\r\n".join([*lines, "", ""]).encode())
            head = await reader.readuntil(b"\r\n\r\n")
        status = head.partition(b"\r\n")[0].decode()
        if " 200" not in status:
            writer.transport.abort()
            raise StreamRefusedError(status)
        return cls(reader, writer)

    def close(self) -> None:
        """Break off without a word, as a lost network does."""
        self._writer.transport.abort()

    async def events(self) -> AsyncIterator[Event]:
        """Until either side ends it; comments that only keep the connection alive are left out."""
        rest = b""
        async for chunk in self._chunks():
            *blocks, rest = (rest + chunk).split(b"\r\n\r\n")
            for block in blocks:
                if not block.startswith(b":"):
                    yield _read(block.decode())

    async def _chunks(self) -> AsyncIterator[bytes]:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while size := int(await self._reader.readuntil(b"\r\n"), 16):
                chunk = await self._reader.readexactly(size + 2)
                yield chunk[:-2]


def _read(block: str) -> Event:
    fields: dict[str, list[str]] = {"event": [], "id": [], "data": []}
    for line in block.split("\r\n"):
        name, _, value = line.partition(": ")
        fields.setdefault(name, []).append(value)
    return Event("".join(fields["event"]), "".join(fields["id"]), "\n".join(fields["data"]))
