"""The job "late orders": customers are told once that an order is late or will be later than they were told."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from functools import cached_property

from automations.engine.job import ItemOutcome, JobContext, JobDefinition, JobWork, Reason
from automations.follow_ups.awaited_goods import read_arrivals
from automations.follow_ups.requests import post_requests
from automations.rules.back_orders import share_supply
from automations.rules.customer_language import choose_language
from automations.rules.late_orders import notice_about_order
from connectors.contracts.names import ORDERS
from connectors.contracts.notices import KnownCustomer, NoticeRequest
from connectors.contracts.orders import Order, OrderState
from connectors.database.models.work import ItemState
from connectors.errors import NotFound

TOLD, NOTHING_NEW, NOT_WANTED, GONE = "told", "nothing-new", "not-wanted", "gone"


class LateOrders:
    """One item for each undelivered order of which there is something to say, told already or not.

    Whoever proved the order in a conversation is told there; nobody did: a mail goes to the order's address.
    """

    def __init__(self, context: JobContext) -> None:
        self._connectors = context.connectors
        self._notices = context.connectors.notices()
        self._today = context.today

    def plan(self) -> Sequence[str]:
        return list(self._news)

    def recall(self, outcomes: Iterable[ItemOutcome]) -> None:
        """Nothing of one order depends on another."""

    def decide(self, keys: Sequence[str]) -> Sequence[ItemOutcome]:
        news = {key: self._news[key] for key in keys if key in self._news}
        told = self._notices.told(cause for _order, notice in news.values() for cause in notice.causes)
        known = self._notices.known_customers({order.email for order, _notice in news.values()})
        followed = frozenset(self._notices.followed_orders())
        return [self._decide(key, told, known, followed) for key in keys]

    def apply(self, outcomes: Sequence[ItemOutcome]) -> Mapping[str, Reason | str]:
        return post_requests(self._notices, outcomes)

    def _decide(
        self, key: str, told: Mapping[str, object], known: Mapping[str, KnownCustomer], followed: frozenset[str]
    ) -> ItemOutcome:
        if key not in self._news:
            return ItemOutcome(key, key, ItemState.SKIPPED, GONE)
        order, notice = self._news[key]
        customer = known.get(order.email, KnownCustomer(order.email))
        detail = {"kind": notice.kind, "expected_on": notice.arguments.get("expected_on")}
        if any(cause in told for cause in notice.causes):
            return ItemOutcome(key, order.number, ItemState.SKIPPED, NOTHING_NEW, detail=detail)
        if not customer.wants_notices:
            return ItemOutcome(key, order.number, ItemState.SKIPPED, NOT_WANTED, detail=detail)
        request = notice if order.number in followed else _as_mail(notice, order, customer)
        return ItemOutcome(
            key,
            order.number,
            ItemState.DONE,
            TOLD,
            detail={**detail, "by": "chat" if request is notice else "mail"},
            effect={"notices": [asdict(request)]},
            effect_key=notice.idempotency_key,
        )

    @cached_property
    def _news(self) -> Mapping[str, tuple[Order, NoticeRequest]]:
        """What there is to say, by order number."""
        orders = self._connectors.orders().undelivered_orders()
        known = self._notices.known_expectations(order.number for order in orders)
        supply = self._supply_dates(orders)
        found = (
            (order, notice_about_order(order, self._today, known.get(order.number), supply.get(order.number)))
            for order in orders
        )
        return {order.number: (order, notice) for order, notice in found if notice is not None}

    def _supply_dates(self, orders: Sequence[Order]) -> Mapping[str, date]:
        """When what back-orders wait for comes in; without a catalogue or purchasing nobody can say."""
        waiting = [order for order in orders if order.state is OrderState.BACK_ORDER]
        if not waiting:
            return {}
        try:
            stock = {product.sku: product.stock for product in self._connectors.catalogue().list_products()}
            items = {item.sku for order in waiting for item in order.items}
            arrivals = read_arrivals(self._connectors.purchasing(), items, self._today)
        except NotFound:
            return {}
        supply = share_supply(waiting, stock, arrivals)
        return {number: found.expected_on for number, found in supply.items()}


def _as_mail(notice: NoticeRequest, order: Order, customer: KnownCustomer) -> NoticeRequest:
    language = choose_language(order.address.country if order.address else None, customer.language)
    return replace(
        notice, email=order.email, language=language, arguments={**notice.arguments, "name": order.customer_name}
    )


def _start(context: JobContext) -> JobWork:
    return LateOrders(context)


JOB = JobDefinition(
    name="late-orders",
    title="Late orders",
    description=(
        "Tells customers, in their language, that their order is late or delayed, and the new date that follows "
        "from purchase orders: in the chat where they proved the order, else by mail."
    ),
    item_name="order",
    default_cron="*/15 8-20 * * *",
    parameters=(),
    start=_start,
    uses=(ORDERS,),
)
