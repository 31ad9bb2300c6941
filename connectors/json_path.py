"""Where a value stands in a JSON document: the singular queries of RFC 9535 (JSONPath), such as `$.lines[0]['sku']`."""

import re
from dataclasses import dataclass
from typing import Any, Final

from connectors.errors import Rejected

_STEP = re.compile(
    r"\.(?P<name>[^\W\d][\w-]*)|\[\s*(?P<index>-?\d+)\s*\]|\[\s*'(?P<single>[^']*)'\s*\]|\[\s*\"(?P<double>[^\"]*)\"\s*\]"
)


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


# What a path finds that leads nowhere; null is a value.
MISSING: Final = _Missing()


@dataclass(frozen=True, slots=True)
class JsonPath:
    """`written` as people wrote it; `steps` are names and indexes, a negative one counts from the end."""

    written: str
    steps: tuple[str | int, ...]

    def find(self, document: Any) -> Any:
        """The value, or MISSING."""
        value = document
        for step in self.steps:
            if isinstance(step, str):
                value = value.get(step, MISSING) if isinstance(value, dict) else MISSING
            else:
                is_there = isinstance(value, list) and -len(value) <= step < len(value)
                value = value[step] if is_there else MISSING
            if value is MISSING:
                return MISSING
        return value


def parse_path(written: str) -> JsonPath:
    """The leading `$.` may be left out: `lines[0].sku`. Raises Rejected when it is no such path."""
    text = written.strip()
    rest = text[1:] if text.startswith("$") else (text if text.startswith("[") or not text else f".{text}")
    steps: list[str | int] = []
    position = 0
    while position < len(rest):
        step = _STEP.match(rest, position)
        if step is None:
            raise Rejected(f"{written!r} is no path; write it like $.lines[0].sku.")
        steps.append(_read_step(step))
        position = step.end()
    return JsonPath(text, tuple(steps))


def _read_step(step: re.Match[str]) -> str | int:
    if step["index"] is not None:
        return int(step["index"])
    return next(name for name in (step["name"], step["single"], step["double"]) if name is not None)
