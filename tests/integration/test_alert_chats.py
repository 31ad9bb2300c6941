"""Alerts in a Telegram chat, against a small server that answers as the Bot API does."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from connectors.database.models.work import RunState
from connectors.database.session import Database
from connectors.telegram_chat import TelegramChats
from tests.integration.alert_house import JOB, AlertHouse

pytestmark = pytest.mark.integration

TOKEN = "123456:very-secret-token"


@dataclass
class BotApi:
    """`answers` are the next statuses and documents; afterwards messages are taken."""

    answers: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    taken: list[dict[str, Any]] = field(default_factory=list)
    port: int = 0

    @contextmanager
    def running(self) -> Iterator["BotApi"]:
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, document = api.answers.pop(0) if api.answers else (200, {"ok": True})
                if self.path != f"/bot{TOKEN}/sendMessage":
                    status, document = 404, {"ok": False, "description": "Not Found"}
                if status == 200:
                    api.taken.append(sent)
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(document).encode())

            def log_message(self, *_arguments: object) -> None:
                """Tests read `taken`."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listener:
            self.port = listener.server_address[1]
            thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
            thread.start()
            try:
                yield self
            finally:
                listener.shutdown()
                thread.join()


@pytest.fixture
def api() -> Iterator[BotApi]:
    with BotApi().running() as server:
        yield server


@pytest.fixture
def house(tmp_path: Path, api: BotApi) -> Iterator[AlertHouse]:
    database = Database(f"sqlite:///{tmp_path / 'twinoffice.sqlite'}")
    house = AlertHouse(database, tmp_path, telegram=TelegramChats(f"http://127.0.0.1:{api.port}/bot", TOKEN))
    house.add_channel("telegram", "-1001234567890", "ru")
    house.add_run(RunState.FAILED, failure="No network.")
    house.look()
    yield house
    database.close()


def test_a_failure_is_told_in_the_chat(house: AlertHouse, api: BotApi) -> None:
    house.courier().send_due()
    (message,) = api.taken
    assert message["chat_id"] == "-1001234567890"
    assert message["text"].startswith(f"{JOB}: сбой запуска\nNo network.\n")


def test_telegram_is_given_the_time_it_asks_for(house: AlertHouse, api: BotApi) -> None:
    api.answers = [(429, {"ok": False, "parameters": {"retry_after": 77}})]
    house.courier().send_due()
    assert (house.deliveries()[0].next_try_at - house.now).total_seconds() == 77


@pytest.mark.parametrize(
    ("status", "state", "advice"),
    [
        (400, "given_up", "Check its id"),
        (403, "given_up", "our bot is in it"),
        (401, "pending", "@BotFather"),
        (502, "pending", "status 502"),
    ],
)
def test_what_telegram_refuses_is_told_with_what_to_do(
    house: AlertHouse, api: BotApi, status: int, state: str, advice: str
) -> None:
    api.answers = [(status, {"ok": False, "description": "Bad Request: chat not found"})]
    house.courier().send_due()
    assert house.deliveries()[0].state == state
    assert advice in str(house.deliveries()[0].last_error)


def test_the_token_stands_in_no_log_and_no_table_when_telegram_cannot_be_reached(house: AlertHouse) -> None:
    house.telegram = TelegramChats("http://127.0.0.1:9/bot", TOKEN)
    with capture_logs() as logs:
        house.courier().send_due()
    assert house.deliveries()[0].state == "pending"
    assert "very-secret-token" not in repr(logs) + str(house.deliveries()[0].last_error) + repr(house.telegram)
