"""The job "purchase sending": drafts of one supplier, site and currency become one order, once somebody agrees."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from automations.engine.approval_policy import ApprovalPolicy
from automations.engine.job import ItemOutcome, JobContext, JobDefinition, JobWork, Reason
from automations.engine.outbox import apply_each
from automations.reorder.drafts import Draft, merge_requests
from automations.reorder.parameters import AUTOMATIC_BELOW, MERGE_WINDOW, SENDING_PARAMETERS, SITE, TWO_PEOPLE_FROM
from automations.reorder.record import show
from automations.rules.reorder.proposal import ProblemOwner
from connectors.contracts.names import PURCHASING
from connectors.contracts.purchasing import PurchaseOrder, PurchaseOrderLine, PurchaseOrderState
from connectors.database.models.work import ItemState
from connectors.money import ZERO

SENT, NOT_DUE, GONE = "sent", "not-due", "gone"
# As long as the key of an item may be.
LONGEST_KEY = 200


class PurchaseSending:
    """One item for each order that the open drafts make."""

    def __init__(self, context: JobContext) -> None:
        self._purchasing = context.connectors.purchasing()
        self._site = context.parameters[SITE]
        self._window_days = context.parameters[MERGE_WINDOW]
        self._today = context.today
        self._drafts: dict[str, Draft] | None = None

    def plan(self) -> Sequence[str]:
        return list(self._read_drafts())

    def recall(self, outcomes: Iterable[ItemOutcome]) -> None:
        """Nothing of one item depends on another."""

    def decide(self, keys: Sequence[str]) -> Sequence[ItemOutcome]:
        drafts = self._read_drafts()
        return [self._decide(key, drafts.get(key)) for key in keys]

    def apply(self, outcomes: Sequence[ItemOutcome]) -> Mapping[str, Reason | str]:
        return apply_each(outcomes, self._send, ProblemOwner.PROCUREMENT)

    def read_back(self, outcomes: Sequence[ItemOutcome]) -> Mapping[str, str | None]:
        keys = {outcome.key: outcome.effect_key or outcome.key for outcome in outcomes}
        sent = self._purchasing.sent_orders(keys.values())
        return {item: sent.get(key) for item, key in keys.items()}

    def _send(self, outcome: ItemOutcome) -> str:
        order = _read_order(outcome.detail, self._today)
        return self._purchasing.send_order(order, outcome.effect_key or outcome.key)

    def _read_drafts(self) -> dict[str, Draft]:
        if self._drafts is None:
            requests = self._purchasing.open_requests()
            chosen = [one for one in requests if self._site in (None, one.site)]
            self._drafts = {_key_of(draft): draft for draft in merge_requests(chosen, self._window_days)}
        return self._drafts

    def _decide(self, key: str, draft: Draft | None) -> ItemOutcome:
        if draft is None:
            return ItemOutcome(key, key, ItemState.SKIPPED, GONE)
        first = draft[0]
        detail = _describe(draft, self._today)
        amount = sum((request.amount for request in draft), ZERO)
        is_due = first.order_on <= self._today
        return ItemOutcome(
            key,
            f"{first.supplier} · {first.site}",
            ItemState.DONE if is_due else ItemState.WAITING,
            SENT if is_due else NOT_DUE,
            detail=detail,
            owner=None if is_due else ProblemOwner.PROCUREMENT.value,
            effect={"action": "send"} if is_due else None,
            # The same drafts are the same order, in whichever run.
            effect_key=f"{JOB.name}:{first.idempotency_key}"[:400] if is_due else None,
            amount=amount,
            currency=first.currency,
        )


def _key_of(draft: Draft) -> str:
    """By the first request alone, whatever else joins it; the name that may be cut stands last."""
    first = draft[0]
    return f"{first.order_on}|{first.currency}|{first.site}|{first.supplier}"[:LONGEST_KEY]


def _describe(draft: Draft, today: date) -> dict[str, Any]:
    first = draft[0]
    return {
        "supplier": first.supplier,
        "site": first.site,
        "currency": first.currency,
        "expected_on": max(request.expected_if_ordered(today) for request in draft).isoformat(),
        "order_on": first.order_on.isoformat(),
        "lines": [
            {
                "item": one.item,
                "quantity": show(one.quantity),
                "uom": one.uom,
                "price": show(one.price),
                "price_per": show(one.price_per),
                "amount": show(one.amount),
                "expected_on": one.expected_if_ordered(today).isoformat(),
                "request_key": one.idempotency_key,
                "explanation": one.explanation,
            }
            for one in draft
        ],
    }


def _read_order(detail: Mapping[str, Any], ordered_on: date) -> PurchaseOrder:
    lines = tuple(
        PurchaseOrderLine(
            line=str(number),
            item=line["item"],
            quantity=Decimal(line["quantity"]),
            uom=line["uom"],
            unit_price=Decimal(line["price"]),
            price_per=Decimal(line["price_per"]),
            request_key=line["request_key"],
        )
        for number, line in enumerate(detail["lines"], 1)
    )
    return PurchaseOrder(
        number="",
        supplier=detail["supplier"],
        currency=detail["currency"],
        ordered_on=ordered_on,
        state=PurchaseOrderState.OPEN,
        lines=lines,
        expected_on=date.fromisoformat(detail["expected_on"]),
        site=detail["site"],
    )


def _start(context: JobContext) -> JobWork:
    return PurchaseSending(context)


JOB = JobDefinition(
    name="purchase-sending",
    title="Purchase sending",
    description=(
        "Merges the drafts of each supplier, site and currency that are due within a window into one purchase order, "
        "asks for approval by amount, and sends it."
    ),
    item_name="order",
    default_cron="0 10 * * mon-fri",
    parameters=SENDING_PARAMETERS,
    start=_start,
    approval=ApprovalPolicy(
        group="purchasing",
        outcomes=frozenset({SENT}),
        limits_from_parameter=AUTOMATIC_BELOW,
        two_people_parameter=TWO_PEOPLE_FROM,
        asks_without_limit=True,
        deadline_hours=48,
        escalation_group="management",
        rejected_owner=ProblemOwner.PROCUREMENT.value,
    ),
    uses=(PURCHASING,),
)
