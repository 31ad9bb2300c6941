"""What our own conversations and tickets say of the owners of e-mail addresses."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from connectors.contracts.notices import KnownCustomer
from connectors.database.models.conversation import Contact, Conversation, Owner, Ticket

WITH_PERSON = (Owner.QUEUE.value, Owner.HUMAN.value)
# A ticket that is answered may be written into again; only one that is open owes the customer something.
OPEN_TICKET = "open"


def read_known_customers(session: Session, emails: Sequence[str]) -> Mapping[str, KnownCustomer]:
    """Those of these normalised addresses that we have talked with or that have a ticket."""
    talks = _conversations_of(session, emails)
    tickets = _open_tickets_of(session, emails)
    return {
        email: _known(email, talks.get(email, []), tickets.get(email, []))
        for email in emails
        if email in talks or email in tickets
    }


def _conversations_of(session: Session, emails: Sequence[str]) -> Mapping[str, list[Conversation]]:
    """The latest first. An address that was only claimed counts too: to write less is the safe side."""
    query = (
        select(Conversation)
        .join(Contact, Contact.id == Conversation.contact_id)
        .where(or_(Conversation.verified_email.in_(emails), Contact.email.in_(emails)))
        .options(joinedload(Conversation.contact))
        .order_by(Conversation.updated_at.desc(), Conversation.id)
    )
    found: defaultdict[str, list[Conversation]] = defaultdict(list)
    for talk in session.scalars(query):
        for email in {talk.verified_email, talk.contact.email} - {None}:
            found[str(email)].append(talk)
    return found


def _open_tickets_of(session: Session, emails: Sequence[str]) -> Mapping[str, list[str]]:
    query = select(Ticket).where(Ticket.email.in_(emails), Ticket.state == OPEN_TICKET).order_by(Ticket.id)
    found: defaultdict[str, list[str]] = defaultdict(list)
    for ticket in session.scalars(query):
        found[ticket.email].append(f"{ticket.subject}\n{ticket.description}")
    return found


def _known(email: str, talks: Sequence[Conversation], tickets: Sequence[str]) -> KnownCustomer:
    proved = [talk for talk in talks if talk.verified_email == email]
    return KnownCustomer(
        email,
        language=talks[0].language if talks else None,
        contact_id=proved[0].contact_id if proved else None,
        wants_notices=all(talk.contact.accepts_notices for talk in talks),
        is_with_person=any(talk.owner in WITH_PERSON for talk in talks),
        open_tickets=tuple(tickets),
    )
