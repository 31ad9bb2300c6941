"""The outbox of notices in our own database, and what conversations say of those who are told."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from connectors.contracts.notices import KnownCustomer, NoticeRequest, ProductWatch, UnsettledMail
from connectors.database.base import utc_now
from connectors.database.chunks import in_chunks
from connectors.database.failures import explain_failures
from connectors.database.models.mail import MailState, OutgoingMail
from connectors.database.models.people import AuditEntry
from connectors.database.models.service import Notice, NoticeCause, NoticeState, OrderProof, StockWatch
from connectors.database.session import Database
from connectors.email_address import normalise_email
from connectors.errors import Rejected
from connectors.vendors.house_customers import read_known_customers

# An order is on somebody's mind for this long after they asked about it.
FOLLOWED_FOR = timedelta(days=60)
LOST_NOTICES = (NoticeState.UNCONFIRMED.value, NoticeState.GIVEN_UP.value)
LOST_MAILS = (MailState.UNCONFIRMED.value, MailState.GIVEN_UP.value, MailState.BOUNCED.value)


class HouseNotices:
    """Notices in the table `notices`, which the front office empties."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def followed_orders(self) -> Sequence[str]:
        query = select(OrderProof.order_number).where(OrderProof.at >= utc_now() - FOLLOWED_FOR).distinct()
        with explain_failures(), self._database.read() as session:
            return sorted(session.scalars(query))

    def known_expectations(self, order_numbers: Iterable[str]) -> Mapping[str, date]:
        told: dict[str, date] = {}
        with explain_failures(), self._database.read() as session:
            for numbers in in_chunks(sorted(set(order_numbers))):
                told.update(_expectations_of(session, numbers))
        return told

    def known_customers(self, emails: Iterable[str]) -> Mapping[str, KnownCustomer]:
        given: dict[str, list[str]] = {}
        for email in sorted(set(emails)):
            given.setdefault(normalise_email(email), []).append(email)
        found: dict[str, KnownCustomer] = {}
        with explain_failures(), self._database.read() as session:
            for addresses in in_chunks(list(given)):
                found.update(read_known_customers(session, addresses))
        return {email: known for address, known in found.items() for email in given[address]}

    def told(self, causes: Iterable[str]) -> Mapping[str, datetime]:
        told: dict[str, datetime] = {}
        with explain_failures(), self._database.read() as session:
            for wanted in in_chunks(sorted(set(causes))):
                query = select(NoticeCause.cause, NoticeCause.at).where(NoticeCause.cause.in_(wanted))
                told.update((cause, at) for cause, at in session.execute(query))
        return told

    def unsettled_mails(self, since: datetime) -> Sequence[UnsettledMail]:
        notices = select(Notice).where(Notice.state.in_(LOST_NOTICES), Notice.settled_at >= since)
        mails = select(OutgoingMail).where(OutgoingMail.state.in_(LOST_MAILS), OutgoingMail.settled_at >= since)
        with explain_failures(), self._database.read() as session:
            lost = [
                UnsettledMail(row.idempotency_key, row.state, row.reason or "")
                for row in session.scalars(notices.order_by(Notice.id))
            ]
            sent = session.scalars(mails.order_by(OutgoingMail.id))
            return [*lost, *(UnsettledMail(row.about, row.state, row.reason or "") for row in sent)]

    def asked_products(self, since: datetime) -> Mapping[str, int]:
        query = select(AuditEntry.object_id, AuditEntry.detail).where(
            AuditEntry.action == "product.asked", AuditEntry.at >= since
        )
        with explain_failures(), self._database.read() as session:
            asked = {(sku, detail.get("conversation")) for sku, detail in session.execute(query)}
        return Counter(sku for sku, _conversation in asked)

    def product_watches(self) -> Sequence[ProductWatch]:
        query = select(StockWatch).where(StockWatch.told_at.is_(None)).order_by(StockWatch.id)
        with explain_failures(), self._database.read() as session:
            return [ProductWatch(row.id, row.contact_id, row.sku) for row in session.scalars(query)]

    def post(self, request: NoticeRequest, settled_watch: int | None = None) -> bool:
        try:
            with explain_failures(), self._database.write() as session:
                post_notice(session, request)
                if request.order_number is not None and "expected_on" in request.arguments:
                    day = date.fromisoformat(request.arguments["expected_on"])
                    proofs = update(OrderProof).where(OrderProof.order_number == request.order_number)
                    session.execute(proofs.values(told_expectation=day))
                watch = session.get(StockWatch, settled_watch) if settled_watch is not None else None
                if watch is not None:
                    watch.told_at = utc_now()
        except IntegrityError as error:
            if self._is_told(request):
                return False
            raise Rejected("Nobody can be told: the contact of this notice does not exist any more.") from error
        return True

    def _is_told(self, request: NoticeRequest) -> bool:
        key = select(Notice.id).where(Notice.idempotency_key == request.idempotency_key)
        with explain_failures(), self._database.read() as session:
            if session.scalar(key) is not None:
                return True
        return bool(self.told(request.causes))


def post_notice(session: Session, request: NoticeRequest) -> None:
    """Add a notice to the outbox in the transaction of what it tells of.

    Raises IntegrityError when its key was used or one of its causes was told of.
    """
    notice = Notice(
        idempotency_key=request.idempotency_key,
        kind=request.kind.value,
        response=request.response,
        arguments=dict(request.arguments),
        contact_id=request.contact_id,
        order_number=request.order_number,
        email=request.email,
        language=request.language,
    )
    session.add(notice)
    session.flush()
    session.add_all(NoticeCause(cause=cause, notice_id=notice.id) for cause in request.causes)
    session.flush()


def _expectations_of(session: Session, numbers: Sequence[str]) -> Mapping[str, date]:
    """What was told in a conversation or in a notice, whichever was later."""
    proofs = select(OrderProof.at, OrderProof.order_number, OrderProof.told_expectation)
    notices = select(Notice.created_at, Notice.order_number, Notice.arguments)
    told: list[tuple[datetime, str, date]] = [
        (at, number, day)
        for at, number, day in session.execute(proofs.where(OrderProof.order_number.in_(numbers)))
        if day is not None
    ]
    told += [
        (at, str(number), date.fromisoformat(arguments["expected_on"]))
        for at, number, arguments in session.execute(notices.where(Notice.order_number.in_(numbers)))
        if "expected_on" in arguments
    ]
    return {number: day for _at, number, day in sorted(told)}
