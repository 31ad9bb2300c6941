"""What an attacker tried at the Telegram channel and found open stays shut."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.channels.telegram_parts import TelegramParts
from bot.conversations.store import lock_conversation
from bot.services.channel_links import LinkOutcome
from connectors.database.models.conversation import Attachment
from tests.fixtures.front_office import FrontOffice, open_front_office
from tests.fixtures.telegram_methods import Methods
from tests.fixtures.telegram_office import mode_beside, receive_as, running, telegram_parts, telegram_settings
from tests.fixtures.telegram_server import Person, TelegramServer

pytestmark = pytest.mark.integration

KARL = Person(73, "Karl", "de")


@pytest.fixture
def server() -> Iterator[TelegramServer]:
    with TelegramServer().running() as running:
        yield running


@pytest.fixture
def office(database_url: str) -> Iterator[FrontOffice]:
    with open_front_office(database_url) as opened:
        receive_as(opened, mode_beside(database_url))
        yield opened


@pytest.fixture
def parts(office: FrontOffice, server: TelegramServer, tmp_path: Path) -> TelegramParts:
    return telegram_parts(office, telegram_settings(server, tmp_path))


def kept(office: FrontOffice) -> list[Attachment]:
    with office.database.read() as session:
        return list(session.scalars(select(Attachment)))


def test_a_file_of_our_own_machine_is_not_handed_to_a_customer(
    office: FrontOffice, server: TelegramServer, parts: TelegramParts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the key of the house")

    def lies(_methods: Methods, arguments: Any) -> dict[str, Any]:
        return {"file_id": arguments["file_id"], "file_unique_id": "x", "file_size": 20, "file_path": str(secret)}

    monkeypatch.setattr(Methods, "getfile", lies)
    with running(office, parts, server):
        server.send_photo(KARL)
        office.wait_until(lambda: [file.state for file in kept(office)] == ["missing"])
    assert [file.detail["reason"] for file in kept(office)] == ["not_available"]
    assert [path for path in (tmp_path / "attachments").rglob("*") if path.is_file()] == []


def test_the_bots_token_stands_in_no_log_however_much_is_logged(
    office: FrontOffice, server: TelegramServer, parts: TelegramParts, caplog: pytest.LogCaptureFixture
) -> None:
    assert parts.settings.telegram_bot_token is not None
    token = parts.settings.telegram_bot_token.get_secret_value()
    with caplog.at_level(logging.INFO), running(office, parts, server):
        server.write(KARL, "/start")
        server.wait_for_texts(KARL.id, 1)
    assert token not in caplog.text


def test_of_two_who_follow_one_link_at_once_one_is_joined(office: FrontOffice, parts: TelegramParts) -> None:
    web = office.open()
    chats = [office.open(channel="telegram") for _ in range(4)]
    code = parts.links.make(web)
    followed = []
    for chat in chats:
        with office.database.write() as session:
            followed.append(parts.links.follow(session, lock_conversation(session, chat), code))

    def agree(chat: str) -> LinkOutcome:
        with office.database.write() as session:
            return parts.links.join(session, lock_conversation(session, chat), followed[0].key)

    assert {one.outcome for one in followed} == {LinkOutcome.ASK}
    with ThreadPoolExecutor(len(chats)) as pool:
        outcomes = sorted(pool.map(agree, chats))
    assert outcomes == [LinkOutcome.EXPIRED] * 3 + [LinkOutcome.JOINED]
