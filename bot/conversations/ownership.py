"""Who answers the customer: the bot, the queue, one person, or nobody any more."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.conversations.stars import star_buttons
from bot.conversations.store import add_message, lock_conversation, return_to_bot, silence_bot, touch
from bot.conversations.understood import mark_handed_over
from bot.texts import Rendered, Texts
from connectors.database.audit import record_audit
from connectors.database.base import utc_now
from connectors.database.models.conversation import Author, Conversation, Owner
from connectors.database.models.people import User


class OwnershipError(Exception):
    """Somebody else was faster, or the conversation is not in a state for this; `code` is a page text."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def hand_over(session: Session, conversation: Conversation, reason: str) -> int:
    """Put a conversation of the bot into the queue and return its place there; twice is once."""
    if conversation.owner == Owner.BOT:
        conversation.owner = Owner.QUEUE
        conversation.queued_at = utc_now()
        conversation.handoff_reason = reason
        touch(conversation)
        _record(session, "bot", "conversation.hand_over", conversation, Owner.BOT, reason)
        mark_handed_over(session, conversation.id)
        session.flush()
    return queue_place(session, conversation)


def queue_place(session: Session, conversation: Conversation) -> int:
    """Its place among those who wait, counted from 1; 0 when it does not wait."""
    if conversation.owner != Owner.QUEUE:
        return 0
    ahead = select(func.count()).where(
        Conversation.owner == Owner.QUEUE, Conversation.queued_at < conversation.queued_at
    )
    return (session.scalar(ahead) or 0) + 1


def take_over(session: Session, conversation_id: str, agent: User, texts: Texts) -> Conversation:
    """Make a person the owner; the bot falls silent at once, even in the middle of a turn.

    Raises:
        OwnershipError: a colleague has it already, or it is closed.
    """
    conversation = lock_conversation(session, conversation_id)
    if conversation.owner == Owner.HUMAN and conversation.agent_id != agent.id:
        raise OwnershipError("inbox.error.taken")
    if conversation.owner == Owner.CLOSED:
        raise OwnershipError("inbox.error.closed")
    if conversation.owner == Owner.HUMAN:
        return conversation
    before = conversation.owner
    _seat(session, conversation, agent, texts)
    _record(session, agent.email, "conversation.take_over", conversation, before)
    return conversation


def assign(session: Session, conversation_id: str, agent: User, texts: Texts, actor: str) -> Conversation:
    """Make `agent` the owner, whoever has the conversation now; `actor` is who decided so.

    Raises:
        OwnershipError: it is closed, or the agent works here no more.
    """
    conversation = lock_conversation(session, conversation_id)
    if conversation.owner == Owner.CLOSED:
        raise OwnershipError("inbox.error.closed")
    if not agent.is_active:
        raise OwnershipError("inbox.error.nobody")
    if conversation.owner == Owner.HUMAN and conversation.agent_id == agent.id:
        return conversation
    before = {"owner": conversation.owner, "agent": _name_of(session, conversation.agent_id)}
    _seat(session, conversation, agent, texts)
    after = {"owner": conversation.owner, "agent": agent.name}
    record_audit(session, actor, "conversation.assign", "conversation", conversation.id, before=before, after=after)
    return conversation


def put_back(session: Session, conversation_id: str, agent: User) -> Conversation:
    """Let the customer wait for another person; they keep nothing of their old place.

    Raises:
        OwnershipError: nobody has it.
    """
    conversation = lock_conversation(session, conversation_id)
    if conversation.owner != Owner.HUMAN:
        raise OwnershipError("inbox.error.not_yours")
    conversation.owner, conversation.agent_id = Owner.QUEUE, None
    conversation.queued_at, conversation.snoozed_until = utc_now(), None
    touch(conversation)
    _record(session, agent.email, "conversation.put_back", conversation, Owner.HUMAN)
    return conversation


def _seat(session: Session, conversation: Conversation, agent: User, texts: Texts) -> None:
    """The agent answers from now on, and the customer hears so."""
    conversation.owner = Owner.HUMAN
    conversation.agent_id, conversation.assigned_at = agent.id, utc_now()
    silence_bot(conversation)
    told = texts.render("agent_joined", conversation.language, {"name": agent.name})
    add_message(session, conversation, Author.SYSTEM, told)


def _name_of(session: Session, agent_id: str | None) -> str | None:
    return session.get_one(User, agent_id).name if agent_id else None


def give_back(session: Session, conversation_id: str, agent: User, texts: Texts) -> Conversation:
    """Return a conversation to the bot.

    Raises:
        OwnershipError: it is not this agent's.
    """
    conversation = _owned(session, conversation_id, agent)
    add_message(session, conversation, Author.BOT, texts.render("given_back", conversation.language))
    return_to_bot(conversation)
    _record(session, agent.email, "conversation.give_back", conversation, Owner.HUMAN)
    return conversation


def close(session: Session, conversation_id: str, agent: User, reason: str, texts: Texts) -> Conversation:
    """End a conversation with a reason for the record; the customer may reopen it by writing.

    Raises:
        OwnershipError: it is not this agent's.
    """
    conversation = _owned(session, conversation_id, agent)
    add_message(session, conversation, Author.SYSTEM, texts.render("closed", conversation.language))
    add_message(session, conversation, Author.BOT, _ask_for_rating(conversation, texts))
    conversation.owner = Owner.CLOSED
    conversation.closed_reason = reason
    silence_bot(conversation)
    _record(session, agent.email, "conversation.close", conversation, Owner.HUMAN, reason)
    return conversation


def _record(
    session: Session, actor: str, action: str, conversation: Conversation, before: str, reason: str | None = None
) -> None:
    """Who has the conversation now, and who had it."""
    was, became = {"owner": before}, {"owner": conversation.owner}
    record_audit(session, actor, action, "conversation", conversation.id, before=was, after=became, reason=reason)


def _ask_for_rating(conversation: Conversation, texts: Texts) -> Rendered:
    """The stars are for the stretch that ends now, also when they are pressed in the next one."""
    asked = texts.render("rating_ask", conversation.language)
    return Rendered(asked.text, star_buttons(conversation.bot_session))


def require_owner(conversation: Conversation, agent: User) -> None:
    """Only the person who took a conversation over may speak in it.

    Raises:
        OwnershipError: it is not this agent's.
    """
    if conversation.owner != Owner.HUMAN or conversation.agent_id != agent.id:
        raise OwnershipError("inbox.error.not_yours")


def _owned(session: Session, conversation_id: str, agent: User) -> Conversation:
    conversation = lock_conversation(session, conversation_id)
    require_owner(conversation, agent)
    return conversation
