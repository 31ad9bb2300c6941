"""Setting up the Telegram bot: a token is tried before it is kept, sealed, shown nowhere, and can be forgotten."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.channels.setup import ChannelSetups
from bot.channels.telegram_setup import TelegramChange, TelegramDesk, TelegramSetupError
from connectors.database.models.channels import ChannelSetup
from connectors.secrets import Secrets
from connectors.settings import Settings
from tests.fixtures.telegram_methods import Fault
from tests.fixtures.telegram_server import TOKEN, TelegramServer
from tests.integration.console_house import Browser, ConsoleHouse, text_of

pytestmark = pytest.mark.integration

PAGE = "/console/channels/telegram"
OTHER_TOKEN = "4218:" + "B" * 35


@pytest.fixture
def telegram() -> Iterator[TelegramServer]:
    with TelegramServer().running() as server:
        yield server


@pytest.fixture
def house(tmp_path: Path, telegram: TelegramServer) -> Iterator[ConsoleHouse]:
    house = ConsoleHouse(tmp_path)
    reach(house, telegram.base_url)
    yield house
    house.close()


def reach(house: ConsoleHouse, base_url: str, **settings: str) -> None:
    changed = house.office.settings.model_copy(update={"telegram_api_base_url": base_url, **settings})
    house.office = replace(house.office, settings=changed)
    house.app.state.office = house.office


def desk(house: ConsoleHouse) -> TelegramDesk:
    return TelegramDesk(house.office.setups, house.office.settings)


def save(house: ConsoleHouse, admin: Browser, **fields: str) -> str:
    """What the page says after saving with the present version."""
    form = {"version": str(desk(house).facts().version), "is_on": "true", "mode": "polling"} | fields
    answer = admin.posts(PAGE, **form)
    return str(answer.text) if answer.status_code != 303 else admin.opens(str(answer.headers["location"]))


def kept(house: ConsoleHouse) -> ChannelSetup | None:
    with house.database.read() as session:
        return session.scalar(select(ChannelSetup).where(ChannelSetup.channel == "telegram"))


def test_a_token_is_tried_then_kept_sealed_and_shown_nowhere(house: ConsoleHouse, admin: Browser) -> None:
    page = save(house, admin, bot_token=TOKEN)
    assert "@shop_test_bot" in text_of(page)
    row = kept(house)
    assert row is not None
    assert TOKEN not in f"{row.sealed} {row.document}"
    secrets = house.office.setups.telegram_secrets()
    assert secrets.bot_token == TOKEN
    assert len(secrets.webhook_secret or "") >= 40
    (entry,) = house.audited("channel.change")
    assert entry.detail == {"part": "secrets"}
    for text in (page, admin.opens("/console/channels"), admin.opens(f"/console/audit/{entry.id}"), repr(secrets)):
        assert TOKEN not in text
        assert str(secrets.webhook_secret) not in text


@pytest.mark.parametrize(
    ("token", "said"),
    [
        (OTHER_TOKEN, "Telegram refuses the token."),
        ("not a token", "A token looks like"),
        ("1:../../getMe?x=" + "a" * 30, "A token looks like"),
    ],
)
def test_a_token_that_telegram_does_not_know_is_not_kept(
    house: ConsoleHouse, admin: Browser, token: str, said: str
) -> None:
    page = save(house, admin, bot_token=token)
    assert said in page
    assert token not in page
    assert kept(house) is None


@pytest.mark.parametrize("fault", [Fault(status=502), Fault(status=429, retry_after=3), Fault(cut_before=True)])
def test_while_telegram_is_away_nothing_is_changed(
    house: ConsoleHouse, admin: Browser, telegram: TelegramServer, fault: Fault
) -> None:
    telegram.fail_next("getMe", fault)
    assert "Telegram cannot be reached now." in save(house, admin, bot_token=TOKEN)
    assert kept(house) is None


def test_what_else_is_saved_leaves_token_and_secret_alone(house: ConsoleHouse, admin: Browser) -> None:
    save(house, admin, bot_token=TOKEN)
    before = house.office.setups.telegram_secrets()
    save(house, admin, is_on="")
    assert house.office.setups.telegram_secrets() == before
    assert not desk(house).facts().is_on


def test_a_forgotten_token_is_gone(house: ConsoleHouse, admin: Browser) -> None:
    save(house, admin, bot_token=TOKEN)
    page = save(house, admin, forgets_token="true")
    assert "not set up" in text_of(page)
    assert house.office.setups.telegram_secrets().bot_token is None


def test_a_webhook_needs_https(house: ConsoleHouse, admin: Browser, telegram: TelegramServer) -> None:
    assert "Telegram calls over https only." in save(house, admin, bot_token=TOKEN, mode="webhook")
    reach(house, telegram.base_url, public_url="https://chat.example.com")
    save(house, admin, bot_token=TOKEN, mode="webhook")
    assert desk(house).facts().mode == "webhook"


def test_the_connection_is_tried_on_request(house: ConsoleHouse, admin: Browser, telegram: TelegramServer) -> None:
    assert "There is no token yet." in admin.posts(f"{PAGE}/test").text
    save(house, admin, bot_token=TOKEN)
    assert "Telegram knows the bot: @shop_test_bot" in text_of(admin.posts(f"{PAGE}/test").text)
    telegram.token = OTHER_TOKEN
    assert "Telegram refuses the token." in admin.posts(f"{PAGE}/test").text


def test_a_token_that_cannot_be_unsealed_is_asked_for_again(house: ConsoleHouse, admin: Browser) -> None:
    save(house, admin, bot_token=TOKEN)
    stranger = ChannelSetups(house.database, Secrets("another key of at least 32 characters"))
    house.office = replace(house.office, setups=stranger)
    house.app.state.office = house.office
    assert "Enter it again." in admin.opens(PAGE)
    assert "Enter it again." in save(house, admin)
    assert "@shop_test_bot" in text_of(save(house, admin, bot_token=TOKEN))
    assert house.office.setups.telegram_secrets().bot_token == TOKEN


def test_a_new_token_brings_a_new_secret(house: ConsoleHouse, admin: Browser, telegram: TelegramServer) -> None:
    save(house, admin, bot_token=TOKEN)
    before = house.office.setups.telegram_secrets().webhook_secret
    telegram.token = OTHER_TOKEN
    save(house, admin, bot_token=OTHER_TOKEN)
    assert house.office.setups.telegram_secrets().webhook_secret != before


def test_the_settings_token_is_named_and_tried(tmp_path: Path, telegram: TelegramServer) -> None:
    house = ConsoleHouse(tmp_path)
    settings = Settings(_env_file=None, telegram_bot_token=TOKEN, telegram_api_base_url=telegram.base_url)
    found = TelegramDesk(house.office.setups, settings)
    assert found.facts().source == "settings"
    assert found.try_out().username == "shop_test_bot"
    found.change(TelegramChange(0, True, "polling"), "ops")
    assert found.facts().bot_name == "shop_test_bot"
    with pytest.raises(TelegramSetupError, match="https"):
        found.change(TelegramChange(1, True, "webhook"), "ops")
    house.close()
