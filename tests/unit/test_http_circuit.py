"""A connection that keeps failing is left alone for a while, and no connection is asked more often than it may be."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from connectors.errors import RateLimited, Unavailable
from connectors.http.circuit import Circuit, share_circuit
from tests.fixtures.patience import Patience


@pytest.fixture
def patience() -> Patience:
    return Patience()


def circuit(patience: Patience, requests_per_minute: int | None = None) -> Circuit:
    return Circuit(3, 30.0, requests_per_minute, patience.now)


def test_it_opens_after_failures_in_a_row_and_lets_one_trial_through_later(patience: Patience) -> None:
    line = circuit(patience)
    for _ in range(3):
        line.admit("erp")
        line.note_failure()
    with pytest.raises(Unavailable, match="3 times in a row"):
        line.admit("erp")
    patience.passes(30)
    line.admit("erp")
    with pytest.raises(Unavailable), ThreadPoolExecutor(1) as another:
        another.submit(line.admit, "erp").result()


def test_a_trial_that_works_closes_it(patience: Patience) -> None:
    line = circuit(patience)
    for _ in range(3):
        line.note_failure()
    patience.passes(30)
    line.admit("erp")
    line.note_success()
    line.admit("erp")
    line.note_failure()
    line.admit("erp")


def test_a_trial_that_fails_opens_it_anew(patience: Patience) -> None:
    line = circuit(patience)
    for _ in range(3):
        line.note_failure()
    patience.passes(30)
    line.admit("erp")
    line.note_failure()
    patience.passes(29)
    with pytest.raises(Unavailable):
        line.admit("erp")


def test_failures_with_a_success_between_them_are_not_in_a_row(patience: Patience) -> None:
    line = circuit(patience)
    for _ in range(5):
        line.note_failure()
        line.note_failure()
        line.note_success()
    line.admit("erp")


def test_who_was_asked_for_patience_asks_nothing_until_then(patience: Patience) -> None:
    line = circuit(patience)
    line.rest(60)
    with pytest.raises(RateLimited) as caught:
        line.admit("erp")
    assert caught.value.retry_after == pytest.approx(60, abs=1)
    patience.passes(60)
    line.admit("erp")


def test_requests_are_spaced_evenly(patience: Patience) -> None:
    line = circuit(patience, requests_per_minute=120)
    assert [line.take_slot("erp", 60) for _ in range(4)] == pytest.approx([0, 0.5, 1.0, 1.5], abs=0.1)


def test_unused_time_is_not_saved_up(patience: Patience) -> None:
    line = circuit(patience, requests_per_minute=60)
    line.take_slot("erp", 60)
    patience.passes(600)
    assert [line.take_slot("erp", 60) for _ in range(3)] == pytest.approx([0, 1, 2], abs=0.1)


def test_a_wait_that_is_too_long_takes_nobodys_turn(patience: Patience) -> None:
    line = circuit(patience, requests_per_minute=1)
    line.take_slot("erp", 60)
    for _ in range(5):
        with pytest.raises(RateLimited) as caught:
            line.take_slot("erp", 5)
        assert caught.value.retry_after == pytest.approx(60, abs=1)
    patience.passes(60)
    assert line.take_slot("erp", 5) == pytest.approx(0, abs=0.1)


def test_a_longer_rest_is_not_cut_short_by_another_answer(patience: Patience) -> None:
    line = circuit(patience)
    line.rest(60)
    line.rest(5)
    patience.passes(10)
    with pytest.raises(RateLimited):
        line.admit("erp")


def test_without_a_limit_nobody_waits(patience: Patience) -> None:
    line = circuit(patience)
    assert [line.take_slot("erp", 60) for _ in range(3)] == [0, 0, 0]


def test_what_serves_one_connection_shares_its_circuit(patience: Patience) -> None:
    first = share_circuit("erp of a test", lambda: circuit(patience))
    assert share_circuit("erp of a test", lambda: circuit(patience)) is first
    assert share_circuit("another", lambda: circuit(patience)) is not first
