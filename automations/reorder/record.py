"""What is recorded of a proposal, as JSON: the explanation for the console, and the draft that is put."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from automations.rules.reorder.explanation import Explanation
from automations.rules.reorder.proposal import Proposal, ReorderCase
from automations.rules.reorder.supplier_choice import OfferNote
from connectors.contracts.purchasing import PurchaseRequest

Record = dict[str, Any]


def show(value: Decimal | float | date | str | None) -> str | None:
    """As text that reads the same everywhere: no exponent, no noise behind the sixth decimal."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, date):
        return value.isoformat()
    number = value if isinstance(value, Decimal) else Decimal(f"{value:.6f}")
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def describe_case(case: ReorderCase) -> Record:
    """Item, site and unit; and the open draft that may be replaced."""
    level, request = case.level, case.request
    return {
        "item": case.rule.item,
        "site": case.rule.site,
        "policy": case.rule.policy,
        "uom": level and level.uom,
        "book_currency": level and level.currency,
        "draft_before": request and show(request.quantity),
        "asked_in_chat": case.asked_in_chat,
        "watching": case.watching,
    }


def describe_proposal(case: ReorderCase, proposal: Proposal) -> Record:
    """The case with the whole explanation of what is proposed."""
    detail = describe_case(case)
    if proposal.explanation is not None:
        detail |= _describe_explanation(proposal.explanation)
    if proposal.offer is not None:
        terms = proposal.offer.terms
        detail |= {
            "supplier": terms.supplier,
            "currency": terms.currency,
            "quantity": show(proposal.quantity),
            "price": show(proposal.price),
            "price_per": show(terms.stock_units_per_purchase_unit),
            "amount": show(proposal.amount),
            "order_on": show(proposal.order_on),
            "expected_on": show(proposal.expected_on),
        }
    return detail


def read_request(detail: Mapping[str, Any], key: str, explanation: str) -> PurchaseRequest:
    """The recorded proposal as the draft that is put."""
    return PurchaseRequest(
        idempotency_key=key,
        item=detail["item"],
        site=detail["site"],
        supplier=detail["supplier"],
        quantity=Decimal(detail["quantity"]),
        uom=detail["uom"],
        price=Decimal(detail["price"]),
        currency=detail["currency"],
        order_on=date.fromisoformat(detail["order_on"]),
        expected_on=date.fromisoformat(detail["expected_on"]),
        price_per=Decimal(detail["price_per"]),
        explanation=explanation,
    )


def _describe_explanation(explanation: Explanation) -> Record:
    return {
        "figures": {name: show(figure) for name, figure in explanation.figures.items()},
        "trigger": explanation.trigger,
        "forecast": explanation.method,
        "roundings": [
            {"step": step.step.value, "quantity": show(step.quantity), "by": show(step.by)}
            for step in explanation.roundings
        ],
        "offers": [_describe_offer(note) for note in explanation.offers],
        "days": [[show(day.on), show(day.without_order), show(day.with_order)] for day in explanation.days],
    }


def _describe_offer(note: OfferNote) -> Record:
    terms, purchase = note.offer.terms, note.purchase
    return {
        "supplier": terms.supplier,
        "verdict": note.verdict.value,
        "currency": terms.currency,
        "quantity": purchase and show(purchase.quantity),
        "price": purchase and show(purchase.price_per_purchase_unit),
        "price_per": show(terms.stock_units_per_purchase_unit),
        "amount": purchase and show(purchase.amount),
        "moq": show(terms.moq),
        "multiple": show(terms.multiple),
        "lead_days": str(terms.lead_time_days),
        "arrives_on": show(note.offer.arrives_on),
        "reliability": show(terms.reliability * 100),
    }
