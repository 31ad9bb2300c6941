"""The outbox of notices in our own database."""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from connectors.contracts.notices import NoticeRequest, ProductWatch
from connectors.database.base import utc_now
from connectors.database.failures import explain_failures
from connectors.database.models.service import Notice, OrderProof, StockWatch
from connectors.database.session import Database

# An order is on somebody's mind for this long after they asked about it.
FOLLOWED_FOR = timedelta(days=60)


class HouseNotices:
    """Notices in the table `notices`, which the front office empties."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def followed_orders(self) -> Sequence[str]:
        query = select(OrderProof.order_number).where(OrderProof.at >= utc_now() - FOLLOWED_FOR).distinct()
        with explain_failures(), self._database.read() as session:
            return sorted(session.scalars(query))

    def known_expectation(self, order_number: str) -> date | None:
        query = select(OrderProof.told_expectation).where(OrderProof.order_number == order_number)
        with explain_failures(), self._database.read() as session:
            told = [day for day in session.scalars(query.order_by(OrderProof.at)) if day is not None]
        return told[-1] if told else None

    def product_watches(self) -> Sequence[ProductWatch]:
        query = select(StockWatch).where(StockWatch.told_at.is_(None)).order_by(StockWatch.id)
        with explain_failures(), self._database.read() as session:
            return [ProductWatch(row.id, row.contact_id, row.sku) for row in session.scalars(query)]

    def post(self, request: NoticeRequest, settled_watch: int | None = None) -> bool:
        try:
            with explain_failures(), self._database.write() as session:
                session.add(
                    Notice(
                        idempotency_key=request.idempotency_key,
                        kind=request.kind.value,
                        response=request.response,
                        arguments=dict(request.arguments),
                        contact_id=request.contact_id,
                        order_number=request.order_number,
                    )
                )
                session.flush()
                if request.order_number is not None and "expected_on" in request.arguments:
                    day = date.fromisoformat(request.arguments["expected_on"])
                    proofs = update(OrderProof).where(OrderProof.order_number == request.order_number)
                    session.execute(proofs.values(told_expectation=day))
                watch = session.get(StockWatch, settled_watch) if settled_watch is not None else None
                if watch is not None:
                    watch.told_at = utc_now()
        except IntegrityError:
            return False
        return True
