"""An agent at the inbox and a customer in Telegram: what either sends, the other gets, over HTTP on both sides."""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import monotonic
from typing import Literal

import pytest
from PIL import Image
from sqlalchemy import select

from bot.channels.setup import ChannelSetups
from bot.channels.setup_model import TelegramSetup
from bot.channels.telegram_parts import TelegramParts
from bot.services.attachments import EXPECTED
from bot.services.channel_links import ChannelLinks
from connectors.database.models.conversation import Attachment, ChannelIdentity, Conversation, Owner
from connectors.secrets import secrets_of
from connectors.vendors.memory_orders import MemoryOrders
from tests.fixtures.chat_files import PDF
from tests.fixtures.telegram_office import QUICK, running, telegram_settings
from tests.fixtures.telegram_server import PATIENCE_SECONDS, Person, TelegramServer
from tests.integration.staff_house import Agent, House

pytestmark = pytest.mark.integration

PETR = Person(71, "Petr <b>Malý</b>", "cs-CZ")


@pytest.fixture
def server() -> Iterator[TelegramServer]:
    with TelegramServer().running() as running:
        yield running


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path, MemoryOrders())
    yield house
    house.database.close()


@pytest.fixture
def jana(house: House) -> Agent:
    return Agent(house, house.jana)


@pytest.fixture(params=["polling", "webhook"])
def parts(request: pytest.FixtureRequest, house: House, server: TelegramServer, tmp_path: Path) -> TelegramParts:
    mode: Literal["polling", "webhook"] = request.param
    settings = telegram_settings(server, tmp_path)
    setups = ChannelSetups(house.database, secrets_of(settings))
    setups.change_telegram(TelegramSetup(mode=mode), 0, "test")
    links = ChannelLinks(house.database, house.texts, setups)
    return TelegramParts(house.app.state.desk, setups, house.attachments, links, lambda _place: (), settings, QUICK)


def picture() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(content, "PNG")
    return content.getvalue()


def conversation_of(house: House, person: Person) -> str:
    with house.database.read() as session:
        query = select(ChannelIdentity.conversation_id).where(ChannelIdentity.external_id == f"{person.id}:{person.id}")
        return session.scalars(query).one()


def attachments(house: House) -> Sequence[Attachment]:
    with house.database.read() as session:
        return session.scalars(select(Attachment).order_by(Attachment.seq)).all()


def wait_until_fetched(house: House) -> None:
    deadline = monotonic() + PATIENCE_SECONDS
    while any(file.state == EXPECTED for file in attachments(house)):
        assert monotonic() < deadline


def asks_for_a_person(house: House, server: TelegramServer, jana: Agent) -> str:
    """Petr asks, Jana takes over; what was said until then is in Telegram."""
    server.write(PETR, "/human")
    server.wait_for_texts(PETR.id, 2)
    conversation = conversation_of(house, PETR)
    assert jana.does("take-over", conversation).status_code < 400
    server.wait_for_texts(PETR.id, 3)
    return conversation


def test_what_a_customer_sends_is_in_the_inbox_with_channel_language_files_and_edits(
    house: House, jana: Agent, server: TelegramServer, parts: TelegramParts
) -> None:
    with running(house, parts, server):
        conversation = asks_for_a_person(house, server, jana)
        server.write(PETR, "Objednavka <i>15</i>")
        server.edit(PETR, "Objednavka <i>16</i>")
        server.send_photo(PETR, caption="rozbitá lampa")
        server.send_file(PETR, "účet<script>.pdf", PDF)
        server.send(PETR, location={"latitude": 50.0909, "longitude": 14.4005})
        server.wait_until(lambda: server.world.updates == [])
        wait_until_fetched(house)
    photo, file, _place = attachments(house)
    with house.database.read() as session:
        chat = session.get_one(Conversation, conversation)
        assert (chat.channel, chat.language, chat.owner) == ("telegram", "cs", Owner.HUMAN)
    page = jana.sees(conversation)
    assert "Telegram" in page
    assert "Petr &lt;b&gt;Malý&lt;/b&gt;" in page
    assert "Objednavka &lt;i&gt;16&lt;/i&gt;</p>" in page
    assert "Objednavka &lt;i&gt;15&lt;/i&gt;</del>" in page
    assert "rozbitá lampa" in page
    assert "50.0909, 14.4005" in page
    assert "<script>.pdf" not in page
    for kept, kind in ((photo, "image/jpeg"), (file, "application/pdf")):
        loaded = jana.client.get(f"/staff/conversations/{conversation}/attachments/{kept.id}")
        assert loaded.status_code == 200
        assert loaded.headers["content-type"] == kind


def test_what_an_agent_sends_arrives_with_its_files_and_the_inbox_says_so(
    house: House, jana: Agent, server: TelegramServer, parts: TelegramParts
) -> None:
    with running(house, parts, server):
        conversation = asks_for_a_person(house, server, jana)
        files = [
            jana.uploads(conversation, name, content).json()["id"]
            for name, content in (("lamp.png", picture()), ("invoice.pdf", PDF))
        ]
        jana.client.post(f"/staff/conversations/{conversation}/typing", headers={"X-CSRF-Token": jana.csrf_token})
        server.wait_until(lambda: (PETR.id, "typing") in server.world.actions)
        assert jana.answers(conversation, "Tady je.", attachments=files).status_code == 200
        server.wait_until(lambda: len(server.files_to(PETR.id)) == 2)
        assert server.texts_to(PETR.id)[-1] == "Tady je."
        assert server.files_to(PETR.id) == [("photo", picture()), ("document", PDF)]
    assert ">Delivered</p>" in jana.sees(conversation)


def test_a_customer_who_blocked_the_bot_is_seen_by_the_agent(
    house: House, jana: Agent, server: TelegramServer, parts: TelegramParts
) -> None:
    with running(house, parts, server):
        conversation = asks_for_a_person(house, server, jana)
        server.block(PETR)
        tried = server.world.calls.count("sendMessage")
        jana.answers(conversation, "Jste tam?")
        server.wait_until(lambda: server.world.calls.count("sendMessage") > tried)
    assert "bot was blocked by the user" in jana.sees(conversation)
