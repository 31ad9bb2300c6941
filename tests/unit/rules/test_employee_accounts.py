"""Bank data of employees: what the nightly check says of it follows the rules that payroll pays by."""

from dataclasses import replace

import pytest

from automations.payroll.countries import countries_of_provider
from automations.rules.data_quality import OWNERS, Fault, find_missing_accounts
from tests.unit.payroll_office import JANA, SAM


def test_who_is_paid_by_the_provider_needs_no_iban() -> None:
    assert SAM.iban is None
    assert find_missing_accounts([JANA, SAM], countries_of_provider()) == []
    assert [one.subject for one in find_missing_accounts([SAM])] == ["US-1"]


@pytest.mark.parametrize("iban", ["CZ00 1234", "CZ6508000000192000145398", "12345"])
def test_a_wrong_iban_is_found_the_night_it_is_entered_and_not_repeated_to_anybody(iban: str) -> None:
    (finding,) = find_missing_accounts([replace(JANA, iban=iban)])
    assert (finding.fault, finding.owner, finding.found) == (Fault.EMPLOYEE_BAD_IBAN, "human_resources", None)
    assert OWNERS[finding.fault] == finding.owner
