"""What an attacker tried at the chat of customers and found open stays shut."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI, HTTPException, Request
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import select
from structlog.testing import capture_logs

from bot.application import create_application
from bot.channels import web_api
from bot.channels.rate_limit import RateLimit
from bot.channels.setup_model import WebSetup
from bot.channels.upload_gate import GateLimits, UploadGate
from bot.channels.waiting_places import WaitingPlaces
from bot.conversations.live import STAFF, Live
from bot.office import Office
from bot.services import attachments, transcript_mail
from bot.services.tickets import TicketDraft, Tickets
from bot.services.verification import CODE, verify_conversation
from bot.web_address import address_of
from connectors.database.models.conversation import Conversation
from connectors.database.models.mail import OutgoingMail
from tests.fixtures.assistants import ScriptedAssistant
from tests.fixtures.web_office import Chat, build_web_office, code_of, start_chat

pytestmark = pytest.mark.integration

SHOP = "https://shop.example"
EMMA, LIAM = "emma@example.com", "liam@example.com"


@pytest.fixture
def postgres(tmp_path: Path, postgresql_url: str) -> Iterator[TestClient]:
    office = build_web_office(tmp_path, ScriptedAssistant(), database_url=postgresql_url, secret_key="x" * 40)
    with (
        capture_logs(),
        TestClient(create_application(office, has_engine=False), raise_server_exceptions=False) as http,
    ):
        yield http


def get(chat: Chat, path: str, **params: Any) -> Response:
    return chat.http.get(f"/api/chat/{path}", params=params, headers=chat.headers)


def post(chat: Chat, path: str, **body: Any) -> Response:
    return chat.http.post(f"/api/chat/{path}", json=body, headers=chat.headers)


def upload(chat: Chat, content: bytes) -> Response:
    return chat.http.post("/api/chat/attachments?name=a.txt", content=content, headers=chat.headers)


def disk_usage(free: int) -> SimpleNamespace:
    return SimpleNamespace(total=2 * free, used=free, free=free)


def another_of(chat: Chat) -> Chat:
    """Another conversation of the same browser."""
    return Chat(chat.http, post(chat, "sessions").json()["token"])


def id_of(chat: Chat) -> str:
    return str(get(chat, "conversations").json()[0]["id"])


def prove(office: Office, chat: Chat, email: str) -> None:
    with office.database.write() as session:
        verify_conversation(session, session.get_one(Conversation, id_of(chat)), email, CODE)


def open_ticket(office: Office, chat: Chat, subject: str) -> None:
    draft = TicketDraft(subject, "It is broken.", EMMA)
    Tickets(office.database).open_ticket(id_of(chat), f"turn-{subject}", draft)


# --- who sees whose ---


def test_whoever_used_the_browser_before_does_not_see_the_tickets_of_whoever_proved_themselves_in_it(
    chat: Chat, chat_office: Office
) -> None:
    emma, liam = another_of(chat), another_of(chat)
    prove(chat_office, emma, EMMA)
    prove(chat_office, liam, LIAM)
    open_ticket(chat_office, emma, "Lamp")
    assert [one["subject"] for one in get(emma, "tickets").json()] == ["Lamp"]
    assert get(chat, "tickets").json() == []
    assert get(liam, "tickets").json() == []


def test_an_address_that_somebody_only_typed_opens_nothing(chat: Chat, chat_office: Office) -> None:
    chat.send("my secret")
    prove(chat_office, chat, EMMA)
    open_ticket(chat_office, chat, "Lamp")
    thief = start_chat(chat.http)
    with chat_office.database.write() as session:
        session.get_one(Conversation, id_of(thief)).contact.email = EMMA
    assert [one["id"] for one in get(thief, "conversations").json()] == [id_of(thief)]
    assert get(thief, "tickets").json() == []
    assert code_of(post(thief, f"conversations/{id_of(chat)}/token")) == "unknown_conversation"


@pytest.mark.parametrize(
    ("referrer", "is_handed"),
    [
        (None, False),
        ("", False),
        (f"{SHOP}/cart?x=1", True),
        ("https://fixed.example/", True),
        ("https://evil.example/", False),
        ("https://evil-shop.example/", False),
        (f"{SHOP}.evil.example/", False),
        (f"https://evil.example/?{SHOP}", False),
        ("https://shop.example@evil.example/", False),
        ("http://shop.example/", False),
        ("null", False),
        ("http://[x", False),
    ],
)
def test_a_window_takes_over_a_conversation_only_from_a_site_that_embeds_the_chat(
    tmp_path: Path, referrer: str | None, is_handed: bool
) -> None:
    """A link with the attacker's own session in it would make visitors talk in the attacker's conversation."""
    office = build_web_office(tmp_path, ScriptedAssistant(), allowed_origins="https://fixed.example")
    office.setups.change_web(WebSetup(allowed_origins=(SHOP,)), 0, "admin@example.com")
    with TestClient(create_application(office, has_engine=False)) as http:
        page = http.get("/chat", headers={} if referrer is None else {"Referer": referrer})
    assert ('data-handed="yes"' in page.text) == is_handed
    assert "Referer" in page.headers["Vary"]


# --- what breaks ---


@pytest.mark.parametrize("path", ["conversations/%00/token", "attachments/a%00b", "articles/%00"])
def test_a_nul_in_an_address_is_nothing_of_ours(postgres: TestClient, path: str) -> None:
    chat = start_chat(postgres)
    for method in ("GET", "POST"):
        assert postgres.request(method, f"/api/chat/{path}", headers=chat.headers).status_code in {404, 405}
    assert postgres.get("/staff/conversations/a%00b").status_code == 404


def test_a_nul_in_the_id_of_a_file_is_refused(postgres: TestClient) -> None:
    assert code_of(start_chat(postgres).send("x", attachments=["\0"])) == "bad_request"


@pytest.mark.parametrize(
    "address",
    [
        "a\0@example.com",
        "a\x1f@example.com",
        "all:a@example.com",
        "a(b)@example.com",
        "a@example.com\n",
        "a\\@b.example",
    ],
)
def test_what_a_mails_header_could_take_for_more_than_one_address_is_none(
    chat: Chat, chat_office: Office, address: str
) -> None:
    assert code_of(post(chat, "transcript", email=address)) == "bad_request"
    with chat_office.database.read() as session:
        assert session.scalars(select(OutgoingMail.id)).all() == []


# --- what costs us ---


def test_one_place_on_the_network_does_not_have_us_write_to_the_whole_world(
    http: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transcript_mail, "MAILS_PER_NETWORK_ADDRESS", 2)
    sent = [post(start_chat(http), "transcript", email=f"victim{number}@example.com") for number in range(3)]
    assert [one.status_code for one in sent] == [204, 204, 429]
    assert code_of(sent[-1]) == "too_many_transcripts"


def test_one_conversation_does_not_wait_for_its_news_on_any_number_of_pages(
    app: FastAPI, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_api, "MAX_WAITING", 2)
    live: Live = app.state.live
    with live.watch(id_of(chat)), live.watch(id_of(chat)):
        assert code_of(get(chat, "events")) == "too_many_waiting"
        assert code_of(get(chat, "messages", wait=20)) == "too_many_waiting"
        assert get(chat, "messages").status_code == 200
    assert get(chat, "messages", after=99, wait=0.01).status_code == 200


def test_one_place_on_the_network_does_not_wait_in_any_number_of_conversations(app: FastAPI, http: TestClient) -> None:
    places = app.state.waiting_places = WaitingPlaces(per_address=2)
    one, other = start_chat(http), start_chat(http)
    with places.take("testclient"):
        with places.take("testclient"):
            assert code_of(get(one, "events")) == "too_many_waiting"
            assert code_of(get(other, "messages", wait=20)) == "too_many_waiting"
            assert get(other, "messages").status_code == 200
        assert [get(one, "messages", after=99, wait=0.01).status_code for _ in range(3)] == [200] * 3
    assert places._taken == {}


def test_a_place_to_wait_is_one_of_its_address_and_is_free_again_after_an_error() -> None:
    places = WaitingPlaces(per_address=1)
    with pytest.raises(OSError, match="gone"), places.take("203.0.113.5"), places.take("198.51.100.7"):
        raise OSError("gone")
    with places.take("203.0.113.5"), pytest.raises(HTTPException, match="too_many_waiting"), places.take("203.0.113.5"):
        pass
    assert places._taken == {}


def test_whoever_keeps_typing_rings_once(monkeypatch: pytest.MonkeyPatch) -> None:
    live, rung = Live(), list[tuple[str, ...]]()
    monkeypatch.setattr(live, "publish", lambda *topics: rung.append(topics))
    for _ in range(100):
        live.set_customer_typing("one", 60)
    assert rung == [("one", STAFF)]
    live.set_customer_typing("other", 0)
    live.set_customer_typing("other", 60)
    assert len(rung) == 3


def test_tokens_are_not_guessed_without_end(app: FastAPI, http: TestClient) -> None:
    app.state.guess_limit = RateLimit(2)
    guesses = [Chat(http, f"guess-{number}") for number in range(3)]
    assert [code_of(get(guess, "messages")) for guess in guesses] == ["unknown_session"] * 2 + ["too_many_requests"]


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
    ],
)
def test_limits_of_an_address_count_for_all_that_one_visitor_has(host: str, address: str) -> None:
    assert address_of(Request({"type": "http", "headers": [], "client": (host, 1)})) == address


@pytest.mark.usefixtures("http")
@pytest.mark.parametrize(
    ("limit", "path"),
    [
        ("search_limit", "/help/en?q=delivery"),
        ("document_limit", "/documents/invoices/x"),
        ("approval_link_limit", "/approve/x"),
        ("api_address_limit", "/api/v1/jobs"),
    ],
)
def test_pages_beside_the_chat_count_a_visitor_once_too(app: FastAPI, limit: str, path: str) -> None:
    setattr(app.state, limit, RateLimit(1))
    hosts = ("2001:db8:1:2::1", "2001:db8:1:2::2", "2001:db8:1:3::1")
    codes = [TestClient(app, client=(host, 1)).get(path).status_code for host in hosts]
    assert [code == 429 for code in codes] == [False, True, False]


def test_strangers_cannot_fill_the_disk_of_the_database(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _path: disk_usage(free=attachments.KEPT_FREE + 4))
    answers = [upload(chat, content) for content in (b"fits", b"does not")]
    assert [answer.status_code for answer in answers] == [201, 503]
    assert code_of(answers[1]) == "no_room"


class Upload:
    """A file that arrives when the test says so."""

    def __init__(self, gate: UploadGate, address: str = "203.0.113.5", conversation_id: str = "one") -> None:
        self._gate = gate
        self._conversation_id = conversation_id
        self.has_begun, self.arrives, self.is_done = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._request = Request({"type": "http", "headers": [], "client": (address, 1)}, self._receive)

    async def _receive(self) -> dict[str, Any]:
        self.has_begun.set()
        await self.arrives.wait()
        return {"type": "http.request", "body": b"whole", "more_body": False}

    async def send(self) -> bytes:
        async with self._gate.receive(self._request, self._conversation_id) as content:
            self.is_done.set()
            return content


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def test_only_so_many_files_of_one_conversation_are_received_at_once_and_the_others_wait() -> None:
    async def attack() -> None:
        gate = UploadGate(GateLimits(of_conversation=2))
        uploads = [Upload(gate) for _ in range(3)]
        tasks = [asyncio.create_task(upload.send()) for upload in uploads]
        await settled()
        assert [upload.has_begun.is_set() for upload in uploads] == [True, True, False]
        uploads[0].arrives.set()
        await settled()
        assert uploads[2].has_begun.is_set()
        for upload in uploads:
            upload.arrives.set()
        assert await asyncio.gather(*tasks) == [b"whole"] * 3

    asyncio.run(attack())


def test_one_place_on_the_network_takes_no_more_than_its_share_of_uploads() -> None:
    async def attack() -> None:
        gate = UploadGate(GateLimits(of_address=1, waiting=1))
        slow, waits, refused = (Upload(gate, conversation_id=str(number)) for number in range(3))
        honest = Upload(gate, "198.51.100.7", "honest")
        honest.arrives.set()
        tasks = [asyncio.create_task(slow.send()), asyncio.create_task(waits.send())]
        await settled()
        with pytest.raises(HTTPException, match="too_many_uploads"):
            await refused.send()
        assert await honest.send() == b"whole"
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert gate._open == {}

    asyncio.run(attack())


def test_a_file_that_comes_too_slowly_loses_its_place() -> None:
    async def attack() -> None:
        gate = UploadGate(GateLimits(seconds=0.01))
        with pytest.raises(HTTPException, match="upload_too_slow"):
            await Upload(gate).send()
        assert gate._open == {}

    asyncio.run(attack())


def test_a_visitor_who_goes_away_in_the_middle_of_a_file_leaves_no_place_taken() -> None:
    async def attack() -> None:
        gate = UploadGate()
        upload = Upload(gate)
        task = asyncio.create_task(upload.send())
        await upload.has_begun.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert gate._open == {}

    asyncio.run(attack())
