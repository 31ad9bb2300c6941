"""Hours from a clock's punches: paired, really elapsed, never guessed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum

from connectors.money import round_money

MINUTES_A_DAY = 24 * 60
SECONDS_AN_HOUR = Decimal(3600)
HALF_A_DAY = MINUTES_A_DAY // 2


class PunchKind(StrEnum):
    IN = "in"
    OUT = "out"


class Counting(StrEnum):
    """What is summed: from the first punch to the last, or each pair."""

    FIRST_TO_LAST = "first_last"
    PAIRS = "pairs"


class DayStatus(StrEnum):
    PRESENT = "present"
    HALF_DAY = "half_day"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Punch:
    """An aware moment; a clock that does not know in from out leaves the kind open."""

    at: datetime
    kind: PunchKind | None = None


@dataclass(frozen=True, slots=True)
class WorkedHours:
    """`is_complete` is False where a punch has no partner: then the hours are a proposal."""

    hours: Decimal
    is_complete: bool


@dataclass(frozen=True, slots=True)
class RoundedTime:
    """A time of day, `day_shift` days later."""

    time: time
    day_shift: int


def round_punch(at: time, step_minutes: int) -> RoundedTime:
    """To the nearest step, half a step up: neutral over time, as 29 CFR 785.48 (b) asks."""
    if step_minutes <= 0 or MINUTES_A_DAY % step_minutes:
        raise ValueError(f"Steps of {step_minutes} minutes do not make a day.")
    minutes = Decimal(at.hour * 60 + at.minute) + Decimal(at.second) / 60
    rounded = int(round_money(minutes / step_minutes, 0)) * step_minutes
    days, minutes_left = divmod(rounded, MINUTES_A_DAY)
    return RoundedTime(time(*divmod(minutes_left, 60)), days)


def count_hours(punches: Sequence[Punch], counting: Counting, *, is_typed: bool) -> WorkedHours:
    """Pairs by turns, or, `is_typed`, each IN with the next OUT: another IN before that OUT is left out."""
    ordered = sorted(punches, key=lambda punch: punch.at)
    pairs = _typed_pairs(ordered) if is_typed else list(zip(ordered[::2], ordered[1::2], strict=False))
    is_complete = 2 * len(pairs) == len(ordered)
    if counting is Counting.FIRST_TO_LAST:
        counted = [punch for pair in pairs for punch in pair] if is_typed else ordered
        pairs = [(counted[0], counted[-1])] if counted else []
    worked = sum((_elapsed(start, end) for start, end in pairs), timedelta())
    return WorkedHours(round_money(Decimal(worked.total_seconds()) / SECONDS_AN_HOUR), is_complete)


def judge_hours(hours: Decimal, half_day_below: Decimal | None, absent_below: Decimal | None) -> DayStatus:
    """Just at a limit is enough."""
    if absent_below is not None and hours < absent_below:
        return DayStatus.ABSENT
    if half_day_below is not None and hours < half_day_below:
        return DayStatus.HALF_DAY
    return DayStatus.PRESENT


def is_late(arrived: time, shift_start: time, grace_minutes: int) -> bool:
    return _distance(shift_start, arrived) > grace_minutes


def is_early(went: time, shift_end: time, grace_minutes: int) -> bool:
    return _distance(went, shift_end) > grace_minutes


def _typed_pairs(ordered: Sequence[Punch]) -> list[tuple[Punch, Punch]]:
    pairs = []
    entered: Punch | None = None
    for punch in ordered:
        if entered is None:
            entered = punch if punch.kind is PunchKind.IN else None
        elif punch.kind is PunchKind.OUT:
            pairs.append((entered, punch))
            entered = None
    return pairs


def _elapsed(start: Punch, end: Punch) -> timedelta:
    """Real time: a night on which clocks change is an hour shorter or longer than it looks."""
    return end.at.astimezone(UTC) - start.at.astimezone(UTC)


def _distance(earlier: time, later: time) -> int:
    """Minutes from one time of day to the other, the shorter way round the clock; negative if it is the other way."""
    minutes = (later.hour - earlier.hour) * 60 + later.minute - earlier.minute
    return (minutes + HALF_A_DAY) % MINUTES_A_DAY - HALF_A_DAY
