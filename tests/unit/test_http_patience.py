"""How long a client waits: for its own limit of rate, for what a system asks for, and for nobody who has failed."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY
from requests import PreparedRequest

from connectors.errors import RateLimited, Unavailable
from connectors.http.authentication import ApiKey
from connectors.http.client import Authenticate, HttpClient, Limits, Timeouts
from connectors.http.outcomes import DEFAULT_PATIENCE_SECONDS
from connectors.http.reach import Reach
from tests.fixtures.faulty_gateway import Answer, Fault, FaultyGateway, Request
from tests.fixtures.patience import Patience


@pytest.fixture
def patience() -> Patience:
    return Patience()


@pytest.fixture
def gateway() -> Iterator[FaultyGateway]:
    with FaultyGateway(lambda request: Answer.of({"path": request.path})).running() as gateway:
        yield gateway


def client_of(gateway: FaultyGateway, patience: Patience, chance: float = 1.0, **options: object) -> HttpClient:
    return HttpClient(
        gateway.url, reach=Reach.LOOPBACK, now=patience.now, wait=patience.wait, chance=lambda: chance, **options  # type: ignore[arg-type]
    )  # fmt: skip


def shown(name: str, connection: str) -> float | None:
    return REGISTRY.get_sample_value(f"twinoffice_connector_{name}", {"connection": connection})


def test_whoever_keeps_to_a_limit_of_one_a_minute_is_served_once_a_minute(
    gateway: FaultyGateway, patience: Patience
) -> None:
    limits = Limits(requests_per_minute=1)
    # Each caller has a client of its own, and none can wait in the call itself.
    callers = [
        HttpClient(
            gateway.url, connection="slow", reach=Reach.LOOPBACK, limits=limits, now=patience.now, wait=patience.wait
        )
        for _ in range(3)
    ]
    for caller in callers * 2:
        caller.get("x")
    assert len(gateway.requests) == 6
    assert patience.waited == pytest.approx([60] * 5, abs=1)


def test_whoever_is_refused_by_our_own_limit_holds_nobody_up(gateway: FaultyGateway, patience: Patience) -> None:
    client = client_of(gateway, patience, limits=Limits(requests_per_minute=1), timeouts=Timeouts(call=5.0))
    client.get("x")
    for _ in range(10):
        with pytest.raises(RateLimited) as caught:
            client.get("x")
        assert caught.value.retry_after == pytest.approx(60, abs=1)
    patience.passes(60)
    client.get("x")
    assert len(gateway.requests) == 2


def test_our_own_limit_says_nothing_about_the_system(gateway: FaultyGateway, patience: Patience) -> None:
    """It neither closes an open circuit, nor lets the connection rest."""
    limits = Limits(requests_per_minute=1, failures_to_open=1, tries=1, open_seconds=1.0)
    client = client_of(gateway, patience, connection="own", limits=limits, timeouts=Timeouts(call=5.0))
    gateway.fail_with(Fault.BROKEN_AFTERWARDS)
    with pytest.raises(Unavailable, match="500"):
        client.get("x")
    patience.passes(2)
    with pytest.raises(RateLimited, match="as often as this connection allows"):
        client.get("x")
    with pytest.raises(Unavailable, match="in a row"):
        client.get("x")
    assert shown("circuit_open", "own") == 1


def test_a_retry_that_our_own_limit_forbids_ends_in_what_the_system_said(
    gateway: FaultyGateway, patience: Patience
) -> None:
    client = client_of(gateway, patience, connection="rare", limits=Limits(requests_per_minute=1))
    gateway.fail_with(Fault.BROKEN_AFTERWARDS)
    with pytest.raises(Unavailable, match="500"):
        client.get("x")


@pytest.mark.parametrize("written", ["0", "Sun, 01 Nov 2020 09:00:00 GMT"])
def test_patience_of_no_seconds_is_still_a_pause(gateway: FaultyGateway, patience: Patience, written: str) -> None:
    gateway.retry_after = written
    gateway.fail_with(Fault.TOO_MANY)
    with pytest.raises(RateLimited):
        client_of(gateway, patience, chance=0.0).get("x")
    assert patience.waited == [0.25, 0.5, 1.0]


def test_those_who_were_asked_for_the_same_patience_come_back_at_different_moments(gateway: FaultyGateway) -> None:
    gateway.retry_after = "7"
    waits = []
    for chance in (0.0, 0.5, 1.0):
        patience = Patience()
        gateway.fail_with(Fault.TOO_MANY, times=1)
        client_of(gateway, patience, chance).get("x")
        waits += patience.waited
    assert waits == [7.0, 7.125, 7.25]


def test_a_429_without_a_number_is_asked_again(gateway: FaultyGateway, patience: Patience) -> None:
    gateway.retry_after = ""
    gateway.fail_with(Fault.TOO_MANY, times=1)
    assert client_of(gateway, patience, chance=0.0).get("x")
    assert patience.waited == [DEFAULT_PATIENCE_SECONDS]


class Login:
    """Signs in through a client of the same connection, as a session does."""

    def __init__(self, http: HttpClient) -> None:
        self.http = http

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        self.http.post_json("login", {}, is_read=True)
        return ApiKey("token")(request)


def signed_in(gateway: FaultyGateway, patience: Patience, connection: str) -> HttpClient:
    def client(authenticate: Authenticate | None) -> HttpClient:
        return client_of(gateway, patience, connection=connection, authenticate=authenticate)

    return client(Login(client(None)))


def test_a_login_that_fails_is_one_failure(gateway: FaultyGateway, patience: Patience) -> None:
    client = signed_in(gateway, patience, "erp that fails")
    gateway.fail_with(Fault.BROKEN_AFTERWARDS)
    for _ in range(Limits().failures_to_open):
        with pytest.raises(Unavailable, match="500"):
            client.get("x")
    assert shown("circuit_open", "erp that fails") == 1
    with pytest.raises(Unavailable, match="5 times in a row"):
        client.get("x")


def test_a_login_that_works_is_no_answer_of_the_system(gateway: FaultyGateway, patience: Patience) -> None:
    def answer(request: Request) -> Answer:
        return Answer.of({}, 200 if request.path == "/login" else 500)

    gateway.system = answer
    client = signed_in(gateway, patience, "erp half dead")
    for _ in range(Limits().failures_to_open):
        with pytest.raises(Unavailable, match="500"):
            client.get("x")
    assert shown("circuit_open", "erp half dead") == 1


def test_a_trial_that_is_asked_for_patience_closes_the_circuit_and_shows_it(
    gateway: FaultyGateway, patience: Patience
) -> None:
    limits = Limits(failures_to_open=1, tries=1)
    client = client_of(gateway, patience, connection="asked", limits=limits)
    gateway.fail_with(Fault.BROKEN_AFTERWARDS, times=1)
    with pytest.raises(Unavailable):
        client.get("x")
    assert shown("circuit_open", "asked") == 1
    patience.passes(limits.open_seconds)
    gateway.fail_with(Fault.TOO_MANY, times=1)
    with pytest.raises(RateLimited):
        client.get("x")
    assert shown("circuit_open", "asked") == 0


def test_a_login_has_the_time_that_is_left_of_the_call(gateway: FaultyGateway, patience: Patience) -> None:
    answers = [200, 503, *[429] * 9]
    gateway.system = lambda _request: Answer.of({}, answers.pop(0), Retry_After="18")
    began = patience.now()
    with pytest.raises(RateLimited):
        signed_in(gateway, patience, "slow to let in").get("x")
    assert patience.now() - began < timedelta(seconds=60)
