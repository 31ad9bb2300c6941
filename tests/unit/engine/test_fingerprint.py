"""A run that waited is carried out by the code that decided it, or not at all."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from automations.engine import fingerprint
from automations.engine.fingerprint import job_fingerprint
from automations.jobs.customer_notices import JOB as NOTICES
from automations.jobs.invoice_matching import JOB as INVOICES

RULE = "automations.rules.matching.totals"


@pytest.fixture(autouse=True)
def nothing_read_yet() -> Iterator[None]:
    fingerprint._code_of.cache_clear()
    yield
    fingerprint._code_of.cache_clear()


def edit(monkeypatch: pytest.MonkeyPatch, module_name: str) -> None:
    original = fingerprint._source_of

    def edited(name: str) -> str:
        return original(name) + "\n# edited\n" * (name == module_name)

    monkeypatch.setattr(fingerprint, "_source_of", edited)
    fingerprint._code_of.cache_clear()


@pytest.mark.parametrize("module", ["automations.jobs.invoice_matching", "automations.invoices.ledger", RULE])
def test_a_job_whose_file_or_rules_were_edited_is_another_one(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    before = job_fingerprint(INVOICES)
    assert job_fingerprint(INVOICES) == before
    edit(monkeypatch, module)
    assert job_fingerprint(INVOICES) != before


@pytest.mark.parametrize("module", [RULE, "automations.engine.outbox", "connectors.money"])
def test_what_the_job_does_not_decide_with_leaves_it_the_same(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    before = job_fingerprint(NOTICES)
    edit(monkeypatch, module)
    assert job_fingerprint(NOTICES) == before


TELL = """
import {first}
from automations.engine.discovery import discover_jobs
from automations.engine.fingerprint import job_fingerprint
for job in discover_jobs().jobs.values():
    print(job.name, job_fingerprint(job))
"""


def test_processes_that_loaded_other_modules_know_the_same_jobs() -> None:
    """A run that the command line began and the web process continues."""
    told = [
        subprocess.run([sys.executable, "-c", TELL.format(first=first)], capture_output=True, check=True).stdout
        for first in ("automations.engine.fingerprint", "bot.application")
    ]
    assert told[0] == told[1]
    assert b"payroll-preparation" in told[0]
