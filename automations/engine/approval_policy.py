"""Whose consent a job's effects need before they are carried out, as data in its declaration."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from automations.rules.amounts import read_amounts
from automations.rules.approvals import ConsentLimits


class ApprovalScope(StrEnum):
    """Whether every item is consented to for itself, or a run's items of one currency all together."""

    ITEM = "item"
    RUN = "run"


@dataclass(frozen=True, slots=True)
class ApprovalPolicy:
    """Who has to consent, from which amount on, and what happens when nobody does.

    `automatic_below` and `two_people_from` are amounts by currency. A currency that the first does not list always
    asks; one that the second does not list needs one person. Where `limits_from_parameter` names a parameter of type
    amounts, that parameter takes the place of `automatic_below`; while it is not set, nobody is asked, or with
    `asks_without_limit` somebody about everything; `two_people_parameter` likewise. `outcomes` are the words whose
    effects are meant; none = all with an effect. `rejected_owner` owns the items that nobody consented to.
    """

    group: str
    scope: ApprovalScope = ApprovalScope.ITEM
    outcomes: frozenset[str] = frozenset()
    # Left out of the hash, which mappings do not have; jobs are kept in caches.
    automatic_below: Mapping[str, Decimal] = field(default_factory=dict, hash=False)
    two_people_from: Mapping[str, Decimal] = field(default_factory=dict, hash=False)
    limits_from_parameter: str | None = None
    two_people_parameter: str | None = None
    asks_without_limit: bool = False
    deadline_hours: int = 48
    escalation_group: str | None = None
    rejected_owner: str = "technical"

    def limits(self, parameters: Mapping[str, Any]) -> ConsentLimits | None:
        """The limits of a run with these parameters; None where it asks nobody."""
        automatic_below, two_people_from = self.automatic_below, self.two_people_from
        if self.limits_from_parameter is not None:
            text = parameters.get(self.limits_from_parameter)
            if not text and not self.asks_without_limit:
                return None
            automatic_below = read_amounts(text or "")
        if self.two_people_parameter is not None:
            two_people_from = read_amounts(parameters.get(self.two_people_parameter) or "")
        return ConsentLimits(automatic_below, two_people_from)
