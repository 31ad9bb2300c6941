"""The staff inbox in real browsers: two agents at once, and a customer on the other side."""

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
import requests
from playwright.sync_api import APIResponse, Browser, Page, Route, expect

from tests.browser.waiting import wait_until

pytestmark = pytest.mark.browser

LogIn = Callable[[Page, str], None]
SCRIPT = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"


class Customer:
    """Somebody who chats through the web API."""

    def __init__(self, product_url: str) -> None:
        self._url = f"{product_url}/api/chat"
        session = requests.post(f"{self._url}/sessions", json={"language": "en"}, timeout=10).json()
        self.conversation_id: str = session["session_id"]
        self._headers = {"Authorization": f"Bearer {session['token']}"}

    def say(self, text: str) -> None:
        body = {"text": text, "client_message_id": uuid4().hex}
        requests.post(f"{self._url}/messages", json=body, headers=self._headers, timeout=10).raise_for_status()

    def wait_for(self, is_there: Callable[[dict[str, object]], bool]) -> dict[str, object]:
        after, messages = 0, []
        for _attempt in range(6):
            heard = requests.get(
                f"{self._url}/messages", params={"after": after, "wait": 5}, headers=self._headers, timeout=20
            ).json()
            messages += heard["messages"]
            for message in messages:
                if is_there(message):
                    return dict(message)
            after = messages[-1]["seq"] if messages else 0
        raise AssertionError(f"the customer never saw it, only {messages}")

    def ask_for_a_person(self) -> None:
        self.say("I want to talk to a person")

    def owner(self) -> str:
        answer = requests.get(f"{self._url}/messages", headers=self._headers, timeout=10).json()
        return str(answer["owner"])


@pytest.fixture
def customer(product_url: str) -> Customer:
    return Customer(product_url)


@pytest.fixture
def agent(browser: Browser, log_in: LogIn) -> Iterator[Page]:
    yield from _staff_page(browser, log_in, "agent")


@pytest.fixture
def colleague(browser: Browser, log_in: LogIn) -> Iterator[Page]:
    yield from _staff_page(browser, log_in, "admin")


def _staff_page(browser: Browser, log_in: LogIn, role: str) -> Iterator[Page]:
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    log_in(page, role)
    yield page
    context.close()


def _open(page: Page, product_url: str, customer: Customer) -> None:
    page.goto(f"{product_url}/staff/conversations/{customer.conversation_id}")
    expect(page.get_by_role("log")).to_be_visible()


def _take_over(page: Page, product_url: str, customer: Customer) -> None:
    _open(page, product_url, customer)
    page.get_by_role("button", name="Take over").click()
    expect(page.get_by_label("Your answer")).to_be_focused()


def test_a_waiting_customer_appears_in_the_list_without_a_reload(
    agent: Page, product_url: str, customer: Customer
) -> None:
    agent.goto(f"{product_url}/staff")
    expect(agent.locator(f"#row-{customer.conversation_id}")).to_have_count(0)
    customer.ask_for_a_person()
    expect(agent.locator(f"#row-{customer.conversation_id}")).to_contain_text("waits")


def test_taking_over_and_answering_reach_the_customer_and_the_colleagues_browser(
    agent: Page, colleague: Page, product_url: str, customer: Customer
) -> None:
    customer.ask_for_a_person()
    _open(colleague, product_url, customer)
    _take_over(agent, product_url, customer)
    expect(colleague.locator("#conversation-head")).to_contain_text("has it")
    expect(colleague.get_by_role("button", name="Take over")).to_have_count(0)
    agent.get_by_label("Your answer").fill("Your lamp leaves us today.")
    agent.keyboard.press("Control+Enter")
    expect(colleague.get_by_role("log")).to_contain_text("Your lamp leaves us today.")
    expect(agent.get_by_label("Your answer")).to_have_value("")
    heard = customer.wait_for(lambda message: message["text"] == "Your lamp leaves us today.")
    assert heard["author"] == "agent"


def test_whoever_takes_over_can_type_at_once_although_the_live_news_came_first(
    agent: Page, product_url: str, customer: Customer
) -> None:
    customer.ask_for_a_person()
    agent.goto(f"{product_url}/staff/conversations/{customer.conversation_id}")
    answers: list[tuple[Route, APIResponse]] = []
    agent.route("**/take-over*", lambda route: answers.append((route, route.fetch())))
    agent.get_by_role("button", name="Take over").click()
    field = agent.get_by_label("Your answer")
    expect(field).to_be_visible()
    wait_until(agent, lambda: bool(answers), "the answer to taking over is held")
    ((route, answer),) = answers
    route.fulfill(response=answer)
    expect(field).to_be_focused()


def test_text_that_is_being_typed_survives_what_the_customer_writes(
    agent: Page, product_url: str, customer: Customer
) -> None:
    _take_over(agent, product_url, customer)
    agent.get_by_label("Your answer").press_sequentially("I am just loo")
    customer.say("Are you still there?")
    expect(agent.get_by_role("log")).to_contain_text("Are you still there?")
    expect(agent.get_by_label("Your answer")).to_have_value("I am just loo")
    expect(agent.get_by_label("Your answer")).to_be_focused()


def test_a_script_that_a_customer_writes_is_shown_as_text(agent: Page, product_url: str, customer: Customer) -> None:
    _take_over(agent, product_url, customer)
    customer.say(SCRIPT)
    expect(agent.get_by_role("log")).to_contain_text(SCRIPT)
    expect(agent.locator("#log img, #inbox-list img")).to_have_count(0)
    assert "owned" not in agent.title()


def test_a_conversation_is_given_back_to_the_assistant(agent: Page, product_url: str, customer: Customer) -> None:
    _take_over(agent, product_url, customer)
    agent.get_by_role("button", name="Give back to the assistant").click()
    expect(agent.locator("#conversation-head")).to_contain_text("The assistant answers")
    assert customer.owner() == "bot"


def test_a_conversation_is_closed_with_a_reason(agent: Page, product_url: str, customer: Customer) -> None:
    _take_over(agent, product_url, customer)
    agent.get_by_role("button", name="Close", exact=True).click()
    agent.get_by_role("combobox", name="Reason").fill("Solved on the phone")
    agent.get_by_role("button", name="Close the conversation").click()
    expect(agent.get_by_role("dialog")).to_have_count(0)
    expect(agent.locator("#conversation-head")).to_contain_text("Solved on the phone")
    assert customer.owner() == "closed"
