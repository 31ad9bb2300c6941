"""What other processes changed is announced once, and never lost."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.conversations.changes import LOOK_BACK, Changes
from connectors.database.base import utc_now
from connectors.database.models.conversation import Conversation
from tests.fixtures.front_office import FrontOffice, open_front_office

pytestmark = pytest.mark.integration

NOW = utc_now()
SECOND = timedelta(seconds=1)


@pytest.fixture
def office(database_url: str) -> Iterator[FrontOffice]:
    with open_front_office(database_url) as office:
        yield office


def change(office: FrontOffice, conversation_id: str, seconds: float) -> None:
    with office.database.write() as session:
        changed = update(Conversation).where(Conversation.id == conversation_id)
        session.execute(changed.values(updated_at=NOW + seconds * SECOND))


def open_and_change(office: FrontOffice, seconds: float) -> str:
    conversation_id = office.open()
    change(office, conversation_id, seconds)
    return conversation_id


def test_a_change_is_announced_once_and_the_next_one_again(office: FrontOffice) -> None:
    changes = Changes(office.database, NOW)
    conversation_id = open_and_change(office, 0.5)
    assert changes.look(NOW + SECOND) == [conversation_id]
    assert changes.look(NOW + 2 * SECOND) == []
    change(office, conversation_id, 2.5)
    assert changes.look(NOW + 3 * SECOND) == [conversation_id]
    assert changes.look(NOW + 4 * SECOND) == []


def test_a_change_whose_transaction_ended_late_is_announced(office: FrontOffice) -> None:
    changes = Changes(office.database, NOW)
    first = open_and_change(office, 0.9)
    assert changes.look(NOW + SECOND) == [first]
    late = open_and_change(office, 0.5)
    assert changes.look(NOW + 2 * SECOND) == [late]


def test_what_changed_before_is_no_news(office: FrontOffice) -> None:
    open_and_change(office, -LOOK_BACK.total_seconds() - 1)
    assert Changes(office.database, NOW).look(NOW + SECOND) == []


def test_more_changes_than_one_look_shows_are_announced_by_the_next_looks(
    office: FrontOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.conversations.changes.MAX_CHANGES", 3)
    changes = Changes(office.database, NOW)
    changed = [open_and_change(office, number / 10) for number in range(7)]
    looks = [changes.look(NOW + number * SECOND) for number in range(1, 5)]
    assert sorted(conversation_id for look in looks for conversation_id in look) == sorted(changed)
    assert looks[0] == changed[:3]
