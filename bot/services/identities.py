"""Customers whom the shop vouches for: their sessions, and the one contact that they are each time they come back."""

from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversations.access import lock_opened_by
from bot.conversations.opening import NOTHING_SAID, Opening, keep_opening
from bot.conversations.store import add_message, lock_conversation, open_conversation
from bot.services.contact_joining import join_contacts
from bot.services.customers import Customers
from bot.services.greeting import welcome_back
from bot.services.own_conversations import WEB, add_token, end_copies
from bot.services.signed_identity import SignedPerson
from bot.services.verification import SIGNED, verify_conversation
from bot.texts import Texts
from connectors.database.audit import record_audit
from connectors.database.models.conversation import Author, ChannelIdentity, Contact, Conversation
from connectors.database.session import Database, wait_in_line


class AnotherPersonError(Exception):
    """The conversation is somebody else's already."""


class _Claim(StrEnum):
    """`NEW`: the conversation became the person's just now. `REFUSED`: it is somebody else's."""

    NEW = "new"
    KNOWN = "known"
    REFUSED = "refused"


class Identities:
    """Opens conversations for signed persons, and makes anonymous ones theirs. All methods block."""

    def __init__(self, database: Database, texts: Texts, customers: Customers) -> None:
        self._database = database
        self._texts = texts
        self._customers = customers

    def open(
        self,
        channel: str,
        external_id: str,
        language: str,
        network_address: str | None,
        person: SignedPerson,
        opening: Opening = NOTHING_SAID,
    ) -> str:
        """Start a verified conversation with a welcome by name; returns its id.

        An earlier conversation becomes the person's, too, unless it is somebody else's.

        Raises:
            IdentityEndedError: what opened the earlier conversation opens it no more.
        """
        with self._database.write() as session:
            family = _claim_earlier(session, opening, person)
            known = _contact_of(session, person)
            conversation = open_conversation(
                session, channel, external_id, language, network_address, contact=known, family=family
            )
            if known is None:
                _remember(session, conversation, person)
            verify_conversation(session, conversation, person.email, SIGNED, person.name)
            keep_opening(session, conversation, opening)
        # Between two transactions: the sales system may be slow.
        matters = self._customers.open_matters(conversation.id)
        with self._database.write() as session:
            conversation = lock_conversation(session, conversation.id)
            add_message(session, conversation, Author.BOT, welcome_back(self._texts, language, matters))
            conversation.answered_seq = conversation.last_seq
        return conversation.id

    def claim(self, conversation_id: str, person: SignedPerson, token_hash: str, new_hash: str) -> bool:
        """Make a conversation this person's; what was said in it stays. Whether it became theirs just now.

        If so, the token that was shown ends with all of its browser, and that of `new_hash` takes their place: who
        copied one on a shared computer reads no further.

        Raises:
            AnotherPersonError: it was verified as somebody else's.
            IdentityEndedError: the token opens the conversation no more.
        """
        with self._database.write() as session:
            outcome = _claim(session, lock_opened_by(session, (WEB, token_hash), conversation_id), person)
            if outcome == _Claim.NEW:
                add_token(session, conversation_id, new_hash)
        if outcome == _Claim.REFUSED:
            raise AnotherPersonError
        return outcome == _Claim.NEW


def _claim_earlier(session: Session, opening: Opening, person: SignedPerson) -> str | None:
    """The family of the earlier token, where it was this person's before; None: the new token begins one."""
    if opening.earlier is None:
        return None
    opened = lock_opened_by(session, *opening.earlier)
    family = opened.family
    return family if _claim(session, opened, person) == _Claim.KNOWN else None


def _claim(session: Session, opened: ChannelIdentity, person: SignedPerson) -> _Claim:
    conversation, family = session.get_one(Conversation, opened.conversation_id), opened.family
    if _is_of_another(session, conversation, person):
        actor = f"contact:{conversation.contact_id}"
        record_audit(session, actor, "contact.verify_refused", "conversation", conversation.id, method=SIGNED)
        return _Claim.REFUSED
    is_new = conversation.verified_by != SIGNED
    _assign(session, conversation, person)
    if is_new:
        end_copies(session, conversation.id, family)
    return _Claim.NEW if is_new else _Claim.KNOWN


def _assign(session: Session, conversation: Conversation, person: SignedPerson) -> None:
    known = _contact_of(session, person)
    if known is None:
        _remember(session, conversation, person)
    elif known.id != conversation.contact_id:
        _give(session, conversation, known)
    verify_conversation(session, conversation, person.email, SIGNED, person.name)


def _contact_of(session: Session, person: SignedPerson) -> Contact | None:
    """The contact that this person was before; two first visits at once wait for each other."""
    wait_in_line(session, f"signed:{person.key}")
    query = select(Contact).join(ChannelIdentity, ChannelIdentity.contact_id == Contact.id)
    return session.scalar(query.where(ChannelIdentity.channel == SIGNED, ChannelIdentity.external_id == person.key))


def _remember(session: Session, conversation: Conversation, person: SignedPerson) -> None:
    session.add(
        ChannelIdentity(
            channel=SIGNED,
            external_id=person.key,
            contact_id=conversation.contact_id,
            conversation_id=conversation.id,
        )
    )


def _is_of_another(session: Session, conversation: Conversation, person: SignedPerson) -> bool:
    signed_as = session.scalar(
        select(ChannelIdentity.external_id).where(
            ChannelIdentity.channel == SIGNED, ChannelIdentity.contact_id == conversation.contact_id
        )
    )
    if signed_as is not None:
        return signed_as != person.key
    theirs = Conversation.contact_id == conversation.contact_id
    proved = session.scalars(
        select(Conversation.verified_email).where(theirs, Conversation.verified_email.is_not(None))
    )
    return any(email != person.email for email in proved)


def _give(session: Session, conversation: Conversation, contact: Contact) -> None:
    """With an anonymous conversation everything that its contact left here becomes the known contact's."""
    join_contacts(session, contact, conversation.contact, SIGNED)
    session.refresh(conversation)
