"""Who is told of a turn: agents of what they may have to do, not of all that customers and the assistant say."""

from collections.abc import Iterator, Set

import pytest
from sqlalchemy import update

from bot.conversations.live import ASSISTANT, STAFF
from bot.conversations.ownership import take_over
from bot.staff.place import VIEWS, Place
from connectors.database.base import utc_now
from connectors.database.models.conversation import Conversation
from tests.fixtures.assistants import PATIENCE_SECONDS
from tests.fixtures.front_office import TEXTS, FrontOffice, open_front_office

pytestmark = pytest.mark.integration


@pytest.fixture
def office(database_url: str) -> Iterator[FrontOffice]:
    with open_front_office(database_url) as opened:
        yield opened


def topics_of(office: FrontOffice, conversation_id: str, text: str, awaited: str = STAFF, times: int = 1) -> Set[str]:
    """Which bells ring beside the customer's own, until this one rang so often."""
    office.live.topics.clear()
    office.hear(conversation_id, text)
    with office.live.news:
        assert office.live.news.wait_for(lambda: office.live.topics.count(awaited) >= times, PATIENCE_SECONDS)
        return set(office.live.topics) - {conversation_id}


def test_a_turn_of_the_assistant_alone_draws_no_page_of_work_again(office: FrontOffice) -> None:
    conversation_id = office.open()
    # Once for what was said, once for the answer.
    assert topics_of(office, conversation_id, "hello", ASSISTANT, times=2) == {ASSISTANT}
    with office.live.look_at(conversation_id, "1", "Jana"):
        assert STAFF in topics_of(office, conversation_id, "hello again")


def test_staff_hear_whatever_may_be_work_of_theirs(office: FrontOffice) -> None:
    taken = office.open()
    with office.database.write() as session:
        take_over(session, taken, office.agent(), TEXTS)
    assert topics_of(office, taken, "are you there?") == {STAFF}
    broken = office.open()
    office.assistant.breaks_on.add("what breaks it")
    assert STAFF in topics_of(office, broken, "what breaks it")


def test_staff_hear_that_the_assistant_is_away_and_that_it_is_back(office: FrontOffice) -> None:
    conversation_id = office.open()
    office.assistant.is_down = True
    assert STAFF in topics_of(office, conversation_id, "hello")
    office.assistant.is_down = False
    with office.database.write() as session:
        session.execute(update(Conversation).values(turn_lease_until=None, bot_away_since=utc_now()))
    assert STAFF in topics_of(office, conversation_id, "hello again")
    assert office.conversation(conversation_id).bot_away_since is None


def test_pages_that_list_talks_of_the_assistant_ask_for_them() -> None:
    assert [view for view in VIEWS if Place(view).lists_talks] == ["bot", "all", "mentions", "closed"]
    assert Place("now", search="lamp").lists_talks
