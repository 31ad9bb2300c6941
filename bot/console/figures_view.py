"""The charts of the dashboard: items by state and time taken, day by day, of one job or of all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from automations.engine.figures import read_days
from bot.console.charts import Chart, Series, lines, stacked_bars
from bot.console.words import Words
from bot.pages.formats import Formats
from connectors.database.models.console import JobDay

DAYS_SHOWN = 30
# The states that a chart stacks, from the bottom, with their colours.
STATES = (("done", "good"), ("waiting", "accent"), ("exception", "warm"), ("failed", "bad"))
# Units of time and from which mean on a chart uses them.
UNITS = (("hour", 3600, 7200), ("minute", 60, 120), ("second", 1, 0))
FINEST_TIME = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class DayCharts:
    """The two charts, and the sums of their days."""

    items: Chart
    duration: Chart
    runs: int
    failed_runs: int


def read_charts(session: Session, job: str | None, today: date, words: Words, formats: Formats) -> DayCharts:
    """Charts over the 30 days up to today (UTC)."""
    days = [today - timedelta(days=back) for back in reversed(range(DAYS_SHOWN))]
    found = read_days(session, today, DAYS_SHOWN, job)
    by_day: dict[date, list[JobDay]] = {}
    for row in found:
        by_day.setdefault(row.day, []).append(row)
    names = [formats.short_day(day) for day in days]
    items = [
        Series(words.text(f"console.item.{state}"), tone, [_sum(by_day, day, state) for day in days])
        for state, tone in STATES
    ]
    seconds = [_mean_seconds(by_day, day) for day in days]
    unit, length = unit_for(max((one for one in seconds if one is not None), default=Decimal(0)))
    taken = [None if one is None else round(one / length, 2) for one in seconds]
    duration = Series(words.text("dashboard.chart.seconds"), "accent", taken)
    return DayCharts(
        stacked_bars(names, items, lambda figure: formats.number(int(figure))),
        lines(names, [duration], lambda figure: formats.span(figure, unit), FINEST_TIME),
        sum(row.runs for row in found),
        sum(row.failed_runs for row in found),
    )


def unit_for(highest_seconds: Decimal) -> tuple[str, int]:
    """The unit in which times up to this read well, and how many seconds it has."""
    return next((name, length) for name, length, least in UNITS if highest_seconds >= least)


def _sum(by_day: Mapping[date, Sequence[JobDay]], day: date, state: str) -> int:
    return sum(int(getattr(row, state)) for row in by_day.get(day, ()))


def _mean_seconds(by_day: Mapping[date, Sequence[JobDay]], day: date) -> Decimal | None:
    rows = by_day.get(day, ())
    runs = sum(row.runs for row in rows)
    return Decimal(sum(row.seconds for row in rows)) / runs if runs else None
