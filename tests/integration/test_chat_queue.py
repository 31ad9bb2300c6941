"""What a customer who waits is told: their place, how long it may take, and what of theirs was read."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.conversations import ownership
from bot.conversations.read_marks import mark_read_by_staff
from bot.handoff.queue_times import QueueTimes
from bot.office import Office
from connectors.database.audit import record_audit
from connectors.database.models.conversation import Conversation
from connectors.database.models.people import AuditEntry, Role, User
from connectors.database.models.service import OpeningHours
from tests.fixtures.assistants import ScriptedAssistant
from tests.fixtures.web_office import Chat, build_web_office, start_chat

pytestmark = pytest.mark.integration

MONDAY = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def id_of(chat: Chat) -> str:
    return str(chat.http.get("/api/chat/conversations", headers=chat.headers).json()[0]["id"])


def waits_since(office: Office, chat: Chat, since: datetime) -> None:
    """Hand the conversation over; it has waited since then."""
    with office.database.write() as session:
        conversation = session.get_one(Conversation, id_of(chat))
        ownership.hand_over(session, conversation, "asked_for_a_person")
        conversation.queued_at = since


@contextmanager
def agent(office: Office) -> Iterator[User]:
    with office.database.write() as session:
        user = User(email="jana@example.com", name="Jana", role=Role.AGENT.value, password_hash="x")
        session.add(user)
    yield user


def waited(office: Office, *minutes: float, until: datetime = MONDAY) -> None:
    """That many customers waited so long before somebody took over."""
    with office.database.write() as session:
        for number, length in enumerate(minutes):
            for at, action in ((until - timedelta(minutes=length), "hand_over"), (until, "take_over")):
                session.add(
                    AuditEntry(
                        at=at,
                        actor="bot",
                        action=f"conversation.{action}",
                        object_type="conversation",
                        object_id=f"{until.timestamp()}-{number}",
                        detail={},
                    )
                )


@pytest.fixture
def chat_office(tmp_path: Path, assistant: ScriptedAssistant, database_url: str) -> Iterator[Office]:
    office = build_web_office(tmp_path, assistant, database_url=database_url, demo=True)
    office.hours.now = lambda: MONDAY
    yield office
    office.database.close()


def queue(chat: Chat) -> Any:
    return chat.read().get("queue")


def test_nobody_who_talks_to_the_bot_or_a_person_has_a_place(chat: Chat, chat_office: Office) -> None:
    assert queue(chat) is None
    waits_since(chat_office, chat, MONDAY)
    assert queue(chat) == {"place": 1}
    with agent(chat_office) as jana, chat_office.database.write() as session:
        ownership.take_over(session, id_of(chat), jana, chat_office.texts)
    assert queue(chat) is None


def test_the_place_counts_those_who_came_before(chat: Chat, chat_office: Office) -> None:
    first, second = chat, start_chat(chat.http)
    waits_since(chat_office, first, MONDAY - timedelta(minutes=5))
    waits_since(chat_office, second, MONDAY - timedelta(minutes=1))
    assert (queue(first)["place"], queue(second)["place"]) == (1, 2)


def test_the_expected_wait_is_the_median_of_todays(chat: Chat, chat_office: Office) -> None:
    waited(chat_office, 4, 6, 90)
    waits_since(chat_office, chat, MONDAY)
    assert queue(chat) == {"place": 1, "expected_minutes": 6}


def test_who_has_waited_is_told_what_is_left(chat: Chat, chat_office: Office) -> None:
    waited(chat_office, 4, 6, 10)
    waits_since(chat_office, chat, MONDAY - timedelta(minutes=5))
    assert queue(chat)["expected_minutes"] == 3


def test_the_waits_of_yesterday_say_nothing_about_today(chat: Chat, chat_office: Office) -> None:
    with chat_office.database.write() as session:
        session.add_all(OpeningHours(weekday=day, opens="09:00", closes="17:00") for day in range(7))
    waited(chat_office, 30, until=MONDAY - timedelta(hours=22))
    waits_since(chat_office, chat, MONDAY)
    assert queue(chat) == {"place": 1}
    waited(chat_office, 8, until=MONDAY - timedelta(hours=1))
    chat_office.hours.now = lambda: MONDAY + timedelta(seconds=11)
    assert queue(chat)["expected_minutes"] == 8


def test_while_nobody_is_there_no_wait_is_promised(chat: Chat, chat_office: Office) -> None:
    with chat_office.database.write() as session:
        session.add(OpeningHours(weekday=0, opens="09:00", closes="12:00"))
    waited(chat_office, 8, until=MONDAY - timedelta(hours=2))
    waits_since(chat_office, chat, MONDAY)
    assert queue(chat) == {"place": 1}


def test_everybody_in_the_queue_asks_and_the_day_is_read_once(chat: Chat, chat_office: Office) -> None:
    times = QueueTimes(chat_office.hours)
    waits_since(chat_office, chat, MONDAY)
    waited(chat_office, 5)
    outlooks = []
    for _ in range(2):
        with chat_office.database.read() as session:
            outlooks.append(times.outlook(session, session.get_one(Conversation, id_of(chat))))
        waited(chat_office, 60, 60, 60, until=MONDAY - timedelta(minutes=1))
    assert [one.expected_minutes for one in outlooks if one is not None] == [5, 5]


def test_those_who_gave_up_waiting_are_no_measure(chat: Chat, chat_office: Office) -> None:
    with chat_office.database.write() as session:
        record_audit(session, "bot", "conversation.hand_over", "conversation", "left-again")
    waits_since(chat_office, chat, MONDAY)
    assert queue(chat) == {"place": 1}


def test_what_the_bot_answered_was_read(chat: Chat) -> None:
    assert chat.read()["read_seq"] == 1
    chat.ask("hello")
    assert chat.read()["read_seq"] == 2


def test_what_waits_for_a_person_is_read_when_somebody_opens_it(chat: Chat, chat_office: Office) -> None:
    waits_since(chat_office, chat, MONDAY)
    seq = chat.send("is anybody there?").json()["seq"]
    assert chat.read()["read_seq"] < seq
    with chat_office.database.write() as session:
        assert mark_read_by_staff(session, id_of(chat), seq)
    assert chat.read()["read_seq"] == seq
    with chat_office.database.write() as session:
        assert not mark_read_by_staff(session, id_of(chat), seq - 1)


def test_reading_is_no_change_that_moves_a_conversation_in_the_lists(chat: Chat, chat_office: Office) -> None:
    with chat_office.database.write() as session:
        session.execute(update(Conversation).values(updated_at=MONDAY, last_seq=9))
        mark_read_by_staff(session, session.scalars(select(Conversation.id)).one(), 20)
    chat.http.post("/api/chat/read", json={"seq": 5}, headers=chat.headers)
    with chat_office.database.read() as session:
        (found,) = session.scalars(select(Conversation)).all()
    assert (found.updated_at, found.staff_read_seq, found.customer_read_seq) == (MONDAY, 9, 5)
