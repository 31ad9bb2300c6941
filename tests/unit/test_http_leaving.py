"""What an HTTP client keeps to itself: recordings without log-ins, paths that stay below, names nobody saved."""

from pathlib import Path

import pytest
from prometheus_client import generate_latest

from connectors.errors import Rejected
from connectors.http.authentication import Basic, ClientCredentials
from connectors.http.client import HttpClient
from connectors.http.reach import Reach
from connectors.http.recording import Recorder
from connectors.registry import VENDORS
from connectors.vendor import Setup
from tests.fixtures.faulty_gateway import Answer, FaultyGateway, Request
from tests.fixtures.patience import Patience

LOOPBACK = Reach.LOOPBACK


@pytest.fixture
def patience() -> Patience:
    return Patience()


def test_a_recording_holds_neither_tokens_nor_what_stands_in_the_query(patience: Patience, tmp_path: Path) -> None:
    def shop(request: Request) -> Answer:
        return Answer.of({"access_token": "hunter2token", "expires_in": 60} if request.method == "POST" else {"id": 1})

    path = tmp_path / "shop.jsonl"
    with FaultyGateway(shop).running() as gateway:

        def client(address: str, authenticate: object) -> HttpClient:
            return HttpClient(
                address,
                reach=LOOPBACK,
                authenticate=authenticate,  # type: ignore[arg-type]
                through=lambda exchange: Recorder(exchange, path),
                now=patience.now,
            )

        tokens = client(gateway.url + "token", Basic("us", "hunter2secret"))
        shop_client = client(gateway.url, ClientCredentials(tokens, "", patience.now))
        assert shop_client.get("orders", {"api_key": "hunter2key"}).json() == {"id": 1}
    assert path.read_text().count("\n") == 1
    assert "hunter2" not in path.read_text()


@pytest.mark.parametrize("path", ["../other-tenant/orders", "/../orders", "a/%2e%2e/../b", "orders/./x"])
def test_a_path_does_not_lead_out_of_the_address(path: str) -> None:
    with pytest.raises(Rejected, match="leads out"):
        HttpClient("https://shop.example.com/tenant/").get(path)


def test_a_path_in_a_setting_is_no_address_of_its_own() -> None:
    settings = {"base_url": "https://shop.example.com/mine", "orders_path": "https://shop.example.com/other/orders"}
    with pytest.raises(Rejected, match="orders_path"):
        VENDORS["rest"].make("orders", Setup("", None, settings))  # type: ignore[arg-type]


def test_what_is_only_tried_is_no_label_of_the_metrics(patience: Patience) -> None:
    with FaultyGateway(lambda _request: Answer.of({})).running() as gateway:
        address = gateway.url.replace("127.0.0.1", "localhost")
        HttpClient(address, reach=LOOPBACK, now=patience.now).get("x")
    assert b'connection="trial"' in generate_latest()
    assert b'connection="localhost"' not in generate_latest()


def test_nothing_to_give_is_an_answer_and_asked_for_once(patience: Patience) -> None:
    asked: list[str] = []

    def shop(request: Request) -> Answer:
        asked.append(request.path)
        return Answer(204)

    with FaultyGateway(shop).running() as gateway:
        assert HttpClient(gateway.url, reach=LOOPBACK, now=patience.now).get("orders").json() is None
    assert len(asked) == 1
