"""The lists of the inbox, one for each view, and how many conversations stand in those that call for work."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from bot.staff.inbox_search import Found, search
from bot.staff.labels import labels_by_conversation
from bot.staff.place import Place
from connectors.database.models.conversation import Author, Contact, Conversation, Message, Owner, Ticket
from connectors.database.models.inbox import ConversationLabel, Label, Mention, PrivateNote
from connectors.database.models.people import User

LIST_LIMIT = 60
SNIPPET_LENGTH = 140

# The names of the groups of a list; they end the keys of their headings.
WAITING, MINE, FOUND = "waiting", "mine", "found"


@dataclass(frozen=True, slots=True)
class Row:
    """A conversation in a list.

    `last_author` said `last_text`: the last message, or the one that a search found.
    `needs_answer`: a colleague has it and was not the last to speak. `waits_since`: it waits for a person, or for an
    assistant that is away. `unread` counts what the customer said since anybody of ours looked. `is_back`: it was
    snoozed until now.
    """

    id: str
    contact_id: str
    name: str | None
    channel: str
    language: str
    agent_id: str | None
    agent_name: str | None
    last_author: str
    last_text: str
    last_at: datetime
    waits_since: datetime | None
    is_bot_away: bool
    needs_answer: bool
    unread: int
    snoozed_until: datetime | None
    is_back: bool
    is_mentioned: bool
    labels: Sequence[Label]


@dataclass(frozen=True, slots=True)
class Group:
    """Rows under one heading; `has_more`: there are more than are shown."""

    name: str
    rows: Sequence[Row]
    has_more: bool = False


@dataclass(frozen=True, slots=True)
class Lists:
    """`tickets` are those that a search found."""

    groups: Sequence[Group]
    counts: Mapping[str, int] = field(default_factory=dict)
    tickets: Sequence[Ticket] = ()

    @property
    def waiting_count(self) -> int:
        return self.counts.get(WAITING, 0)

    @property
    def rows(self) -> Sequence[Row]:
        return [row for group in self.groups for row in group.rows]

    @property
    def first_waiting(self) -> Row | None:
        return next((row for row in self.rows if row.waits_since and not row.agent_name), None)


def read_lists(session: Session, agent_id: str, place: Place, now: datetime) -> Lists:
    """The list of a view, or what a search finds; whoever waits longest stands first, else the newest."""
    reader = _Reader(session, agent_id, place, now)
    if place.search:
        found = search(session, place.search)
        return Lists([reader.found(found)], reader.counts(), found.tickets)
    views = (WAITING, MINE) if place.view == "now" else (place.view,)
    return Lists([reader.group(view) for view in views], reader.counts())


class _Reader:
    """One reading of the lists of one agent."""

    def __init__(self, session: Session, agent_id: str, place: Place, now: datetime) -> None:
        self._session = session
        self._agent_id = agent_id
        self._label = place.label
        self._now = now

    def group(self, view: str) -> Group:
        orders: dict[str, ColumnElement[Any]] = {
            WAITING: func.coalesce(Conversation.queued_at, Conversation.bot_away_since).asc(),
            "snoozed": Conversation.snoozed_until.asc(),
        }
        order = orders.get(view, Conversation.updated_at.desc())
        conditions = [self._condition(view)]
        if self._label is not None:
            has_label = select(ConversationLabel.conversation_id).where(ConversationLabel.label_id == self._label)
            conditions.append(Conversation.id.in_(has_label))
        query = _rows_query().where(*conditions).order_by(order, Conversation.id).limit(LIST_LIMIT + 1)
        rows = self._rows(query)
        return Group(view, rows[:LIST_LIMIT], len(rows) > LIST_LIMIT)

    def found(self, found: Found) -> Group:
        rows = {
            row.id: row
            for row in self._rows(_rows_query().where(Conversation.id.in_(found.conversation_ids)), found.said)
        }
        return Group(FOUND, [rows[one] for one in found.conversation_ids if one in rows])

    def counts(self) -> Mapping[str, int]:
        """Of the views that call for work."""
        views = (WAITING, MINE, "snoozed")
        counted = [func.count().filter(self._condition(view)) for view in views]
        is_open = or_(Conversation.owner.in_((Owner.QUEUE, Owner.HUMAN)), Conversation.bot_away_since.is_not(None))
        counts = dict(zip(views, self._session.execute(select(*counted).where(is_open)).one(), strict=True))
        unseen = select(func.count()).where(Mention.user_id == self._agent_id, Mention.seen_at.is_(None))
        return {**counts, "mentions": self._session.scalar(unseen) or 0}

    def _condition(self, view: str) -> ColumnElement[bool]:
        is_stranded = and_(Conversation.owner == Owner.BOT, Conversation.bot_away_since.is_not(None))
        is_mine = and_(Conversation.owner == Owner.HUMAN, Conversation.agent_id == self._agent_id)
        is_asleep = Conversation.snoozed_until > self._now
        # A conversation in which the customer never said anything holds only the welcome.
        is_used = Conversation.last_seq > 1
        conditions: dict[str, ColumnElement[bool]] = {
            WAITING: or_(Conversation.owner == Owner.QUEUE, is_stranded),
            MINE: and_(is_mine, or_(Conversation.snoozed_until.is_(None), Conversation.snoozed_until <= self._now)),
            "team": and_(Conversation.owner == Owner.HUMAN, Conversation.agent_id != self._agent_id),
            "bot": and_(Conversation.owner == Owner.BOT, is_used),
            "all": or_(is_used, Conversation.owner != Owner.BOT),
            "snoozed": and_(is_mine, is_asleep),
            "mentions": Conversation.id.in_(self._mentioned()),
            "closed": Conversation.owner == Owner.CLOSED,
        }
        return conditions[view]

    def _mentioned(self) -> Select[str]:
        query = select(PrivateNote.conversation_id).join(Mention, Mention.note_id == PrivateNote.id)
        return query.where(Mention.user_id == self._agent_id)

    def _rows(
        self, query: Select[Conversation, Contact, Message, str], said: Mapping[str, tuple[str, str]] | None = None
    ) -> Sequence[Row]:
        found = self._session.execute(query).all()
        ids = [row[0].id for row in found]
        about = _About(
            unread=_unread(self._session, ids),
            labels=labels_by_conversation(self._session, ids),
            mentioned=frozenset(
                self._session.scalars(
                    self._mentioned().where(Mention.seen_at.is_(None), PrivateNote.conversation_id.in_(ids))
                )
            ),
            said=said or {},
            now=self._now,
        )
        return [_row(conversation, contact, last, name, about) for conversation, contact, last, name in found]


@dataclass(frozen=True, slots=True)
class _About:
    """What is read for all rows of a list at once."""

    unread: Mapping[str, int]
    labels: Mapping[str, Sequence[Label]]
    mentioned: frozenset[str]
    said: Mapping[str, tuple[str, str]]
    now: datetime


def _rows_query() -> Select[Conversation, Contact, Message, str]:
    is_last = and_(Message.conversation_id == Conversation.id, Message.seq == Conversation.last_seq)
    return (
        select(Conversation, Contact, Message, User.name)
        .join(Contact, Contact.id == Conversation.contact_id)
        .join(Message, is_last)
        .outerjoin(User, User.id == Conversation.agent_id)
    )


def _unread(session: Session, ids: Sequence[str]) -> Mapping[str, int]:
    """Of conversations that people have or are to take; the assistant's are not for anybody to read."""
    query = (
        select(Message.conversation_id, func.count())
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(
            Conversation.id.in_(ids),
            Conversation.owner.in_((Owner.QUEUE, Owner.HUMAN)),
            Message.author == Author.CUSTOMER,
            Message.seq > Conversation.staff_read_seq,
        )
        .group_by(Message.conversation_id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _row(conversation: Conversation, contact: Contact, last: Message, agent_name: str | None, about: _About) -> Row:
    until = conversation.snoozed_until
    author, text = about.said.get(conversation.id, (last.author, last.text[:SNIPPET_LENGTH]))
    return Row(
        id=conversation.id,
        contact_id=contact.id,
        name=contact.display_name or contact.email,
        channel=conversation.channel,
        language=conversation.language,
        agent_id=conversation.agent_id,
        agent_name=agent_name,
        last_author=author,
        last_text=text,
        last_at=last.at,
        waits_since=conversation.queued_at or conversation.bot_away_since,
        is_bot_away=conversation.bot_away_since is not None,
        needs_answer=conversation.owner == Owner.HUMAN and last.author == Author.CUSTOMER,
        unread=about.unread.get(conversation.id, 0),
        snoozed_until=until if until is not None and until > about.now else None,
        is_back=until is not None and until <= about.now,
        is_mentioned=conversation.id in about.mentioned,
        labels=about.labels.get(conversation.id, ()),
    )
