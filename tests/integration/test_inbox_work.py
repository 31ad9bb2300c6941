"""The agents' daily work: assigning by hand and in turn, snoozing, notes with mentions, prepared answers."""

from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from automations.rules.business_calendar import Stretch
from bot.handoff.presence import GONE_AFTER
from bot.staff.availability import note_seen, set_limits, set_taking
from bot.staff.dealing import InboxClock
from connectors.database.base import utc_now
from connectors.database.models.conversation import Author, Conversation, Owner
from connectors.database.models.inbox import Mention, PrivateNote
from connectors.database.models.people import AuditEntry, User
from connectors.database.models.service import OrderProof
from connectors.vendors.memory_orders import MemoryOrders
from tests.integration.staff_house import Agent, House
from tests.integration.test_inbox_views import rows

ALWAYS = [Stretch(weekday, time(0), time(0)) for weekday in range(7)]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path, MemoryOrders())
    yield house
    house.database.close()


@pytest.fixture
def jana(house: House) -> Agent:
    return Agent(house, house.jana)


@pytest.fixture
def tomas(house: House) -> Agent:
    return Agent(house, house.tomas)


def clock(house: House, now: datetime | None = None) -> InboxClock:
    return InboxClock(house.database, house.texts, house.app.state.hours, now=lambda: now or utc_now())


def _another_day() -> Sequence[Stretch]:
    return [Stretch((utc_now() + timedelta(days=3)).weekday(), time(9), time(17))]


def is_at_work(house: House, user: User, *, capacity: int = 5, seen: datetime | None = None) -> None:
    with house.database.write() as session:
        set_limits(session, user.id, capacity, ALWAYS, "test")
        set_taking(session, user, is_taking=True, actor="test")
        note_seen(session, user.id, seen or utc_now())


def owners(house: House, conversations: list[str]) -> list[str | None]:
    names = {house.jana.id: "Jana", house.tomas.id: "Tomáš", None: None}
    return [names[house.conversation(one).agent_id] for one in conversations]


def test_a_conversation_is_given_to_a_colleague_and_the_customer_hears_who_is_there(
    house: House, jana: Agent, tomas: Agent
) -> None:
    conversation = house.customer_writes("Hello?")
    jana.does("take-over", conversation)
    answer = jana.does("assign", conversation, agent=house.tomas.id)
    assert "Tomáš has the conversation now." in answer.text
    assert house.said(conversation, Author.SYSTEM) == ["Jana is here now.", "Tomáš is here now."]
    assert tomas.answers(conversation, "Good day").status_code == 200
    with house.database.read() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "conversation.assign")).one()
    assert (entry.actor, entry.before, entry.after) == (
        "jana@example.com",
        {"agent": "Jana"},
        {"agent": "Tomáš"},
    )


def test_a_colleagues_conversation_is_taken_by_hand_and_put_back_among_those_who_wait(
    house: House, jana: Agent, tomas: Agent
) -> None:
    conversation = house.customer_writes("Hello?")
    jana.does("take-over", conversation)
    assert tomas.does("assign", conversation, agent=house.tomas.id).status_code == 200
    assert owners(house, [conversation]) == ["Tomáš"]
    tomas.does("assign", conversation, agent="")
    assert house.conversation(conversation).owner == Owner.QUEUE
    assert owners(house, [conversation]) == [None]


def test_nothing_is_given_to_who_is_not_there_or_out_of_a_closed_conversation(house: House, jana: Agent) -> None:
    conversation = house.customer_writes("Hello?")
    assert jana.does("assign", conversation, agent="nobody").status_code == 409
    with house.database.write() as session:
        session.execute(update(User).where(User.id == house.tomas.id).values(is_active=False))
    assert jana.does("assign", conversation, agent=house.tomas.id).status_code == 409
    jana.does("take-over", conversation)
    jana.does("close", conversation, reason="Solved")
    assert jana.does("assign", conversation, agent=house.jana.id).status_code == 409


def test_waiting_customers_are_dealt_in_turn_to_those_at_work(house: House) -> None:
    waiting = [house.customer_writes(str(number)) for number in range(5)]
    is_at_work(house, house.jana)
    is_at_work(house, house.tomas, capacity=2)
    assert set(clock(house).tick()) == set(waiting)
    dealt = owners(house, waiting)
    assert sorted(dealt, key=str) == ["Jana", "Jana", "Jana", "Tomáš", "Tomáš"]
    assert dealt[0] != dealt[1]
    assert clock(house).tick() == []


