"""When an answer to a worked case counts as right (README of the cases, general rules G3 to G7)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

SETS = frozenset({"reasons", "exceptions", "warnings", "against"})
ONE_OF = "_one_of"


def agrees(key: str, expected: Any, got: Mapping[str, Any], tolerance: Decimal | None) -> bool:
    """Whether the answer says under `key` what is expected; a key `x_one_of` is answered by `x` or by itself."""
    if key.endswith(ONE_OF):
        answer = got.get(key, got.get(key.removesuffix(ONE_OF)))
        return any(_equal(key, choice, answer, tolerance) for choice in expected)
    return key in got and _equal(key, expected, got[key], tolerance)


def _equal(key: str, expected: Any, answer: Any, tolerance: Decimal | None) -> bool:
    if isinstance(expected, Mapping):
        return isinstance(answer, Mapping) and all(
            agrees(name, value, answer, tolerance) for name, value in expected.items()
        )
    if _is_list(expected):
        return _is_list(answer) and _lists_equal(key, expected, answer, tolerance)
    if _is_number(expected):
        return _is_number(answer) and _numbers_equal(_exact(expected), _exact(answer), tolerance)
    if isinstance(expected, str) and isinstance(answer, str):
        return expected == answer or _same_instant(expected, answer)
    return type(expected) is type(answer) and bool(expected == answer)


def _lists_equal(key: str, expected: Sequence[Any], answer: Sequence[Any], tolerance: Decimal | None) -> bool:
    if key in SETS:
        return len(answer) == len(set(answer)) and set(expected) == set(answer)
    return len(expected) == len(answer) and all(
        _equal(key, one, other, tolerance) for one, other in zip(expected, answer, strict=True)
    )


def _numbers_equal(expected: Decimal, answer: Decimal, tolerance: Decimal | None) -> bool:
    return abs(expected - answer) <= (tolerance or 0)


def _same_instant(expected: str, answer: str) -> bool:
    try:
        one, other = datetime.fromisoformat(expected), datetime.fromisoformat(answer)
    except ValueError:
        return False
    # Times without an offset are local: equal only if they are written for the same clock.
    return (one.tzinfo is None) == (other.tzinfo is None) and one == other


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _exact(value: Any) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))
