"""Punches of a clock: paired, really elapsed, never guessed; and what a day's hours and times say of attendance."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Protocol

MINUTES_A_DAY = 24 * 60
HALF_A_DAY = MINUTES_A_DAY // 2
# Whoever is away for longer has gone home: the next punch begins another shift.
LONGEST_BREAK = timedelta(hours=4)
Span = tuple[datetime, datetime]


class PunchKind(StrEnum):
    IN = "in"
    OUT = "out"


class Pairing(StrEnum):
    """TYPED: each IN with the next OUT, a punch without kind is either. ALTERNATING: by turns, whatever the kind."""

    TYPED = "typed"
    ALTERNATING = "alternating"


class Counting(StrEnum):
    """What is summed: from the first punch of a shift to its last, or each pair."""

    FIRST_TO_LAST = "first_last"
    PAIRS = "pairs"


class DayStatus(StrEnum):
    PRESENT = "present"
    HALF_DAY = "half_day"
    ABSENT = "absent"


class Stamp(Protocol):
    """What any clock records."""

    @property
    def at(self) -> datetime: ...
    @property
    def kind(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Punch:
    """An aware moment; a clock that does not know in from out leaves the kind open."""

    at: datetime
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Paired:
    """What is counted, and the punches without a partner: with any, the hours are a proposal."""

    spans: Sequence[Span]
    alone: Sequence[Stamp]


def in_order(punches: Sequence[Stamp]) -> list[Stamp]:
    """Each punch once; who goes out and in at the same instant goes out first."""
    if all(one.at < following.at for one, following in pairwise(punches)):
        return list(punches)
    return sorted(set(punches), key=lambda punch: (punch.at, punch.kind != PunchKind.OUT, punch.kind or ""))


def pair_punches(
    punches: Sequence[Stamp], pairing: Pairing, counting: Counting, longest: timedelta | None = None
) -> Paired:
    """Spans of presence out of punches in order. Nobody is in for longer than `longest`: that is a missing punch."""
    if pairing is Pairing.ALTERNATING:
        punches = [Punch(punch.at) for punch in punches]
    pairs, alone = _pairs(punches, longest)
    spans = [(start.at, end.at) for start, end in pairs]
    if counting is Counting.PAIRS:
        return Paired(spans, alone)
    if pairing is Pairing.ALTERNATING:
        spans = sorted([*spans, *((punch.at, punch.at) for punch in alone)])
    return Paired(_shifts(spans, longest), alone)


def round_moment(at: datetime, step_minutes: int) -> datetime:
    """To the nearest step, half a step up: neutral over time, as 29 CFR 785.48 (b) asks; 0 leaves it as it is."""
    if not step_minutes:
        return at
    step = step_minutes * 60
    return datetime.fromtimestamp((int(at.timestamp()) + step // 2) // step * step, UTC)


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


def _pairs(ordered: Sequence[Stamp], longest: timedelta | None) -> tuple[list[tuple[Stamp, Stamp]], list[Stamp]]:
    pairs: list[tuple[Stamp, Stamp]] = []
    alone: list[Stamp] = []
    entered: Stamp | None = None
    for punch in ordered:
        if entered is not None and longest is not None and punch.at - entered.at > longest:
            alone.append(entered)
            entered = None
        if entered is None:
            if punch.kind == PunchKind.OUT:
                alone.append(punch)
            else:
                entered = punch
        elif punch.kind == PunchKind.IN:
            # As in the worked cases: an IN before the previous one is closed is left out.
            alone.append(punch)
        else:
            pairs.append((entered, punch))
            entered = None
    return pairs, alone if entered is None else [*alone, entered]


def _shifts(spans: Sequence[Span], longest: timedelta | None) -> list[Span]:
    """Spans with the breaks between them; all are one shift where a shift may be of any length."""
    shifts: list[Span] = []
    for start, end in spans:
        if shifts and (longest is None or _is_same_shift(shifts[-1], (start, end), longest)):
            shifts[-1] = (shifts[-1][0], end)
        else:
            shifts.append((start, end))
    return shifts


def _is_same_shift(shift: Span, span: Span, longest: timedelta) -> bool:
    return span[0] - shift[1] <= LONGEST_BREAK and span[1] - shift[0] <= longest


def _distance(earlier: time, later: time) -> int:
    """Minutes from one time of day to the other, the shorter way round the clock; negative if it is the other way."""
    minutes = (later.hour - earlier.hour) * 60 + later.minute - earlier.minute
    return (minutes + HALF_A_DAY) % MINUTES_A_DAY - HALF_A_DAY
