"""Whom a waiting customer is given to when conversations are dealt round: a pure rule."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Dealt:
    """An agent as the deal sees them.

    `is_taking`: they said so. `is_here`: their inbox is open. `is_on_duty`: it is within their working hours.
    `busy_with` counts their conversations that are not snoozed, of `capacity` at once. `last_given_at` is when the
    deal last came to them.
    """

    user_id: str
    is_taking: bool
    is_here: bool
    is_on_duty: bool
    busy_with: int
    capacity: int
    last_given_at: datetime | None = None

    @property
    def is_free(self) -> bool:
        return self.is_taking and self.is_here and self.is_on_duty and self.busy_with < self.capacity


@dataclass(frozen=True, slots=True)
class Turn:
    """A conversation that goes to an agent; `at` is what their `last_given_at` becomes."""

    conversation_id: str
    user_id: str
    at: datetime


def next_agent(agents: Sequence[Dealt]) -> Dealt | None:
    """Of those who are free the one whose last turn is longest ago; nobody when none is free.

    Turns, not loads, are compared: who finishes quickly is not punished with more.
    """
    free = [agent for agent in agents if agent.is_free]
    return min(free, key=lambda agent: (agent.last_given_at or LONG_AGO, agent.user_id), default=None)


def deal(waiting: Sequence[str], agents: Sequence[Dealt], now: datetime) -> Sequence[Turn]:
    """One turn for each of `waiting` (the longest first), as far as there is room."""
    hands = {agent.user_id: agent for agent in agents}
    turns: list[Turn] = []
    for conversation_id in waiting:
        taker = next_agent(list(hands.values()))
        if taker is None:
            break
        # Those served in one deal stand behind each other in their order.
        turn = Turn(conversation_id, taker.user_id, now + len(turns) * timedelta(microseconds=1))
        hands[taker.user_id] = replace(taker, busy_with=taker.busy_with + 1, last_given_at=turn.at)
        turns.append(turn)
    return turns
