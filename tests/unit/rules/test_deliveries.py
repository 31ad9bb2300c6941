"""A message that does not arrive is tried for two days with growing pauses, then given up."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.rules.deliveries import JITTER, MAX_ATTEMPTS, PAUSES, Verdict, judge_status, next_pause


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, Verdict.DELIVERED),
        (204, Verdict.DELIVERED),
        (299, Verdict.DELIVERED),
        (301, Verdict.FINAL),
        (308, Verdict.FINAL),
        (400, Verdict.AGAIN),
        (404, Verdict.AGAIN),
        (410, Verdict.GONE),
        (429, Verdict.AGAIN),
        (500, Verdict.AGAIN),
        (199, Verdict.AGAIN),
    ],
)
def test_what_the_receivers_answer_means(status: int, expected: Verdict) -> None:
    assert judge_status(status) is expected


def test_the_pauses_grow_and_last_for_about_two_days() -> None:
    pauses = [next_pause(attempt, 0.0) for attempt in range(1, MAX_ATTEMPTS)]
    assert pauses == list(PAUSES)
    assert all(shorter < longer for shorter, longer in pairwise(PAUSES))
    assert timedelta(days=1.5) < sum(PAUSES, timedelta()) < timedelta(days=2)
    assert next_pause(MAX_ATTEMPTS, 0.0) is None


@given(st.integers(1, MAX_ATTEMPTS - 1), st.floats(0, 1), st.integers(0, 10**9))
def test_a_pause_is_never_shorter_than_ours_nor_longer_than_a_day_and_its_jitter(
    attempts: int, chance: float, asked_seconds: int
) -> None:
    pause = next_pause(attempts, chance, timedelta(seconds=asked_seconds))
    assert pause is not None
    assert PAUSES[attempts - 1] <= pause <= timedelta(days=1) * (1 + JITTER)
    assert pause >= min(timedelta(seconds=asked_seconds), timedelta(days=1))
