"""What a system answered."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from connectors.errors import Unavailable

LONGEST_QUOTE = 200
# Written out in full, 1e999999999 would fill the memory.
MOST_DIGITS = 300


@dataclass(frozen=True)
class HttpAnswer:
    """`headers` are found without regard to case. `url` is what was asked.

    `is_cut`: the body was longer than was to be read of it.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    host: str = ""
    url: str = field(default="", repr=False)
    is_cut: bool = False

    def json(self) -> Any:
        """The document, numbers with a point as Decimal. Raises Unavailable when the body is none."""
        return self._document

    @cached_property
    def _document(self) -> Any:
        media_type = self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if media_type and not media_type.endswith(("/json", "+json")):
            raise Unavailable(
                f"{self.host} answered with {media_type[:60]} instead of JSON; check the address, "
                "and whether a login page or a proxy answers in its place."
            )
        try:
            return json.loads(self.body, parse_float=_exact, parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise Unavailable(f"The answer of {self.host} broke off or is no JSON; look into its log.") from error

    def quote(self) -> str:
        """What the system says is wrong (RFC 9457 and its usual cousins), short; empty where it says nothing."""
        try:
            document = self.json()
        except Unavailable:
            return ""
        said = document.get("error") if isinstance(document, dict) else None
        for source in (document, said):
            for name in ("detail", "message", "error_description", "title", "error"):
                text = source.get(name) if isinstance(source, dict) else None
                if isinstance(text, str) and text.strip():
                    return "".join(c if c.isprintable() else " " for c in text.strip())[:LONGEST_QUOTE]
        return ""


def _exact(written: str) -> Decimal:
    number = Decimal(written)
    if abs(number.adjusted()) > MOST_DIGITS:
        raise ValueError("no amount and no quantity is such a number")
    return number


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")
