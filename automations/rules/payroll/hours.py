"""Hours by local day, from a clock's punches or from time sheets, with everything in them that cannot be right."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal

from automations.rules.local_time import ONE_DAY, local_instant
from automations.rules.payroll.periods import Period
from automations.rules.payroll.punches import Counting, Pairing, Stamp, in_order, pair_punches, round_moment
from connectors.contracts.people import PunchRecord, TimeSheetEntry
from connectors.money import ZERO, round_money

SECONDS_AN_HOUR = Decimal(3600)
# Whoever is in for longer has forgotten to clock out.
LONGEST_SHIFT = timedelta(hours=16)
# Punches are known for so long before the days that are counted, whatever the time zone.
KNOWN_BEFORE = timedelta(hours=32)
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
class ClockRules:
    """How punches are read; `known_from` is the first day from which all are at hand, None the first one counted."""

    known_from: date | None = None
    rounding_minutes: int = 0
    pairing: Pairing = Pairing.TYPED
    counting: Counting = Counting.PAIRS


@dataclass(frozen=True, slots=True)
class WorkedTime:
    """Hours by day, not rounded; only days with any."""

    hours: Mapping[date, Decimal]
    bad: tuple[BadTime, ...] = ()

    def total(self, period: Period) -> Decimal:
        return sum((hours for day, hours in self.hours.items() if day in period), ZERO)


def hours_between(start: datetime, end: datetime) -> Decimal:
    """Real time: a night on which clocks change is an hour shorter or longer than it looks. Not rounded."""
    return Decimal(int((end.astimezone(UTC) - start.astimezone(UTC)).total_seconds())) / SECONDS_AN_HOUR


def shown_hours(hours: Decimal) -> Decimal:
    """Real minutes are added up first and turned into hours with two decimals last."""
    return round_money(round_money(hours, EXACT_DECIMALS))


def hours_of_punches(
    punches: Sequence[PunchRecord], zone: tzinfo, within: Period, until: datetime, clock: ClockRules | None = None
) -> WorkedTime:
    """Spans of one employee's punches as really elapsed time, cut at local midnight.

    Only the days of `within` are counted and judged: punches beside them serve as partners, those from KNOWN_BEFORE
    on. A punch after `until` has not happened yet.
    """
    clock = clock or ClockRules()
    since = _day_begin(clock.known_from or within.first, zone) - KNOWN_BEFORE
    ordered = in_order([punch for punch in punches if punch.at >= since])
    known = bisect_right(ordered, until, key=lambda punch: punch.at)
    bad = [_bad(punch.at, zone, "in the future") for punch in ordered[known:]]
    happened = ordered[:known]
    unsure = _unsure(happened, since, clock.pairing)
    paired = pair_punches(happened[len(unsure) :], clock.pairing, clock.counting, LONGEST_SHIFT)
    # Of punches that nobody can tell apart one is enough to look at: the last, which lies in the period if any does.
    alone = [*[one for one in unsure if one.at.astimezone(zone).date() in within][-1:], *paired.alone]
    bad += [_bad(one.at, zone, f"{one.at.astimezone(zone):%H:%M} {one.kind or ''}".strip(), True) for one in alone]
    seconds: dict[date, int] = {}
    for start, end in paired.spans:
        if clock.rounding_minutes:
            start, end = round_moment(start, clock.rounding_minutes), round_moment(end, clock.rounding_minutes)
        for day, length in _by_day(start, end, zone):
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


def _unsure(ordered: Sequence[Stamp], since: datetime, pairing: Pairing) -> Sequence[Stamp]:
    """The punches at the beginning of which nobody knows whether they are arrivals.

    A clock that cannot tell in from out is understood only from a pause on that no shift can bridge.
    """
    before = since
    for number, punch in enumerate(ordered):
        is_told = pairing is Pairing.TYPED and punch.kind is not None
        if is_told or punch.at - before > LONGEST_SHIFT:
            return ordered[:number]
        before = punch.at
    return ordered


def _by_day(start: datetime, end: datetime, zone: tzinfo) -> Iterable[tuple[date, int]]:
    """Real seconds by local day; days begin at local midnight, or at the end of the gap that swallows it."""
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    day = start.astimezone(zone).date()
    last = end.astimezone(zone).date()
    if day == last:
        return [(day, int((end - start).total_seconds()))] if end > start else []
    return _over_midnight(start, end, day, last, zone)


def _over_midnight(start: datetime, end: datetime, day: date, last: date, zone: tzinfo) -> Iterator[tuple[date, int]]:
    while day < last:
        next_day = _day_begin(day + ONE_DAY, zone)
        yield day, int((next_day - start).total_seconds())
        start, day = next_day, day + ONE_DAY
    if end > start:
        yield day, int((end - start).total_seconds())


def _day_begin(day: date, zone: tzinfo) -> datetime:
    return local_instant(datetime.combine(day, datetime.min.time(), zone)).astimezone(UTC)
