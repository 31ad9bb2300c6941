"""After the first reading only changes are read; a reading that fails changes nothing; deletions show in time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from connectors.errors import Unavailable
from connectors.http.increment import Change, Increment
from tests.fixtures.patience import Patience

START = datetime(2020, 11, 22, 9, tzinfo=UTC)
FUTURE = timedelta(days=365 * 100) // timedelta(minutes=1)
EMPTY_DATES = [datetime(1, 1, 1, tzinfo=UTC), datetime(1899, 12, 30, tzinfo=UTC), datetime(1900, 1, 1, tzinfo=UTC)]


@dataclass
class Source:
    """Rows are a name, whether it is kept, and the minute of its last change."""

    rows: dict[str, tuple[bool, int | None]] = field(default_factory=dict)
    asked: list[datetime | None] = field(default_factory=list)
    breaks_off: bool = False

    def read(self, since: datetime | None) -> Iterator[Sequence[Change[str]]]:
        self.asked.append(since)
        for name, (is_kept, minute) in self.rows.items():
            at = None if minute is None else START + timedelta(minutes=minute)
            if since is None or at is None or at >= since:
                yield [Change(name, name if is_kept else None, at)]
        if self.breaks_off:
            raise Unavailable("The system broke off.")


@pytest.fixture
def source() -> Source:
    return Source({"a": (True, 0), "b": (False, 5), "c": (True, 10)})


@pytest.fixture
def patience() -> Patience:
    return Patience()


@pytest.fixture
def increment(source: Source, patience: Patience) -> Increment[str]:
    return Increment(source.read, patience.now, overlap=timedelta(minutes=1))


def test_the_second_reading_asks_since_the_last_change_with_an_overlap(
    source: Source, increment: Increment[str]
) -> None:
    assert increment.records() == ("a", "c")
    source.rows |= {"a": (False, 11), "b": (True, 12), "d": (True, 13)}
    assert sorted(increment.records()) == ["b", "c", "d"]
    assert source.asked == [None, START + timedelta(minutes=9)]


def test_a_reading_that_breaks_off_changes_nothing_and_is_made_up_for(
    source: Source, increment: Increment[str]
) -> None:
    increment.records()
    source.rows["d"] = (True, 13)
    source.breaks_off = True
    with pytest.raises(Unavailable):
        increment.records()
    source.breaks_off = False
    assert "d" in increment.records()
    assert source.asked[1] == source.asked[2]


def test_a_first_reading_that_breaks_off_is_made_in_full_again(source: Source, increment: Increment[str]) -> None:
    source.breaks_off = True
    with pytest.raises(Unavailable):
        increment.records()
    source.breaks_off = False
    assert increment.records() == ("a", "c")
    assert source.asked == [None, None]


def test_what_was_deleted_goes_with_the_next_full_reading(
    source: Source, increment: Increment[str], patience: Patience
) -> None:
    increment.records()
    del source.rows["a"]
    assert "a" in increment.records()
    patience.passes(24 * 3600)
    assert increment.records() == ("c",)


def test_a_date_in_the_future_holds_no_change_back(source: Source, increment: Increment[str]) -> None:
    source.rows["typo"] = (True, FUTURE)
    increment.records()
    source.rows["d"] = (True, 12)
    assert set(increment.records()) == {"a", "c", "typo", "d"}
    assert source.asked == [None, START + timedelta(minutes=9)]


def test_where_all_dates_are_in_the_future_everything_is_read_each_time(
    source: Source, increment: Increment[str]
) -> None:
    source.rows = {"typo": (True, FUTURE)}
    increment.records()
    source.rows["d"] = (True, 12)
    assert set(increment.records()) == {"typo", "d"}
    assert source.asked == [None, None]


@pytest.mark.parametrize("empty", EMPTY_DATES, ids=str)
def test_an_empty_date_is_no_moment_of_change(source: Source, increment: Increment[str], empty: datetime) -> None:
    source.rows = {"a": (True, (empty - START) // timedelta(minutes=1))}
    increment.records()
    assert increment.records() == ("a",)
    assert source.asked == [None, None]


def test_a_system_that_says_nothing_of_changes_is_read_in_full_each_time(
    source: Source, increment: Increment[str]
) -> None:
    source.rows = {"a": (True, None)}
    increment.records()
    increment.records()
    assert source.asked == [None, None]
