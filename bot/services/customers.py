"""Everything we know about a customer, for themselves and for the agent; a system that is down is left out."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from bot.services.own_tickets import SHOWN_ROWS, OwnTicket, own_tickets
from connectors.contracts.names import ORDERS, RETURNS, SALES_INVOICES
from connectors.contracts.orders import Order, OrderState
from connectors.contracts.returns import ReturnCase
from connectors.contracts.sales_invoices import SalesInvoice
from connectors.database.models.conversation import Contact, Conversation, Ticket
from connectors.database.models.service import OrderProof
from connectors.database.session import Database
from connectors.email_address import normalise_email
from connectors.errors import ConnectorError, NotFound
from connectors.order_number import normalise_order_number
from connectors.registry import Connectors

SHOWN = 10
OVER = frozenset({OrderState.DELIVERED, OrderState.CANCELLED})
CLOSED_TICKET = "closed"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class CustomerRecord:
    """What our own database knows. `verified_emails` were proved by a code or signed by the shop.

    `conversations` are the other ones, on every channel, of this contact and of whoever proved the same address, or,
    while nothing is proved, named the same. `tickets` likewise.
    """

    contact: Contact
    verified_emails: frozenset[str]
    proved_orders: frozenset[str]
    tickets: Sequence[Ticket]
    conversations: Sequence[Conversation]


@dataclass(frozen=True, slots=True)
class CustomerOrder:
    """`is_proved`: by number and e-mail or postcode, or because its address is a verified one."""

    order: Order
    is_proved: bool


@dataclass(frozen=True, slots=True)
class CustomerOverview:
    """Our record and what the connected systems add.

    `missing` are the contracts whose system did not answer. Returns and invoices are those of the orders shown.
    """

    record: CustomerRecord
    orders: Sequence[CustomerOrder] = ()
    returns: Sequence[ReturnCase] = ()
    invoices: Sequence[SalesInvoice] = ()
    missing: frozenset[str] = frozenset()

    @property
    def email(self) -> str | None:
        return self.record.contact.email

    @property
    def is_email_proved(self) -> bool:
        """Somebody may only say that an address is theirs: a code, the shop, or an order placed with it proves it."""
        proved = {normalise_email(one.order.email) for one in self.orders if one.is_proved}
        return self.email is not None and normalise_email(self.email) in proved | self.record.verified_emails


@dataclass(frozen=True, slots=True)
class OpenMatters:
    """What a verified customer waits for. `missing` as above."""

    name: str | None = None
    orders: Sequence[Order] = ()
    tickets: Sequence[OwnTicket] = ()
    missing: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Missing:
    contracts: set[str] = field(default_factory=set)

    @contextmanager
    def unless_down(self, contract: str) -> Iterator[None]:
        try:
            yield
        except ConnectorError as error:
            if isinstance(error, NotFound) and contract != ORDERS:
                return  # not every company keeps returns or invoices where we can reach them
            log.warning("part of what we know about a customer is missing", contract=contract, reason=error.reason)
            self.contracts.add(contract)


class Customers:
    """Reads; changes nothing."""

    def __init__(self, database: Database, connectors: Connectors) -> None:
        self._database = database
        self._connectors = connectors

    def overview(self, conversation_id: str) -> CustomerOverview:
        """All about the customer of a conversation, for people who work here: claims stand beside what is proved."""
        with self._database.read() as session:
            record = read_record(session, session.get_one(Conversation, conversation_id))
        missing = _Missing()
        orders: Sequence[CustomerOrder] = ()
        with missing.unless_down(ORDERS):
            orders = self._orders(record)
        numbers = [one.order.number for one in orders]
        returns: list[ReturnCase] = []
        with missing.unless_down(RETURNS):
            system = self._connectors.returns()
            returns += [case for number in numbers for case in system.returns_of(number)]
        invoices: list[SalesInvoice] = []
        with missing.unless_down(SALES_INVOICES):
            billing = self._connectors.sales_invoices()
            invoices += [invoice for number in numbers for invoice in billing.invoices_of(number)]
        return CustomerOverview(record, orders, returns, invoices, frozenset(missing.contracts))

    def open_matters(self, conversation_id: str) -> OpenMatters | None:
        """What the customer waits for, newest first; None while they have not proved who they are."""
        with self._database.read() as session:
            conversation = session.get_one(Conversation, conversation_id)
            email = conversation.verified_email
            if email is None:
                return None
            name = conversation.contact.display_name
            tickets = own_tickets(session, conversation)
        missing = _Missing()
        orders: Sequence[Order] = ()
        with missing.unless_down(ORDERS):
            orders = [order for order in self._connectors.orders().orders_of(email) if order.state not in OVER]
        waiting = [ticket for ticket in tickets if ticket.state != CLOSED_TICKET]
        return OpenMatters(name, orders[:SHOWN], waiting[:SHOWN], frozenset(missing.contracts))

    def _orders(self, record: CustomerRecord) -> Sequence[CustomerOrder]:
        system = self._connectors.orders()
        claimed = {normalise_email(record.contact.email)} if record.contact.email else set()
        found = {
            normalise_order_number(order.number): order
            for email in sorted(record.verified_emails | claimed)
            for order in system.orders_of(email)
        }
        for number in sorted(record.proved_orders - found.keys()):
            order = _find(system.find_order, number)
            if order is not None:
                found[number] = order
        newest = sorted(found.items(), key=lambda one: (one[1].ordered_on, one[0]), reverse=True)
        return [
            CustomerOrder(
                order, number in record.proved_orders or normalise_email(order.email) in record.verified_emails
            )
            for number, order in newest[:SHOWN]
        ]


def read_record(session: Session, conversation: Conversation) -> CustomerRecord:
    contact = conversation.contact
    mine = Conversation.contact_id == contact.id
    verified = session.scalars(
        select(Conversation.verified_email).where(mine, Conversation.verified_email.is_not(None))
    )
    emails = frozenset(email for email in verified if email is not None)
    proofs = select(OrderProof.order_number).join(Conversation, Conversation.id == OrderProof.conversation_id)
    addresses = emails | ({contact.email} if contact.email else set())
    is_ticket_theirs = or_(Ticket.contact_id == contact.id, Ticket.email.in_(emails))
    namesakes = select(Contact.id).where(Contact.email.in_(addresses))
    is_same_person = or_(mine, Conversation.verified_email.in_(addresses), Conversation.contact_id.in_(namesakes))
    others = (
        select(Conversation)
        .where(is_same_person, Conversation.id != conversation.id, Conversation.last_seq > 1)
        .order_by(Conversation.created_at.desc(), Conversation.id)
        .limit(SHOWN_ROWS)
    )
    return CustomerRecord(
        contact=contact,
        verified_emails=emails,
        proved_orders=frozenset(session.scalars(proofs.where(mine))),
        tickets=session.scalars(
            select(Ticket).where(is_ticket_theirs).order_by(Ticket.id.desc()).limit(SHOWN_ROWS)
        ).all(),
        conversations=session.scalars(others).all(),
    )


def _find(find_order: Callable[[str], Order], number: str) -> Order | None:
    try:
        return find_order(number)
    except NotFound:
        return None
