"""A connector that stumbles over what a system sent fails like one whose system is away, and alone."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from connectors.errors import Rejected

# What a fault in a connector raises when it meets data that nobody thought of; our own database's failures are others.
FAULTS = (ArithmeticError, AssertionError, AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError)

log = structlog.get_logger(__name__)


@contextmanager
def explain_faults(connection: str) -> Iterator[None]:
    """Raises Rejected in place of what is no connector error; the log has the details."""
    try:
        yield
    except FAULTS as error:
        log.exception("connector_fault", connection=connection)
        raise Rejected(
            f"The connector stumbled over what the system sent ({type(error).__name__}). Report this fault of "
            "Twinoffice with what the log says under connector_fault."
        ) from error
