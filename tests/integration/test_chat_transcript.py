"""The conversation to take along: as a file in the customer's language, and by mail."""

from email import message_from_bytes
from email.policy import default

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import select

from bot.channels.setup_model import WebSetup
from bot.conversations.store import add_message, lock_conversation
from bot.office import Office
from bot.services import transcript_mail
from bot.texts import Rendered
from connectors.database.base import new_id
from connectors.database.models.conversation import Attachment, Author, Conversation
from connectors.database.models.mail import OutgoingMail
from connectors.database.models.people import AuditEntry
from tests.fixtures.web_office import Chat, code_of, start_chat

pytestmark = pytest.mark.integration
SCRIPT = "<script>alert('x')</script>"
TITLES = {
    "en": "Transcript of your conversation",
    "cs": "Přepis vaší konverzace",
    "hu": "A beszélgetés másolata",
    "is": "Afrit af samtali þínu",
    "fa": "متن گفتگوی شما",
    "ru": "Копия вашего разговора",
}


def download(chat: Chat, form: str = "txt") -> Response:
    return chat.http.get("/api/chat/transcript", params={"format": form}, headers=chat.headers)


def send(chat: Chat, email: str = "emma@example.com") -> Response:
    return chat.http.post("/api/chat/transcript", json={"email": email}, headers=chat.headers)


def mails(office: Office) -> list[OutgoingMail]:
    with office.database.read() as session:
        return list(session.scalars(select(OutgoingMail).order_by(OutgoingMail.id)))


@pytest.mark.parametrize("language", TITLES)
def test_it_speaks_the_customers_language(http: TestClient, language: str) -> None:
    chat = start_chat(http, language)
    chat.send("12345")
    text, page = download(chat), download(chat, "html")
    assert text.text.startswith(TITLES[language])
    assert f"<title>{TITLES[language]}</title>" in page.text
    direction = "rtl" if language == "fa" else "ltr"
    assert f'<html lang="{language}" dir="{direction}">' in page.text
    assert "12345" in text.text


def test_it_is_saved_as_a_file_that_runs_nothing(chat: Chat) -> None:
    chat.ask(SCRIPT)
    text, page = download(chat), download(chat, "html")
    assert text.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    for answer in (text, page):
        assert answer.headers["Content-Disposition"].startswith("attachment;")
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert SCRIPT in text.text
    assert SCRIPT not in page.text
    assert "&lt;script&gt;" in page.text
    assert chat.http.get("/api/chat/transcript?format=pdf", headers=chat.headers).status_code == 422


def test_it_names_who_said_what_with_files_and_edits(chat: Chat, chat_office: Office) -> None:
    chat.ask("my lamp")
    with chat_office.database.write() as session:
        conversation = lock_conversation(session, session.scalars(select(Conversation.id)).one())
        file = Attachment(
            id=new_id(), conversation_id=conversation.id, author="agent", kind="document", name="a<b>.pdf"
        )
        session.add(file)
        session.flush()
        add_message(session, conversation, Author.AGENT, Rendered("The <b>manual</b>"), attachments=[file.id])
    text, page = download(chat).text, download(chat, "html").text
    for words in ("You", "Assistant", "Customer care", "my lamp", "echo: my lamp", "The <b>manual</b>"):
        assert words in text
    assert "[File: a<b>.pdf]" in text
    assert "a&lt;b&gt;.pdf" in page
    assert "&lt;b&gt;manual" in page


def test_another_customers_words_are_not_in_it(http: TestClient, chat: Chat) -> None:
    chat.ask("mine alone")
    assert "mine alone" not in download(start_chat(http)).text


def test_it_arrives_by_mail(chat: Chat, chat_office: Office) -> None:
    chat.ask("my lamp is broken")
    assert send(chat, " Emma@Example.com".strip()).status_code == 204
    (queued,) = mails(chat_office)
    assert queued.recipient == "emma@example.com"
    assert chat_office.mail_queue.send_due() == 1
    (file,) = (chat_office.settings.data_dir / "mailbox").glob("*.eml")
    message = message_from_bytes(file.read_bytes(), policy=default)
    body = message.get_body(("plain",))
    assert message["Subject"] == "Transcript of your conversation with us"
    assert body is not None
    assert "my lamp is broken" in body.get_content()
    assert "If it was not you, please ignore it." in body.get_content()
    with chat_office.database.read() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "conversation.transcript")).one()
    assert entry.detail == {"email": "e•••a@example.com"}


@pytest.mark.parametrize("language", TITLES)
def test_the_mail_speaks_the_customers_language(
    app: FastAPI, http: TestClient, chat_office: Office, language: str
) -> None:
    chat = start_chat(http, language)
    chat.send("12345")
    assert send(chat).status_code == 204
    assert chat_office.mail_queue.send_due() == 1
    (file,) = (chat_office.settings.data_dir / "mailbox").glob("*.eml")
    message = message_from_bytes(file.read_bytes(), policy=default)
    body = message.get_body(("plain",))
    assert body is not None
    say = app.state.pages.catalogue.translator(language)
    assert message["Subject"] == say("transcript.mail.subject")
    assert say("transcript.mail.ignore") in body.get_content()
    assert say("transcript.author.customer") in body.get_content()
    assert "12345" in body.get_content()
    assert (message.get_body(("html",)) is not None) == (language == "fa")


def test_a_conversation_is_mailed_three_times_at_most(http: TestClient, chat: Chat, chat_office: Office) -> None:
    codes = [send(chat, f"someone{number}@example.com").status_code for number in range(4)]
    assert codes == [204, 204, 204, 429]
    assert len(mails(chat_office)) == 3
    refused = send(chat)
    assert code_of(refused) == "too_many_transcripts"
    assert int(refused.headers["Retry-After"]) > 0
    assert send(start_chat(http)).status_code == 204


def test_nobody_is_flooded_by_conversations_that_name_their_address(
    http: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transcript_mail, "MAILS_PER_ADDRESS", 2)
    codes = [send(start_chat(http), "Emma@example.com").status_code for _ in range(3)]
    assert codes == [204, 204, 429]


@pytest.mark.parametrize(
    "email",
    ["", "emma", "emma@", "@example.com", "a@b", "a@b.c\r\nBcc: x@y.z", "a@b.c,d@e.f", "x" * 320 + "@b.c", "<a@b.c>"],
)
def test_what_is_no_address_is_refused(chat: Chat, chat_office: Office, email: str) -> None:
    assert send(chat, email).status_code == 422
    assert mails(chat_office) == []


def test_where_no_transcripts_are_wanted_there_are_none(chat: Chat, chat_office: Office) -> None:
    chat_office.setups.change_web(WebSetup(has_transcript=False), 0, "admin@example.com")
    assert code_of(download(chat)) == "not_offered"
    assert code_of(send(chat)) == "not_offered"
