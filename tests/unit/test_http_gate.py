"""The pool of connections: no time is lost in it, a call ends when its time is over, and hits nobody else's."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import monotonic
from typing import Any

import pytest
import requests

from connectors.http.exchange import Broken, Exchange, Timeouts
from connectors.http.gate import Gate
from connectors.http.reach import Allowed, Reach
from tests.fixtures.faulty_gateway import Answer, Fault, FaultyGateway, Request

LOOPBACK = Allowed(Reach.LOOPBACK)


@pytest.fixture
def gateway() -> Iterator[FaultyGateway]:
    with FaultyGateway(lambda request: Answer.of({"path": request.path})).running() as gateway:
        yield gateway


def ask(exchange: Exchange, url: str, seconds: float) -> tuple[Any, float]:
    """What came of a request, and after how many seconds."""
    began = monotonic()
    outcome = exchange.attempt(exchange.prepare("GET", url), seconds)
    return outcome, monotonic() - began


def test_a_request_is_sent_at_once_and_not_held_back_for_more(
    gateway: FaultyGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[socket.socket] = []
    real = socket.create_connection

    def keep(*arguments: Any, **options: Any) -> socket.socket:
        opened.append(real(*arguments, **options))
        return opened[-1]

    monkeypatch.setattr(socket, "create_connection", keep)
    ask(Exchange(LOOPBACK), gateway.url, 5.0)
    assert [each.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for each in opened] == [1]


def test_many_silent_addresses_of_a_name_share_the_time_for_connecting(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"127.0.0.{n}", 80)) for n in range(1, 51)]
    tried: list[str] = []

    def silent(address: tuple[str, int], seconds: float) -> socket.socket:
        tried.append(address[0])
        Event().wait(seconds)
        raise TimeoutError

    monkeypatch.setattr(socket, "getaddrinfo", lambda *_arguments, **_options: entries)
    monkeypatch.setattr(socket, "create_connection", silent)
    outcome, seconds = ask(Exchange(LOOPBACK, Timeouts(connect=0.3)), "http://erp.example/", 5.0)
    assert isinstance(outcome, Broken)
    assert outcome.is_untouched
    assert len(tried) == 50
    assert seconds < 1.5


def test_a_call_whose_time_ran_out_while_a_name_was_looked_up_ends_all_the_same(
    gateway: FaultyGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.getaddrinfo

    def slow(*arguments: Any, **options: Any) -> Any:
        Event().wait(0.3)
        return real(*arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    gateway.system = lambda _request: Answer.of("x" * 400)
    gateway.fail_with(Fault.SLOWED)
    outcome, seconds = ask(Exchange(LOOPBACK), gateway.url, 0.1)
    assert isinstance(outcome, Broken)
    assert "did not answer within" in outcome.reason
    assert seconds < 2


def test_nobody_waits_longer_for_a_free_connection_than_the_call_may_take(gateway: FaultyGateway) -> None:
    exchange = Exchange(LOOPBACK, Timeouts(read=2.0), connections=1)
    gateway.fail_with(Fault.PAUSED, times=1)
    with ThreadPoolExecutor(1) as other:
        holding = other.submit(ask, exchange, gateway.url, 1.5)
        while not gateway.requests:
            Event().wait(0.01)
        outcome, seconds = ask(exchange, gateway.url, 0.2)
        assert isinstance(outcome, Broken)
        assert outcome.is_untouched
        assert "busy" in outcome.reason
        assert seconds < 1
        assert isinstance(holding.result()[0], Broken)
    assert len(gateway.requests) == 1
    assert ask(exchange, gateway.url, 5.0)[0].status == 200


def test_the_end_of_one_call_does_not_cut_the_next_that_got_its_connection(gateway: FaultyGateway) -> None:
    is_let_go = Event()

    def answer(request: Request) -> Answer:
        if request.path == "/second":
            is_let_go.wait(5)
        return Answer.of({})

    gateway.system = answer
    gate = Gate(LOOPBACK, 2.0, 1, "")

    def send(path: str) -> requests.Response:
        return gate.send(requests.Request("GET", gateway.url + path).prepare(), stream=True, timeout=5)

    def second() -> bytes:
        with gate.hanging_up_after(5.0), send("second") as response:
            return response.content

    with ThreadPoolExecutor(1) as other:
        with gate.hanging_up_after(0.2):
            with send("first") as response:
                assert response.content == b"{}"
            following = other.submit(second)
            # The first one's time runs out while it is not gone yet.
            Event().wait(0.6)
            is_let_go.set()
        assert following.result() == b"{}"
    assert gateway.connections == 1
