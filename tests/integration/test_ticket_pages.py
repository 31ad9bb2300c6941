"""Tickets as members of staff work on them: read, answered by mail and in the chat, closed, opened again."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from httpx2 import Response
from sqlalchemy import select

from bot.channels.rate_limit import RateLimit
from bot.conversations import store
from bot.notices import NoticeSender
from bot.services.ticket_answers import TicketDesk
from bot.services.tickets import TicketDraft, Tickets
from bot.staff import tickets
from connectors.database.models.conversation import Author
from connectors.database.models.people import AuditEntry
from connectors.vendors.memory_mail import MemoryMailer
from connectors.vendors.memory_orders import MemoryOrders
from tests.integration.staff_house import Agent, House

pytestmark = pytest.mark.integration

SCRIPT = "<script>alert(1)</script>"


class TicketHouse(House):
    """The house with its ticket pages and a mailer that remembers."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, MemoryOrders())
        self.mailer = MemoryMailer()
        self.app.state.tickets = TicketDesk(self.database, self.texts, self.mailer)
        self.app.include_router(tickets.router)

    def ticket(self, subject: str = "Broken lamp", language: str = "cs") -> tuple[str, str]:
        """A new ticket: its number and its conversation."""
        conversation_id = self.customer_writes("My lamp is broken", waits=False)
        with self.database.write() as session:
            store.lock_conversation(session, conversation_id).language = language
        draft = TicketDraft(subject, "It came in two pieces.\nSorry!", "eva@example.com")
        return Tickets(self.database).open_ticket(conversation_id, f"{conversation_id}:3", draft), conversation_id

    def audit(self) -> list[str]:
        with self.database.read() as session:
            return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[TicketHouse]:
    house = TicketHouse(tmp_path)
    yield house
    house.database.close()


@pytest.fixture
def jana(house: TicketHouse) -> Agent:
    return Agent(house, house.jana)


def post(agent: Agent, number: str, action: str, **fields: str) -> Response:
    data = {"csrf_token": agent.csrf_token, **fields}
    return agent.client.post(f"/staff/tickets/{number}/{action}", data=data)


def listed(agent: Agent, state: str) -> str:
    page: str = agent.client.get("/staff/tickets", params={"state": state}).text
    return page


def test_nobody_sees_tickets_without_logging_in(house: TicketHouse, jana: Agent) -> None:
    number, _ = house.ticket()
    jana.client.cookies.clear()
    for path in ("/staff/tickets", f"/staff/tickets/{number}"):
        assert "Broken lamp" not in jana.client.get(path).text


def test_a_program_that_runs_wild_with_a_log_in_is_slowed_down_here_too(house: TicketHouse, jana: Agent) -> None:
    number, _ = house.ticket()
    house.app.state.staff_limit = RateLimit(2)
    codes = [post(jana, number, action, text="Hello").status_code for action in ("answer", "close", "reopen")]
    assert codes == [303, 303, 429]
    assert Agent(house, house.tomas).client.get("/staff/tickets").status_code == 200


def test_an_empty_list_says_where_tickets_come_from(jana: Agent) -> None:
    assert "No customer waits for an answer" in listed(jana, "open")


def test_an_answer_goes_out_by_mail_and_into_the_chat_in_the_customers_language(
    house: TicketHouse, jana: Agent
) -> None:
    number, conversation_id = house.ticket()
    assert post(jana, number, "answer", text="A new one is on its way.").status_code == 303
    (mail,) = house.mailer.sent
    assert (mail.to, mail.subject) == ("eva@example.com", f"Odpověď na váš požadavek {number}")
    assert "A new one is on its way." in mail.text
    assert NoticeSender(house.database, house.texts, house.app.state.live).send_due() == 1
    (told,) = house.said(conversation_id, Author.SYSTEM)
    assert told.startswith("K vašemu požadavku")
    assert "A new one is on its way." in told
    assert number in listed(jana, "answered")
    assert number not in listed(jana, "open")
    page = jana.client.get(f"/staff/tickets/{number}").text
    assert "A new one is on its way." in page
    assert "Jana" in page
    assert house.audit()[-2:] == ["ticket.answer", "notice.send"]


def test_a_mail_that_is_not_taken_leaves_the_ticket_open_and_the_text_there(house: TicketHouse, jana: Agent) -> None:
    number, _ = house.ticket()
    house.mailer.is_down = True
    answer = post(jana, number, "answer", text="My careful answer")
    assert answer.status_code == 503
    assert "My careful answer" in answer.text
    assert number in listed(jana, "open")


@pytest.mark.parametrize("text", ["", "   ", "x" * 4001, "a\0b"])
def test_what_is_no_answer_is_not_sent(house: TicketHouse, jana: Agent, text: str) -> None:
    number, _ = house.ticket()
    assert post(jana, number, "answer", text=text).status_code == 422
    assert house.mailer.sent == []


def test_a_ticket_is_closed_and_opened_again(house: TicketHouse, jana: Agent) -> None:
    number, _ = house.ticket()
    assert post(jana, number, "close").status_code == 303
    assert number in listed(jana, "closed")
    assert post(jana, number, "close").status_code == 409
    assert post(jana, number, "answer", text="too late").status_code == 409
    assert post(jana, number, "reopen").status_code == 303
    assert number in listed(jana, "open")


def test_a_change_without_the_token_changes_nothing(house: TicketHouse, jana: Agent) -> None:
    number, _ = house.ticket()
    answer = jana.client.post(f"/staff/tickets/{number}/close", data={"csrf_token": "wrong"})
    assert answer.status_code == 403
    assert number in listed(jana, "open")


def test_a_ticket_that_is_not_there_is_said_so(jana: Agent) -> None:
    for path in ("/staff/tickets/TCK-999999", "/staff/tickets/TCK-1%00"):
        answer = jana.client.get(path)
        assert answer.status_code == 404
    assert post(jana, "TCK-999999", "close").status_code in {404, 409}
    assert jana.client.get("/staff/tickets?state=nonsense").status_code == 422


def test_what_a_customer_wrote_is_shown_as_text(house: TicketHouse, jana: Agent) -> None:
    number, _ = house.ticket(subject=SCRIPT)
    for page in (listed(jana, "open"), jana.client.get(f"/staff/tickets/{number}").text):
        assert SCRIPT not in page
        assert "&lt;script&gt;" in page
