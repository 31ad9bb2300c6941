"""The settings of overdue reminders: the days of the stages, the pause, and the limits by currency."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from automations.engine.job import Parameter, ParameterType
from automations.rules.amounts import read_amounts
from automations.rules.reminders import ReminderPolicy, Stage

_DAYS = "days"
# Their order is that in which a customer gets them; each has its own mail texts.
STAGES = ("friendly", "firm", "last")
AMOUNTS = ("small_rest", "least", "by_hand_from")

PARAMETERS = (
    Parameter(
        "friendly_days",
        ParameterType.INTEGER,
        3,
        "Friendly reminder after",
        "So many days after the last day to pay. Not set: this stage is left out.",
        unit=_DAYS,
        minimum=1,
        maximum=365,
    ),
    Parameter(
        "firm_days",
        ParameterType.INTEGER,
        10,
        "Firm reminder after",
        "So many days after the last day to pay, and only after the stages before it.",
        unit=_DAYS,
        minimum=1,
        maximum=365,
    ),
    Parameter(
        "last_days",
        ParameterType.INTEGER,
        21,
        "Last reminder after",
        "So many days after the last day to pay, and only after the stages before it.",
        unit=_DAYS,
        minimum=1,
        maximum=365,
    ),
    Parameter(
        "pause_days",
        ParameterType.INTEGER,
        5,
        "Pause between reminders",
        "A customer who was reminded of anything is left alone for so many days.",
        unit=_DAYS,
        minimum=1,
        maximum=90,
    ),
    Parameter(
        "small_rest",
        ParameterType.AMOUNTS,
        None,
        "Small rest",
        "A part payment that leaves less than this open is not reminded of. By currency, like EUR 2, CZK 50.",
    ),
    Parameter(
        "least",
        ParameterType.AMOUNTS,
        None,
        "Least amount",
        "A customer who owes less than this in all is not written to. By currency.",
    ),
    Parameter(
        "by_hand_from",
        ParameterType.AMOUNTS,
        None,
        "By hand from",
        "Who owes this or more is left to accounts receivable. By currency; not set: nobody is.",
    ),
)


def read_policy(parameters: Mapping[str, Any]) -> ReminderPolicy:
    days = {name: parameters[f"{name}_days"] for name in STAGES}
    limits: dict[str, Mapping[str, Decimal]] = {name: _amounts(parameters[name]) for name in AMOUNTS}
    return ReminderPolicy(
        stages=tuple(Stage(name, int(after)) for name, after in days.items() if after is not None),
        pause_days=int(parameters["pause_days"] or 1),
        **limits,
    )


def _amounts(written: str | None) -> Mapping[str, Decimal]:
    return read_amounts(written) if written else {}
