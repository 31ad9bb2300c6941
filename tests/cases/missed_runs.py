"""Adapter: what was missed while the process was down, which of it is run now, and what comes next."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from automations.rules.missed import Missed, firings_to_run, missed_firings
from automations.rules.timings import TimingError
from tests.cases.next_runs import aware, read_schedule, refusal

# A firing of the very moment at which the process is back is the next one.
JUST_BEFORE = timedelta(microseconds=1)


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    try:
        timing, zone = read_schedule(given)
    except TimingError as error:
        return refusal(error)
    last_run, back_at = aware(given["last_run"], zone), aware(given["back_at"], zone)
    missed = missed_firings(timing, zone, last_run, back_at)
    run_for = firings_to_run(missed, Missed(given["catch_up"]))
    upcoming = timing.next_firings(max(last_run, back_at - JUST_BEFORE), zone, 1)
    return {
        "missed": len(missed),
        "run_for": [firing.isoformat() for firing in run_for],
        "run_for_local": [firing.replace(tzinfo=None).isoformat() for firing in run_for],
        "next": upcoming[0].isoformat() if upcoming else None,
    }
