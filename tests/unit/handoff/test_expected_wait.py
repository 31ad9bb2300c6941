"""How long somebody in the queue may expect to wait."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.handoff.expected_wait import COUNTED, expected_wait


def minutes(*lengths: float) -> list[timedelta]:
    return [timedelta(minutes=length) for length in lengths]


@pytest.mark.parametrize(
    ("waits", "waited", "expected"),
    [
        ([], 0, None),  # nobody waited today
        ([4], 0, 4),
        ([2, 30, 4], 0, 4),  # the median: one long wait does not count more than another
        ([2, 4], 0, 3),
        ([2, 6, 10], 3, 5),  # (6 + 10) / 2 - 3: whoever waits 3 minutes is none of those that took 2
        ([2, 4], 4, None),  # nobody ever waited longer
        ([100] + [5] * COUNTED, 0, 5),  # only the last 20
    ],
)
def test_it_is_the_median_of_the_waits_that_took_longer_still(
    waits: list[float], waited: float, expected: float | None
) -> None:
    left = expected_wait(minutes(*waits), timedelta(minutes=waited))
    assert left == (None if expected is None else timedelta(minutes=expected))


@given(
    st.lists(st.timedeltas(timedelta(0), timedelta(hours=5)), max_size=40),
    st.timedeltas(timedelta(0), timedelta(hours=5)),
)
def test_it_never_promises_what_nobody_lived_through(waits: list[timedelta], waited: timedelta) -> None:
    left = expected_wait(waits, waited)
    if left is not None:
        assert timedelta(0) <= left <= max(waits) - waited + timedelta(microseconds=1)
