"""Telegram when something breaks: nothing is lost or said twice, and nobody waits for somebody else's fault."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from socket import create_server
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from bot.application import create_application
from bot.channels.outbox import GIVE_UP_AFTER, Outbox
from bot.channels.setup import TELEGRAM
from bot.channels.telegram_updates import MAX_TRIES
from bot.conversations.store import add_message, lock_conversation
from bot.office import build_office
from bot.texts import Button, Rendered
from connectors.database.migrate import migrate
from connectors.database.models.conversation import Author, Message
from connectors.database.models.people import AuditEntry
from tests.fixtures.front_office import TEXTS, FrontOffice, open_front_office
from tests.fixtures.telegram_methods import Fault
from tests.fixtures.telegram_office import (
    WatchedDesk,
    connected,
    conversation_with,
    deliveries_to,
    mode_beside,
    receive_as,
    running,
    telegram_parts,
    telegram_settings,
)
from tests.fixtures.telegram_server import PATIENCE_SECONDS, Person, TelegramServer

pytestmark = pytest.mark.integration

KARL = Person(73, "Karl", "de")
JANA = Person(71, "Jana", "cs")
GROUP = -500
WELCOME = TEXTS.render("welcome", "en").text
WRONG_TOKEN = "4217:not-the-right-one"
CUT = Fault(cut_before=True)


@pytest.fixture
def server() -> Iterator[TelegramServer]:
    with TelegramServer().running() as running:
        yield running


@pytest.fixture
def office(database_url: str, server: TelegramServer) -> Iterator[FrontOffice]:
    with open_front_office(database_url) as opened:
        opened.desk = WatchedDesk(opened, server)
        yield opened


def desk_of(office: FrontOffice) -> WatchedDesk:
    assert isinstance(office.desk, WatchedDesk)
    return office.desk


def tell(office: FrontOffice, person: Person, words: str, chat_id: int | None = None) -> None:
    with office.database.write() as session:
        conversation = lock_conversation(session, conversation_with(office, person, chat_id))
        add_message(session, conversation, Author.AGENT, Rendered(words))


def turn_away_one(port: int) -> None:
    """Be the network that is almost there: somebody connects, and nobody answers."""
    with create_server(("127.0.0.1", port)) as door:
        door.settimeout(PATIENCE_SECONDS)
        visitor, _ = door.accept()
        visitor.close()


def test_an_update_that_arrives_again_is_stored_once_also_after_a_restart(
    office: FrontOffice, server: TelegramServer
) -> None:
    with connected(office, server):
        server.write(KARL, "first")
        server.wait_for_texts(KARL.id, 2)
        server.wait_until(lambda: server.world.updates == [])
    words, photo = server.write(KARL, "second"), server.send_photo(KARL)
    # They are handed out, and that the channel has them does not reach Telegram.
    server.fail_next("getUpdates", Fault(), *[CUT] * 1000)
    with connected(office, server):
        server.wait_for_texts(KARL.id, 4)
    assert server.unconfirmed() == [words, photo]
    server.world.faults.clear()
    with connected(office, server):
        server.wait_until(lambda: server.world.updates == [])
        server.write(KARL, "third")
        answers = server.wait_for_texts(KARL.id, 5)
    assert sorted(answers) == sorted(
        [WELCOME, "echo: first", "echo: second", TEXTS.render("attachment_kept", "en").text, "echo: third"]
    )
    assert office.said(conversation_with(office, KARL), "customer") == ["first", "second", "", "third"]


def test_too_many_requests_is_respected_and_the_order_kept(office: FrontOffice, server: TelegramServer) -> None:
    with connected(office, server):
        server.write(KARL, "/start")
        server.wait_for_texts(KARL.id, 1)
        server.fail_next("sendMessage", Fault(retry_after=1))
        for words in ("one", "two", "three"):
            tell(office, KARL, words)
        assert server.wait_for_texts(KARL.id, 4) == [WELCOME, "one", "two", "three"]
    assert server.world.too_early == []


def test_the_second_part_of_a_long_message_waits_without_repeating_the_first(
    office: FrontOffice, server: TelegramServer
) -> None:
    with connected(office, server):
        server.write(KARL, "/start")
        server.wait_for_texts(KARL.id, 1)
        server.fail_next("sendMessage", Fault(), Fault(retry_after=1))
        tell(office, KARL, f"{'a' * 3000}\n\n{'b' * 3000}")
        tell(office, KARL, "the end")
        assert server.wait_for_texts(KARL.id, 4)[1:] == ["a" * 3000, "b" * 3000, "the end"]


@pytest.mark.parametrize("method", ["getMe", "deleteWebhook", "getUpdates"])
def test_too_many_requests_while_asking_for_updates_loses_none(
    office: FrontOffice, server: TelegramServer, method: str
) -> None:
    server.fail_next(method, Fault(retry_after=1))
    server.write(KARL, "patience")
    with connected(office, server):
        assert server.wait_for_texts(KARL.id, 2) == [WELCOME, "echo: patience"]
    assert server.world.too_early == []


def test_trouble_with_answering_a_button_holds_up_nothing(office: FrontOffice, server: TelegramServer) -> None:
    office.assistant.script["help"] = [Rendered("How?", (Button("Track my order", "/order_status"),))]
    with connected(office, server):
        server.write(KARL, "help")
        server.wait_for_texts(KARL.id, 2)
        server.fail_next("answerCallbackQuery", CUT, Fault(retry_after=1))
        server.press(KARL, server.world.sent[-1])
        server.write(KARL, "and more")
        assert server.wait_for_texts(KARL.id, 4)[2:] == ["echo: /order_status", "echo: and more"]
        server.wait_until(lambda: len(server.world.answered_queries) == 1)
    assert server.world.too_early == []


def test_server_errors_and_cut_connections_lose_and_double_nothing(office: FrontOffice, server: TelegramServer) -> None:
    server.fail_next("getUpdates", Fault(status=502), CUT, Fault(cut_after=True), Fault(), CUT, Fault(cut_after=True))
    server.fail_next("sendMessage", Fault(status=500), CUT, Fault(), Fault(status=503), CUT)
    with connected(office, server):
        server.write(KARL, "one")
        server.write(KARL, "two")
        server.wait_for_texts(KARL.id, 3)
        server.write(KARL, "three")
        assert server.wait_for_texts(KARL.id, 4) == [WELCOME, "echo: one", "echo: two", "echo: three"]


def test_a_start_without_network_succeeds_and_connects_later(database_url: str) -> None:
    server = TelegramServer()
    with open_front_office(database_url) as office, capture_logs() as logs, ExitStack() as stack:
        receive_as(office, mode_beside(database_url))
        channel = stack.enter_context(connected(office, server))
        server.write(KARL, "anybody?")
        turn_away_one(server.port)
        assert not channel.is_healthy
        with server.running():
            assert server.wait_for_texts(KARL.id, 2) == [WELCOME, "echo: anybody?"]
            assert channel.is_healthy
            events = [log["event"] for log in logs if log["event"].startswith("Telegram")]
    assert events == ["Telegram cannot be reached, trying on", "Telegram is connected"]


def test_a_webhook_left_from_before_does_not_stop_the_polling(office: FrontOffice, server: TelegramServer) -> None:
    server.world.webhook_url = "https://old.example.com/hook"
    server.write(KARL, "hello")
    with connected(office, server):
        assert server.wait_for_texts(KARL.id, 2)[1] == "echo: hello"


def test_after_a_quiet_week_updates_may_be_numbered_from_below(office: FrontOffice, server: TelegramServer) -> None:
    with connected(office, server):
        server.write(KARL, "before the quiet week")
        server.wait_for_texts(KARL.id, 2)
        asked = server.world.calls.count("getUpdates")
        server.wait_until(lambda: server.world.calls.count("getUpdates") >= asked + 2)
        server.next_update_id = 17
        server.write(KARL, "after it")
        assert server.wait_for_texts(KARL.id, 3)[2] == "echo: after it"


def test_an_update_that_breaks_for_a_while_is_taken_once_and_in_order(
    office: FrontOffice, server: TelegramServer
) -> None:
    desk_of(office).break_on("fragile", MAX_TRIES - 1, RuntimeError("a fault of ours"))
    with connected(office, server), capture_logs() as logs:
        server.write(KARL, "fragile")
        server.write(KARL, "next")
        assert server.wait_for_texts(KARL.id, 3) == [WELCOME, "echo: fragile", "echo: next"]
    assert [log["event"] for log in logs].count("Telegram channel failed, going on") == MAX_TRIES - 1


def test_an_update_that_always_breaks_is_recorded_and_skipped(office: FrontOffice, server: TelegramServer) -> None:
    desk_of(office).break_on("poison", 1000, RuntimeError("a fault of ours"))
    with connected(office, server), capture_logs() as logs:
        poison = server.write(KARL, "poison")
        server.write(JANA, "dobrý den")
        assert server.wait_for_texts(JANA.id, 2)[1] == "echo: dobrý den"
    assert desk_of(office).failures_left["poison"] == 1000 - MAX_TRIES
    assert {
        "event": "Telegram update skipped, see the failures above",
        "log_level": "error",
        "update_id": poison,
    } in logs
    with office.database.read() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "update.skip")).one()
    assert (entry.object_id, entry.detail) == (str(poison), {"chat_id": KARL.id})


def test_a_button_whose_meaning_breaks_is_answered_all_the_same(office: FrontOffice, server: TelegramServer) -> None:
    office.assistant.script["help"] = [Rendered("How?", (Button("Track my order", "/order_status"),))]
    desk_of(office).break_on("Track my order", 1000, RuntimeError("a fault of ours"))
    with connected(office, server):
        server.write(KARL, "help")
        server.wait_for_texts(KARL.id, 2)
        server.press(KARL, server.world.sent[-1])
        server.wait_until(lambda: len(server.world.answered_queries) == 1)
        server.write(KARL, "next")
        assert server.wait_for_texts(KARL.id, 3)[2] == "echo: next"


def test_a_locked_database_costs_no_message_however_long_it_lasts(office: FrontOffice, server: TelegramServer) -> None:
    locked = OperationalError("INSERT", {}, Exception("database is locked"))
    desk_of(office).break_on("keep me", MAX_TRIES * 3, locked)
    with connected(office, server):
        server.write(KARL, "keep me")
        assert server.wait_for_texts(KARL.id, 2) == [WELCOME, "echo: keep me"]


def test_a_message_claimed_by_one_process_is_not_sent_by_another(office: FrontOffice) -> None:
    office.open(channel=TELEGRAM)
    ours, theirs = Outbox(office.database, TELEGRAM), Outbox(office.database, TELEGRAM)
    assert len(ours.claim(10)) == 1
    assert theirs.claim(10) == []


def test_an_answer_that_nobody_waits_for_any_more_is_given_up(office: FrontOffice) -> None:
    conversation_id = office.open(channel=TELEGRAM)
    with office.database.write() as session:
        session.scalars(select(Message)).one().at -= GIVE_UP_AFTER
    outbox = Outbox(office.database, TELEGRAM)
    [parcel] = outbox.claim(10)
    assert not outbox.postpone(parcel, GIVE_UP_AFTER)
    assert deliveries_to(office, conversation_id)[0].failure == "given up after 1 attempts"


def test_a_wrong_token_is_logged_once_without_the_token(office: FrontOffice, server: TelegramServer) -> None:
    with capture_logs() as logs, connected(office, server, WRONG_TOKEN) as channel:
        server.wait_until(lambda: server.world.rejected_tokens >= 3)
        assert not channel.is_healthy
    rejections = [log for log in logs if "refuses the token" in log["event"]]
    assert len(rejections) == 1
    assert "TWINOFFICE_TELEGRAM_BOT_TOKEN" in rejections[0]["event"]
    assert WRONG_TOKEN not in str(logs)


def test_a_wrong_token_stops_nothing_but_telegram(server: TelegramServer, tmp_path: Path) -> None:
    office = build_office(telegram_settings(server, tmp_path, WRONG_TOKEN))
    migrate(office.database)
    app = create_application(office, has_engine=False)

    async def visit() -> tuple[Any, int]:
        transport = httpx.ASGITransport(app, client=("127.0.0.1", 1))
        async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport) as client:
            await asyncio.to_thread(server.wait_until, lambda: server.world.rejected_tokens > 0)
            ready = await client.get("http://127.0.0.1:8000/readyz")
            session = await client.post("http://127.0.0.1:8000/api/chat/sessions", json={})
            return ready.json(), session.status_code

    readiness, status = asyncio.run(visit())
    assert (readiness["components"]["telegram"], readiness["components"]["database"]) == ("down", "ok")
    assert status == 201


def test_without_a_token_there_is_no_channel(office: FrontOffice, server: TelegramServer, tmp_path: Path) -> None:
    parts = telegram_parts(office, telegram_settings(server, tmp_path, token=None))
    with running(office, parts, server) as channel:
        assert not channel.is_on
    assert server.world.calls == []


def test_a_chat_that_has_to_wait_keeps_its_order_and_holds_up_no_other(
    office: FrontOffice, server: TelegramServer
) -> None:
    with connected(office, server):
        server.write(KARL, "/start")
        server.write(JANA, "/start")
        server.wait_for_texts(KARL.id, 1)
        server.wait_for_texts(JANA.id, 1)
        server.fail_next("sendMessage", Fault(retry_after=1, chat_id=KARL.id))
        for words in ("one", "two"):
            tell(office, KARL, words)
        tell(office, JANA, "jedna")
        assert server.wait_for_texts(JANA.id, 2)[1] == "jedna"
        assert server.texts_to(KARL.id) == [WELCOME]
        assert server.wait_for_texts(KARL.id, 3) == [WELCOME, "one", "two"]
    assert server.world.too_early == []


def test_several_people_of_a_group_wait_together(office: FrontOffice, server: TelegramServer) -> None:
    with connected(office, server):
        for person in (KARL, JANA):
            server.write_in_group(person, "/start")
        server.wait_for_texts(GROUP, 2)
        server.fail_next("sendMessage", Fault(retry_after=1, chat_id=GROUP))
        tell(office, KARL, "for Karl", GROUP)
        server.wait_until(lambda: bool(server.world.wait_until))
        tell(office, JANA, "pro Janu", GROUP)
        assert sorted(server.wait_for_texts(GROUP, 4)[2:]) == ["for Karl", "pro Janu"]
    assert server.world.too_early == []
