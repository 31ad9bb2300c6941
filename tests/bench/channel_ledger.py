"""What was sent against what was stored and what arrived: lost, doubled, out of order; and how long it took."""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from statistics import median

from sqlalchemy import ColumnElement, select

from connectors.database.models.conversation import Author, ChannelIdentity, Conversation, Message
from connectors.database.session import Database
from tests.bench.channel_people import Chatter, Talk, Visitor


@dataclass(frozen=True, slots=True)
class Faults:
    """`out_of_order` counts conversations in which nothing is missing but stands elsewhere."""

    lost: int = 0
    doubled: int = 0
    out_of_order: int = 0

    def __add__(self, other: "Faults") -> "Faults":
        return Faults(self.lost + other.lost, self.doubled + other.doubled, self.out_of_order + other.out_of_order)


def compare(wanted: Sequence[Hashable], found: Sequence[Hashable]) -> Faults:
    """What is wrong with one conversation."""
    lost, doubled = Counter(wanted) - Counter(found), Counter(found) - Counter(wanted)
    is_complete = not lost and not doubled
    return Faults(lost.total(), doubled.total(), int(is_complete and list(wanted) != list(found)))


@dataclass(frozen=True, slots=True)
class Ledger:
    """`answers` is how many messages the bot says to each line of a conversation, in the order of the lines."""

    database: Database
    answers: Sequence[int]

    def is_answered(self, talk: Talk) -> bool:
        return len(talk.heard) >= self._wanted(talk)

    def _wanted(self, talk: Talk) -> int:
        assert len(talk.sent) <= len(self.answers), "a conversation became longer than what is known of answers"
        return sum(self.answers[: len(talk.sent)])

    def waits(self, talks: Sequence[Talk], since: float = 0.0) -> list[float]:
        """Seconds from sending a line until the last message of its answer arrived, of lines sent after `since`."""
        waits = []
        for talk in talks:
            for sent, last in zip(talk.sent, accumulate(self.answers), strict=False):
                if sent.at >= since and last <= len(talk.heard):
                    waits.append(talk.heard[last - 1] - sent.at)
        return waits

    def stored(self, talks: Sequence[Talk]) -> Faults:
        """Of the customers' messages: everything once, in the order of sending."""
        kept = self._messages(talks)
        return sum(
            (
                compare([sent.key for sent in talk.sent], [_key_of(m) for m in mine if m.author == Author.CUSTOMER])
                for talk, mine in zip(talks, kept, strict=True)
            ),
            Faults(),
        )

    def answered(self, talks: Sequence[Talk]) -> Faults:
        """Of the bot's answers: as many as one conversation alone gets."""
        found = Faults()
        for talk, mine in zip(talks, self._messages(talks), strict=True):
            wanted = 1 + self._wanted(talk)
            said = sum(message.author == Author.BOT for message in mine)
            found += Faults(lost=max(0, wanted - said), doubled=max(0, said - wanted))
        return found

    def shown(self, visitors: Sequence[Visitor]) -> Faults:
        """Of the events at widgets: each message once and in order, through every broken connection."""
        kept = self._messages(visitors)
        pairs = zip(visitors, kept, strict=True)
        return sum((compare([m.seq for m in mine], visitor.arrived) for visitor, mine in pairs), Faults())

    def delivered(self, chatters: Sequence[Chatter], texts: Sequence[Sequence[str]]) -> Faults:
        """Of the messages to chats: `texts` are those that Telegram was given, chat by chat."""
        found = Faults()
        for mine, arrived in zip(self._messages(chatters), texts, strict=True):
            found += compare([m.text.strip() for m in mine if m.author != Author.CUSTOMER], list(arrived))
        return found

    def _messages(self, talks: Sequence[Talk]) -> list[list[Message]]:
        """What is stored of each conversation, in the order of the seqs."""
        kept: list[list[Message]] = []
        with self.database.read() as session:
            for talk in talks:
                query = select(Message).join(Conversation).where(_is(talk)).order_by(Message.seq)
                kept.append(list(session.scalars(query)))
        return kept


def percentiles(seconds: Sequence[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    return {
        "count": len(ordered),
        "p50_ms": round(median(ordered) * 1000, 1),
        "p95_ms": round(ordered[int(len(ordered) * 0.95)] * 1000, 1),
        "max_ms": round(ordered[-1] * 1000, 1),
    }


def _is(talk: Talk) -> ColumnElement[bool]:
    if isinstance(talk, Visitor):
        return Conversation.id == talk.conversation_id
    assert isinstance(talk, Chatter)
    of_person = select(ChannelIdentity.conversation_id).where(
        ChannelIdentity.external_id == f"{talk.person.id}:{talk.person.id}"
    )
    return Conversation.id.in_(of_person)


def _key_of(message: Message) -> str | None:
    return message.external_id or message.client_message_id
