"""Live updates through a real server: nothing is lost and nothing comes twice, also after a broken connection."""

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Semaphore
from typing import Any
from uuid import uuid4

import pytest
import requests
from structlog.testing import capture_logs

from bot.application import create_application
from bot.channels.waiting_places import WaitingPlaces
from bot.conversations import ownership, store
from bot.conversations.read_marks import mark_read_by_staff
from bot.office import Office
from connectors.database.base import utc_now
from tests.fixtures.assistants import PATIENCE_SECONDS, ScriptedAssistant
from tests.fixtures.signed import EMMA, KEYS, identity_of
from tests.fixtures.web_office import build_web_office, serve_on_loopback

pytestmark = pytest.mark.integration


@dataclass
class Event:
    name: str
    data: dict[str, Any]
    id: str | None


class Page:
    """A web page with the chat widget: it says things and listens to events."""

    def __init__(self, url: str) -> None:
        self._api = f"{url}/api/chat"
        started = requests.post(f"{self._api}/sessions", json={}, timeout=PATIENCE_SECONDS).json()
        self.conversation_id = started["session_id"]
        self._token = {"Authorization": f"Bearer {started['token']}"}

    def say(self, text: str) -> int:
        body = {"text": text, "client_message_id": uuid4().hex}
        answer = requests.post(f"{self._api}/messages", json=body, headers=self._token, timeout=PATIENCE_SECONDS)
        return int(answer.json()["seq"])

    def sign_in(self) -> None:
        """The page goes on as a customer whom the shop vouches for."""
        body = {"identity": identity_of(EMMA, utc_now())}
        answer = requests.post(f"{self._api}/identity", json=body, headers=self._token, timeout=PATIENCE_SECONDS)
        self._token = {"Authorization": f"Bearer {answer.json()['token']}"}

    @contextmanager
    def wait_for_news(self, after: int) -> Iterator[Future[int]]:
        """A long poll meanwhile; its status."""
        address, token = f"{self._api}/messages?after={after}&wait={PATIENCE_SECONDS}", self._token
        with ThreadPoolExecutor(1) as thread:
            yield thread.submit(lambda: requests.get(address, headers=token, timeout=PATIENCE_SECONDS).status_code)

    @contextmanager
    def listen(self, last_event_id: str | None = None, after: int | None = None) -> Iterator[Iterator[Event]]:
        headers = self._token | ({"Last-Event-ID": last_event_id} if last_event_id is not None else {})
        params = {} if after is None else {"after": str(after)}
        with requests.get(
            f"{self._api}/events", headers=headers, params=params, stream=True, timeout=PATIENCE_SECONDS
        ) as answer:
            assert answer.status_code == 200
            assert answer.headers["Content-Type"].startswith("text/event-stream")
            yield _events(answer)


class WatchedPlaces(WaitingPlaces):
    """Places to wait that tell a test when one was left."""

    def __init__(self, per_address: int) -> None:
        super().__init__(per_address)
        self._left = Semaphore(0)

    @contextmanager
    def take(self, address: str) -> Iterator[None]:
        with super().take(address):
            yield
        self._left.release()

    def wait_until_left(self) -> None:
        assert self._left.acquire(timeout=PATIENCE_SECONDS)


def _events(answer: requests.Response) -> Iterator[Event]:
    fields: dict[str, str] = {}
    for line in answer.iter_lines(chunk_size=1):
        name, _, value = line.decode().partition(": ")
        if line:
            fields[name] = value
        elif "data" in fields:
            yield Event(fields["event"], json.loads(fields["data"]), fields.get("id"))
            fields = {}


def messages_until(events: Iterator[Event], seq: int) -> list[Event]:
    """The message events up to this number."""
    found = []
    for event in events:
        if event.name == "message":
            found.append(event)
            if event.data["seq"] >= seq:
                return found
    raise AssertionError(f"the stream ended before message {seq}")


@pytest.fixture
def assistant() -> ScriptedAssistant:
    return ScriptedAssistant()


@pytest.fixture
def office(tmp_path: Path, assistant: ScriptedAssistant) -> Office:
    return build_web_office(tmp_path, assistant, identity_keys=KEYS)


@pytest.fixture
def page(office: Office) -> Iterator[Page]:
    with capture_logs(), serve_on_loopback(create_application(office, has_engine=False)) as url:
        yield Page(url)


def test_what_is_said_arrives_as_events_numbered_like_the_messages(page: Page) -> None:
    with page.listen() as events:
        page.say("hello there")
        found = messages_until(events, 3)
    assert [event.id for event in found] == ["1", "2", "3"]
    assert [event.data["author"] for event in found] == ["bot", "customer", "bot"]
    assert set(found[2].data) == {"seq", "author", "text", "at"}


