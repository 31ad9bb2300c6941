"""The staff inbox over HTTP with a real database: lists, ownership, answers, orders, live news."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.conversations.live import STAFF
from bot.front_desk import MAX_TEXT_LENGTH
from bot.staff.inbox_live import has_composer, inbox_news
from bot.staff.inbox_parts import InboxParts
from bot.staff.place import Place
from connectors.contracts.orders import Order, OrderItem, OrderState
from connectors.database.base import utc_now
from connectors.database.models.conversation import Author, Conversation, Delivery, Owner
from connectors.database.models.people import AuditEntry
from connectors.errors import Unavailable
from connectors.vendors.memory_orders import MemoryOrders
from tests.integration.staff_house import Agent, House

SCRIPT = "<script>alert('hello')</script>"
LAMP = Order(
    number="ORD-2026-1042",
    email="eva@example.com",
    customer_name="Eva",
    ordered_on=date(2026, 11, 14),
    state=OrderState.SHIPPED,
    items=(OrderItem("L1", "Oak lamp", Decimal(1)),),
    total=Decimal("189.00"),
    currency="EUR",
)


class BrokenOrders(MemoryOrders):
    """A sales system that is down."""

    def find_order(self, number: str) -> Order:
        raise Unavailable("The shop's server does not answer.")

    def orders_of(self, email: str) -> Sequence[Order]:
        raise Unavailable("The shop's server does not answer.")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path, MemoryOrders([LAMP]))
    yield house
    house.database.close()


@pytest.fixture
def jana(house: House) -> Agent:
    return Agent(house, house.jana)


@pytest.fixture
def tomas(house: House) -> Agent:
    return Agent(house, house.tomas)


def test_who_waits_longest_stands_first_then_mine_and_the_assistants_have_a_view_of_their_own(
    house: House, jana: Agent
) -> None:
    first, second = house.customer_writes("first", "Anna"), house.customer_writes("second", "Boris")
    mine, with_bot = house.customer_writes("mine", "Cyril"), house.customer_writes("bot", "Dana", waits=False)
    jana.does("take-over", mine)
    page = jana.sees()
    places = [page.index(f'id="row-{one}"') for one in (first, second, mine)]
    assert places == sorted(places)
    assert f'id="row-{with_bot}"' not in page
    assert f'id="row-{with_bot}"' in jana.sees(view="bot")


def test_an_empty_inbox_says_what_will_happen(jana: Agent) -> None:
    assert "A customer who asks for a person appears in the list at once" in jana.sees()


def test_an_unknown_conversation_is_a_friendly_404(jana: Agent) -> None:
    answer = jana.client.get("/staff/conversations/no-such-id")
    assert answer.status_code == 404
    assert "There is no such conversation" in answer.text
    assert jana.does("take-over", "no-such-id").status_code == 404


def test_what_a_customer_writes_is_shown_as_text_everywhere(house: House, jana: Agent) -> None:
    conversation = house.customer_writes(SCRIPT, name=SCRIPT)
    house.gives_email(conversation, f"{SCRIPT}@example.com")
    page = jana.sees(conversation)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_taking_over_makes_the_agent_the_owner_and_tells_the_customer(house: House, jana: Agent) -> None:
    conversation = house.customer_writes("Hello?")
    answer = jana.does("take-over", conversation)
    assert answer.status_code == 200
    assert "The conversation is yours" in answer.text
    owned = house.conversation(conversation)
    assert (owned.owner, owned.agent_id) == (Owner.HUMAN, house.jana.id)
    assert house.said(conversation, Author.SYSTEM) == ["Jana is here now."]


def test_the_second_of_two_agents_is_told_who_was_faster(house: House, jana: Agent, tomas: Agent) -> None:
    conversation = house.customer_writes("Hello?")
    jana.does("take-over", conversation)
    answer = tomas.does("take-over", conversation)
    assert answer.status_code == 409
    assert "Jana has taken this conversation." in answer.text
    assert house.conversation(conversation).agent_id == house.jana.id


def test_only_the_owner_may_answer_give_back_or_close(house: House, jana: Agent, tomas: Agent) -> None:
    conversation = house.customer_writes("Hello?")
    jana.does("take-over", conversation)
    assert tomas.answers(conversation, "Me too!").status_code == 409
    assert tomas.does("give-back", conversation).status_code == 409
    assert tomas.does("close", conversation, reason="Solved").status_code == 409
    assert house.said(conversation, Author.AGENT) == []
    assert house.conversation(conversation).owner == Owner.HUMAN


def test_an_answer_sent_twice_is_said_once_and_an_edited_one_is_another(house: House, jana: Agent) -> None:
    conversation = house.customer_writes("Hello?")
    jana.does("take-over", conversation)
    for text in ("Good day\r\nto you", "Good day\r\nto you", "Good day to all of you"):
        assert jana.answers(conversation, text, client_message_id="same").status_code == 200
    assert house.said(conversation, Author.AGENT) == ["Good day\nto you", "Good day to all of you"]


def test_an_answer_to_a_pushed_channel_is_put_on_its_way(house: House, jana: Agent) -> None:
    conversation = house.customer_writes("Hello?", channel="telegram")
    jana.does("take-over", conversation)
    jana.answers(conversation, "Good day")
    with house.database.read() as session:
        waiting = session.scalars(select(Delivery.seq).where(Delivery.conversation_id == conversation)).all()
    assert house.conversation(conversation).last_seq in waiting


@pytest.mark.parametrize(
    ("text", "notice"), [("  \n", "The answer is empty"), ("x" * (MAX_TEXT_LENGTH + 1), "at most 4,000 characters")]
)
def test_an_answer_that_is_no_answer_is_refused_with_the_reason(
    house: House, jana: Agent, text: str, notice: str
) -> None:
    conversation = house.customer_writes("Hello?")
    jana.does("take-over", conversation)
    answer = jana.answers(conversation, text)
    assert answer.status_code == 422
    assert notice in answer.text
    assert house.said(conversation, Author.AGENT) == []


def test_giving_back_lets_the_assistant_answer_again(house: House, jana: Agent) -> None:
    conversation = house.customer_writes("Hello?")
    jana.does("take-over", conversation)
    assert "The assistant answers again." in jana.does("give-back", conversation).text
    assert house.conversation(conversation).owner == Owner.BOT


def test_closing_needs_a_reason_which_is_kept_and_audited(house: House, jana: Agent) -> None:
    conversation = house.customer_writes("Hello?")
    jana.does("take-over", conversation)
    assert jana.does("close", conversation, reason=" ").status_code == 422
    assert jana.does("close", conversation, reason="Solved  by phone").status_code == 200
    closed = house.conversation(conversation)
    assert (closed.owner, closed.closed_reason) == (Owner.CLOSED, "Solved by phone")
    with house.database.read() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "conversation.close")).one()
    assert (entry.actor, entry.detail) == ("jana@example.com", {"reason": "Solved by phone"})


def test_a_browser_without_htmx_is_led_back_to_the_page(house: House, jana: Agent) -> None:
    conversation = house.customer_writes("Hello?")
    path = f"/staff/conversations/{conversation}/take-over?view=bot"
    answer = jana.client.post(path, data={"csrf_token": jana.csrf_token})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/staff/conversations/{conversation}?view=bot")


def test_a_change_without_the_csrf_token_is_refused(house: House, jana: Agent) -> None:
    conversation = house.customer_writes("Hello?")
    assert jana.does("take-over", conversation, csrf_token="forged").status_code == 403
    assert house.conversation(conversation).owner == Owner.QUEUE


def test_the_customers_orders_stand_beside_the_conversation_and_say_whether_the_address_is_proved(
    house: House, jana: Agent
) -> None:
    claimed, proved = house.customer_writes("Hello?"), house.customer_writes("Hello!")
    house.gives_email(claimed, "EVA@example.com")
    house.gives_email(proved, "eva@example.com", proved_order="ord 2026 1042".replace(" ", "-"))
    shown = {one: jana.client.get(f"/staff/conversations/{one}/orders").text for one in (claimed, proved)}
    assert all("ORD-2026-1042" in text and "€189.00" in text for text in shown.values())
    assert "E-mail not verified" in shown[claimed]
    assert "E-mail verified" in shown[proved]


def test_a_sales_system_that_is_down_leaves_the_inbox_usable(tmp_path: Path) -> None:
    house = House(tmp_path, BrokenOrders())
    conversation = house.customer_writes("Hello?")
    house.gives_email(conversation, "eva@example.com")
    answer = Agent(house, house.jana).client.get(f"/staff/conversations/{conversation}/orders")
    assert answer.status_code == 200
    assert "The order system does not answer" in answer.text
    house.database.close()


def test_only_the_owner_is_shown_typing_to_the_customer(house: House, jana: Agent, tomas: Agent) -> None:
    conversation = house.customer_writes("Hello?")
    jana.does("take-over", conversation)
    tomas.does("typing", conversation)
    assert house.live.typing(conversation) is None
    assert jana.does("typing", conversation).status_code == 204
    assert house.live.typing(conversation) == "agent"


def test_pages_of_staff_are_not_kept_and_static_files_with_their_hash_are(jana: Agent) -> None:
    page = jana.client.get("/staff")
    assert page.headers["cache-control"] == "no-store"
    stylesheet = re.search(r'href="(/static/office\.css\?v=[0-9a-f]{12})"', page.text)
    assert stylesheet
    assert "immutable" in jana.client.get(stylesheet[1]).headers["cache-control"]


def test_pages_carry_no_inline_script_or_style_and_name_no_other_host(house: House, jana: Agent) -> None:
    page = jana.sees(house.customer_writes("Hello?"))
    assert re.findall(r"<script(?![^>]*\ssrc=)|<style|\son\w+=|\sstyle=", page) == []
    assert re.findall(r'(?:src|href|action)="(?:https?:)?//', page) == []


def test_live_news_bring_what_a_colleague_does_and_leave_the_composer_alone(house: House, tomas: Agent) -> None:
    conversation = house.customer_writes("Hello?")
    parts = InboxParts(house.database, house.pages, house.live, UTC)
    place = Place(conversation_id=conversation)

    async def listen() -> tuple[str, str]:
        house.live.bind(asyncio.get_running_loop())
        news = inbox_news(
            house.live.watch(STAFF), lambda: parts.render(house.visitor(house.jana), place, "en"), has_composer("open")
        )
        first = str((await anext(news)).data)
        await asyncio.to_thread(tomas.does, "take-over", conversation)
        second = str((await anext(news)).data)
        await news.aclose()
        return first, second

    first, second = asyncio.run(listen())
    assert 'hx-target="#log"' in first
    assert 'hx-target="#composer"' not in first
    assert "Tomáš has it" in second
    assert 'hx-target="#composer"' in second
    assert "customer-facts" not in second


def test_live_news_bring_that_the_assistant_went_away_and_leave_the_composer_alone(
    house: House,
) -> None:
    conversation = house.customer_writes("Hello?", waits=False)
    parts = InboxParts(house.database, house.pages, house.live, UTC)
    place = Place(conversation_id=conversation)

    def goes_away() -> None:
        with house.database.write() as session:
            session.get_one(Conversation, conversation).bot_away_since = utc_now()
        house.live.publish(conversation, STAFF)

    async def listen() -> tuple[str, str]:
        house.live.bind(asyncio.get_running_loop())
        news = inbox_news(
            house.live.watch(STAFF), lambda: parts.render(house.visitor(house.jana), place, "en"), has_composer("open")
        )
        first = str((await anext(news)).data)
        await asyncio.to_thread(goes_away)
        second = str((await anext(news)).data)
        await news.aclose()
        return first, second

    first, second = asyncio.run(listen())
    assert "The assistant answers this customer." in first
    assert "The assistant is away and nobody answers this customer." in second
    assert "The assistant answers" not in second
    assert 'hx-target="#composer"' not in second


@pytest.mark.parametrize(
    ("waits", "is_away", "hint"),
    [
        (False, False, "The assistant answers this customer."),
        (False, True, "The assistant is away and nobody answers this customer."),
        (True, False, "This customer waits for a person."),
        (True, True, "This customer waits for a person."),
    ],
)
def test_who_does_not_have_a_conversation_reads_who_answers_there(
    house: House, jana: Agent, waits: bool, is_away: bool, hint: str
) -> None:
    conversation = house.customer_writes("Hello?", waits=waits)
    if is_away:
        with house.database.write() as session:
            session.get_one(Conversation, conversation).bot_away_since = utc_now()
    hints = re.findall(r'class="composer-note"[^>]*>([^.]*\.)', jana.sees(conversation))
    assert hints == [hint]
    jana.does("take-over", conversation)
    assert 'class="composer-note"' not in jana.sees(conversation)


def test_live_news_end_with_the_log_in(house: House) -> None:
    async def listen() -> list[object]:
        return [event async for event in inbox_news(house.live.watch(STAFF), lambda: None, {})]

    assert asyncio.run(listen()) == []
