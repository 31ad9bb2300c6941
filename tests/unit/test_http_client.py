"""The one HTTP client against a real server on loopback: what it sends, where it goes, when it gives up."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from prometheus_client import REGISTRY

from connectors.errors import AuthFailed, RateLimited, Rejected, Unavailable
from connectors.http.authentication import ApiKey, Basic, ClientCredentials
from connectors.http.client import Authenticate, HttpClient, Limits, Timeouts
from connectors.http.reach import Allowed, Reach
from connectors.http.recording import Recorder, Replay
from tests.fixtures.faulty_gateway import CERTIFICATE, Answer, Fault, FaultyGateway, Request
from tests.fixtures.patience import Patience
from tests.fixtures.rest_shop import SECRET, USER, RestShop

LOOPBACK = Allowed(Reach.LOOPBACK)


@pytest.fixture
def patience() -> Patience:
    return Patience()


@pytest.fixture
def gateway() -> Iterator[FaultyGateway]:
    with FaultyGateway(lambda request: Answer.of({"path": request.path, "n": 0.1})).running() as gateway:
        yield gateway


@pytest.fixture
def client(gateway: FaultyGateway, patience: Patience) -> Iterator[HttpClient]:
    client = HttpClient(
        gateway.url + "api/v2", reach=LOOPBACK, now=patience.now, wait=patience.wait, chance=lambda: 1.0
    )
    yield client
    client.close()


def test_paths_are_below_the_base_and_parameters_are_quoted(client: HttpClient) -> None:
    assert client.get("orders", {"q": "a&b", "none": None}).json()["path"] == "/api/v2/orders?q=a%26b"
    assert client.get("/orders").json()["path"] == "/api/v2/orders"


def test_numbers_come_exactly(client: HttpClient) -> None:
    assert str(client.get("orders").json()["n"]) == "0.1"


def test_an_absolute_address_of_the_same_system_is_followed(client: HttpClient, gateway: FaultyGateway) -> None:
    assert client.get(f"{gateway.url}api/v3/x?page=2").json()["path"] == "/api/v3/x?page=2"


@pytest.mark.parametrize(
    "address",
    ["https://evil.example/x", "http://127.0.0.1:1/x", "https://127.0.0.1:{port}/x", "http://localhost:{port}/"],
)
def test_credentials_do_not_follow_to_another_system(client: HttpClient, gateway: FaultyGateway, address: str) -> None:
    with pytest.raises(Rejected, match="another system"):
        client.get(address.replace("{port}", str(gateway.port)))
    assert gateway.requests == []


@pytest.mark.parametrize("path", ["//evil.example/x", "///evil.example/x"])
def test_a_path_is_no_way_to_another_system_either(client: HttpClient, gateway: FaultyGateway, path: str) -> None:
    client.get(path)
    assert gateway.requests[0].headers["host"] == f"127.0.0.1:{gateway.port}"


def test_redirects_are_not_followed(patience: Patience) -> None:
    with FaultyGateway(lambda _request: Answer(302, b"", {"Location": "/elsewhere"})).running() as gateway:
        with pytest.raises(Rejected, match="redirects are not followed"):
            HttpClient(gateway.url, reach=LOOPBACK, now=patience.now, wait=patience.wait).get("x")
        assert len(gateway.requests) == 1


def test_cookies_are_not_kept(patience: Patience) -> None:
    answer = Answer.of({}, Set_Cookie="session=1; Path=/")
    with FaultyGateway(lambda _request: answer).running() as gateway:
        client = HttpClient(gateway.url, reach=LOOPBACK, now=patience.now, wait=patience.wait)
        client.get("x")
        client.get("x")
        assert "cookie" not in gateway.requests[1].headers


def test_one_connection_serves_many_requests(client: HttpClient, gateway: FaultyGateway) -> None:
    for _ in range(5):
        client.get("x")
    assert gateway.connections == 1


def test_a_private_address_is_refused_unless_its_network_is_allowed(gateway: FaultyGateway, patience: Patience) -> None:
    with pytest.raises(Rejected, match=r"private network.*the allowed networks"):
        HttpClient(gateway.url, now=patience.now, wait=patience.wait).get("x")
    with pytest.raises(Rejected, match="private network"):
        HttpClient(gateway.url, reach=Allowed(networks=("10.0.0.0/8",)), now=patience.now).get("x")
    assert gateway.requests == []
    assert HttpClient(gateway.url, reach=Allowed(networks=("127.0.0.0/8",)), now=patience.now).get("x")


def test_a_name_that_means_a_private_address_is_refused(gateway: FaultyGateway, patience: Patience) -> None:
    with pytest.raises(Rejected, match="private network"):
        HttpClient(f"http://localhost:{gateway.port}/", now=patience.now, wait=patience.wait).get("x")
    assert gateway.requests == []


@pytest.mark.parametrize("base", ["", "erp", "ftp://erp.example", "https://user:pw@erp.example/"])
def test_a_base_that_is_no_web_address_is_refused(base: str) -> None:
    with pytest.raises(Rejected):
        HttpClient(base)


def test_an_own_authority_is_trusted_where_it_is_named(patience: Patience) -> None:
    with FaultyGateway(lambda _request: Answer.of({"n": 1}), is_encrypted=True).running() as gateway:
        client = HttpClient(
            gateway.url, reach=LOOPBACK, certificate_authority=CERTIFICATE.read_text(), now=patience.now
        )
        assert client.get("x").json() == {"n": 1}
        client.close()


def test_an_authority_that_is_no_certificate_is_refused() -> None:
    with pytest.raises(Rejected, match="PEM"):
        HttpClient("https://erp.example/", certificate_authority="hunter2")


def test_an_answer_is_read_up_to_the_limit_only(patience: Patience) -> None:
    with FaultyGateway(lambda _request: Answer.of("x" * 2000)).running() as gateway:
        client = HttpClient(gateway.url, reach=LOOPBACK, limits=Limits(answer_bytes=1000), now=patience.now)
        with pytest.raises(Rejected, match="smaller pages"):
            client.get("x")
        assert HttpClient(gateway.url, reach=LOOPBACK, limits=Limits(answer_bytes=2002), now=patience.now).get("x")


def test_pauses_double_and_are_partly_chance(gateway: FaultyGateway, patience: Patience) -> None:
    chances = iter([0.0, 0.5, 1.0])
    client = HttpClient(gateway.url, reach=LOOPBACK, now=patience.now, wait=patience.wait, chance=lambda: next(chances))
    gateway.fail_with(Fault.BROKEN_AFTERWARDS)
    with pytest.raises(Unavailable):
        client.get("x")
    assert patience.waited == [0.25, 0.75, 2.0]


def test_a_call_ends_when_its_time_is_over_however_many_tries_are_left(
    gateway: FaultyGateway, patience: Patience
) -> None:
    client = HttpClient(
        gateway.url,
        reach=LOOPBACK,
        timeouts=Timeouts(call=2.0),
        limits=Limits(tries=10),
        now=patience.now,
        wait=patience.wait,
        chance=lambda: 1.0,
    )
    gateway.fail_with(Fault.BROKEN_AFTERWARDS)
    with pytest.raises(Unavailable):
        client.get("x")
    assert patience.waited == [0.5, 1.0]


def test_requests_are_spaced_as_the_connection_allows(gateway: FaultyGateway, patience: Patience) -> None:
    client = HttpClient(
        gateway.url, reach=LOOPBACK, limits=Limits(requests_per_minute=60), now=patience.now, wait=patience.wait
    )
    for _ in range(3):
        client.get("x")
    assert patience.waited == pytest.approx([1, 1], abs=0.2)


def test_who_would_wait_longer_than_a_call_may_take_is_told(gateway: FaultyGateway, patience: Patience) -> None:
    limits = Limits(requests_per_minute=1)
    client = HttpClient(gateway.url, reach=LOOPBACK, limits=limits, timeouts=Timeouts(call=5.0), now=patience.now)
    client.get("x")
    with pytest.raises(RateLimited):
        client.get("x")
    assert len(gateway.requests) == 1


def test_a_key_goes_with_the_write_and_is_the_same_when_it_is_sent_again(
    client: HttpClient, gateway: FaultyGateway
) -> None:
    gateway.fail_with(Fault.BROKEN_AFTERWARDS, times=1)
    client.post_json("x", {"a": "č"}, idempotency_key="inv-1/Ř")
    first, second = gateway.requests
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"] == "inv-1/%C5%98"
    assert first.body == second.body == '{"a": "č"}'.encode()


@pytest.mark.parametrize(("method", "requests"), [("PUT", 2), ("DELETE", 2), ("PATCH", 1)])
def test_what_can_be_sent_twice_is_sent_again(
    client: HttpClient, gateway: FaultyGateway, method: str, requests: int
) -> None:
    gateway.fail_with(Fault.BROKEN_AFTERWARDS, times=1)
    try:
        client.send_json(method, "x", {})
    except Unavailable:
        assert method == "PATCH"
    assert len(gateway.requests) == requests


def test_a_query_by_post_is_a_read(client: HttpClient, gateway: FaultyGateway) -> None:
    gateway.fail_with(Fault.CUT_DOCUMENT, times=1)
    assert client.post_json("x", {}, is_read=True).json()["n"]
    assert len(gateway.requests) == 2


@pytest.mark.parametrize(
    ("authenticate", "signing_in"),
    [
        (Basic(USER, SECRET), "basic"), (ApiKey(SECRET), "bearer"), (ApiKey(SECRET, "X-Shop-Key", ""), "api_key"),
    ],
)  # fmt: skip
def test_a_request_says_who_we_are(authenticate: Authenticate, signing_in: str, patience: Patience) -> None:
    shop = RestShop(signing_in=signing_in, lists={"orders": []})
    with FaultyGateway(shop).running() as gateway:
        client = HttpClient(gateway.url, reach=LOOPBACK, authenticate=authenticate, now=patience.now)
        assert client.get("orders").json()["data"] == []
    assert SECRET not in repr(authenticate)


@pytest.mark.parametrize("key", ["two\nlines", "č", "a\r\nX-Admin: 1"])
def test_a_key_that_no_header_can_carry_is_refused(key: str) -> None:
    with pytest.raises(Rejected, match="copy it anew"):
        ApiKey(key)


@pytest.mark.parametrize("header", ["", "X Key", "X:Key", "X\nKey"])
def test_a_header_that_is_none_is_refused(header: str) -> None:
    with pytest.raises(Rejected, match="no name of a header"):
        ApiKey("key", header)


def oauth(gateway: FaultyGateway, patience: Patience, secret: str = SECRET) -> HttpClient:
    def client(address: str, authenticate: Authenticate) -> HttpClient:
        return HttpClient(address, reach=LOOPBACK, authenticate=authenticate, now=patience.now, wait=patience.wait)

    tokens = client(f"{gateway.url}token", Basic(USER, secret))
    return client(gateway.url, ClientCredentials(tokens, "read", patience.now))


@pytest.fixture
def guarded() -> RestShop:
    return RestShop(signing_in="client_credentials", lists={"orders": []})


def test_a_token_is_fetched_once_and_renewed_before_it_ends(guarded: RestShop, patience: Patience) -> None:
    with FaultyGateway(guarded).running() as gateway:
        client = oauth(gateway, patience)
        client.get("orders")
        client.get("orders")
        assert guarded.tokens_given == 1
        patience.passes(3600 - 30)
        client.get("orders")
        assert guarded.tokens_given == 2


def test_a_token_that_was_taken_back_is_renewed_at_once(guarded: RestShop, patience: Patience) -> None:
    with FaultyGateway(guarded).running() as gateway:
        client = oauth(gateway, patience)
        client.get("orders")
        guarded.token = "token-2"
        client.get("orders")
        assert guarded.tokens_given == 2


def test_a_token_is_asked_for_again_when_the_first_try_fails(guarded: RestShop, patience: Patience) -> None:
    with FaultyGateway(guarded).running() as gateway:
        gateway.fail_with(Fault.BAD_GATEWAY, times=1)
        assert oauth(gateway, patience).get("orders")
        assert len(patience.waited) == 1


def test_a_client_that_is_unknown_gets_no_token_and_no_second_try(guarded: RestShop, patience: Patience) -> None:
    with FaultyGateway(guarded).running() as gateway:
        with pytest.raises(AuthFailed, match="no token"):
            oauth(gateway, patience, "wrong").get("orders")
        assert len(gateway.requests) == 1


def test_a_client_serves_many_threads(gateway: FaultyGateway, patience: Patience) -> None:
    client = HttpClient(gateway.url, reach=LOOPBACK, limits=Limits(connections=2), now=patience.now)
    found: list[str] = []
    threads = [Thread(target=lambda n=n: found.append(client.get(f"x{n}").json()["path"])) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [f"/x{n}" for n in range(8)]
    assert gateway.connections <= 2


def test_requests_are_counted_by_connection_and_outcome(gateway: FaultyGateway, patience: Patience) -> None:
    client = HttpClient(gateway.url, connection="counted", reach=LOOPBACK, now=patience.now, wait=patience.wait)
    client.get("x")
    gateway.fail_with(Fault.BROKEN_AFTERWARDS, times=2)
    client.get("x")

    def counted(outcome: str) -> float | None:
        return REGISTRY.get_sample_value(
            "twinoffice_connector_requests_total", {"connection": "counted", "outcome": outcome}
        )

    assert (counted("ok"), counted("Unavailable")) == (2, 2)
    assert REGISTRY.get_sample_value("twinoffice_connector_retries_total", {"connection": "counted"}) == 2


def test_what_a_system_answered_is_recorded_without_credentials_and_replayed(
    patience: Patience, tmp_path: Path
) -> None:
    path = tmp_path / "shop.jsonl"
    shop = RestShop(signing_in="bearer", lists={"orders": [{"id": 1}]})
    with FaultyGateway(shop).running() as gateway:
        recorded = HttpClient(
            gateway.url,
            reach=LOOPBACK,
            authenticate=ApiKey(SECRET),
            through=lambda exchange: Recorder(exchange, path),
            now=patience.now,
        )
        answer = recorded.get("orders", {"page": 1}).json()
    assert SECRET not in path.read_text()
    replayed = HttpClient(
        "https://shop.example", authenticate=ApiKey("another"), through=lambda exchange: Replay(exchange, path)
    )
    assert replayed.get("orders", {"page": 1}).json() == answer
    with pytest.raises(Rejected, match="record it anew"):
        replayed.get("orders", {"page": 2})


def test_a_secret_that_the_system_repeats_stands_in_no_reason(patience: Patience) -> None:
    def repeat(request: Request) -> Answer:
        return Answer.of({"detail": f"cannot read {request.headers['authorization']}"}, 400)

    with FaultyGateway(repeat).running() as gateway:
        client = HttpClient(gateway.url, reach=LOOPBACK, authenticate=ApiKey(SECRET), now=patience.now)
        with pytest.raises(Rejected) as caught:
            client.get("x")
    assert SECRET not in caught.value.reason
