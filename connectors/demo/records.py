"""Reading the demo's files: their days are counted from the day on which the demo is set up."""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

DEMO_FOLDER = Path(__file__).resolve().parent
Record = Mapping[str, Any]


def load_records(name: str) -> Any:
    return json.loads((DEMO_FOLDER / name).read_text(encoding="utf-8"))


def day_of(record: Record, event: str, today: date) -> date | None:
    """The day that `<event>_days_ago` or `<event>_in_days` names; None when the record has neither."""
    if (days_ago := record.get(f"{event}_days_ago")) is not None:
        return today - timedelta(days=days_ago)
    if (in_days := record.get(f"{event}_in_days")) is not None:
        return today + timedelta(days=in_days)
    return None


def required_day_of(record: Record, event: str, today: date) -> date:
    """Raises KeyError when the record does not say how many days ago it was."""
    return today - timedelta(days=record[f"{event}_days_ago"])
