"""What a failing database means to those who use it through a connector."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from connectors.errors import Unavailable

# What the driver or the pool raises when the database is locked, missing or unreachable.
DATABASE_FAILURES = (OperationalError, InterfaceError, PoolTimeoutError)


@contextmanager
def explain_failures() -> Iterator[None]:
    """Turn a locked, missing or unreachable database into Unavailable; programming errors stay what they are."""
    try:
        yield
    except DATABASE_FAILURES as error:
        cause = getattr(error, "orig", None) or error
        raise Unavailable(
            f"Our own database did not answer ({cause}). Check that it runs and that nothing else keeps it locked."
        ) from error
