"""The settings of invoice matching: what an ops admin can set, and the policies made from it."""

import json
from collections.abc import Mapping
from decimal import Decimal
from hashlib import sha256
from typing import Any

from automations.engine.job import Parameter, ParameterType
from automations.invoices.scoped_limits import SETTINGS, read_scopes, write_scopes
from automations.rules.duplicates import DuplicatePolicy
from automations.rules.exchange_rates import write_rates
from automations.rules.matching.policy import MatchingPolicy
from automations.rules.matching.scopes import scoped_policy

APPROVE_FROM, TWO_PEOPLE_FROM = "approve_from", "two_people_from"
_PERCENT, _DAYS = "%", "days"
LIMITS_BY_SCOPE = "limits_by_scope"
EXCHANGE_RATES = "exchange_rates"
NO_PART_OF_VERDICTS = frozenset({"connection", APPROVE_FROM, TWO_PEOPLE_FROM, EXCHANGE_RATES})
_BOTH = "Not set and no absolute limit either: any deviation holds. Both set: the lower one counts."

_ONLY_IF_SET = "Neither part set: not checked. Both set: the lower one counts."


def _tolerance(kind: str, label: str, help_text: str, absolute_help: str, unit: str) -> tuple[Parameter, Parameter]:
    """The two parts of a kind of tolerance."""
    return (
        Parameter(
            f"{kind}_tolerance_percent",
            ParameterType.DECIMAL,
            None,
            label,
            help_text,
            unit=_PERCENT,
            minimum=0,
            maximum=100,
        ),
        Parameter(
            f"{kind}_tolerance_absolute",
            ParameterType.DECIMAL,
            None,
            f"{label}, absolute",
            absolute_help,
            unit=unit,
            minimum=0,
        ),
    )


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
    *_tolerance(
        "price",
        "Price tolerance",
        f"How far a price may lie above the order price. {_BOTH}",
        "The same as an amount on the price as the order states it.",
        "order currency",
    ),
    *_tolerance(
        "price_under",
        "Price tolerance below",
        f"How far a price may lie below the order price. {_ONLY_IF_SET}",
        "The same as an amount on the price as the order states it.",
        "order currency",
    ),
    *_tolerance(
        "quantity",
        "Quantity tolerance",
        f"How far the billed quantity may lie above what was ordered, received or accepted. {_BOTH}",
        "The same as a quantity in the unit of the order line.",
        "order unit",
    ),
    *_tolerance(
        "quantity_under",
        "Quantity tolerance below",
        f"How far all that was billed may lie below what was ordered, received or accepted. {_ONLY_IF_SET}",
        "The same as a quantity in the unit of the order line.",
        "order unit",
    ),
    *_tolerance(
        "amount",
        "Tolerance of services",
        f"How far the billed amount of a service may lie above its ordered amount. {_BOTH}",
        "The same as an amount.",
        "order currency",
    ),
    *_tolerance(
        "line_value",
        "Line amount tolerance",
        f"How much more a line may cost than what is open of it at the order price. {_ONLY_IF_SET}",
        "The same as an amount.",
        "order currency",
    ),
    *_tolerance(
        "header_value",
        "Header amount tolerance",
        f"How much more all lines together may cost than their quantities at order prices. {_ONLY_IF_SET}",
        "The same as an amount.",
        "order currency",
    ),
    *_tolerance(
        "total",
        "Header total tolerance",
        f"How far printed totals may lie from the sums of what is printed. {_BOTH}",
        "The same as an amount.",
        "invoice currency",
    ),
    *_tolerance(
        "tax",
        "Tax tolerance",
        f"How far the printed tax may lie from the tax that follows from rates and nets. {_BOTH}",
        "The same as an amount.",
        "invoice currency",
    ),
    *_tolerance(
        "planned_charge",
        "Freight and charges tolerance",
        f"How far a charge may lie above its planned amount, in proportion to what is billed. {_BOTH}",
        "The same as an amount.",
        "order currency",
    ),
    Parameter(
        "unplanned_charge",
        ParameterType.DECIMAL,
        None,
        "Unplanned charges up to",
        "The largest charge that passes although the order plans none of its kind. Not set: every one holds.",
        unit="order currency",
        minimum=0,
    ),
    Parameter(
        LIMITS_BY_SCOPE,
        ParameterType.TEXT,
        None,
        "Limits for suppliers, items and groups",
        "One line each, such as `supplier=Acme s.r.o. | item=LAMP: price_tolerance_percent=2, level=2-way`. The first "
        "that sets a kind of limit wins: supplier and item, supplier, item, group, company. `none` = no limit.",
        check=write_scopes,
        is_long=True,
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
        EXCHANGE_RATES,
        ParameterType.TEXT,
        None,
        "Exchange rates",
        "One line each, such as `2026-11-02 EUR CZK 24.315`: from that day on 1 EUR costs so much CZK. An invoice in "
        "another currency than its order is held all the same; it shows what it is worth at the order's rate.",
        check=write_rates,
        is_long=True,
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
    """The matching policy of a run's parameters; what is not set is left out, which means: no deviation.

    The limits of suppliers, items and groups of goods come with it: `MatchingPolicy.narrowed` finds them, and the
    matching asks it by itself for the document and for each line.
    """
    company = {setting: parameters[name] for name, setting in SETTINGS.items() if parameters.get(name) is not None}
    scopes = read_scopes(parameters.get(LIMITS_BY_SCOPE) or "")
    return scoped_policy(company, scopes)


def mark_of_settings(parameters: Mapping[str, Any]) -> str:
    """A short mark that changes with any setting that a verdict depends on."""
    settings = {name: value for name, value in parameters.items() if name not in NO_PART_OF_VERDICTS}
    text = json.dumps({name: str(value) for name, value in settings.items() if value is not None}, sort_keys=True)
    return sha256(text.encode()).hexdigest()[:12]


def read_duplicate_policy(parameters: Mapping[str, Any]) -> DuplicatePolicy:
    percent, days = parameters["near_duplicate_percent"], parameters["near_duplicate_days"]
    if percent is None or days is None:
        return DuplicatePolicy()
    return DuplicatePolicy(Decimal(str(percent)), int(days))
