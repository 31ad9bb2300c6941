"""Markup, direction marks and far too much of everything, in every field that customers of the web can fill in."""

from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from bot.channels.setup_model import PreChatField, WebSetup
from bot.conversations import ownership
from bot.conversations.store import lock_conversation
from bot.front_desk import MAX_TEXT_LENGTH
from bot.office import Office
from bot.services.tickets import TicketDraft, Tickets
from bot.staff import accounts
from bot.staff.guard import COOKIE
from connectors.database.models.people import Role
from tests.fixtures import chat_files as files
from tests.fixtures.web_office import Chat, code_of, start_chat

pytestmark = pytest.mark.integration

SCRIPT = "<script>alert('hostile')</script>"
# Whoever reads what follows this mark reads it from right to left.
TURNED = "\u202e"
HOSTILE = f"{TURNED}{SCRIPT}"
FORM = (
    PreChatField(name="name", kind="text", labels={"en": "Your name"}),
    PreChatField(name="about", kind="long_text", labels={"en": "What is it about?"}),
)


class Isolation(HTMLParser):
    """Finds words with a direction mark that no element keeps apart from what stands around them."""

    VOID = frozenset({"br", "hr", "img", "input", "link", "meta", "use", "path", "wbr"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self._open: list[tuple[str, bool]] = []
        self.turned = 0
        self.loose: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self._open.append((tag, tag in {"bdi", "option", "title"} or "dir" in dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if TURNED in data:
            self.turned += 1
            if not any(is_apart for tag, is_apart in self._open if tag != "html"):
                self.loose.append(data.strip())


@pytest.fixture
def agent(app: FastAPI, chat_office: Office) -> TestClient:
    with chat_office.database.write() as session:
        jana = accounts.add_user(session, "jana@example.com", "Jana", Role.AGENT, "a long enough password", "test")
        token = accounts.open_session(session, jana)
    client = TestClient(app, headers={"Accept-Language": "en"})
    client.cookies.set(COOKIE, token)
    return client


def upload(chat: Chat, name: str) -> str:
    answer = chat.http.post(
        "/api/chat/attachments", params={"name": name}, content=files.picture(), headers=chat.headers
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def begin_hostile_chat(http: TestClient, office: Office) -> tuple[str, Chat]:
    """Every field that is not refused says the same."""
    office.setups.change_web(WebSetup(pre_chat=FORM), 0, "admin@example.com")
    form = {"name": f"Emma {HOSTILE}", "about": HOSTILE, SCRIPT[:30]: HOSTILE}
    begun = http.post("/api/chat/sessions", json={"language": "en", "pre_chat": form, "path": f"/{SCRIPT}"})
    assert begun.status_code == 201, begun.text
    chat, conversation_id = Chat(http, begun.json()["token"]), begun.json()["session_id"]
    assert chat.ask(HOSTILE)
    assert chat.send(HOSTILE, SCRIPT, attachments=[upload(chat, f"lamp {HOSTILE}.png")]).status_code == 202
    chat.read(after=4, wait=5)
    rated = http.post("/api/chat/rating", json={"score": 1, "comment": HOSTILE}, headers=chat.headers)
    assert rated.status_code == 204
    draft = TicketDraft(HOSTILE, HOSTILE, "emma@example.com")
    Tickets(office.database).open_ticket(conversation_id, "turn", draft)
    with office.database.write() as session:
        ownership.hand_over(session, lock_conversation(session, conversation_id), "asked_for_a_person")
    return conversation_id, chat


def test_agents_read_markup_as_text_and_nothing_turns_the_page_around(
    http: TestClient, chat_office: Office, agent: TestClient
) -> None:
    conversation_id, _ = begin_hostile_chat(http, chat_office)
    for path in (f"/staff/conversations/{conversation_id}?view=all", "/staff?view=all", "/staff/tickets"):
        page = agent.get(path)
        assert page.status_code == 200, path
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;alert" in page.text, path
        read = Isolation(page.text)
        assert read.turned > 0, path
        assert read.loose == [], path


def test_customers_get_it_back_as_text_and_saved_pages_run_nothing(http: TestClient, chat_office: Office) -> None:
    _, chat = begin_hostile_chat(http, chat_office)
    said = [one for one in chat.read()["messages"] if one["author"] == "customer"]
    assert [one["text"] for one in said] == [HOSTILE, HOSTILE]
    for path in ("messages", "conversations", "tickets", f"articles?query={HOSTILE}"):
        answer = http.get(f"/api/chat/{path}", headers=chat.headers)
        assert answer.headers["Content-Type"] == "application/json", path
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    page = http.get("/api/chat/transcript?format=html", headers=chat.headers).text
    assert "<script" not in page
    assert Isolation(page).loose == []


def test_no_name_of_a_file_and_no_title_turns_anything_around(http: TestClient, chat_office: Office) -> None:
    _, chat = begin_hostile_chat(http, chat_office)
    (kept,) = [one["attachments"][0] for one in chat.read()["messages"] if one.get("attachments")]
    loaded = http.get(f"/api/chat/attachments/{kept['id']}", headers=chat.headers)
    (line,) = http.get("/api/chat/conversations", headers=chat.headers).json()
    for words in (kept["name"], loaded.headers["Content-Disposition"], line["title"]):
        assert TURNED not in words
        assert "%E2%80%AE" not in words
    assert kept["name"].endswith(".png")
    assert loaded.headers["Content-Disposition"].startswith("attachment;")


@pytest.mark.parametrize(
    "body",
    [{"path": f"/{TURNED}cart"}, {"path": "/\r\nX: y"}, {"pre_chat": {"x" * 31: "y"}}, {"pre_chat": {"name": []}}],
)
def test_a_session_with_a_field_that_nobody_fills_in_by_hand_is_refused(
    http: TestClient, body: dict[str, object]
) -> None:
    assert http.post("/api/chat/sessions", json=body).status_code == 422


def test_ten_thousand_pasted_lines_are_refused_with_the_limit_and_what_fits_is_taken_whole(chat: Chat) -> None:
    refused = chat.send("a line of a log file\n" * 10_000)
    assert (refused.status_code, code_of(refused)) == (413, "text_too_long")
    assert str(MAX_TEXT_LENGTH) in refused.json()["detail"]["message"]
    lines = "\n".join("x" * 3 for _ in range(MAX_TEXT_LENGTH // 4))
    assert chat.send(lines).status_code == 202
    assert [one["text"] for one in chat.read()["messages"] if one["author"] == "customer"] == [lines]
    (line,) = chat.http.get("/api/chat/conversations", headers=chat.headers).json()
    assert "\n" not in line["title"]
    assert len(line["title"]) <= 60


@pytest.mark.parametrize("kind", ["image/svg+xml", "text/html", "image/png", "multipart/form-data; boundary=x"])
def test_what_the_sender_says_a_file_is_counts_for_nothing(chat: Chat, kind: str) -> None:
    headers = {**chat.headers, "Content-Type": kind}
    answers = [
        chat.http.post("/api/chat/attachments", params={"name": name}, content=content, headers=headers)
        for name, content in (("lamp.png", files.picture()), ("lamp.png", b"<svg onload=alert(1)>"))
    ]
    if kind.startswith("multipart/"):
        assert [one.status_code for one in answers] == [415, 415]
    else:
        assert [one.status_code for one in answers] == [201, 415]
        assert answers[0].json()["media_type"] == "image/png"


@pytest.mark.parametrize("is_announced", [True, False], ids=["with length", "in pieces"])
def test_a_file_of_21_megabytes_is_refused_before_all_of_it_is_kept(chat: Chat, is_announced: bool) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(21):
            yield bytes(1024 * 1024)

    content = bytes(21 * 1024 * 1024) if is_announced else pieces()
    refused = chat.http.post("/api/chat/attachments?name=big.txt", content=content, headers=chat.headers)
    assert (refused.status_code, code_of(refused)) == (413, "body_too_large")
    assert start_chat(chat.http).send("still here").status_code == 202
