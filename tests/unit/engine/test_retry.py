"""How long the engine waits before it asks a failing system again."""

import pytest

from automations.engine.retry import RetryPolicy
from connectors.errors import AuthFailed, ConnectorError, NotFound, RateLimited, Rejected, Unavailable

POLICY = RetryPolicy(max_attempts=4, first_wait_seconds=1, factor=4, longest_wait_seconds=10)


@pytest.mark.parametrize(
    ("attempt", "error", "wait"),
    [
        (1, Unavailable("down"), 1),
        (2, Unavailable("down"), 4),
        (3, Unavailable("down"), 10),
        (4, Unavailable("down"), None),
        (1, RateLimited("wait", 7), 7),
        (2, RateLimited("wait", 0.5), 4),
        (1, AuthFailed("no"), None),
        (1, NotFound("no"), None),
        (1, Rejected("no"), None),
    ],
)
def test_the_wait_after_a_failed_attempt(attempt: int, error: ConnectorError, wait: float | None) -> None:
    assert POLICY.wait_after(attempt, error) == wait
