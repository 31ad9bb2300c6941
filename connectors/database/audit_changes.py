"""What the audit log keeps of a change: the fields that differ, without secrets and with personal data masked."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

HIDDEN = "•••"
# A field is shown to people; what is longer is told by its beginning, so that one entry stays readable.
LONGEST_TEXT = 500
MOST_PARTS = 50
DEEPEST = 6
_SECRET_NAME = re.compile(
    r"passw|secret|token|credential|authori[sz]ation|cookie|signature|csrf|_hash$|(api|private|access|signing)_?key",
    re.IGNORECASE,
)
_PERSONAL_NAME = re.compile(r"phone|street|address|iban|birth", re.IGNORECASE)
_EMAIL = re.compile(r"([^\s@<>,;:/•\"']{1,64})(@[^\s@<>,;\"']{1,255})")
_LOGIN_IN_URL = re.compile(r"(?<=://)[^\s/@]+(?=@)")
_BEARER = re.compile(r"\b(?:Bearer|Basic)\s+\S+|\btwo_[A-Za-z0-9_-]{20,}", re.IGNORECASE)

_NOTHING = object()

Fields = Mapping[str, Any]


def changes_between(before: Fields | None, after: Fields | None) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Both sides reduced to the fields that differ, fit for JSON and masked.

    None stands for "was not there" (made now) or "is no more" (removed); the other side is then told as a whole.
    """
    if before is None or after is None:
        return _masked(before), _masked(after)
    left, right = _plain(before), _plain(after)
    names = [name for name in {**left, **right} if left.get(name, _NOTHING) != right.get(name, _NOTHING)]
    return (
        _masked({name: left[name] for name in names if name in left}),
        _masked({name: right[name] for name in names if name in right}),
    )


def mask_field(name: str, value: Any) -> Any:
    """A value as it may be kept: a secret is hidden, of personal data so much is left that one recognises it."""
    if value in (None, "", True, False):
        return value
    if _SECRET_NAME.search(name):
        return HIDDEN
    if isinstance(value, Mapping):
        return {part: mask_field(part, one) for part, one in value.items()}
    if isinstance(value, list):
        return [mask_field(name, one) for one in value]
    if not isinstance(value, str):
        return value
    if _PERSONAL_NAME.search(name) and "@" not in value:
        return value[:1] + HIDDEN
    return _clip(_mask_text(value))


def _mask_text(text: str) -> str:
    text = _BEARER.sub(HIDDEN, _LOGIN_IN_URL.sub(HIDDEN, text))
    return _EMAIL.sub(lambda found: f"{found[1][:1]}{HIDDEN}{found[2]}", text)


def _masked(fields: Fields | None) -> dict[str, Any] | None:
    return None if fields is None else {name: mask_field(name, value) for name, value in _plain(fields).items()}


def _plain(value: Any, depth: int = 0) -> Any:
    """The value as JSON has it; decimals and times as text, sets in order, nothing deeper than can be read."""
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if depth >= DEEPEST:
        return _clip(str(value))
    if isinstance(value, Mapping):
        return {str(name): _plain(one, depth + 1) for name, one in list(value.items())[:MOST_PARTS]}
    if isinstance(value, set | frozenset):
        return _plain(sorted(value, key=str), depth)
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [_plain(one, depth + 1) for one in value[:MOST_PARTS]]
    return _clip(str(value))


def _clip(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
