"""Customers whom the shop vouches for: their sessions, and the one contact that they are each time they come back."""

from contextlib import suppress

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversations.opening import NOTHING_SAID, Opening, keep_opening
from bot.conversations.store import add_message, lock_conversation, open_conversation
from bot.services.contact_joining import join_contacts
from bot.services.customers import Customers
from bot.services.greeting import welcome_back
from bot.services.own_conversations import replace_tokens
from bot.services.signed_identity import SignedPerson
from bot.services.verification import SIGNED, verify_conversation
from bot.texts import Texts
from connectors.database.audit import record_audit
from connectors.database.models.conversation import Author, ChannelIdentity, Contact, Conversation
from connectors.database.session import Database, wait_in_line


class AnotherPersonError(Exception):
    """The conversation is somebody else's already."""


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
        """
        if opening.earlier is not None:
            with suppress(AnotherPersonError):
                self.claim(opening.earlier, person)
        with self._database.write() as session:
            known = _contact_of(session, person)
            conversation = open_conversation(session, channel, external_id, language, network_address, contact=known)
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

    def claim(self, conversation_id: str, person: SignedPerson, token_hash: str | None = None) -> bool:
        """Make a conversation this person's; what was said in it stays. Whether it became theirs just now.

        If so, only the token of this hash opens it: who copied an earlier one on a shared computer reads no further.

        Raises:
            AnotherPersonError: it was verified as somebody else's.
        """
        with self._database.write() as session:
            conversation = lock_conversation(session, conversation_id)
            is_another = _is_of_another(session, conversation, person)
            if is_another:
                actor = f"contact:{conversation.contact_id}"
                record_audit(session, actor, "contact.verify_refused", "conversation", conversation_id, method=SIGNED)
                is_new = False
            else:
                is_new = _assign(session, conversation, person, token_hash)
        if is_another:
            raise AnotherPersonError
        return is_new


def _assign(session: Session, conversation: Conversation, person: SignedPerson, token_hash: str | None) -> bool:
    is_new = conversation.verified_by != SIGNED
    known = _contact_of(session, person)
    if known is None:
        _remember(session, conversation, person)
    elif known.id != conversation.contact_id:
        _give(session, conversation, known)
    verify_conversation(session, conversation, person.email, SIGNED, person.name)
    if is_new:
        replace_tokens(session, conversation.id, token_hash)
    return is_new


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