def test_nobody_is_given_a_customer_who_is_away_off_duty_full_or_takes_none(house: House) -> None:
    waiting = house.customer_writes("Hello?")
    assert clock(house).tick() == []
    is_at_work(house, house.jana, seen=utc_now() - GONE_AFTER)
    assert clock(house).tick() == []
    is_at_work(house, house.jana)
    with house.database.write() as session:
        set_limits(session, house.jana.id, 5, _another_day(), "test")
    assert clock(house).tick() == []
    with house.database.write() as session:
        set_limits(session, house.jana.id, 5, ALWAYS, "test")
        set_taking(session, house.jana, is_taking=False, actor="test")
    assert clock(house).tick() == []
    is_at_work(house, house.jana)
    assert clock(house).tick() == [waiting]


def test_a_snoozed_conversation_makes_room_and_comes_back_at_its_time(house: House, jana: Agent) -> None:
    first, second = house.customer_writes("first"), house.customer_writes("second")
    jana.does("take-over", first)
    is_at_work(house, house.jana, capacity=1)
    assert clock(house).tick() == []
    jana.does("snooze", first, until="hour")
    assert clock(house).tick() == [second]
    assert first not in rows(jana.sees())
    later = utc_now() + timedelta(hours=2)
    assert clock(house, later).wake_snoozed() == [first]
    assert list(clock(house, later).wake_snoozed()) == []


def test_back_from_snooze_is_shown_until_somebody_acts(house: House, jana: Agent) -> None:
    conversation = house.customer_writes("Hello?")
    jana.does("take-over", conversation)
    jana.does("snooze", conversation, until="hour")
    with house.database.write() as session:
        earlier = utc_now() - timedelta(minutes=1)
        session.execute(update(Conversation).values(snoozed_until=earlier, updated_at=earlier - timedelta(minutes=1)))
    assert clock(house, utc_now()).tick() == [conversation]
    assert "Back from snooze" in jana.sees()
    jana.answers(conversation, "Your lamp is here.")
    assert "Back from snooze" not in jana.sees()


def test_only_who_has_a_conversation_snoozes_it(house: House, jana: Agent, tomas: Agent) -> None:
    conversation = house.customer_writes("Hello?")
    jana.does("take-over", conversation)
    assert tomas.does("snooze", conversation, until="hour").status_code == 409
    assert jana.does("snooze", conversation, until="hour").status_code == 200
    assert "The conversation is back" in jana.does("snooze", conversation, until="").text


def test_a_note_is_for_colleagues_and_tells_whom_it_names(house: House, jana: Agent, tomas: Agent) -> None:
    conversation = house.customer_writes("Hello?")
    for _twice in range(2):
        assert (
            jana.does("notes", conversation, form_key="k", text="@Tomáš knows <b>this</b> customer").status_code == 200
        )
    with house.database.read() as session:
        assert session.scalars(select(PrivateNote.text)).all() == ["@Tomáš knows <b>this</b> customer"]
    assert house.said(conversation, Author.AGENT) == []
    assert house.conversation(conversation).last_seq == 2
    assert "Mentions you" in tomas.sees()
    assert rows(tomas.sees(view="mentions")) == [conversation]
    assert "@Tomáš knows &lt;b&gt;this&lt;/b&gt; customer" in tomas.sees(conversation)
    tomas.does("read", conversation, seq="2")
    assert "Mentions you" not in tomas.sees()
    assert rows(tomas.sees(view="mentions")) == [conversation]
    with house.database.read() as session:
        assert [mention.user_id for mention in session.scalars(select(Mention))] == [house.tomas.id]


def test_a_note_that_says_nothing_is_none(house: House, jana: Agent) -> None:
    conversation = house.customer_writes("Hello?")
    assert jana.does("notes", conversation, form_key="k", text=" \n").status_code == 422
    assert jana.does("notes", conversation, form_key="k", text="x" * 4001).status_code == 422


def test_the_customer_is_told_whether_the_person_who_answers_is_there(house: House, jana: Agent) -> None:
    conversation = house.customer_writes("Hello?")

    def is_here() -> bool | None:
        here: bool | None = house.app.state.desk.read(conversation, 0).is_agent_here
        return here

    assert is_here() is None
    jana.does("take-over", conversation)
    assert is_here() is False
    with house.database.write() as session:
        note_seen(session, house.jana.id, utc_now() - GONE_AFTER)
    assert is_here() is False
    with house.database.write() as session:
        note_seen(session, house.jana.id, utc_now())
    assert is_here() is True
    jana.does("close", conversation, reason="Solved")
    assert is_here() is None


