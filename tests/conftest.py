"""Every test runs with a stripped environment: no setting of the developer's machine or of another test reaches it."""

import os
from collections.abc import Iterator

import pytest
import structlog

from connectors.vendors import settling

pytest_plugins = [
    "tests.product",
    "tests.fixtures.quick_start",
    "tests.fixtures.sftp_server",
    "tests.fixtures.post_office",
]

# What `make test` tells the tests, and no setting of the product.
KEPT = frozenset(
    {
        "TWINOFFICE_CASES_DIR",
        "TWINOFFICE_TEST_DATA_DIR",
        "TWINOFFICE_TEST_MAILBOX",
        "TWINOFFICE_TEST_POSTGRES_URL",
        "TWINOFFICE_TEST_URL",
    }
)


@pytest.fixture(autouse=True)
def _stripped_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("TWINOFFICE_") and name not in KEPT:
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _files_settle_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody uploads anything while a test runs; what happens when somebody does is tested with a clock of its own."""
    monkeypatch.setattr(settling, "SETTLING_SECONDS", 0.0)


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """Commands that run in the process of the tests set their own threshold, which hides lines from the next test."""
    yield
    structlog.reset_defaults()
