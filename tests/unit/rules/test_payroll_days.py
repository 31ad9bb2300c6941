"""Days and hours that are paid: each once, none guessed, clock changes and edges of periods included."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.rules.payroll.hours import hours_between
from automations.rules.payroll.payment_days import (
    Attendance,
    DayMark,
    Leave,
    PaymentTerms,
    Source,
    count_payment_days,
)
from automations.rules.payroll.periods import Frequency, Period, accrue_leave, period_from
from automations.rules.payroll.punches import (
    Counting,
    Pairing,
    Punch,
    PunchKind,
    is_early,
    is_late,
    pair_punches,
    round_moment,
)

JUNE = Period(date(2026, 6, 1), date(2026, 6, 30))
WEEKENDS = frozenset(day for day in JUNE if day.weekday() > 4)
PRAGUE = ZoneInfo("Europe/Prague")

days = st.dates(date(2026, 5, 20), date(2026, 7, 10))
periods = st.tuples(days, days).map(lambda pair: Period(min(pair), max(pair)))
fractions = st.sampled_from(["0", "0.25", "0.5", "1"]).map(Decimal)
leaves = st.lists(st.builds(Leave, periods, fractions, st.booleans(), st.none() | days), max_size=5)
marks = st.lists(st.builds(Attendance, days, st.sampled_from(DayMark), fractions), max_size=40)
terms = st.builds(
    PaymentTerms,
    st.just(JUNE),
    st.just(WEEKENDS),
    st.booleans(),
    st.none() | days,
    st.none() | days,
    st.sampled_from(Source),
    unmarked_is_absent=st.booleans(),
    counts_marks_on_days_off=st.booleans(),
)


@given(terms, leaves, marks)
def test_no_more_and_no_less_than_the_working_days_are_accounted_for(
    terms: PaymentTerms, leaves: list[Leave], marks: list[Attendance]
) -> None:
    counted = count_payment_days(terms, leaves, marks)
    assert 0 <= counted.payment_days <= counted.working_days
    assert 0 <= counted.unpaid_days + counted.absent_days <= len(list(JUNE))
    assert 0 <= counted.share_of(Decimal(3000)) <= 3000


@given(terms, leaves)
def test_the_same_leave_twice_counts_once(terms: PaymentTerms, leaves: list[Leave]) -> None:
    assert count_payment_days(terms, leaves * 2) == count_payment_days(terms, leaves)


def test_nobody_is_paid_before_joining_and_after_leaving() -> None:
    terms = PaymentTerms(JUNE, WEEKENDS, joined=date(2026, 6, 10), left=date(2026, 6, 12))
    assert count_payment_days(terms).payment_days == 3
    gone = PaymentTerms(JUNE, WEEKENDS, left=date(2026, 5, 31))
    assert count_payment_days(gone).payment_days == 0


@pytest.mark.parametrize(("leave_on", "marked_on", "differs"), [(9, 9, False), (9, 10, True), (9, None, False)])
def test_leave_and_attendance_that_name_other_days_are_a_warning(
    leave_on: int, marked_on: int | None, differs: bool
) -> None:
    leave = Leave(Period(date(2026, 6, leave_on), date(2026, 6, leave_on)))
    attendance = [] if marked_on is None else [Attendance(date(2026, 6, marked_on), DayMark.ON_LEAVE)]
    assert count_payment_days(PaymentTerms(JUNE, WEEKENDS), [leave], attendance).sources_differ is differs


def test_half_a_day_and_an_unmarked_day_of_attendance() -> None:
    strict = PaymentTerms(JUNE, WEEKENDS, source=Source.ATTENDANCE, unmarked_is_absent=True)
    present = [Attendance(day, DayMark.PRESENT) for day in JUNE if day not in WEEKENDS and day.day != 30]
    half = [Attendance(date(2026, 6, 1), DayMark.HALF_DAY)]
    counted = count_payment_days(strict, attendance=present + half)
    assert (counted.absent_days, counted.payment_days) == (Decimal("1.5"), Decimal("20.5"))


@given(st.dates(date(2000, 1, 1), date(2040, 1, 1)), st.sampled_from(Frequency))
def test_periods_follow_each_other_without_gap(start: date, frequency: Frequency) -> None:
    period = period_from(start, frequency)
    following = period_from(period.last + timedelta(days=1), frequency)
    assert period.first == start
    assert following.first == period.last + timedelta(days=1)
    assert period.common(following) is None


@pytest.mark.parametrize(
    ("start", "frequency", "end"),
    [
        (date(2024, 1, 31), Frequency.MONTHLY, date(2024, 2, 28)),
        (date(2026, 12, 1), Frequency.MONTHLY, date(2026, 12, 31)),
        (date(2026, 2, 16), Frequency.HALF_MONTHLY, date(2026, 2, 28)),
        (date(2026, 2, 1), Frequency.HALF_MONTHLY, date(2026, 2, 15)),
        (date(2026, 2, 1), Frequency.FOUR_WEEKLY, date(2026, 2, 28)),
    ],
)
def test_the_last_day_of_a_period(start: date, frequency: Frequency, end: date) -> None:
    assert period_from(start, frequency).last == end


def test_a_period_does_not_end_before_it_begins() -> None:
    with pytest.raises(ValueError, match="cannot end on"):
        Period(JUNE.last, JUNE.first)


@pytest.mark.parametrize(
    ("joined", "as_of", "step", "accrued"),
    [
        (date(2023, 3, 15), date(2023, 5, 16), None, "2.548"),
        (date(2023, 3, 15), date(2023, 5, 16), "0.5", "2.5"),
        (date(2023, 3, 1), date(2023, 3, 31), None, "1"),
        (date(2023, 3, 15), date(2023, 3, 1), None, "0"),
    ],
)
def test_leave_is_earned_from_the_day_of_joining(joined: date, as_of: date, step: str | None, accrued: str) -> None:
    assert accrue_leave(joined, as_of, Decimal(1), None if step is None else Decimal(step)) == Decimal(accrued)


def at(text: str, kind: PunchKind | None = None) -> Punch:
    return Punch(datetime.fromisoformat(text).replace(tzinfo=PRAGUE), kind)


def count(punches: list[Punch], pairing: Pairing, counting: Counting = Counting.PAIRS) -> tuple[Decimal, int]:
    """Hours, and how many punches have no partner."""
    paired = pair_punches(sorted(punches, key=lambda punch: punch.at), pairing, counting)
    return sum((hours_between(*span) for span in paired.spans), Decimal(0)), len(paired.alone)


@pytest.mark.parametrize(
    ("night", "hours"), [("2026-03-28", 7), ("2026-10-24", 9), ("2026-06-10", 8)], ids=["spring", "autumn", "summer"]
)
def test_a_night_has_as_many_hours_as_passed(night: str, hours: int) -> None:
    evening = at(f"{night}T22:00")
    morning = Punch(evening.at.replace(hour=6) + timedelta(days=1))
    assert [*count([evening, morning], Pairing.ALTERNATING)] == [hours, 0]


def test_an_in_before_the_out_is_left_out_and_a_person_looks_at_it() -> None:
    punches = [
        at("2026-06-10T08:00", PunchKind.IN),
        at("2026-06-10T08:05", PunchKind.IN),
        at("2026-06-10T12:00", PunchKind.OUT),
    ]
    assert [*count(punches, Pairing.TYPED)] == [4, 1]


@pytest.mark.parametrize("counting", Counting)
@pytest.mark.parametrize("kind", PunchKind)
def test_one_punch_is_no_time(counting: Counting, kind: PunchKind) -> None:
    assert [*count([at("2026-06-10T08:00", kind)], Pairing.TYPED, counting)] == [0, 1]


def test_nobody_came_and_nothing_is_missing() -> None:
    assert [*count([], Pairing.ALTERNATING, Counting.FIRST_TO_LAST)] == [0, 0]


moments = st.integers(0, 365 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
punches = st.lists(st.builds(Punch, moments, st.sampled_from(PunchKind)), max_size=12, unique_by=lambda punch: punch.at)


@given(punches, st.sampled_from(Pairing))
def test_pairs_never_hold_more_than_from_the_first_punch_to_the_last(punches: list[Punch], pairing: Pairing) -> None:
    hours, alone = count(punches, pairing)
    all_hours, all_alone = count(punches, pairing, Counting.FIRST_TO_LAST)
    assert 0 <= hours <= all_hours
    assert alone == all_alone


def test_a_punch_close_to_midnight_belongs_to_the_next_day() -> None:
    assert round_moment(datetime(2026, 6, 1, 23, 53, tzinfo=UTC), 15) == datetime(2026, 6, 2, tzinfo=UTC)


def test_lateness_is_told_across_midnight_too() -> None:
    assert is_late(time(0, 20), time(23, 50), 15)
    assert not is_late(time(23, 55), time(0, 5), 0)
    assert is_early(time(5, 30), time(6), 15)
    assert not is_early(time(6), time(6), 0)
