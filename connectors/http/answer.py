"""What a system answered."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from connectors.errors import Unavailable

# Written out in full, 1e999999999 would fill the memory.
MOST_DIGITS = 300
NO_CONTENT = 204


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
        """The document, numbers with a point as Decimal; None where there is none to give (204).

        Raises Unavailable when the body is no document.
        """
        return None if self.status == NO_CONTENT else self._document

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


def _exact(written: str) -> Decimal:
    number = Decimal(written)
    if abs(number.adjusted()) > MOST_DIGITS:
        raise ValueError("no amount and no quantity is such a number")
    return number


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")
