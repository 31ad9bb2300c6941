"""What happens in the inbox by itself: waiting customers are dealt round, and snoozed conversations come back."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from automations.rules.business_calendar import BusinessCalendar
from bot.conversations import ownership
from bot.conversations.store import lock_conversation
from bot.handoff.assignment import Turn, deal
from bot.services.business_hours import BusinessHours
from bot.staff.availability import availability_of, read_team
from bot.texts import Texts
from connectors.database.audit import record_audit
from connectors.database.base import utc_now
from connectors.database.models.conversation import Conversation, Owner
from connectors.database.models.inbox import Availability
from connectors.database.models.people import User
from connectors.database.session import Database, wait_in_line

MOST_AT_ONCE = 20
DEALER = "round_robin"
CLOCK = "clock"


class InboxClock:
    """Called every second by each web process; what is due is done by one of them."""

    def __init__(
        self,
        database: Database,
        texts: Texts,
        hours: BusinessHours,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._texts = texts
        self._hours = hours
        self._now = now

    def tick(self) -> Sequence[str]:
        """Do what is due; returns the conversations that changed."""
        return [*self.deal_waiting(), *self.wake_snoozed()]

    def deal_waiting(self) -> Sequence[str]:
        """Give waiting customers to agents who are free; returns the conversations."""
        with self._database.read() as session:
            is_anybody_taking = select(Availability.user_id).where(Availability.is_taking.is_(True)).limit(1)
            if not _waiting(session, 1) or session.scalar(is_anybody_taking) is None:
                return ()
        company = self._hours.calendar()
        with self._database.read() as session:
            if not self._deal(session, company):
                return ()
        with self._database.write() as session:
            # Two processes would give one agent more than they want.
            wait_in_line(session, DEALER)
            return [turn.conversation_id for turn in self._deal(session, company) if self._give(session, turn)]

    def _deal(self, session: Session, company: BusinessCalendar) -> Sequence[Turn]:
        now = self._now()
        team = read_team(session, company, now)
        return deal(_waiting(session, MOST_AT_ONCE), [member.dealt for member in team], now)

    def _give(self, session: Session, turn: Turn) -> bool:
        if lock_conversation(session, turn.conversation_id).owner != Owner.QUEUE:
            return False  # somebody took it over just now
        agent = session.get_one(User, turn.user_id)
        ownership.assign(session, turn.conversation_id, agent, self._texts, DEALER)
        availability_of(session, agent.id).last_given_at = turn.at
        return True

    def wake_snoozed(self) -> Sequence[str]:
        """Bring conversations back whose time has come; the mark that they were snoozed stays until somebody acts."""
        now = self._now()
        is_due = (
            Conversation.snoozed_until <= now,
            Conversation.updated_at < Conversation.snoozed_until,
        )
        with self._database.read() as session:
            due = session.scalars(select(Conversation.id).where(*is_due).limit(MOST_AT_ONCE)).all()
        if not due:
            return ()
        with self._database.write() as session:
            return [one for one in due if self._wake(session, one, now)]

    def _wake(self, session: Session, conversation_id: str, now: datetime) -> bool:
        conversation = lock_conversation(session, conversation_id)
        until = conversation.snoozed_until
        if until is None or until > now or conversation.updated_at >= until:
            return False
        conversation.updated_at = now
        record_audit(session, CLOCK, "conversation.wake", "conversation", conversation_id)
        return True


def _waiting(session: Session, limit: int) -> Sequence[str]:
    """Those in the queue, the longest first."""
    query = select(Conversation.id).where(Conversation.owner == Owner.QUEUE)
    return session.scalars(query.order_by(Conversation.queued_at, Conversation.id).limit(limit)).all()
