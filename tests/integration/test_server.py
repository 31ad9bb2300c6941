"""The listeners of a web process, as a proxy before them meets them."""

import asyncio
from http import HTTPStatus
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.office import Office
from bot.server import serve
from tests.fixtures.assistants import ScriptedAssistant
from tests.fixtures.web_office import build_web_office
from tests.product import free_port

# uvicorn closes an idle connection after five unless it is told otherwise.
IDLE_SECONDS = 6


@pytest.fixture
def office(tmp_path: Path) -> Office:
    ports = {"port": free_port(), "private_port": free_port()}
    return build_web_office(tmp_path, ScriptedAssistant(), secret_key="x" * 40, **ports)


def test_an_idle_connection_takes_the_next_request(office: Office) -> None:
    with capture_logs():
        assert asyncio.run(_ask_twice(office)) == [HTTPStatus.OK, HTTPStatus.OK]


async def _ask_twice(office: Office) -> list[int]:
    stop = asyncio.Event()
    serving = asyncio.create_task(serve(office, stop, has_engine=False))
    reader, writer = await _connect(office.settings.port)
    answers = [await _ask(reader, writer)]
    await asyncio.sleep(IDLE_SECONDS)
    answers.append(await _ask(reader, writer))
    writer.close()
    stop.set()
    await serving
    return answers


async def _connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    for _ in range(100):
        try:
            return await asyncio.open_connection("127.0.0.1", port)
        except ConnectionError:
            await asyncio.sleep(0.1)
    raise TimeoutError("The server does not listen.")


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await writer.drain()
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = next(line.partition(":")[2] for line in head.lower().split("\r\n") if line.startswith("content-length"))
    await reader.readexactly(int(length))
    return int(head.split()[1])
