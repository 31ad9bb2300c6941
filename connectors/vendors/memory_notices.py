"""An outbox of notices in memory, for tests and trials."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from connectors.contracts.notices import NoticeRequest, ProductWatch


class MemoryNotices:
    """Keeps what was posted in `posted`."""

    def __init__(
        self, followed_orders: Mapping[str, date | None] | None = None, watches: Iterable[ProductWatch] = ()
    ) -> None:
        """`followed_orders` with the delivery date that was told last."""
        self._orders = dict(followed_orders or {})
        self._watches = list(watches)
        self.posted: list[NoticeRequest] = []

    def followed_orders(self) -> Sequence[str]:
        return sorted(self._orders)

    def known_expectation(self, order_number: str) -> date | None:
        return self._orders[order_number]

    def product_watches(self) -> Sequence[ProductWatch]:
        return tuple(self._watches)

    def post(self, request: NoticeRequest, settled_watch: int | None = None) -> bool:
        if any(known.idempotency_key == request.idempotency_key for known in self.posted):
            return False
        self.posted.append(request)
        if request.order_number in self._orders and "expected_on" in request.arguments:
            self._orders[request.order_number] = date.fromisoformat(request.arguments["expected_on"])
        self._watches = [watch for watch in self._watches if watch.id != settled_watch]
        return True
