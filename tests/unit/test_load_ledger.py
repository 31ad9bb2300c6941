"""The load's ledger sees what was lost, doubled or out of order, and does not see what was not."""

import pytest

from tests.bench.channel_ledger import Faults, compare, percentiles


@pytest.mark.parametrize(
    ("found", "faults"),
    [
        ([1, 2, 3], Faults()),
        ([1, 3], Faults(lost=1)),
        ([], Faults(lost=3)),
        ([1, 2, 2, 3], Faults(doubled=1)),
        ([1, 3, 2], Faults(out_of_order=1)),
        ([1, 1, 2], Faults(lost=1, doubled=1)),
    ],
)
def test_what_arrived_is_compared_with_what_was_sent(found: list[int], faults: Faults) -> None:
    assert compare([1, 2, 3], found) == faults


def test_faults_of_several_conversations_add_up() -> None:
    assert Faults(1, 2, 0) + Faults(0, 1, 1) == Faults(1, 3, 1)


def test_percentiles_are_in_milliseconds() -> None:
    assert percentiles([0.001 * n for n in range(1, 101)]) == {
        "count": 100,
        "p50_ms": 50.5,
        "p95_ms": 96.0,
        "max_ms": 100.0,
    }
