"""Telegram calls us: with our secret and nobody else, each update once, and admins switch the channel over."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from bot.application import create_application
from bot.channels.setup import TelegramSecrets
from bot.channels.setup_model import TelegramSetup
from bot.channels.telegram_parts import WEBHOOK_PATH, TelegramParts
from bot.channels.telegram_switch import TelegramSwitch
from bot.front_desk import FrontDesk
from bot.office import Office
from bot.web_security import MAX_BODY_BYTES
from connectors.database.models.conversation import ChannelIdentity, InboundUpdate, MessageEdit
from tests.fixtures.assistants import ScriptedAssistant
from tests.fixtures.telegram_methods import Fault
from tests.fixtures.telegram_office import QUICK
from tests.fixtures.telegram_server import PATIENCE_SECONDS, TOKEN, Person, TelegramServer, post_update
from tests.fixtures.web_office import build_web_office, serve_on_loopback

pytestmark = pytest.mark.integration

KARL = Person(73, "Karl", "de")
SECRET = "webhook-secret-of-the-tests"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"


@pytest.fixture
def server() -> Iterator[TelegramServer]:
    with TelegramServer().running() as running:
        yield running


def build(tmp_path: Path, assistant: ScriptedAssistant, server: TelegramServer, **settings: Any) -> Office:
    usual = {
        "public_url": "https://shop.example.com",
        "telegram_bot_token": SecretStr(TOKEN),
        "telegram_api_base_url": server.base_url,
        "telegram_webhook_secret": SecretStr(SECRET),
        "secret_key": SecretStr("a secret that is only for tests, and long"),
    }
    return build_web_office(tmp_path, assistant, **usual | settings)


@pytest.fixture
def office(tmp_path: Path, assistant: ScriptedAssistant, server: TelegramServer) -> Office:
    office = build(tmp_path, assistant, server)
    office.setups.change_telegram(TelegramSetup(mode="webhook"), 0, "test")
    return office


@contextmanager
def serving(office: Office, server: TelegramServer, desk: FrontDesk | None = None) -> Iterator[str]:
    """The product on a loopback port, which stands for its public address."""
    app = create_application(office, has_engine=False)
    use_quick_telegram(app, office, desk or office.desk)
    with serve_on_loopback(app) as address:
        server.webhook_host = address
        yield address


def use_quick_telegram(app: FastAPI, office: Office, desk: FrontDesk) -> None:
    parts = TelegramParts(
        desk, office.setups, office.attachments, office.links, office.handoffs.describe_waiting, office.settings, QUICK
    )
    app.state.telegram = TelegramSwitch(parts)


def call(address: str, secret: str | None, **request: Any) -> httpx.Response:
    headers = {} if secret is None else {SECRET_HEADER: secret}
    return httpx.post(f"{address}{WEBHOOK_PATH}", headers=headers, timeout=10, **request)


def wait_for_state(address: str, state: str) -> None:
    """Ask how Telegram is until it is so."""
    deadline = monotonic() + PATIENCE_SECONDS
    while (found := httpx.get(f"{address}/readyz").json()["components"]["telegram"]) != state:
        assert monotonic() < deadline, found


def said_by_customer(office: Office) -> list[str]:
    with office.database.read() as session:
        found = session.scalars(
            select(ChannelIdentity.conversation_id).where(ChannelIdentity.channel == "telegram")
        ).all()
    messages = [message for one in found for message in office.desk.read(one, 0).messages]
    return [message["text"] for message in messages if message["author"] == "customer"]


def test_updates_come_by_the_webhook_and_answers_go_back(office: Office, server: TelegramServer) -> None:
    with serving(office, server):
        for words in ("one", "two", "three"):
            server.write(KARL, words)
        answers = server.wait_for_texts(KARL.id, 4)
        server.wait_until(lambda: server.world.updates == [])
    assert answers[1:] == ["echo: one", "echo: two", "echo: three"]
    assert (server.world.webhook_url, server.world.webhook_secret) == (
        f"https://shop.example.com{WEBHOOK_PATH}",
        SECRET,
    )
    assert server.world.calls.count("getUpdates") == 0


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET[:-1], f"{SECRET}x", "ünïcödé".encode(), "x" * 300])
def test_whoever_shows_no_right_secret_is_refused(office: Office, server: TelegramServer, secret: Any) -> None:
    forged = {"update_id": 1, "message": {"message_id": 1, "date": 1, "text": "forged"}}
    with serving(office, server) as address:
        server.wait_until(lambda: server.world.webhook_url != "")
        refused = call(address, secret, json=forged)
    assert refused.status_code in {401, 422}
    assert refused.json()["detail"]["code"]
    assert said_by_customer(office) == []


def test_nobody_is_let_in_while_there_is_no_webhook(
    tmp_path: Path, assistant: ScriptedAssistant, server: TelegramServer
) -> None:
    office = build(tmp_path, assistant, server)
    with serving(office, server) as address:
        server.wait_until(lambda: "getUpdates" in server.world.calls)
        assert call(address, SECRET, json={"update_id": 1}).status_code == 401
        assert call(address, "", json={"update_id": 1}).status_code == 401


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", (400, "unreadable_body")),
        (b"no json", (400, "unreadable_body")),
        (b"[" * 100_000, (400, "unreadable_body")),
        (b"\xff\xfe", (400, "unreadable_body")),
        (b"[]", (422, "not_an_update")),
        (b"{}", (422, "not_an_update")),
        (b'{"update_id": "7"}', (422, "not_an_update")),
        (b'{"update_id": true}', (422, "not_an_update")),
    ],
)
def test_what_is_no_update_is_refused(
    office: Office, server: TelegramServer, content: bytes, refusal: tuple[int, str]
) -> None:
    with serving(office, server) as address:
        server.wait_until(lambda: server.world.webhook_url != "")
        refused = call(address, SECRET, content=content)
    assert (refused.status_code, refused.json()["detail"]["code"]) == refusal


def test_a_body_that_no_update_has_is_too_large(office: Office, server: TelegramServer) -> None:
    with serving(office, server) as address:
        server.wait_until(lambda: server.world.webhook_url != "")
        assert call(address, SECRET, content=b" " * (MAX_BODY_BYTES + 1)).status_code == 413


def test_an_update_in_a_shape_that_nobody_knows_is_left_behind(office: Office, server: TelegramServer) -> None:
    with serving(office, server) as address:
        server.wait_until(lambda: server.world.webhook_url != "")
        odd_ones: list[dict[str, Any]] = [{"message": {"text": 7}}, {"message": "?"}, {"callback_query": {}}, {}]
        for odd in [*odd_ones, {"hologram": {}}]:
            assert call(address, SECRET, json={"update_id": 5, **odd}).status_code == 204
        server.write(KARL, "still there?")
        assert server.wait_for_texts(KARL.id, 2)[1] == "echo: still there?"


def test_a_repeated_update_is_stored_once_and_an_old_edit_undoes_nothing(
    office: Office, server: TelegramServer
) -> None:
    with serving(office, server) as address:
        server.write(KARL, "4711")
        message = server.last_update
        server.wait_for_texts(KARL.id, 2)
        server.edit(KARL, "4712")
        first_edit = server.last_update
        server.edit(KARL, "4713")
        server.wait_until(lambda: server.world.updates == [])
        for update in (message, first_edit, message):
            assert post_update(f"{address}{WEBHOOK_PATH}", update, SECRET) == 204
        server.write(KARL, "thanks")
        server.wait_for_texts(KARL.id, 3)
    assert said_by_customer(office) == ["4713", "thanks"]
    with office.database.read() as session:
        assert sorted(session.scalars(select(MessageEdit.text))) == ["4711", "4712"]


def test_a_repeated_command_and_a_repeated_press_are_carried_out_once(office: Office, server: TelegramServer) -> None:
    with serving(office, server) as address:
        server.write(KARL, "/language")
        command = server.last_update
        server.wait_for_texts(KARL.id, 2)
        server.press(KARL, server.world.sent[-1])
        press = server.last_update
        server.wait_for_texts(KARL.id, 3)
        for update in (command, press):
            assert post_update(f"{address}{WEBHOOK_PATH}", update, SECRET) == 204
        server.write(KARL, "thanks")
        answers = server.wait_for_texts(KARL.id, 4)
    assert answers[2].startswith("echo: /change_language")
    assert answers[3] == "echo: thanks"


class LockedDesk(FrontDesk):
    """A desk whose database is locked for the first tries."""

    failures_left = 3

    def say_once(self, *arguments: Any, **more: Any) -> bool:
        if self.failures_left:
            self.failures_left -= 1
            raise OperationalError("INSERT", {}, Exception("database is locked"))
        return super().say_once(*arguments, **more)


def test_an_update_that_the_database_could_not_take_is_sent_again_and_taken_once(
    office: Office, server: TelegramServer
) -> None:
    desk = LockedDesk(office.database, office.texts, office.turns, office.live)
    with serving(office, server, desk):
        server.write(KARL, "keep me")
        assert server.wait_for_texts(KARL.id, 2)[1] == "echo: keep me"
    assert server.world.webhook_failures == [503, 503, 503]
    assert said_by_customer(office) == ["keep me"]


def test_a_webhook_is_set_again_when_somebody_else_took_it(office: Office, server: TelegramServer) -> None:
    with serving(office, server):
        server.wait_until(lambda: server.world.webhook_url != "")
        with server.world.changed:
            server.world.webhook_url = "https://somebody.else.example/hook"
        server.wait_until(lambda: server.world.webhook_url.startswith("https://shop.example.com"))
        server.write(KARL, "hello")
        assert server.wait_for_texts(KARL.id, 2)[1] == "echo: hello"


def test_a_start_while_telegram_is_down_succeeds_and_the_webhook_is_set_later(
    office: Office, server: TelegramServer
) -> None:
    server.fail_next("getMe", Fault(status=502), Fault(cut_before=True))
    server.fail_next("setWebhook", Fault(status=500), Fault(retry_after=1), Fault(cut_after=True))
    with serving(office, server):
        server.write(KARL, "anybody?")
        assert server.wait_for_texts(KARL.id, 2)[1] == "echo: anybody?"
    assert server.world.too_early == []


def test_admins_switch_the_channel_over_and_off_and_nothing_is_lost(
    tmp_path: Path, assistant: ScriptedAssistant, server: TelegramServer
) -> None:
    office = build(tmp_path, assistant, server, telegram_bot_token=None, telegram_webhook_secret=None)
    with serving(office, server) as address:
        wait_for_state(address, "off")
        secrets = TelegramSecrets(bot_token=TOKEN, webhook_secret="another-secret-of-the-pages")
        office.setups.change_telegram(TelegramSetup(mode="polling"), 0, "admin", secrets)
        server.write(KARL, "polled")
        server.wait_for_texts(KARL.id, 2)
        office.setups.change_telegram(TelegramSetup(mode="webhook"), 1, "admin")
        server.write(KARL, "called")
        server.wait_for_texts(KARL.id, 3)
        # The last poll may have fetched it before the channel was switched over.
        server.wait_until(lambda: server.world.webhook_secret == "another-secret-of-the-pages")
        wait_for_state(address, "ok")
        office.setups.change_telegram(TelegramSetup(mode="webhook", is_on=False), 2, "admin")
        wait_for_state(address, "off")
        server.write(KARL, "while it was off")
        office.setups.change_telegram(TelegramSetup(mode="polling"), 3, "admin")
        answers = server.wait_for_texts(KARL.id, 4)
    assert answers[1:] == ["echo: polled", "echo: called", "echo: while it was off"]


def test_without_https_there_is_no_webhook_and_the_log_says_what_to_set(
    tmp_path: Path, assistant: ScriptedAssistant, server: TelegramServer
) -> None:
    office = build(tmp_path, assistant, server, public_url="http://shop.example.com")
    office.setups.change_telegram(TelegramSetup(mode="webhook"), 0, "test")
    with serving(office, server) as address:
        wait_for_state(address, "down")
    assert server.world.webhook_url == ""


def test_without_a_secret_of_its_own_the_webhook_has_one_made_of_ours(
    tmp_path: Path, assistant: ScriptedAssistant, server: TelegramServer
) -> None:
    office = build(tmp_path, assistant, server, telegram_webhook_secret=None)
    office.setups.change_telegram(TelegramSetup(mode="webhook"), 0, "test")
    with serving(office, server):
        server.write(KARL, "hello")
        server.wait_for_texts(KARL.id, 2)
    assert len(server.world.webhook_secret) == 64
    with office.database.read() as session:
        assert session.get(InboundUpdate, ("telegram", "900001")) is not None
