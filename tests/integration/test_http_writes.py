"""What an HTTP connector writes is there once, whatever went wrong with which request on the way."""

import json
from collections.abc import Iterator, Sequence
from itertools import cycle

import pytest

from connectors.database.session import Database
from connectors.errors import Rejected, Unavailable
from connectors.http.client import Timeouts
from connectors.registry import VENDORS
from connectors.vendor import Setup
from tests.fixtures.faulty_gateway import Answer, Fault, FaultyGateway
from tests.fixtures.rest_shop import PAGING, SECRET, SETTINGS, SIGNING_IN, RestShop
from tests.integration.http_subjects import SUBJECTS, WRITERS, payments_client
from tests.integration.http_trial import LOOPBACK, Trial, Writer, trial_of

pytestmark = pytest.mark.integration

# The system has done what it was asked before these are noticed.
AFTERWARDS = [
    Fault.DROPPED, Fault.HALF_BODY, Fault.BROKEN_AFTERWARDS, Fault.BAD_GATEWAY,
]  # fmt: skip
PASSING = [*AFTERWARDS, Fault.PAUSED, Fault.TOO_MANY, Fault.CUT_DOCUMENT, Fault.WRONG_TYPE]
# What a real server needs for an answer on a busy machine.
PATIENT = Timeouts(connect=2.0, read=15.0, call=60.0)


@pytest.fixture(params=sorted(WRITERS))
def writer(request: pytest.FixtureRequest) -> Writer:
    return WRITERS[request.param]


def write_through(
    writer: Writer, request: pytest.FixtureRequest, fault: Fault | None = None, hits_from: int = 0
) -> Sequence[str]:
    """Write as a job does, that comes back when something was unavailable; the methods that were called."""
    with FaultyGateway(writer.system(request)).running() as gateway:
        if fault is not None:
            gateway.fail_with(fault, times=1, hits_from=hits_from)
        write = writer.write(Trial(gateway.url, timeouts=PATIENT))
        for _ in range(4):
            try:
                write()
                break
            except Unavailable:
                continue
        else:
            pytest.fail("it was never written")
        return [json.loads(each.body)["method"] for each in gateway.requests]


def test_what_is_written_is_there_once_whichever_of_its_requests_goes_wrong(
    writer: Writer, request: pytest.FixtureRequest
) -> None:
    called = write_through(writer, request)
    expected = writer.count(request)
    changing = [
        number
        for number, method in enumerate(called)
        if not method.endswith(("search_read", "login", "get_preferences"))
    ]
    assert changing
    # In turn, because each try needs a server that begins anew.
    for number, fault in zip(changing, cycle(AFTERWARDS), strict=False):
        write_through(writer, request, fault, number)
        assert writer.count(request) == expected, f"{fault} at request {number}: {called[number]}"


def test_each_connector_that_writes_is_tried() -> None:
    assert {name.split()[0] for name in WRITERS} == {name.split()[0] for name in SUBJECTS} - {"rest"}


@pytest.mark.parametrize(("vendor", "contract"), [("rest", "orders"), ("tryton", "contacts")])
def test_a_connector_tells_its_client_what_is_never_quoted(vendor: str, contract: str) -> None:
    with FaultyGateway(lambda _request: Answer.of({"message": f"wrong: {SECRET}"}, 400)).running() as gateway:
        settings = SETTINGS | PAGING["page"] | SIGNING_IN["basic"] | {"base_url": gateway.url, "address": gateway.url}
        settings |= {"database": "erp", "password": SECRET}
        connector = VENDORS[vendor].make(contract, Setup("erp", Database("sqlite://"), settings, LOOPBACK))
        with pytest.raises(Rejected) as caught:
            connector.check()
    assert "It says" not in caught.value.reason


@pytest.fixture
def shop() -> RestShop:
    return RestShop(signing_in="bearer")


@pytest.fixture
def till(shop: RestShop) -> Iterator[FaultyGateway]:
    with FaultyGateway(shop).running() as gateway:
        yield gateway


@pytest.mark.parametrize("fault", [*PASSING, Fault.SLOWED])
def test_a_write_with_a_key_happens_once_whatever_went_wrong(shop: RestShop, till: FaultyGateway, fault: Fault) -> None:
    client = payments_client(trial_of(till, fault))
    till.fail_with(fault, times=1)
    try:
        number = client.post_json("payments", {"amount": "12.50"}, idempotency_key="pay-1").json()["number"]
    except Unavailable:
        # The job comes back later with the same key.
        number = client.post_json("payments", {"amount": "12.50"}, idempotency_key="pay-1").json()["number"]
    assert (number, len(shop.payments)) == (1, 1)


@pytest.mark.parametrize("fault", AFTERWARDS)
def test_a_write_without_a_key_is_not_repeated_when_nobody_knows_whether_it_happened(
    shop: RestShop, till: FaultyGateway, fault: Fault
) -> None:
    client = payments_client(trial_of(till))
    till.fail_with(fault, times=1)
    with pytest.raises(Unavailable):
        client.post_json("payments", {"amount": "12.50"})
    assert len(till.requests) == 1
    assert len(shop.payments) <= 1


def test_a_write_without_a_key_is_repeated_where_it_surely_did_not_happen(shop: RestShop, till: FaultyGateway) -> None:
    client = payments_client(trial_of(till))
    till.fail_with(Fault.TOO_MANY, times=1)
    client.post_json("payments", {"amount": "12.50"})
    assert len(shop.payments) == 1


def test_a_write_to_a_server_that_is_away_is_sent_when_it_is_back(shop: RestShop, till: FaultyGateway) -> None:
    trial = trial_of(till)
    client = payments_client(trial)
    till.kill()
    trial.patience.meanwhile = till.start
    client.post_json("payments", {"amount": "12.50"})
    assert len(shop.payments) == 1
