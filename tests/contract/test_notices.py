"""What every outbox of notices must do, run over our own and the one in memory."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import event, select

from connectors.contracts.notices import NoticeKind, NoticeRequest, Notices
from connectors.database.models.conversation import Contact, Conversation, Owner, Ticket
from connectors.database.models.service import Notice, NoticeState, OrderProof
from connectors.database.session import Database
from connectors.errors import Rejected
from connectors.vendors.house_notices import HouseNotices
from connectors.vendors.memory_notices import MemoryNotices

DAY = date(2026, 11, 20)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
MADE: dict[str, Callable[[Database], Notices]] = {"house": HouseNotices, "memory": lambda _database: MemoryNotices()}


@pytest.fixture(params=sorted(MADE))
def notices(request: pytest.FixtureRequest, database: Database) -> Notices:
    return MADE[request.param](database)


def request(key: str = "k", **changes: Any) -> NoticeRequest:
    return NoticeRequest(key, NoticeKind.ORDER_LATE, "notice_order_late", **changes)


def test_a_key_is_used_once(notices: Notices) -> None:
    assert notices.post(request())
    assert not notices.post(request(email="other@example.com"))


def test_a_cause_is_told_of_once_whichever_notice_names_it(notices: Notices) -> None:
    assert notices.told(["a", "b"]) == {}
    assert notices.post(request("first", causes=("a", "b")))
    assert not notices.post(request("second", causes=("b", "c")))
    assert set(notices.told(["a", "b", "c"])) == {"a", "b"}
    assert notices.post(request("third", causes=("c",)))


def test_the_date_that_was_told_last_is_known(notices: Notices) -> None:
    assert notices.known_expectations(["ORD-1", "ORD-2"]) == {}
    notices.post(request("one", order_number="ORD-1", arguments={"expected_on": DAY.isoformat()}))
    notices.post(request("two", order_number="ORD-2", arguments={"before": DAY.isoformat()}))
    assert notices.known_expectations(["ORD-1", "ORD-2"]) == {"ORD-1": DAY}


def test_nothing_is_known_of_a_stranger(notices: Notices) -> None:
    assert notices.known_customers(["nobody@example.com"]) == {}
    assert list(notices.unsettled_mails(LONG_AGO)) == []


def test_the_later_of_what_was_said_in_the_chat_and_by_mail_counts(database: Database) -> None:
    talk(database, "c1")
    with database.write() as session:
        session.add(OrderProof(conversation_id="c1", order_number="ORD-1", method="email", told_expectation=DAY))
    outbox = HouseNotices(database)
    assert outbox.known_expectations(["ORD-1"]) == {"ORD-1": DAY}
    later = date(2026, 11, 30)
    outbox.post(request(order_number="ORD-1", arguments={"expected_on": later.isoformat()}))
    assert outbox.known_expectations(["ORD-1"]) == {"ORD-1": later}


def test_who_does_not_exist_cannot_be_told(database: Database) -> None:
    with pytest.raises(Rejected, match="does not exist"):
        HouseNotices(database).post(request(contact_id="nobody"))


def talk(database: Database, name: str, email: str | None = None, **changes: Any) -> None:
    with database.write() as session:
        session.add(Contact(id=name, email=email, accepts_notices=changes.pop("accepts_notices", True)))
        session.flush()
        session.add(Conversation(id=name, contact_id=name, channel="web", language="cs", **changes))


def test_only_a_proved_address_leads_to_a_conversation_and_a_claimed_one_may_stop_us(database: Database) -> None:
    talk(database, "proved", verified_email="emma@example.com")
    talk(database, "claimed", email="john@example.com", accepts_notices=False, owner=Owner.HUMAN.value)
    known = HouseNotices(database).known_customers([" Emma@Example.com", "john@example.com", "nobody@example.com"])
    assert set(known) == {" Emma@Example.com", "john@example.com"}
    emma, john = known[" Emma@Example.com"], known["john@example.com"]
    assert (emma.contact_id, emma.language, emma.wants_notices, emma.is_with_person) == ("proved", "cs", True, False)
    assert (john.contact_id, john.wants_notices, john.is_with_person) == (None, False, True)


def test_open_tickets_are_known_and_closed_ones_are_not(database: Database) -> None:
    talk(database, "c1")
    with database.write() as session:
        for number, state in enumerate(("open", "closed")):
            session.add(
                Ticket(
                    number=f"TCK-{number}",
                    turn_key=str(number),
                    conversation_id="c1",
                    contact_id="c1",
                    email="emma@example.com",
                    subject=f"About {state}",
                    description="FV-1",
                    state=state,
                )
            )
    known = HouseNotices(database).known_customers(["emma@example.com"])
    assert known["emma@example.com"].open_tickets == ("About open\nFV-1",)


def test_mails_that_may_be_lost_are_named(database: Database) -> None:
    outbox = HouseNotices(database)
    for key in ("lost", "refused", "fine"):
        outbox.post(request(key, email="emma@example.com"))
    states = {"lost": NoticeState.UNCONFIRMED, "refused": NoticeState.GIVEN_UP, "fine": NoticeState.SENT}
    with database.write() as session:
        for row in session.scalars(select(Notice)):
            row.state, row.settled_at = states[row.idempotency_key].value, datetime.now(UTC)
    assert [mail.idempotency_key for mail in outbox.unsettled_mails(LONG_AGO)] == ["lost", "refused"]


def test_a_thousand_customers_are_read_in_a_few_queries(database: Database) -> None:
    statements: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    emails = [f"customer{number}@example.com" for number in range(1000)]
    HouseNotices(database).known_customers(emails)
    HouseNotices(database).told(emails)
    assert len([text for text in statements if text.startswith("SELECT")]) <= 4
