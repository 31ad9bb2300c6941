"""The job "customer notices": paid refunds and goods that are back, told without being asked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta

from automations.engine.job import (
    ItemOutcome,
    JobContext,
    JobDefinition,
    JobWork,
    Parameter,
    ParameterType,
    Reason,
)
from automations.engine.outbox import TECHNICAL, apply_each
from automations.follow_ups.requests import read_request
from automations.rules.notices import notice_about_product, notice_about_refund
from connectors.contracts.notices import NoticeRequest, ProductWatch
from connectors.contracts.returns import ReturnCase
from connectors.database.models.work import ItemState
from connectors.errors import NotFound

REFUND, WATCH = "refund", "watch"
TOLD, NOTHING_NEW, GONE = "told", "nothing-new", "gone"


class CustomerNotices:
    """Looks at every refund of the last days and every awaited product."""

    def __init__(self, context: JobContext) -> None:
        self._connectors = context.connectors
        self._notices = context.connectors.notices()
        self._since = context.today - timedelta(days=context.parameters["refund_days"])
        self._refunds: dict[str, ReturnCase] | None = None
        self._watches: dict[str, ProductWatch] | None = None

    def plan(self) -> Sequence[str]:
        return [*self._open_refunds(), *self._open_watches()]

    def recall(self, outcomes: Iterable[ItemOutcome]) -> None:
        """Nothing of one item depends on another."""

    def decide(self, keys: Sequence[str]) -> Sequence[ItemOutcome]:
        return [self._decide(key) for key in keys]

    def apply(self, outcomes: Sequence[ItemOutcome]) -> Mapping[str, Reason | str]:
        return apply_each(outcomes, self._post, TECHNICAL)

    def _post(self, outcome: ItemOutcome) -> None:
        effect = outcome.effect or {}
        self._notices.post(read_request(effect["notice"]), effect.get("settled_watch"))

    def _decide(self, key: str) -> ItemOutcome:
        kind, _, name = key.partition(":")
        try:
            if kind == REFUND:
                return _outcome(key, name, notice_about_refund(self._open_refunds()[key]))
            return self._decide_watch(key, self._open_watches()[key])
        except (NotFound, KeyError):
            return ItemOutcome(key, name, ItemState.SKIPPED, GONE)

    def _decide_watch(self, key: str, watch: ProductWatch) -> ItemOutcome:
        product = self._connectors.catalogue().find_product(watch.sku)
        return _outcome(key, product.name_in("en"), notice_about_product(watch, product), settled_watch=watch.id)

    def _open_refunds(self) -> dict[str, ReturnCase]:
        if self._refunds is None:
            cases = self._connectors.returns().refunded_since(self._since)
            self._refunds = {f"{REFUND}:{case.number}": case for case in cases}
        return self._refunds

    def _open_watches(self) -> dict[str, ProductWatch]:
        if self._watches is None:
            self._watches = {f"{WATCH}:{watch.id}": watch for watch in self._notices.product_watches()}
        return self._watches


def _outcome(
    key: str,
    title: str,
    notice: NoticeRequest | None,
    settled_watch: int | None = None,
) -> ItemOutcome:
    if notice is None:
        return ItemOutcome(key, title, ItemState.SKIPPED, NOTHING_NEW)
    effect = {"notice": asdict(notice), "settled_watch": settled_watch}
    return ItemOutcome(
        key,
        title,
        ItemState.DONE,
        TOLD,
        detail={"kind": notice.kind},
        effect=effect,
        effect_key=notice.idempotency_key,
    )


def _start(context: JobContext) -> JobWork:
    return CustomerNotices(context)


JOB = JobDefinition(
    name="customer-notices",
    title="Customer notices",
    description=(
        "Tells customers in their chat, in their language, what they would otherwise have to ask: that a refund was "
        "paid, that a product is back."
    ),
    item_name="notice",
    default_cron="*/15 8-20 * * *",
    parameters=(
        Parameter(
            name="refund_days",
            type=ParameterType.INTEGER,
            default=7,
            label="Refunds of the last",
            help="How far back refunds are looked for; each is told once.",
            unit="days",
            minimum=1,
            maximum=60,
        ),
    ),
    start=_start,
)
