"""Files in the chat, over the real application: sent, said, loaded again by their conversation and nobody else."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import event, select

from bot import application
from bot.application import create_application
from bot.channels.setup_model import LARGEST_FILE, WebSetup
from bot.conversations.message_files import attach
from bot.office import Office
from bot.services import attachments as attachments_module
from bot.services.attachments import Attachments
from connectors.database.base import utc_now
from connectors.database.models.conversation import Attachment, Author
from tests.fixtures import chat_files as files
from tests.fixtures.assistants import PATIENCE_SECONDS, ScriptedAssistant
from tests.fixtures.web_office import Chat, build_web_office, code_of

pytestmark = pytest.mark.integration
ROUTE = "/api/chat/attachments"


@pytest.fixture
def office(tmp_path: Path, assistant: ScriptedAssistant, database_url: str) -> Iterator[Office]:
    office = build_web_office(
        tmp_path,
        assistant,
        database_url=database_url,
        demo=True,
        sessions_per_minute_per_address=100,
        messages_per_minute_per_conversation=1000,
    )
    yield office
    office.database.close()


@pytest.fixture
def http(office: Office) -> Iterator[TestClient]:
    with TestClient(create_application(office, has_engine=False)) as http:
        yield http


@pytest.fixture
def chat(http: TestClient) -> Chat:
    return new_chat(http)


def new_chat(http: TestClient) -> Chat:
    return Chat(http, http.post("/api/chat/sessions", json={"language": "en"}).json()["token"])


def upload(chat: Chat, name: str, content: bytes) -> Response:
    return chat.http.post(ROUTE, params={"name": name}, content=content, headers=chat.headers)


def load(chat: Chat, attachment_id: str) -> Response:
    return chat.http.get(f"{ROUTE}/{attachment_id}", headers=chat.headers)


def send_file(chat: Chat, text: str = "", name: str = "lamp.png") -> dict[str, Any]:
    kept = upload(chat, name, files.picture()).json()
    assert chat.send(text, attachments=[kept["id"]]).status_code == 202
    return dict(kept)


def test_a_file_is_said_with_a_message_and_can_be_loaded_again(chat: Chat) -> None:
    kept = send_file(chat, "The lamp arrived like this")
    (said,) = [one for one in chat.read()["messages"] if one["author"] == "customer"]
    assert said["text"] == "The lamp arrived like this"
    (shown,) = said["attachments"]
    assert (shown["id"], shown["kind"], shown["name"], shown["media_type"], shown["state"]) == (
        kept["id"],
        "photo",
        "lamp.png",
        "image/png",
        "ready",
    )
    loaded = load(chat, kept["id"])
    assert loaded.content == files.picture()
    assert shown["size"] == len(loaded.content)


def test_a_loaded_file_is_saved_and_never_run(chat: Chat) -> None:
    answer = load(chat, send_file(chat, name="účtenka.png")["id"])
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert "%C3%BA%C4%8Dtenka.png" in answer.headers["Content-Disposition"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "no-store" in answer.headers["Cache-Control"]


def test_another_conversation_cannot_load_or_say_it(http: TestClient, chat: Chat) -> None:
    kept, stranger = send_file(chat), new_chat(http)
    assert (load(stranger, kept["id"]).status_code, code_of(load(stranger, kept["id"]))) == (404, "unknown_attachment")
    refused = stranger.send("look", attachments=[kept["id"]])
    assert (refused.status_code, code_of(refused)) == (422, "unknown_attachment")
    assert http.get(f"{ROUTE}/{kept['id']}").status_code == 401
    assert http.post(ROUTE, params={"name": "a.png"}, content=files.picture()).status_code == 401


def test_a_file_stands_in_one_message_only(chat: Chat) -> None:
    kept = send_file(chat)
    assert code_of(chat.send("again", attachments=[kept["id"]])) == "unknown_attachment"
    assert [one["text"] for one in chat.read()["messages"] if one["author"] == "customer"] == [""]


def test_the_same_message_sent_twice_shows_its_file_once(chat: Chat) -> None:
    kept = upload(chat, "lamp.png", files.picture()).json()
    sent = [chat.send("here", "the-same-id", attachments=[kept["id"]]) for _ in range(2)]
    assert [one.json() for one in sent] == [sent[0].json()] * 2
    assert len([one for one in chat.read()["messages"] if one.get("attachments")]) == 1


def test_files_without_a_word_are_not_asked_of_the_assistant_and_told_of_once(
    chat: Chat, assistant: ScriptedAssistant
) -> None:
    send_file(chat)
    (told,) = chat.read(after=2, wait=PATIENCE_SECONDS)["messages"]
    assert told["text"] == "Thank you, I have kept what you sent. I cannot look at it myself, but a person can."
    assert [button["title"] for button in told["buttons"]] == ["Talk to a person", "Open a ticket"]
    send_file(chat)
    assert chat.ask("and now?") != []
    assert [one["text"] for one in chat.read()["messages"]].count(told["text"]) == 1
    assert [asked.text for asked in assistant.asked] == ["and now?"]


@pytest.mark.parametrize(
    ("name", "content", "status", "code"),
    [
        ("logo.svg", b"<svg onload=alert(1)>", 415, "kind_not_allowed"),
        ("page.html", b"<html>", 415, "kind_not_allowed"),
        ("lamp.png", b"<html>", 415, "content_differs"),
        ("bomb.docx", files.bomb(), 415, "is_bomb"),
        ("archive.zip", files.package("a.txt"), 415, "kind_not_allowed"),
        ("lamp.mp4", files.mp4(b"vide"), 415, "kind_not_allowed"),
        ("empty.txt", b"", 422, "is_empty"),
        ("big.txt", b"x" * (10 * 1024 * 1024 + 1), 413, "too_large"),
        ("giant.txt", b"x" * (21 * 1024 * 1024), 413, "body_too_large"),
    ],
)
def test_what_is_refused_says_why_and_leaves_nothing(
    chat: Chat, office: Office, name: str, content: bytes, status: int, code: str
) -> None:
    refused = upload(chat, name, content)
    assert (refused.status_code, code_of(refused)) == (status, code)
    assert kept_files(office) == []


def test_the_company_sets_kinds_and_size(chat: Chat, office: Office) -> None:
    office.setups.change_web(WebSetup(file_kinds=frozenset({"pdf"}), largest_file=200_000), 0, "admin@example.com")
    assert code_of(upload(chat, "lamp.png", files.picture())) == "kind_not_allowed"
    assert upload(chat, "a.pdf", files.PDF).status_code == 201
    assert code_of(upload(chat, "b.pdf", files.PDF + bytes(200_000))) == "too_large"
    assert LARGEST_FILE == 20 * 1024 * 1024


def test_videos_are_taken_once_the_company_wants_them(chat: Chat, office: Office, http: TestClient) -> None:
    assert "video" not in http.get("/api/chat/config").json()["files"]["accept"]
    office.setups.change_web(WebSetup(file_kinds=frozenset({"video"})), 0, "admin@example.com")
    assert http.get("/api/chat/config").json()["files"] == {
        "kinds": ["video"],
        "accept": "video/*",
        "largest": WebSetup().largest_file,
    }
    kept = upload(chat, "lamp.mp4", files.mp4(b"vide", b"soun")).json()
    assert (kept["kind"], kept["media_type"]) == ("document", "video/mp4")
    assert chat.send("It flickers", attachments=[kept["id"]]).status_code == 202
    transcript = http.get("/api/chat/transcript", params={"format": "txt"}, headers=chat.headers)
    assert "[File: lamp.mp4]" in transcript.text
    assert code_of(upload(chat, "lamp.mp4", files.picture())) == "content_differs"


def test_a_conversation_holds_only_so_many(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attachments_module, "MAX_FILES", 2)
    codes = [upload(chat, "lamp.png", files.picture()).status_code for _ in range(3)]
    assert codes == [201, 201, 409]


def test_uploads_at_the_same_moment_do_not_pass_the_limit(
    chat: Chat, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachments_module, "MAX_FILES", 3)
    with ThreadPoolExecutor(8) as customers:
        codes = list(customers.map(lambda _: upload(chat, "lamp.png", files.picture()).status_code, range(8)))
    assert sorted(codes) == [201] * 3 + [409] * 5
    assert len(kept_files(office)) == 3


def test_a_full_disk_is_said_and_leaves_nothing(chat: Chat, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    replace = Path.replace

    def fails(path: Path, target: Path) -> Path:
        if "attachments" in target.parts:
            raise OSError(28, "No space left on device")
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", fails)
    refused = upload(chat, "lamp.png", files.picture())
    assert (refused.status_code, code_of(refused)) == (503, "no_room")
    assert kept_files(office) == []


def test_a_database_that_is_away_leaves_no_bytes_behind(
    chat: Chat, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_arguments: object) -> None:
        raise sqlite3.OperationalError("database is locked")

    monkeypatch.setattr(attachments_module, "_refuse_too_many", fails)
    with pytest.raises(sqlite3.OperationalError):
        upload(chat, "lamp.png", files.picture())
    assert kept_files(office) == []


def test_uploads_that_no_message_took_are_removed_after_a_day(chat: Chat, office: Office) -> None:
    said, left = send_file(chat), upload(chat, "left.png", files.picture()).json()
    assert office.attachments.forget_orphans() == 0
    later = Attachments(
        office.database,
        office.settings.data_dir / "attachments",
        office.setups,
        lambda: utc_now() + timedelta(days=1, seconds=1),
    )
    assert later.forget_orphans() == 1
    assert load(chat, left["id"]).status_code == 404
    assert load(chat, said["id"]).status_code == 200
    assert kept_files(office) == [said["id"]]


def test_the_product_removes_them_by_itself(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    conversation_id = office.desk.open("web", "customer", "en", None)
    left = office.attachments.keep(conversation_id, Author.CUSTOMER, "left.png", files.picture())
    with office.database.write() as session:
        session.get_one(Attachment, left.id).created_at = utc_now() - timedelta(days=2)
    is_done, forget_orphans = Event(), Attachments.forget_orphans

    def forget(attachments: Attachments) -> int:
        removed = forget_orphans(attachments)
        is_done.set()
        return removed

    monkeypatch.setattr(Attachments, "forget_orphans", forget)
    monkeypatch.setattr(application, "HOUSEKEEPING_SECONDS", 0.05)
    with TestClient(create_application(office, has_engine=False)):
        assert is_done.wait(PATIENCE_SECONDS)
        assert kept_files(office) == []


def test_a_message_that_takes_an_old_upload_just_now_keeps_it(office: Office) -> None:
    conversation_id = office.desk.open("web", "customer", "en", None)
    old = office.attachments.keep(conversation_id, Author.CUSTOMER, "old.png", files.picture())
    with office.database.write() as session:
        session.get_one(Attachment, old.id).created_at = utc_now() - timedelta(days=2)
    is_deleting = Event()

    @event.listens_for(office.database.engine, "before_cursor_execute")
    def look(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("DELETE FROM attachments"):
            is_deleting.set()

    with ThreadPoolExecutor(1) as housekeeping:
        with office.database.write() as session:
            attach(session, conversation_id, Author.CUSTOMER, 2, [old.id])
            cleaning = housekeeping.submit(office.attachments.forget_orphans)
            # In SQLite it does not even begin before this ends.
            assert office.database.is_sqlite or is_deleting.wait(PATIENCE_SECONDS)
        assert cleaning.result(PATIENCE_SECONDS) == 0
    assert kept_files(office) == [old.id]


def kept_files(office: Office) -> list[str]:
    """Names of all files on the disk; each of them has a row."""
    folder = office.settings.data_dir / "attachments"
    names = sorted(path.name for path in folder.rglob("*") if path.is_file())
    with office.database.read() as session:
        assert names == sorted(session.scalars(select(Attachment.id)))
    return names
