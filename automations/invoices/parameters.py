"""The settings of invoice matching: what an ops admin can set, and the policies made from it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from automations.engine.job import Parameter, ParameterType
from automations.rules.duplicates import DuplicatePolicy
from automations.rules.matching.policy import MatchingPolicy

APPROVE_FROM, TWO_PEOPLE_FROM = "approve_from", "two_people_from"
_PERCENT, _DAYS = "%", "days"
_BOTH = "Not set and no absolute limit either: any deviation holds. Both set: the lower one counts."

PARAMETERS = (
    Parameter(
        "connection",
        ParameterType.TEXT,
        "supplier-invoices",
        "Connection",
        "The connection for documents in which supplier invoices arrive.",
    ),
    Parameter(
        "level",
        ParameterType.CHOICE,
        "3-way",
        "Level",
        "2-way compares with the order, 3-way also with what was received, 4-way also with what was accepted.",
        choices=("2-way", "3-way", "4-way"),
    ),
    Parameter(
        "price_tolerance_percent",
        ParameterType.DECIMAL,
        None,
        "Price tolerance",
        f"How far a price may lie above the order price. {_BOTH}",
        unit=_PERCENT,
        minimum=0,
        maximum=100,
    ),
    Parameter(
        "price_tolerance_absolute",
        ParameterType.DECIMAL,
        None,
        "Price tolerance, absolute",
        "The same as an amount on the price as the order states it.",
        unit="order currency",
        minimum=0,
    ),
    Parameter(
        "quantity_tolerance_percent",
        ParameterType.DECIMAL,
        None,
        "Quantity tolerance",
        f"How far the billed quantity may lie above what was ordered, received or accepted. {_BOTH}",
        unit=_PERCENT,
        minimum=0,
        maximum=100,
    ),
    Parameter(
        "quantity_tolerance_absolute",
        ParameterType.DECIMAL,
        None,
        "Quantity tolerance, absolute",
        "The same as a quantity in the unit of the order line.",
        unit="order unit",
        minimum=0,
    ),
    Parameter(
        "receipt_days",
        ParameterType.INTEGER,
        None,
        "Days to wait for a receipt",
        "An invoice of goods that have not come waits so long after its date, then it is held. "
        "Not set: it waits as long as it takes.",
        unit=_DAYS,
        minimum=0,
        maximum=365,
    ),
    Parameter(
        "near_duplicate_percent",
        ParameterType.DECIMAL,
        "1",
        "Near duplicate: amount",
        "Documents of one supplier whose totals differ by no more than this are held for a look. "
        "Not set: only equal numbers, or equal amounts of one day.",
        unit=_PERCENT,
        minimum=0,
        maximum=100,
    ),
    Parameter(
        "near_duplicate_days",
        ParameterType.INTEGER,
        30,
        "Near duplicate: days",
        "... and that are no more than so many days apart.",
        unit=_DAYS,
        minimum=0,
        maximum=365,
    ),
    Parameter(
        APPROVE_FROM,
        ParameterType.AMOUNTS,
        None,
        "Approval from",
        "A matched document of this total or more waits until somebody of the group finance approves it. "
        "By currency, like EUR 5000, CZK 120000; documents in another currency always wait. Not set: nothing waits.",
    ),
    Parameter(
        TWO_PEOPLE_FROM,
        ParameterType.AMOUNTS,
        None,
        "Two people from",
        "From this total on two different people have to approve. By currency; not set: one is enough.",
    ),
)


def read_policy(parameters: Mapping[str, Any]) -> MatchingPolicy:
    """The matching policy of a run's parameters; what is not set is left out, which means: no deviation."""
    names = {
        "level": "level",
        "price_tolerance_percent": "price_tolerance_pct",
        "price_tolerance_absolute": "price_tolerance_abs",
        "quantity_tolerance_percent": "quantity_tolerance_pct",
        "quantity_tolerance_absolute": "quantity_tolerance_abs",
        "receipt_days": "receipt_days",
    }
    return MatchingPolicy.from_settings(
        {setting: parameters[name] for name, setting in names.items() if parameters[name] is not None}
    )


def read_duplicate_policy(parameters: Mapping[str, Any]) -> DuplicatePolicy:
    percent, days = parameters["near_duplicate_percent"], parameters["near_duplicate_days"]
    if percent is None or days is None:
        return DuplicatePolicy()
    return DuplicatePolicy(Decimal(str(percent)), int(days))