def test_a_page_that_comes_back_gets_what_it_missed_and_nothing_twice(page: Page) -> None:
    seen: list[Event] = []
    with page.listen() as events:
        page.say("one")
        seen += messages_until(events, 2)
    with page.listen(last_event_id=seen[-1].id) as events:
        last = page.say("two while connected")
        seen += messages_until(events, last)
    for words in ("three unheard", "four unheard"):
        last = page.say(words)
    with page.listen(last_event_id=seen[-1].id) as events:
        seen += messages_until(events, last)
        last = page.say("five")
        seen += messages_until(events, last + 1)
    assert [event.data["seq"] for event in seen] == list(range(1, len(seen) + 1))
    customer = [event.data["text"] for event in seen if event.data["author"] == "customer"]
    assert customer == ["one", "two while connected", "three unheard", "four unheard", "five"]


def test_nothing_is_lost_when_many_messages_and_answers_come_at_once(page: Page) -> None:
    words = [f"message {number}" for number in range(15)]
    with page.listen() as events, ThreadPoolExecutor(5) as threads:
        list(threads.map(page.say, words))
        found = messages_until(events, 1 + 2 * len(words))
    assert [event.data["seq"] for event in found] == list(range(1, 2 + 2 * len(words)))


def test_two_pages_of_one_customer_hear_the_same(page: Page) -> None:
    with page.listen() as one, page.listen() as other:
        page.say("hello there")
        heard = [[event.data for event in messages_until(events, 3)] for events in (one, other)]
    assert heard[0] == heard[1]


def test_who_listens_with_a_copied_token_hears_nothing_after_the_customer_signed_in(page: Page) -> None:
    with page.listen() as events, page.wait_for_news(after=1) as poll:
        messages_until(events, 1)
        page.sign_in()
        page.say("something for our eyes only")
        assert [event.name for event in events if event.name == "message"] == []
        assert poll.result(PATIENCE_SECONDS) == 401


def test_a_stream_has_a_place_at_its_address_until_either_side_ends_it(office: Office) -> None:
    app = create_application(office, has_engine=False)
    places = app.state.waiting_places = WatchedPlaces(per_address=1)
    with capture_logs(), serve_on_loopback(app) as url:
        page, other = Page(url), Page(url)
        with page.listen() as events, other.wait_for_news(after=1) as poll:
            next(events)
            assert poll.result(PATIENCE_SECONDS) == 429
        places.wait_until_left()
        with other.listen() as events:
            next(events)
            other.sign_in()
            places.wait_until_left()


@pytest.mark.parametrize("last_event_id", ["x", "-1", "9" * 5000, "1e3", "²"])
def test_an_event_id_that_we_never_gave_begins_where_the_page_asks(page: Page, last_event_id: str) -> None:
    page.say("hello there")
    with page.listen(last_event_id, after=1) as events:
        assert messages_until(events, 2)[0].id == "2"


def test_the_last_event_id_counts_more_than_the_address(page: Page) -> None:
    page.say("hello there")
    with page.listen(last_event_id="2", after=0) as events:
        assert messages_until(events, 3)[0].id == "3"


def test_the_page_hears_who_owns_the_conversation_and_who_types(
    page: Page, office: Office, assistant: ScriptedAssistant
) -> None:
    with page.listen() as events:
        with assistant.thinking():
            page.say("hello there")
            typing = next(event for event in events if event.name == "typing")
            assert typing.data == {"author": "bot", "typing": True}
        stopped = next(event for event in events if event.name == "typing")
        assert stopped.data == {"author": "bot", "typing": False}
        with office.database.write() as session:
            conversation = store.lock_conversation(session, page.conversation_id)
            ownership.hand_over(session, conversation, "asked_for_a_person")
        office.live.publish(page.conversation_id)
        owner = next(event for event in events if event.name == "owner")
    queue = {"place": 1, "expected_minutes": None}
    assert owner.data == {"owner": "queue", "language": "en", "queue": queue, "is_agent_here": None}


def test_the_page_hears_what_was_read(page: Page, office: Office) -> None:
    with page.listen() as events:
        page.say("hello there")
        told = (event.data["seq"] for event in events if event.name == "read")
        assert next(seq for seq in told if seq > 1) == 2  # the bot's answer says that it read it
        with office.database.write() as session:
            conversation = store.lock_conversation(session, page.conversation_id)
            ownership.hand_over(session, conversation, "asked_for_a_person")
        seq = page.say("is anybody there?")
        with office.database.write() as session:
            mark_read_by_staff(session, page.conversation_id, seq)
        office.live.publish(page.conversation_id)
        assert next(told) == seq


def test_the_page_hears_of_a_change_that_another_process_made(
    page: Page, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.chat_news.KEEP_ALIVE_SECONDS", 1000)  # it must not look by itself
    with page.listen(after=1) as events:
        owners = (event.data["owner"] for event in events if event.name == "owner")
        assert next(owners) == "bot"
        with office.database.write() as session:
            conversation = store.lock_conversation(session, page.conversation_id)
            ownership.hand_over(session, conversation, "asked_for_a_person")
        assert next(owners) == "queue"
