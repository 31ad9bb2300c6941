"""The name of a known customer gets neither into an example nor into what a reviewer is shown of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.learning.examples import LearnedExample, read_examples
from bot.learning.review import TurnFilter, read_customer_names, read_open_turns
from connectors.database.models.conversation import Conversation
from tests.integration.learning_house import LearningHouse, open_learning_house

pytestmark = pytest.mark.integration


@pytest.fixture
def taught(database_url: str, tmp_path: Path) -> Iterator[LearningHouse]:
    with open_learning_house(database_url, tmp_path) as house:
        yield house


def call_the_customer(taught: LearningHouse, name: str) -> None:
    with taught.database.write() as session:
        session.get_one(Conversation, taught.conversation_id).contact.display_name = name


def test_the_name_of_a_customer_is_not_learnt(taught: LearningHouse) -> None:
    call_the_customer(taught, "Emma Novák")
    taught.approves("novak again, where is my lamp", "order_status")
    with taught.database.read() as session:
        assert read_examples(session) == [LearnedExample("en", "order_status", "Alex again, where is my lamp")]


def test_a_customer_without_a_name_is_learnt_from_as_well(taught: LearningHouse) -> None:
    taught.approves("where is my lamp", "order_status")
    with taught.database.read() as session:
        assert [example.text for example in read_examples(session)] == ["where is my lamp"]


def test_a_reviewer_is_shown_the_example_without_the_name(taught: LearningHouse) -> None:
    nameless = taught.understood("hm")
    with taught.database.read() as session:
        assert read_customer_names(session, read_open_turns(session, TurnFilter(), None, 20).turns) == {}
    call_the_customer(taught, "Emma Novák")
    with taught.database.read() as session:
        names = read_customer_names(session, read_open_turns(session, TurnFilter(), None, 20).turns)
    assert names == {nameless: ["Emma Novák"]}
