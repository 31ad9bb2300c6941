"""Limits, units and owners: what the matching of a company is set up with."""

from decimal import Decimal
from typing import Any

import pytest

from automations.rules.matching.holds import Hold, HoldOwner, HoldReason
from automations.rules.matching.policy import MatchingPolicy, Tolerance
from automations.rules.matching.units import UnitConversions
from connectors.contracts.purchasing import UnitConversion
from tests.unit.rules.invoices import (
    exact,
)


@pytest.mark.parametrize("reason", list(HoldReason))
def test_price_goes_to_procurement_quantity_to_receiving_and_the_rest_to_accounts_payable(reason: HoldReason) -> None:
    if reason.startswith("PRICE_"):
        expected = HoldOwner.PROCUREMENT
    elif reason.startswith("QTY_") or reason is HoldReason.NOT_RECEIVED:
        expected = HoldOwner.RECEIVING
    else:
        expected = HoldOwner.ACCOUNTS_PAYABLE

    assert Hold(reason).owner is expected


def test_a_kind_of_tolerance_comes_as_a_whole_from_the_narrowest_scope_that_sets_it() -> None:
    supplier = {"price_tolerance_abs": 2, "tax_tolerance_pct": None}
    company = {"price_tolerance_pct": 5, "quantity_tolerance_pct": 3, "tax_tolerance_abs": 1}

    policy = MatchingPolicy.from_settings(supplier, company)

    assert policy.price == Tolerance(absolute=exact(2))
    assert policy.quantity == Tolerance(percent=exact(3))
    assert policy.tax == Tolerance()
    assert policy.amount.limit_for(exact(100)) == 0


@pytest.mark.parametrize(
    "settings",
    [
        {"price_tolerence_pct": 3},
        {"price_tolerance_pct": -3},
        {"price_tolerance_pct": "much"},
        {"total_tolerance_abs": "NaN"},
        {"level": "5-way"},
    ],
)
def test_a_wrong_setting_is_named_and_never_ignored(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"unknown|cannot be|must be|not a valid"):
        MatchingPolicy.from_settings(settings)


def test_units_are_converted_backwards_and_through_a_third_unit() -> None:
    conversions = UnitConversions(
        [
            UnitConversion("CASE", "EA", Decimal(12)),
            UnitConversion("PALLET", "EA", Decimal(480)),
            UnitConversion("CASE", "EA", Decimal(6), item="SMALL"),
        ]
    )
    through = conversions.ratio("X", "PALLET", "CASE")
    own = conversions.ratio("SMALL", "EA", "CASE")

    assert through is not None
    assert through.convert_quantity(exact(1)) == 40  # 480 / 12
    assert own is not None
    assert own.convert_quantity(exact(12)) == 2  # 12 / 6: the item's own conversion wins
    assert conversions.ratio("X", "EA", "KGM") is None


def test_a_conversion_by_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="above 0"):
        UnitConversion("CASE", "EA", Decimal(0))
