"""How often and how long to try again when a connected system fails, as data."""

from dataclasses import dataclass

from sqlalchemy.exc import OperationalError

from connectors.errors import AuthFailed, ConnectorError, NotFound, RateLimited, Rejected

# Asking again changes nothing about these, and a wrong password tried often locks the account.
PERMANENT_ERRORS = (AuthFailed, NotFound, Rejected)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """`max_attempts` counts the first try; each wait is `factor` times the one before, up to the longest."""

    max_attempts: int = 5
    first_wait_seconds: float = 1.0
    factor: float = 4.0
    longest_wait_seconds: float = 120.0

    def wait_after(self, attempt: int, error: ConnectorError | OperationalError) -> float | None:
        """Seconds to wait after this failed attempt (the first is 1), or None to give up."""
        if isinstance(error, PERMANENT_ERRORS) or attempt >= self.max_attempts:
            return None
        wait = self.first_wait_seconds * self.factor ** (attempt - 1)
        if isinstance(error, RateLimited):
            wait = max(wait, error.retry_after)
        return min(wait, self.longest_wait_seconds)
