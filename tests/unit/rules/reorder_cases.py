"""An item that is ordered again, and what is proposed for it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from automations.reorder.offers import OfferMaker
from automations.rules.reorder.proposal import Defaults, Problem, Proposal, ReorderCase, propose
from connectors.contracts.inventory import (
    ReorderPolicy,
    ReorderRule,
    StockLevel,
    SupplierTerms,
)
from connectors.contracts.purchasing import PurchaseRequest

TODAY = date(2026, 11, 23)  # a Monday
DEFAULTS = Defaults(TODAY, Decimal("0.95"), 7)
LEVEL = StockLevel("MUG", "PRG", "H87", Decimal(12), Decimal(2), Decimal(4), "EUR")
TERMS = SupplierTerms("MUG", "Tisza", "EUR", Decimal("4.50"), lead_time_days=5)
OTHER = replace(TERMS, supplier="Atelier")
MIN_MAX = {"minimum": Decimal(20), "maximum": Decimal(60)}
STEADY = [14.0, 14.0] * 10


def case_of(
    figures: dict[str, Any] | None = None,
    policy: str = ReorderPolicy.ORDER_POINT,
    terms: Sequence[SupplierTerms] = (TERMS,),
    **changes: Any,
) -> ReorderCase:
    fields = {name: changes.pop(name) for name in ("on_hand", "reserved") if name in changes}
    rule_fields = ("forecast", "service_level", "horizon_days", "snoozed_until", "trigger")
    rule_changes = {name: changes.pop(name) for name in rule_fields if name in changes}
    rule = ReorderRule("MUG", "PRG", policy, MIN_MAX if figures is None else figures, **rule_changes)
    maker = OfferMaker(TODAY)
    case = ReorderCase(rule, replace(LEVEL, **fields), (), None, [maker.make(one) for one in terms], STEADY)
    return replace(case, **changes)


def proposal_of(case: ReorderCase) -> Proposal:
    answer = propose(case, DEFAULTS)
    assert isinstance(answer, Proposal), answer
    return answer


def codes_of(case: ReorderCase) -> set[str]:
    answer = propose(case, DEFAULTS)
    assert not isinstance(answer, Proposal), answer
    assert all(isinstance(problem, Problem) for problem in answer)
    return {problem.code for problem in answer}


def request_of(proposal: Proposal, key: str = "1") -> PurchaseRequest:
    """The draft that a proposal becomes."""
    assert proposal.offer is not None
    assert proposal.order_on is not None
    assert proposal.expected_on is not None
    terms = proposal.offer.terms
    return PurchaseRequest(
        key,
        "MUG",
        "PRG",
        terms.supplier,
        proposal.quantity,
        "H87",
        proposal.price,
        terms.currency,
        proposal.order_on,
        proposal.expected_on,
        terms.stock_units_per_purchase_unit,
    )
