"""A bucket per subject: bursts are allowed, floods are not, and time fills it again."""

import pytest

from bot.channels.rate_limit import MAX_BUCKETS, RateLimit


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def uses(limit: RateLimit, subject: str, times: int) -> int:
    return sum(limit.allows(subject) for _ in range(times))


def test_a_burst_of_the_whole_minute_is_allowed_and_no_more() -> None:
    limit = RateLimit(10, Clock())
    assert uses(limit, "a", 15) == 10


@pytest.mark.parametrize(("per_minute", "seconds"), [(1, 60), (7, 9), (60, 1), (600, 1)])
def test_whoever_is_refused_is_told_when_to_come_again(per_minute: int, seconds: int) -> None:
    clock = Clock()
    limit = RateLimit(per_minute, clock)
    uses(limit, "a", per_minute + 1)
    clock.now += limit.retry_after_seconds
    assert limit.retry_after_seconds == seconds
    assert limit.allows("a")


def test_the_bucket_fills_steadily() -> None:
    clock = Clock()
    limit = RateLimit(10, clock)
    uses(limit, "a", 10)
    clock.now += 5.9
    assert not limit.allows("a")
    clock.now += 0.2
    assert limit.allows("a")
    assert not limit.allows("a")


def test_a_refused_use_costs_nothing() -> None:
    clock = Clock()
    limit = RateLimit(1, clock)
    limit.allows("a")
    for _ in range(59):
        clock.now += 1
        assert not limit.allows("a")
    clock.now += 1
    assert limit.allows("a")


def test_a_long_rest_does_not_save_up_more_than_a_burst() -> None:
    clock = Clock()
    limit = RateLimit(10, clock)
    limit.allows("a")
    clock.now += 3600
    assert uses(limit, "a", 15) == 10


def test_subjects_do_not_use_up_each_others_buckets() -> None:
    limit = RateLimit(1, Clock())
    assert limit.allows("a")
    assert limit.allows("b")


def test_forgetting_full_buckets_forgives_nobody() -> None:
    clock = Clock()
    limit = RateLimit(1, clock)
    for number in range(MAX_BUCKETS + 1):
        limit.allows(f"early {number}")
    clock.now += 61
    assert limit.allows("abuser")
    for number in range(10):
        assert limit.allows(f"late {number}")
    assert not limit.allows("abuser")


def test_a_burst_may_be_smaller_than_what_a_minute_allows() -> None:
    clock = Clock()
    limit = RateLimit(600, clock, burst=60)
    assert uses(limit, "a", 200) == 60
    clock.now += 1
    assert uses(limit, "a", 200) == 10
