"""An outbox of notices in memory, for tests and trials."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from connectors.contracts.notices import KnownCustomer, NoticeRequest, ProductWatch, UnsettledMail
from connectors.database.base import utc_now


class MemoryNotices:
    """Keeps what was posted in `posted`; `asked` are SKUs that were asked for in vain, each with the moment."""

    def __init__(
        self,
        followed_orders: Mapping[str, date | None] | None = None,
        watches: Iterable[ProductWatch] = (),
        customers: Iterable[KnownCustomer] = (),
    ) -> None:
        """`followed_orders` with the delivery date that was told last."""
        self._followed = frozenset(followed_orders or {})
        self._expectations = {number: day for number, day in (followed_orders or {}).items() if day is not None}
        self._watches = list(watches)
        self._customers = {customer.email: customer for customer in customers}
        self._told: dict[str, datetime] = {}
        self.posted: list[NoticeRequest] = []
        self.unsettled: list[UnsettledMail] = []
        self.asked: list[tuple[str, datetime]] = []

    def followed_orders(self) -> Sequence[str]:
        return sorted(self._followed)

    def known_expectations(self, order_numbers: Iterable[str]) -> Mapping[str, date]:
        return {number: self._expectations[number] for number in order_numbers if number in self._expectations}

    def known_customers(self, emails: Iterable[str]) -> Mapping[str, KnownCustomer]:
        return {email: self._customers[email] for email in emails if email in self._customers}

    def told(self, causes: Iterable[str]) -> Mapping[str, datetime]:
        return {cause: self._told[cause] for cause in causes if cause in self._told}

    def unsettled_mails(self, since: datetime) -> Sequence[UnsettledMail]:
        return tuple(self.unsettled)

    def asked_products(self, since: datetime) -> Mapping[str, int]:
        return Counter(sku for sku, at in self.asked if at >= since)

    def product_watches(self) -> Sequence[ProductWatch]:
        return tuple(self._watches)

    def tell(self, cause: str, at: datetime) -> None:
        """Let a cause have been told of at a moment."""
        self._told[cause] = at

    def post(self, request: NoticeRequest, settled_watch: int | None = None) -> bool:
        is_known = any(known.idempotency_key == request.idempotency_key for known in self.posted)
        if is_known or self.told(request.causes):
            return False
        self.posted.append(request)
        self._told.update((cause, utc_now()) for cause in request.causes)
        if request.order_number is not None and "expected_on" in request.arguments:
            self._expectations[request.order_number] = date.fromisoformat(request.arguments["expected_on"])
        self._watches = [watch for watch in self._watches if watch.id != settled_watch]
        return True
