"""Whether the hours of a week can be kept: no two stretches at the same time."""

from collections.abc import Sequence

from automations.rules.business_calendar import DAYS_OF_WEEK, Stretch

MINUTES_OF_DAY = 24 * 60
MINUTES_OF_WEEK = DAYS_OF_WEEK * MINUTES_OF_DAY


def find_overlap(week: Sequence[Stretch]) -> int | None:
    """The weekday of the later of two stretches that overlap, Sunday night reaching into Monday; None without any."""
    ordered = sorted(week)
    for number, stretch in enumerate(ordered):
        for other in ordered[number + 1 :]:
            if (_begin(other) - _begin(stretch)) < _length(stretch):
                return other.weekday
            if (_begin(stretch) - _begin(other)) % MINUTES_OF_WEEK < _length(other):
                return stretch.weekday
    return None


def _begin(stretch: Stretch) -> int:
    """Minutes since Monday began."""
    return stretch.weekday * MINUTES_OF_DAY + stretch.opens.hour * 60 + stretch.opens.minute


def _length(stretch: Stretch) -> int:
    closes = stretch.closes.hour * 60 + stretch.closes.minute
    opens = stretch.opens.hour * 60 + stretch.opens.minute
    return closes - opens if closes > opens else closes - opens + MINUTES_OF_DAY
