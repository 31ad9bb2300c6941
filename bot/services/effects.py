"""What became of a change in another system: done, refused for good, or not possible right now."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

import structlog

from connectors.errors import ConnectorError, NotFound, Rejected

Result = TypeVar("Result")

log = structlog.get_logger()


class Outcome(StrEnum):
    DONE = "done"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Effect(Generic[Result]):
    """`result` is there exactly when the outcome is DONE."""

    outcome: Outcome
    result: Result | None = None


def attempt(what: str, work: Callable[[], Result]) -> Effect[Result]:
    """Do the work; an error of its system becomes the outcome, and the log has the reason."""
    try:
        return Effect(Outcome.DONE, work())
    except (Rejected, NotFound) as error:
        log.warning("refused by another system", what=what, reason=error.reason)
        return Effect(Outcome.REFUSED)
    except ConnectorError as error:
        log.warning("another system is not available", what=what, reason=error.reason)
        return Effect(Outcome.UNAVAILABLE)
