"""What admins set, kept in both databases: of two who save at the same moment one is told, and nothing is mixed."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import time
from functools import partial

import pytest
from sqlalchemy import select

from automations.rules.business_calendar import Stretch
from bot.channels.setup import ChangedMeanwhileError, ChannelSetups, TelegramSecrets
from bot.channels.setup_model import TelegramSetup, WebSetup
from bot.services.opening_hours import HoursChangedError, change_week, edition_of, read_week
from connectors.database.models.channels import ChannelSetup
from connectors.database.models.people import AuditEntry
from connectors.database.session import Database
from connectors.secrets import Secrets

pytestmark = pytest.mark.integration

TOKEN = "123456789:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc"
TOGETHER = 4
EARLY = [Stretch(day, time(6), time(14)) for day in range(5)]
LATE = [Stretch(day, time(12), time(20)) for day in range(5)]


@pytest.fixture
def setups(database: Database) -> ChannelSetups:
    return ChannelSetups(database, Secrets("x" * 40))


def together(changes: Sequence[Callable[[], None]], refused: type[Exception]) -> list[int]:
    """All change at once; which of them were not told that somebody else was faster."""
    begin = threading.Barrier(len(changes))

    def is_done(change: Callable[[], None]) -> bool:
        begin.wait()
        try:
            change()
        except refused:
            return False
        return True

    with ThreadPoolExecutor(len(changes)) as pool:
        return [number for number, done in enumerate(pool.map(is_done, changes)) if done]


def audited(database: Database, action: str) -> int:
    with database.read() as session:
        return len(list(session.scalars(select(AuditEntry).where(AuditEntry.action == action))))


def test_a_set_up_is_read_as_it_was_saved(database: Database, setups: ChannelSetups) -> None:
    wanted = WebSetup().with_changes({"texts": {"fa": {"heading": "گفت‌وگو"}}, "allowed_origins": ["https://a.example"]})
    assert setups.change_web(wanted, 0, "ana") == 1
    assert ChannelSetups(database, Secrets("x" * 40)).web() == wanted
    with pytest.raises(ChangedMeanwhileError):
        setups.change_web(WebSetup(), 0, "ben")
    assert setups.read_web() == (wanted, 1)


def test_the_token_of_the_bot_is_sealed(database: Database, setups: ChannelSetups) -> None:
    setups.change_telegram(TelegramSetup(bot_name="lumen_bot"), 0, "ana", TelegramSecrets(TOKEN, "hook"))
    with database.read() as session:
        row = session.get_one(ChannelSetup, "telegram")
        assert TOKEN not in f"{row.sealed!r} {row.document}"
    assert setups.telegram_secrets() == TelegramSecrets(TOKEN, "hook")


def test_of_admins_who_save_the_chat_at_the_same_moment_one_wins_and_the_others_are_told(
    database: Database, setups: ChannelSetups
) -> None:
    def save(heading: str, version: int) -> None:
        setups.change_web(WebSetup(texts={"en": {"heading": heading}}), version, "ana")

    for version in range(3):
        headings = [f"{version}-{number}" for number in range(TOGETHER)]
        (winner,) = together([partial(save, heading, version) for heading in headings], ChangedMeanwhileError)
        assert setups.read_web()[0].texts == {"en": {"heading": headings[winner]}}
    assert audited(database, "channel.change") == 3


def test_of_admins_who_save_the_hours_at_the_same_moment_one_wins_and_no_hours_are_mixed(database: Database) -> None:
    def save(week: Sequence[Stretch], edition: str) -> None:
        with database.write() as session:
            change_week(session, week, edition, "ana")

    kept: Sequence[Stretch] = []
    for weeks in ([EARLY, LATE, EARLY[:1], LATE[:1]], [[], EARLY[1:], LATE[1:], EARLY[:2]]):
        edition = edition_of(kept)
        (winner,) = together([partial(save, week, edition) for week in weeks], HoursChangedError)
        with database.read() as session:
            kept = read_week(session)
        assert kept == weeks[winner]
    assert audited(database, "opening_hours.change") == 2
