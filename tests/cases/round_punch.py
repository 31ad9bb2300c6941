"""The task round_punch of the worked cases: punches to the nearest step."""

from collections.abc import Mapping
from datetime import time
from typing import Any

from automations.rules.payroll.punches import round_punch


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    rounded = [round_punch(time.fromisoformat(at), int(given["step_minutes"])) for at in given["times"]]
    return {"rounded": [{"time": f"{one.time:%H:%M}", "day_shift": one.day_shift} for one in rounded]}
