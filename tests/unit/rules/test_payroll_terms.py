"""Terms that nobody can pay by: amounts of a whole pay period in a part of it, and items of impossible days."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from automations.rules.payroll.periods import Period
from automations.rules.payroll.slip import prepare_slip
from automations.rules.payroll.slip_facts import PaySettings
from connectors.contracts.people import OneOffItem, OneOffKind, PayComponent, PayDeduction
from tests.unit.payroll_office import SAM, by_hour_in_us, facts, rules

WEEK, ITS_BEGINNING = Period(date(2026, 10, 5), date(2026, 10, 11)), Period(date(2026, 10, 5), date(2026, 10, 7))


def reasons(period: Period, **known: Any) -> list[str]:
    return [one.reason for one in prepare_slip(facts(SAM, period, **known), rules("US"), PaySettings()).problems]


@pytest.mark.parametrize(
    "terms",
    [
        {"components": (PayComponent("phone", Decimal(50), False),)},
        {"components": (PayComponent("shoes", Decimal(50), True),)},
        {"deductions": (PayDeduction("meals", Decimal(50)),)},
    ],
)
def test_what_is_paid_once_a_week_is_not_paid_with_each_part_of_it(terms: dict[str, Any]) -> None:
    contract = by_hour_in_us(**terms)
    assert reasons(ITS_BEGINNING, contracts=[contract]) == ["BAD_TERMS"]
    assert "BAD_TERMS" not in reasons(WEEK, contracts=[contract])


def test_hours_alone_are_paid_for_any_days() -> None:
    assert reasons(ITS_BEGINNING, contracts=[by_hour_in_us()]) == []


@pytest.mark.parametrize(
    ("first", "is_paid"), [(date(1, 1, 1), False), (date(2025, 10, 5), False), (date(2025, 10, 12), True)]
)
def test_a_bonus_is_earned_within_a_year(first: date, is_paid: bool) -> None:
    item = OneOffItem("1", "US-1", OneOffKind.BONUS, Decimal(100), "USD", first, date(2026, 10, 7), "Quality")
    assert reasons(WEEK, contracts=[by_hour_in_us()], one_offs=[item]) == ([] if is_paid else ["BAD_TERMS"])
