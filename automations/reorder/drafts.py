"""Open purchase requests put together into the orders that they make."""

from collections import defaultdict
from collections.abc import Sequence

from automations.rules.reorder.supply import Need, merge_needs
from connectors.contracts.purchasing import PurchaseRequest

Draft = Sequence[PurchaseRequest]


def merge_requests(requests: Sequence[PurchaseRequest], window_days: int) -> Sequence[Draft]:
    """The requests that go into one order each, the earliest order day first."""
    groups: defaultdict[tuple[str, str, str], dict[str, PurchaseRequest]] = defaultdict(dict)
    for request in requests:
        groups[request.supplier, request.site, request.currency][request.item] = request
    drafts: list[Draft] = []
    for by_item in groups.values():
        needs = [Need(one.item, one.supplier, one.order_on) for one in by_item.values()]
        drafts += [[by_item[item] for item in order.items] for order in merge_needs(needs, window_days)]
    return sorted(drafts, key=lambda draft: (draft[0].order_on, draft[0].supplier, draft[0].site, draft[0].currency))
