"""Hours by local day, from a clock's punches or from time sheets, with everything in them that cannot be right."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal

from automations.rules.local_time import ONE_DAY, local_instant
from automations.rules.payroll.periods import Period
from connectors.contracts.people import PunchRecord, TimeSheetEntry
from connectors.money import ZERO, round_money

SECONDS_AN_HOUR = Decimal(3600)
# Whoever is in for longer has forgotten to clock out.
LONGEST_SHIFT = timedelta(hours=16)
# The night on which clocks go back.
LONGEST_DAY_HOURS = Decimal(25)
EXACT_DECIMALS = 10


@dataclass(frozen=True, slots=True)
class BadTime:
    """A record that nobody can pay by: a punch without a partner (`is_missing`), or a figure that cannot be."""

    on: date
    found: str
    is_missing: bool = False


@dataclass(frozen=True, slots=True)
class WorkedTime:
    """Hours by day, not rounded; only days with any."""

    hours: Mapping[date, Decimal]
    bad: tuple[BadTime, ...] = ()

    def total(self, period: Period) -> Decimal:
        return sum((hours for day, hours in self.hours.items() if day in period), ZERO)


def shown_hours(hours: Decimal) -> Decimal:
    """Real minutes are added up first and turned into hours with two decimals last."""
    return round_money(round_money(hours, EXACT_DECIMALS))


def hours_of_punches(
    punches: Sequence[PunchRecord], zone: tzinfo, within: Period, until: datetime, rounding_minutes: int = 0
) -> WorkedTime:
    """Pairs of one employee's punches as really elapsed time, cut at local midnight.

    Only the days of `within` are counted and judged: punches beside them serve as partners. A punch after `until`
    has not happened yet.
    """
    ordered = sorted({(punch.at, punch.kind) for punch in punches}, key=lambda punch: punch[0])
    bad = [_bad(at, zone, "in the future") for at, _kind in ordered if at > until]
    pairs, alone = _pair([punch for punch in ordered if punch[0] <= until])
    bad += [_bad(at, zone, f"{at.astimezone(zone):%H:%M} {kind or ''}".strip(), True) for at, kind in alone]
    seconds: dict[date, int] = {}
    for start, end in pairs:
        for day, length in _by_day(_rounded(start, rounding_minutes), _rounded(end, rounding_minutes), zone):
            seconds[day] = seconds.get(day, 0) + length
    counted = {day: Decimal(length) / SECONDS_AN_HOUR for day, length in sorted(seconds.items()) if day in within}
    return WorkedTime(counted, tuple(one for one in bad if one.on in within))


def hours_of_sheets(entries: Iterable[TimeSheetEntry], within: Period, until: date) -> WorkedTime:
    """Entries of one employee that fall into these days, each entry once."""
    hours: dict[date, Decimal] = {}
    bad = []
    for entry in {entry.id: entry for entry in entries if entry.on in within}.values():
        if not entry.hours.is_finite() or not 0 <= entry.hours <= LONGEST_DAY_HOURS:
            bad.append(BadTime(entry.on, f"{entry.hours} h"))
        elif entry.on > until:
            bad.append(BadTime(entry.on, "in the future"))
        else:
            hours[entry.on] = hours.get(entry.on, ZERO) + entry.hours
    bad += [BadTime(day, f"{worked} h") for day, worked in hours.items() if worked > LONGEST_DAY_HOURS]
    return WorkedTime({day: worked for day, worked in sorted(hours.items()) if worked}, tuple(bad))


def _bad(at: datetime, zone: tzinfo, found: str, is_missing: bool = False) -> BadTime:
    return BadTime(at.astimezone(zone).date(), found, is_missing)


_Punch = tuple[datetime, str | None]


def _pair(ordered: Sequence[_Punch]) -> tuple[list[tuple[datetime, datetime]], list[_Punch]]:
    """Each arrival with the next departure, no further apart than a shift can be; and the punches left alone."""
    pairs: list[tuple[datetime, datetime]] = []
    alone: list[_Punch] = []
    entered: _Punch | None = None
    for punch in ordered:
        at, kind = punch
        is_too_late = entered is not None and at - entered[0] > LONGEST_SHIFT
        if entered is not None and is_too_late:
            alone.append(entered)
            entered = None
        if entered is None:
            if kind == "out":
                alone.append(punch)
            else:
                entered = punch
        elif kind == "in":
            # As in the worked cases: an IN before the previous one is closed is left out.
            alone.append(punch)
        else:
            pairs.append((entered[0], at))
            entered = None
    return pairs, alone if entered is None else [*alone, entered]


def _rounded(at: datetime, step_minutes: int) -> datetime:
    """To the nearest step, half a step up: neutral over time, as 29 CFR 785.48 (b) asks."""
    if not step_minutes:
        return at
    step = step_minutes * 60
    return datetime.fromtimestamp((int(at.timestamp()) + step // 2) // step * step, UTC)


def _by_day(start: datetime, end: datetime, zone: tzinfo) -> Iterator[tuple[date, int]]:
    """Real seconds by local day; days begin at local midnight, or at the end of the gap that swallows it."""
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    day = start.astimezone(zone).date()
    last = end.astimezone(zone).date()
    while day < last:
        next_day = _day_begin(day + ONE_DAY, zone)
        yield day, int((next_day - start).total_seconds())
        start, day = next_day, day + ONE_DAY
    yield day, int((end - start).total_seconds())


def _day_begin(day: date, zone: tzinfo) -> datetime:
    return local_instant(datetime.combine(day, datetime.min.time(), zone)).astimezone(UTC)
