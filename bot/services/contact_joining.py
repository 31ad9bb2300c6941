"""Two contacts become one when a person proved to be both; nobody else's claims are enough."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from connectors.database.audit import record_audit
from connectors.database.models.conversation import ChannelIdentity, Contact, Conversation, Ticket
from connectors.database.models.service import Notice, StockWatch
from connectors.database.session import wait_in_line

SIGNED, WEB = "signed", "web"
OWNED = (Conversation, ChannelIdentity, Ticket, StockWatch, Notice)


@dataclass(frozen=True, slots=True)
class _Proofs:
    """Who a contact surely is: the shop's ids of them, and the addresses they proved."""

    signed: frozenset[str]
    emails: frozenset[str]

    @property
    def weight(self) -> int:
        return 2 * bool(self.signed) + bool(self.emails)


def join_contacts(session: Session, kept: Contact, given_up: Contact, method: str) -> None:
    """Everything of one contact becomes the other's. What was only claimed stays a claim; a no to notices stays no."""
    for table in OWNED:
        session.execute(update(table).where(table.contact_id == given_up.id).values(contact_id=kept.id))
    kept.email = kept.email or given_up.email
    kept.display_name = kept.display_name or given_up.display_name
    kept.accepts_notices = kept.accepts_notices and given_up.accepts_notices
    actor = f"contact:{kept.id}"
    record_audit(session, actor, "contact.join", "contact", kept.id, joined=given_up.id, method=method)


class Likeness(StrEnum):
    """Whether two contacts are one person, by what was proved. In doubt they differ: a browser may have served two."""

    SAME = "same"
    DIFFERENT = "different"
    UNPROVED = "unproved"


def compare(session: Session, one: Contact, other: Contact) -> Likeness:
    """UNPROVED: of one of them at least nothing is known for certain."""
    if one.id == other.id:
        return Likeness.SAME
    ours, theirs = _proofs_of(session, one), _proofs_of(session, other)
    for mine, yours in ((ours.signed, theirs.signed), (ours.emails, theirs.emails)):
        if mine and yours:
            return Likeness.SAME if mine == yours else Likeness.DIFFERENT
    return Likeness.UNPROVED


def is_stranger(session: Session, contact: Contact) -> bool:
    """Whether nothing was proved of a contact and they never were on the web: nobody gains by being them."""
    was_here = select(Conversation.id).where(Conversation.contact_id == contact.id, Conversation.channel == WEB)
    return _proofs_of(session, contact).weight == 0 and session.scalars(was_here.limit(1)).first() is None


def join_better(session: Session, one: Contact, other: Contact, method: str) -> None:
    """Join two contacts: the one that is known better stays; of two that are known as well, the older one."""
    ours, theirs = _proofs_of(session, one), _proofs_of(session, other)
    is_other_better = (theirs.weight, one.created_at) > (ours.weight, other.created_at)
    kept, given_up = (other, one) if is_other_better else (one, other)
    join_contacts(session, kept, given_up, method)


def join_same_address(session: Session, conversation: Conversation, method: str) -> None:
    """Join the contact of a conversation that was just verified with those who proved the same address elsewhere."""
    email = conversation.verified_email
    if email is None:
        return
    wait_in_line(session, f"address:{email}")
    session.flush()
    others = (
        select(Contact)
        .join(Conversation, Conversation.contact_id == Contact.id)
        .where(Conversation.verified_email == email, Contact.id != conversation.contact_id)
        .order_by(Contact.created_at, Contact.id)
        .distinct()
    )
    for other in session.scalars(others).all():
        if compare(session, conversation.contact, other) == Likeness.SAME:
            join_better(session, conversation.contact, other, method)
            session.refresh(conversation)
            conversation.contact.email = email


def _proofs_of(session: Session, contact: Contact) -> _Proofs:
    signed = select(ChannelIdentity.external_id).where(
        ChannelIdentity.channel == SIGNED, ChannelIdentity.contact_id == contact.id
    )
    emails = select(Conversation.verified_email).where(
        Conversation.contact_id == contact.id, Conversation.verified_email.is_not(None)
    )
    found = session.scalars(emails.distinct())
    return _Proofs(frozenset(session.scalars(signed)), frozenset(email for email in found if email is not None))
