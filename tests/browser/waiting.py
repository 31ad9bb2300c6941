"""Waiting for what a page does not show: a request that is held, a token that is ended."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

PATIENCE_MS = 30_000
POLL_MS = 100


def wait_until(page: Page, is_so: Callable[[], bool], what: str) -> None:
    """Fails with the words of `what` when it is not so in time."""
    for _ in range(PATIENCE_MS // POLL_MS):
        if is_so():
            return
        page.wait_for_timeout(POLL_MS)
    pytest.fail(f"not in time: {what}")
