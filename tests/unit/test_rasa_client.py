"""What Rasa's answers mean to a turn: an answer, ask again later, or broken on this message."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from bot.rasa.client import BotMessage, RasaClient
from bot.texts import Button, Rendered
from connectors.errors import AuthFailed, ConnectorError, Rejected, Unavailable

MESSAGE = BotMessage("conversation.1", "hello there", 7)


class RasaStandIn(ThreadingHTTPServer):
    """Answers every request with `status` and `body`, and keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = 200
        self.body: Any = {"messages": []}
        self.asked: list[tuple[str, str | None, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: RasaStandIn

    def do_GET(self) -> None:
        self._answer(None)

    def do_POST(self) -> None:
        self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def _answer(self, body: Any) -> None:
        self.server.asked.append((self.path, self.headers["Authorization"], body))
        content = json.dumps(self.server.body).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def rasa() -> Iterator[RasaStandIn]:
    with RasaStandIn() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def client(rasa: RasaStandIn) -> RasaClient:
    return RasaClient(rasa.url, "the secret")


def test_a_message_goes_to_our_channel_with_the_secret(rasa: RasaStandIn, client: RasaClient) -> None:
    client.reply(MESSAGE)
    body = {"sender": "conversation.1", "text": "hello there", "seq": 7}
    assert rasa.asked == [("/webhooks/twinoffice/turn", "Bearer the secret", body)]


def test_all_that_rasa_says_comes_back_with_its_buttons(rasa: RasaStandIn, client: RasaClient) -> None:
    button = {"title": "Yes", "payload": "/affirm"}
    rasa.body = {"messages": [{"text": "one"}, {"text": "two", "buttons": [button]}, {"buttons": [button]}]}
    yes = (Button("Yes", "/affirm"),)
    assert client.reply(MESSAGE).messages == [Rendered("one"), Rendered("two", yes), Rendered("", yes)]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, AuthFailed),
        (409, Unavailable),
        (502, Unavailable),
        (503, Unavailable),
        (400, Rejected),
        (404, Rejected),
        (500, Rejected),
    ],
)
def test_a_refusal_says_whether_asking_again_helps(
    rasa: RasaStandIn, client: RasaClient, status: int, error: type[ConnectorError]
) -> None:
    rasa.status = status
    with pytest.raises(error):
        client.reply(MESSAGE)
    assert not client.is_ready()


def test_a_rasa_that_is_not_there_is_unavailable(rasa: RasaStandIn) -> None:
    client = RasaClient(rasa.url.replace(str(rasa.server_port), "1"), "the secret")
    with pytest.raises(Unavailable):
        client.reply(MESSAGE)
    assert not client.is_ready()


def test_rasa_is_ready_when_it_says_so(client: RasaClient) -> None:
    assert client.is_ready()
