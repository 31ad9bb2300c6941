"""What an HTTP connector does when the server behind it fails: one table, run over every HTTP connector."""

from collections.abc import Iterator
from dataclasses import dataclass
from time import monotonic

import pytest
from structlog.testing import capture_logs

from connectors.errors import AuthFailed, ConnectorError, NotFound, RateLimited, Rejected, Unavailable
from tests.fixtures.faulty_gateway import Fault, FaultyGateway
from tests.integration.http_subjects import SUBJECTS
from tests.integration.http_trial import Subject, Trial, trial_of

pytestmark = pytest.mark.integration

TRIES = 4


@dataclass(frozen=True, slots=True)
class Outcome:
    """`error` when the fault lasts; `passes`: when it hits once, the request is sent again and nothing is noticed."""

    error: type[ConnectorError]
    passes: bool


TABLE = {
    Fault.PAUSED: Outcome(Unavailable, passes=True),
    Fault.DROPPED: Outcome(Unavailable, passes=True),
    Fault.SLOWED: Outcome(Unavailable, passes=False),
    Fault.UNAUTHORISED: Outcome(AuthFailed, passes=False),
    Fault.FORBIDDEN: Outcome(AuthFailed, passes=False),
    Fault.NOT_FOUND: Outcome(NotFound, passes=False),
    Fault.CONFLICT: Outcome(Rejected, passes=False),
    Fault.TOO_MANY: Outcome(RateLimited, passes=True),
    Fault.BROKEN_AFTERWARDS: Outcome(Unavailable, passes=True),
    Fault.BAD_GATEWAY: Outcome(Unavailable, passes=True),
    Fault.HALF_BODY: Outcome(Unavailable, passes=True),
    Fault.CUT_DOCUMENT: Outcome(Unavailable, passes=True),
    Fault.WRONG_TYPE: Outcome(Unavailable, passes=True),
    Fault.ENDLESS: Outcome(Rejected, passes=False),
    Fault.CHANGED_SCHEMA: Outcome(Rejected, passes=False),
    Fault.REPEATED: Outcome(Rejected, passes=False),
}
PASSING = [fault for fault, outcome in TABLE.items() if outcome.passes]


@pytest.fixture(params=sorted(SUBJECTS))
def subject(request: pytest.FixtureRequest) -> Subject:
    return SUBJECTS[request.param]


@pytest.fixture
def gateway(subject: Subject, request: pytest.FixtureRequest) -> Iterator[FaultyGateway]:
    with FaultyGateway(subject.system(request)).running() as gateway:
        yield gateway


@pytest.mark.parametrize("fault", TABLE)
def test_a_fault_that_lasts_ends_in_the_named_error_and_is_asked_again_only_if_it_can_pass(
    subject: Subject, gateway: FaultyGateway, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    read = subject.reader(trial_of(gateway, fault))
    gateway.fail_with(fault, hits_from=subject.signs_in)
    started = monotonic()
    caplog.set_level("DEBUG")
    with capture_logs() as logs, pytest.raises(ConnectorError) as caught:
        read()
    assert type(caught.value) is TABLE[fault].error
    assert monotonic() - started < 10
    assert len(caught.value.reason) > 20
    assert subject.secret not in f"{caught.value!r}{logs}{caplog.text}"
    # What repeats our request repeats a token, too.
    assert fault is not Fault.REPEATED or "It says" not in caught.value.reason
    if fault is not Fault.SLOWED:
        # Whoever is not known any more signs in once more.
        once = 2 if TABLE[fault].error is AuthFailed and subject.signs_in else 1
        assert len(gateway.requests) == subject.signs_in + (TRIES if TABLE[fault].passes else once)


@pytest.mark.parametrize("fault", PASSING)
@pytest.mark.parametrize("hit", [0, 1])
def test_a_fault_that_passes_is_not_noticed_and_nothing_is_lost(
    subject: Subject, gateway: FaultyGateway, fault: Fault, hit: int
) -> None:
    expected = subject.reader(Trial(gateway.url))()
    needed = len(gateway.requests)
    trial = trial_of(gateway, fault)
    read = subject.reader(trial)
    gateway.fail_with(fault, times=1, hits_from=subject.signs_in + hit)
    assert read() == expected
    assert len(gateway.requests) == 2 * needed + 1
    assert len(trial.patience.waited) == 1


def test_the_patience_that_is_asked_for_is_kept(subject: Subject, gateway: FaultyGateway) -> None:
    trial = trial_of(gateway)
    read = subject.reader(trial)
    gateway.retry_after = "7"
    gateway.fail_with(Fault.TOO_MANY, times=1)
    read()
    assert trial.patience.waited == [7.25]


def test_patience_beyond_what_a_call_may_take_is_told_and_kept(subject: Subject, gateway: FaultyGateway) -> None:
    trial = trial_of(gateway)
    read = subject.reader(trial)
    gateway.retry_after = "600"
    gateway.fail_with(Fault.TOO_MANY)
    with pytest.raises(RateLimited) as caught:
        read()
    assert caught.value.retry_after == 600
    gateway.heal()
    with pytest.raises(RateLimited, match="wait"):
        read()
    assert len(gateway.requests) == 1
    trial.patience.passes(600)
    assert read()


def test_a_server_that_was_killed_is_unavailable_and_works_again_when_it_is_back(
    subject: Subject, gateway: FaultyGateway
) -> None:
    read = subject.reader(trial_of(gateway))
    before = read()
    gateway.kill()
    with pytest.raises(Unavailable, match="running"):
        read()
    gateway.start()
    assert read() == before


def test_a_server_that_restarts_meanwhile_is_not_noticed(subject: Subject, gateway: FaultyGateway) -> None:
    trial = trial_of(gateway)
    read = subject.reader(trial)
    expected = read()
    gateway.kill()
    trial.patience.meanwhile = gateway.start
    assert read() == expected


def test_a_self_signed_certificate_is_not_trusted_and_nothing_is_sent(
    subject: Subject, request: pytest.FixtureRequest
) -> None:
    with FaultyGateway(subject.system(request), is_encrypted=True).running() as gateway:
        read = subject.reader(trial_of(gateway))
        with pytest.raises(Unavailable, match="certificate"):
            read()
        assert gateway.requests == []


def test_a_page_that_comes_twice_is_no_reason_to_lose_the_one_that_did_not_come(
    subject: Subject, gateway: FaultyGateway
) -> None:
    read = subject.reader(trial_of(gateway))
    # Signing in is done.
    before = read()
    gateway.fail_with(Fault.DUPLICATE, times=1, hits_from=1)
    with pytest.raises(Unavailable):
        read()
    assert read() == before


def test_who_keeps_failing_is_left_alone_for_a_while_and_then_tried_again(
    subject: Subject, gateway: FaultyGateway
) -> None:
    trial = trial_of(gateway)
    read = subject.reader(trial)
    gateway.fail_with(Fault.BROKEN_AFTERWARDS)
    for _ in range(trial.limits.failures_to_open):
        with pytest.raises(Unavailable):
            read()
    asked = len(gateway.requests)
    gateway.heal()
    with pytest.raises(Unavailable, match="in a row"):
        read()
    assert len(gateway.requests) == asked
    trial.patience.passes(trial.limits.open_seconds)
    assert read()
