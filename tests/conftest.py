"""Every test runs with a stripped environment: no setting of the developer's machine reaches it."""

import os

import pytest

pytest_plugins = ["tests.product", "tests.fixtures.sftp_server"]

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
