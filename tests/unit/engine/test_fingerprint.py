"""A run that waited is carried out by the code that decided it, or not at all."""

import inspect
from collections.abc import Iterator
from types import ModuleType

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
    original = inspect.getsource

    def edited(module: ModuleType) -> str:
        return original(module) + "\n# edited\n" * (module.__name__ == module_name)

    monkeypatch.setattr(inspect, "getsource", edited)
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
