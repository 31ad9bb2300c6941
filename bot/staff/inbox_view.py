"""One conversation as an agent sees it, read from the database: what was said, who the customer is, who works on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.handoff.summary import Summary, summarise
from bot.services.customers import CustomerRecord, read_record
from bot.staff.inbox_log import Line, NoteLine, read_log
from bot.staff.labels import labels_by_conversation
from connectors.database.models.conversation import ChannelIdentity, Contact, Conversation, Owner
from connectors.database.models.inbox import Label
from connectors.database.models.people import AuditEntry, User

TELEGRAM = "telegram"


@dataclass(frozen=True, slots=True)
class KnownAs:
    """How one person is known on one channel, and since when.

    `external_id` is their number there, "" where it would tell nobody anything: a browser, an account of the shop.
    Those count as one, `count` times.
    """

    channel: str
    external_id: str
    count: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Joined:
    """That two contacts became one, and what proved it: link, code or signed."""

    method: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OpenConversation:
    """The conversation in the middle. `mode` is what this agent may do: mine, open, taken or closed.

    `channels` are the identities that were proved to be one person.
    """

    conversation: Conversation
    contact: Contact
    agent_name: str | None
    mode: str
    lines: Sequence[Line | NoteLine]
    customer: CustomerRecord
    summary: Summary
    labels: Sequence[Label]
    colleagues: Sequence[User]
    channels: Sequence[KnownAs]
    joined: Sequence[Joined]

    @property
    def customer_key(self) -> str:
        """Changes when more, or something else, is known about who the customer is."""
        record = self.customer
        return " ".join([self.contact.email or "", *sorted(record.verified_emails), *sorted(record.proved_orders)])

    @property
    def answered_by(self) -> str:
        """The mode, and of what is open whether the bot answers, is away, or the customer waits in the queue."""
        if self.mode != "open":
            return self.mode
        is_away = self.conversation.owner == Owner.BOT and self.conversation.bot_away_since is not None
        return "away" if is_away else self.conversation.owner

    @property
    def id(self) -> str:
        return self.conversation.id

    @property
    def name(self) -> str | None:
        return self.contact.display_name or self.contact.email

    @property
    def has_earlier(self) -> bool:
        first = next((line for line in self.lines if isinstance(line, Line)), None)
        return first is not None and first.seq > 1


def read_conversation(
    session: Session, conversation_id: str, agent_id: str, is_complete: bool = False
) -> OpenConversation | None:
    """A conversation with its last messages, or nearly all of them; None when there is none of this id."""
    conversation = session.get(Conversation, conversation_id)
    if conversation is None:
        return None
    agent = session.get(User, conversation.agent_id) if conversation.agent_id else None
    team = session.scalars(select(User).where(User.is_active.is_(True)).order_by(User.name, User.id))
    return OpenConversation(
        conversation=conversation,
        contact=conversation.contact,
        agent_name=agent.name if agent else None,
        mode=_mode(conversation, agent_id),
        lines=read_log(session, conversation, is_complete=is_complete),
        customer=read_record(session, conversation),
        summary=summarise(session, conversation),
        labels=labels_by_conversation(session, [conversation_id]).get(conversation_id, ()),
        colleagues=[user for user in team if user.id != conversation.agent_id or conversation.owner != Owner.HUMAN],
        channels=_channels_of(session, conversation.contact_id),
        joined=_joined(session, conversation.contact_id),
    )


def _mode(conversation: Conversation, agent_id: str) -> str:
    if conversation.owner == Owner.CLOSED:
        return "closed"
    if conversation.owner != Owner.HUMAN:
        return "open"
    return "mine" if conversation.agent_id == agent_id else "taken"


def _channels_of(session: Session, contact_id: str) -> Sequence[KnownAs]:
    query = select(ChannelIdentity).where(ChannelIdentity.contact_id == contact_id)
    found: dict[tuple[str, str], list[ChannelIdentity]] = {}
    for identity in session.scalars(query.order_by(ChannelIdentity.created_at, ChannelIdentity.id)):
        found.setdefault((identity.channel, _number_of(identity)), []).append(identity)
    return [KnownAs(*key, len(same), same[0].created_at) for key, same in found.items()]


def _number_of(identity: ChannelIdentity) -> str:
    """In Telegram a person is `chat:person`, in each group once more; hashes stand for browsers and accounts."""
    return identity.external_id.rpartition(":")[2] if identity.channel == TELEGRAM else ""


def _joined(session: Session, contact_id: str) -> Sequence[Joined]:
    query = select(AuditEntry).where(
        AuditEntry.object_type == "contact", AuditEntry.object_id == contact_id, AuditEntry.action == "contact.join"
    )
    return [Joined(entry.detail["method"], entry.at) for entry in session.scalars(query.order_by(AuditEntry.id))]
