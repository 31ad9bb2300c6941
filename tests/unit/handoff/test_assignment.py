"""Whom waiting customers are given to: in turn, only to those who are free, never more than they want."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.handoff.assignment import Dealt, deal

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def agent(name: str, *, capacity: int = 5, busy_with: int = 0, minutes_ago: int | None = None, **state: bool) -> Dealt:
    given_at = None if minutes_ago is None else NOON - timedelta(minutes=minutes_ago)
    return Dealt(
        name,
        state.get("is_taking", True),
        state.get("is_here", True),
        state.get("is_on_duty", True),
        busy_with,
        capacity,
        given_at,
    )


@pytest.mark.parametrize(
    ("agents", "waiting", "dealt"),
    [
        # Whose last turn is longest ago is next; who never had one comes first.
        ([agent("anna", minutes_ago=5), agent("boris", minutes_ago=9)], "1", [("1", "boris")]),
        ([agent("anna", minutes_ago=5), agent("boris")], "1", [("1", "boris")]),
        # In one deal it goes round: 5 customers over 2 agents are 3 and 2.
        (
            [agent("anna"), agent("boris")],
            "12345",
            [("1", "anna"), ("2", "boris"), ("3", "anna"), ("4", "boris"), ("5", "anna")],
        ),
        # A full agent is passed over: anna has room for 1, boris for 2, and the fourth customer waits on.
        (
            [agent("anna", capacity=3, busy_with=2), agent("boris", capacity=2)],
            "1234",
            [("1", "anna"), ("2", "boris"), ("3", "boris")],
        ),
        # Turns count, not loads: who is busier but was served longer ago is next.
        ([agent("anna", busy_with=4, minutes_ago=30), agent("boris", minutes_ago=1)], "1", [("1", "anna")]),
        ([agent("anna", is_taking=False)], "1", []),
        ([agent("anna", is_here=False)], "1", []),
        ([agent("anna", is_on_duty=False)], "1", []),
        ([agent("anna", capacity=5, busy_with=7)], "1", []),
        ([], "1", []),
        ([agent("anna")], "", []),
    ],
)
def test_customers_are_dealt_in_turn_to_those_who_are_free(
    agents: list[Dealt], waiting: str, dealt: list[tuple[str, str]]
) -> None:
    turns = deal(list(waiting), agents, NOON)
    assert [(turn.conversation_id, turn.user_id) for turn in turns] == dealt


AGENTS = st.lists(
    st.builds(
        Dealt,
        user_id=st.uuids().map(str),
        is_taking=st.booleans(),
        is_here=st.booleans(),
        is_on_duty=st.booleans(),
        busy_with=st.integers(0, 6),
        capacity=st.integers(1, 6),
        last_given_at=st.none() | st.integers(0, 999).map(lambda minutes: NOON - timedelta(minutes=minutes)),
    ),
    max_size=6,
    unique_by=lambda one: one.user_id,
)


@given(agents=AGENTS, count=st.integers(0, 30))
def test_nobody_is_given_more_than_they_want_and_nobody_waits_while_somebody_is_free(
    agents: list[Dealt], count: int
) -> None:
    waiting = [str(number) for number in range(count)]
    turns = deal(waiting, agents, NOON)
    given_to = Counter(turn.user_id for turn in turns)
    room = {one.user_id: max(one.capacity - one.busy_with, 0) if one.is_free else 0 for one in agents}
    assert all(given_to[user] <= room[user] for user in given_to)
    assert [turn.conversation_id for turn in turns] == waiting[: min(count, sum(room.values()))]
    assert [turn.at for turn in turns] == sorted({turn.at for turn in turns})


@given(agents=st.integers(2, 6), count=st.integers(0, 40))
def test_among_equals_nobody_gets_two_more_than_another(agents: int, count: int) -> None:
    equals = [agent(str(number), capacity=50) for number in range(agents)]
    given_to = Counter(turn.user_id for turn in deal([str(n) for n in range(count)], equals, NOON))
    shares = [given_to[one.user_id] for one in equals]
    assert max(shares) - min(shares) <= 1
