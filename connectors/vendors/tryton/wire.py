"""Tryton's JSON: decimals, dates, moments and durations travel as objects that name their class."""

import base64
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

CLASS = "__class__"
_DAY = ("year", "month", "day")
_MOMENT = (*_DAY, "hour", "minute", "second", "microsecond")

_READERS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "Decimal": lambda found: Decimal(found["decimal"]),
    "date": lambda found: date(*(found[name] for name in _DAY)),
    # Tryton keeps moments without a zone; they are UTC.
    "datetime": lambda found: datetime.fromisoformat(f"{datetime(*(found[name] for name in _MOMENT)).isoformat()}Z"),  # noqa: DTZ001
    "timedelta": lambda found: timedelta(seconds=float(found["seconds"])),
    "bytes": lambda found: base64.b64decode(found["base64"]),
}


def read_wire(value: Any) -> Any:
    """What an answer holds, with our own types; an unknown class stays the object that it is.

    Raises:
        KeyError, TypeError, ValueError, ArithmeticError: a known class lacks its parts.
    """
    if isinstance(value, list):
        return [read_wire(each) for each in value]
    if not isinstance(value, dict):
        return value
    reader = _READERS.get(value[CLASS]) if CLASS in value else None
    return reader(value) if reader else {name: read_wire(each) for name, each in value.items()}


def write_wire(value: Any) -> Any:
    """A value as Tryton wants to be told it. Quantities are its floats, money its decimals: see `as_float`."""
    if isinstance(value, Mapping):
        return {name: write_wire(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [write_wire(each) for each in value]
    if isinstance(value, Decimal):
        return {CLASS: "Decimal", "decimal": format(value, "f")}
    if isinstance(value, datetime):
        return {CLASS: "datetime"} | {name: getattr(value, name) for name in _MOMENT}
    if isinstance(value, date):
        return {CLASS: "date"} | {name: getattr(value, name) for name in _DAY}
    if isinstance(value, timedelta):
        return {CLASS: "timedelta", "seconds": value.total_seconds()}
    return value
