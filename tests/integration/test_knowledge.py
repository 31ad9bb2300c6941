"""The search in the help articles: the same on both databases, filled once, filled anew when a file changes."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.knowledge import ActionAnswerQuestion, ArticleAnswers
from bot.conversations.store import open_conversation
from bot.knowledge.articles import Library
from bot.services.knowledge import Knowledge
from connectors.database.migrate import migrate
from connectors.database.session import Database
from connectors.settings import DATA_FOLDER, PROJECT_ROOT
from tests.fixtures.trackers import said, tracker_of

pytestmark = pytest.mark.integration

QUESTIONS = PROJECT_ROOT / "tests" / "fixtures" / "knowledge"
ARTICLE = """---
title: Delivery
intents: [delivery_info]
---

## What it costs

The courier costs €4.90.

## Where we deliver

We deliver to Norway and Iceland.
"""
EXAMPLES = """version: "3.1"
nlu:
  - intent: delivery_info
    examples: |
      - how much is [shipping](topic)
      - do you ship to norway
  - intent: out_of_scope
    examples: |
      - what is the weather in norway
      - who is the king of norway
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "en"
    (folder / "knowledge").mkdir(parents=True)
    (folder / "nlu").mkdir()
    (folder / "knowledge" / "delivery.md").write_text(ARTICLE, encoding="utf-8")
    (folder / "nlu" / "shop.yml").write_text(EXAMPLES, encoding="utf-8")
    return tmp_path / "data"


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    migrate(database)
    yield database
    database.close()


@pytest.fixture
def knowledge(database: Database, data: Path) -> Knowledge:
    knowledge = Knowledge(database, Library(data))
    assert knowledge.refresh() == ["en"]
    return knowledge


def test_a_question_finds_the_passage_that_answers_it(knowledge: Knowledge) -> None:
    answer = knowledge.search("Do you deliver to NORWAY?", "en")
    assert answer is not None
    assert (answer.slug, answer.title, answer.heading) == ("delivery", "Delivery", "Where we deliver")
    assert answer.text == "We deliver to Norway and Iceland."


@pytest.mark.parametrize("question", ["who is the king of norway", "zzz", "?", "", "'; DROP TABLE x; --%_"])
def test_what_no_article_answers_gets_no_answer(knowledge: Knowledge, question: str) -> None:
    assert knowledge.search(question, "en") is None


def test_a_language_without_articles_has_no_answer(knowledge: Knowledge) -> None:
    assert knowledge.search("do you deliver to norway", "cs") is None


def test_the_index_is_filled_once_and_anew_when_a_file_changes(
    knowledge: Knowledge, database: Database, data: Path
) -> None:
    other_process = Knowledge(database, Library(data))
    assert other_process.refresh() == []
    knowledge.search("do you deliver to norway", "en")
    article = data / "en" / "knowledge" / "delivery.md"
    article.write_text(ARTICLE.replace("Norway and Iceland", "Malta and Cyprus"), encoding="utf-8")
    assert other_process.refresh() == ["en"]
    answer = knowledge.search("do you deliver to malta and cyprus", "en")
    assert answer is not None
    assert "Malta" in answer.text


@pytest.mark.parametrize(
    ("text", "intent", "keys"),
    [
        ("weather delivery", "delivery_info", ["utter_delivery_info"]),
        ("/delivery_info", "delivery_info", ["utter_delivery_info"]),
        ("do you deliver to norway", "newsletter", ["knowledge_answer"]),
        ("who is the king of norway", "newsletter", ["knowledge_none"]),
        ("do you deliver to norway", "partnership", ["knowledge_none"]),
    ],
)
def test_an_answer_is_quoted_a_topic_told_in_short_or_the_gap_admitted(
    knowledge: Knowledge, database: Database, text: str, intent: str, keys: list[str]
) -> None:
    with database.write() as session:
        conversation_id = open_conversation(session, "web", "1", "en", None).id
    dispatcher = CollectingDispatcher()
    call = tracker_of(f"{conversation_id}.1", said(text, intent))
    action = ActionAnswerQuestion(ArticleAnswers(database, knowledge, "https://shop.example"))
    action.run(dispatcher, Tracker.from_dict(call), {})
    assert [message["response"] for message in dispatcher.messages] == keys
    if keys == ["knowledge_answer"]:
        (message,) = dispatcher.messages
        assert message["url"] == "https://shop.example/help/en/delivery#where-we-deliver"


def found(url: str) -> Sequence[tuple[str, ...]]:
    """What the three best passages are for every question of ours, with their scores."""
    database = Database(url)
    migrate(database)
    knowledge = Knowledge(database, Library(DATA_FOLDER))
    knowledge.refresh()
    answers = []
    for file in sorted(QUESTIONS.glob("*.csv")):
        with file.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                best = knowledge.rank(row["question"], file.stem)[:3]
                answers.append(
                    (row["question"], *(f"{o.passage.slug}/{o.passage.heading} {o.score:.9f}" for o in best))
                )
    database.close()
    return answers


def test_both_databases_rank_every_question_the_same(tmp_path: Path, postgresql_url: str) -> None:
    on_sqlite = found(f"sqlite:///{tmp_path / 'knowledge.sqlite'}")
    assert len(on_sqlite) == 180
    assert found(postgresql_url) == on_sqlite