def test_a_prepared_answer_comes_in_the_customers_language_with_what_is_known(
    house: House, jana: Agent, tomas: Agent
) -> None:
    conversation = house.customer_writes("Hello?", "Eva")
    texts = {"text.en": "Hi {name}, {order} is on its way. {agent}", "text.cs": "Dobrý den"}
    assert jana.sends("setup/replies", shortcut="way", **texts).status_code == 403
    assert tomas.sends("setup/replies", shortcut="/Way", **texts).status_code == 303
    path = f"/staff/conversations/{conversation}/suggestions"
    offered = jana.client.get(path).json()
    assert offered["replies"] == [
        {"shortcut": "way", "language": "en", "text": "Hi Eva, {order} is on its way. Jana", "open": ["{order}"]}
    ]
    assert offered["colleagues"] == ["Tomáš"]
    with house.database.write() as session:
        session.add(OrderProof(conversation_id=conversation, order_number="ORD-1", method="email"))
        session.execute(update(Conversation).values(language="hu"))
    assert jana.client.get(path).json()["replies"][0]["text"] == "Hi Eva, ORD-1 is on its way. Jana"
    with house.database.write() as session:
        session.execute(update(Conversation).values(language="cs"))
    assert jana.client.get(path).json()["replies"][0]["text"] == "Dobrý den"


def test_an_answer_with_an_open_place_is_not_sent(house: House, jana: Agent) -> None:
    conversation = house.customer_writes("Hello?")
    jana.does("take-over", conversation)
    answer = jana.answers(conversation, "Your order {order} is here")
    assert answer.status_code == 422
    assert "{order} still has to be filled in" in answer.text
    assert jana.answers(conversation, "Use {braces} like this").status_code == 200


def test_prepared_answers_are_changed_and_removed_by_admins(tomas: Agent) -> None:
    for shortcut, text in (("two words", "x"), ("", "x"), ("ok", "  "), ("ok", "x" * 4001)):
        assert tomas.sends("setup/replies", shortcut=shortcut, **{"text.en": text}).status_code == 422
    tomas.sends("setup/replies", shortcut="ok", **{"text.en": "Fine", "text.xx": "no such language"})
    tomas.sends("setup/replies", shortcut="ok", **{"text.cs": "Dobře", "text.en": ""})
    assert "Dobře" in tomas.client.get("/staff/setup/replies", params={"edit": "ok"}).text
    assert "Fine" not in tomas.client.get("/staff/setup/replies", params={"edit": "ok"}).text
    asked = tomas.sends("setup/replies/delete", shortcut="ok").text
    assert "What is written in Čeština will be deleted" in asked
    assert "Dobře" in tomas.client.get("/staff/setup/replies", params={"edit": "ok"}).text
    tomas.sends("setup/replies/delete", shortcut="ok", confirmed="yes")
    assert "There are no prepared answers yet" in tomas.client.get("/staff/setup/replies").text


def test_agents_say_themselves_whether_they_take_conversations_and_admins_say_how_many(
    house: House, jana: Agent, tomas: Agent
) -> None:
    assert 'aria-checked="false"' in jana.sees()
    jana.client.post("/staff/availability", data={"csrf_token": jana.csrf_token, "is_taking": "true"})
    assert 'aria-checked="true"' in jana.sees()
    times = {"opens.0.0": "09:00", "closes.0.0": "17:00"}
    member = {"user": house.jana.id, "capacity": "3", "is_taking": "yes", **times}
    assert jana.sends("setup/team", **member).status_code == 403
    assert tomas.sends("setup/team", **member).status_code == 303
    page = tomas.client.get("/staff/setup/team").text
    assert "0 of 3" in page
    assert page.count("Working hours: their own") == 1
    assert 'name="opens.0.0" value="09:00"' in page
    with house.database.read() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "agent.availability")).all()
    limits = [(entry.before, entry.after) for entry in entries if "capacity" in (entry.after or {})]
    assert limits == [({"capacity": 5}, {"capacity": 3, "monday": "09:00-17:00"})]
    assert tomas.sends("setup/team", **{**member, "opens.0.0": "", "closes.0.0": ""}).status_code == 303
    assert "Working hours: their own" not in tomas.client.get("/staff/setup/team").text
    assert tomas.sends("setup/team", **{**member, "capacity": "0"}).status_code == 422
    refused = tomas.sends("setup/team", **{**member, "closes.0.0": "never", "opens.3.1": "22:00"})
    assert refused.status_code == 422
    assert "Both times are needed" in refused.text
    assert 'name="opens.3.1" value="22:00"' in refused.text
