"""The task round_punch of the worked cases: punches to the nearest step."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from automations.rules.payroll.punches import round_moment

ANY_DAY = date(2026, 6, 1)


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    moments = [datetime.combine(ANY_DAY, time.fromisoformat(at), UTC) for at in given["times"]]
    rounded = [round_moment(moment, int(given["step_minutes"])) for moment in moments]
    return {"rounded": [{"time": f"{one:%H:%M}", "day_shift": (one.date() - ANY_DAY).days} for one in rounded]}
