"""People say what customers meant: the turns that wait for it, decisions and their undoing, and the pages."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from bot.conversations.ownership import hand_over
from bot.conversations.store import lock_conversation
from bot.learning.keeper import ModelKeeper
from bot.learning.review import (
    ReviewError,
    TurnFilter,
    count_turns,
    dismiss_turn,
    label_turn,
    read_open_turns,
    reopen_turn,
)
from connectors.database.models.understanding import AssistantModel, ModelState, ReviewReason, ReviewState
from tests.fixtures.trainer import understands_everything_as
from tests.integration.console_house import Browser, ConsoleHouse, text_of
from tests.integration.learning_house import NOW, LearningHouse, open_learning_house

pytestmark = pytest.mark.integration

EVERYTHING = TurnFilter()
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def learning(database_url: str, tmp_path: Path) -> Iterator[LearningHouse]:
    with open_learning_house(database_url, tmp_path) as house:
        yield house


@pytest.fixture
def house(tmp_path: Path) -> Iterator[ConsoleHouse]:
    console = ConsoleHouse(tmp_path)
    yield console
    console.close()


@pytest.fixture
def taught(house: ConsoleHouse, tmp_path: Path) -> Iterator[LearningHouse]:
    """What the console's pages show and change."""
    learning = LearningHouse(house.database, tmp_path / "learning")
    keeper = ModelKeeper(learning.served, house.office.rasa, learning.retraining)
    house.app.state.office = replace(house.office, shelf=learning.shelf, retraining=learning.retraining, keeper=keeper)
    yield learning
    learning.retraining.stop()


@pytest.fixture
def admin(house: ConsoleHouse) -> Browser:
    return Browser(house, house.admin)


def open_texts(house: LearningHouse, wanted: TurnFilter = EVERYTHING) -> list[str]:
    with house.database.read() as session:
        return [turn.text for turn in read_open_turns(session, wanted, None, 50).turns]


def test_only_open_turns_wait_newest_first(learning: LearningHouse) -> None:
    learning.understood("first")
    learning.understood("understood well", reason=None)
    learning.approves("approved", "order_status")
    learning.understood("last")
    assert open_texts(learning) == ["last", "first"]


def test_turns_are_filtered_counted_and_shown_page_by_page(learning: LearningHouse) -> None:
    learning.understood("one")
    learning.understood("dva", "cs")
    learning.understood("tři", "cs", reason=ReviewReason.HANDED_OVER)
    assert open_texts(learning, TurnFilter(language="cs")) == ["tři", "dva"]
    assert open_texts(learning, TurnFilter(language="cs", reason="low_confidence")) == ["dva"]
    with learning.database.read() as session:
        counts = count_turns(session)
        first = read_open_turns(session, EVERYTHING, None, 2)
        second = read_open_turns(session, EVERYTHING, first.older_than, 2)
    assert (counts.languages, counts.reasons) == ({"en": 1, "cs": 2}, {"low_confidence": 2, "handed_over": 1})
    assert counts.total == 3
    assert [turn.text for turn in [*first.turns, *second.turns]] == ["tři", "dva", "one"]
    assert second.older_than is None


def test_a_label_says_who_gave_it_and_what_was_before(learning: LearningHouse) -> None:
    turn_id = learning.understood("my box never came", intent="greet")
    with learning.database.write() as session:
        label_turn(session, turn_id, "order_status", "jana@example.com", NOW)
    turn = learning.turn(turn_id)
    assert (turn.review_state, turn.label) == (ReviewState.LABELLED, "order_status")
    assert (turn.reviewed_by, turn.reviewed_at) == ("jana@example.com", NOW)
    (entry,) = learning.audited("turn.label")
    assert (entry.actor, entry.object_id) == ("jana@example.com", str(turn_id))
    assert entry.detail == {"guess": "greet"}
    assert entry.before == {"state": "open", "label": None}
    assert entry.after == {"state": "labelled", "label": "order_status"}


def test_a_decision_is_taken_back_and_another_one_taken(learning: LearningHouse) -> None:
    turn_id = learning.understood("hm")
    with learning.database.write() as session:
        dismiss_turn(session, turn_id, "jana@example.com", NOW)
    assert open_texts(learning) == []
    with learning.database.write() as session:
        reopen_turn(session, turn_id, "jana@example.com")
    assert open_texts(learning) == ["hm"]
    assert learning.turn(turn_id).reviewed_by is None
    changes = [
        (entry.before, entry.after) for action in ("dismiss", "reopen") for entry in learning.audited(f"turn.{action}")
    ]
    assert changes == [({"state": "open"}, {"state": "dismissed"}), ({"state": "dismissed"}, {"state": "open"})]


def test_the_second_of_two_reviewers_is_told_that_she_was_too_late(learning: LearningHouse) -> None:
    turn_id = learning.understood("hm")
    with learning.database.write() as session:
        label_turn(session, turn_id, "greet", "jana@example.com", NOW)
    with learning.database.write() as session, pytest.raises(ReviewError):
        dismiss_turn(session, turn_id, "eva@example.com", NOW)
    assert learning.turn(turn_id).label == "greet"


def test_a_turn_that_nobody_decided_about_cannot_be_taken_back(learning: LearningHouse) -> None:
    turn_id = learning.understood("hm")
    for wrong in (turn_id, turn_id + 1):
        with learning.database.write() as session, pytest.raises(ReviewError):
            reopen_turn(session, wrong, "eva@example.com")


@pytest.mark.parametrize(("intent", "is_reviewed"), [("greet", True), ("talk_to_human", False), ("inform", False)])
def test_what_was_understood_before_a_handoff_is_looked_at(
    learning: LearningHouse, intent: str, is_reviewed: bool
) -> None:
    learning.understood("earlier", reason=None)
    learning.understood("just before", intent=intent, reason=None)
    with learning.database.write() as session:
        hand_over(session, lock_conversation(session, learning.conversation_id), "asked_for_a_person")
    assert open_texts(learning, TurnFilter(reason="handed_over")) == (["just before"] if is_reviewed else [])


def test_an_unsure_turn_keeps_its_reason_when_the_customer_is_handed_over(learning: LearningHouse) -> None:
    learning.understood("hm")
    with learning.database.write() as session:
        hand_over(session, lock_conversation(session, learning.conversation_id), "asked_for_a_person")
    assert open_texts(learning, TurnFilter(reason="low_confidence")) == ["hm"]


@pytest.mark.parametrize("language", ["en", "cs", "hu", "is", "fa", "ru"])
def test_the_pages_open_in_every_language_with_and_without_content(
    house: ConsoleHouse, taught: LearningHouse, language: str
) -> None:
    browser = Browser(house, house.admin, language)
    for path in ("/console/review", "/console/models"):
        browser.opens(path)
    taught.understood(SCRIPT, "fa")
    for reason in ReviewReason:
        taught.understood("call 777 123 456", "cs", reason=reason)
    taught.approves("open?", "opening_hours")
    taught.trainer.next_model = understands_everything_as({})
    taught.retraining.run("ops@example.com", promotes=True)
    for path in ("/console/review", "/console/models", "/console/models/live"):
        page = browser.opens(path)
        assert SCRIPT not in page
        assert "console." not in text_of(page)


def test_a_turn_shows_its_guess_what_would_be_learnt_and_the_conversation(
    taught: LearningHouse, admin: Browser
) -> None:
    taught.understood("where is ORD-2025-0417 [now]", "cs", intent="order_status")
    page = admin.opens("/console/review")
    text = text_of(page)
    assert "Czech Unsure" in text
    assert "where is ORD-2025-0417 [now]" in text
    assert "Will be learnt as: where is ORD-2026-0000 (now)" in text
    assert "Understood as “Where my order is”, 31% sure" in text
    assert re.search(r'name="guess" value="greet">Greeting', page)
    assert f"/staff/conversations/{taught.conversation_id}" in page


def test_an_empty_list_says_what_to_do(taught: LearningHouse, admin: Browser) -> None:
    assert "Nothing to review As soon as the assistant is unsure" in text_of(admin.opens("/console/review"))
    taught.understood("hm")
    assert "No message fits this filter" in admin.opens("/console/review", language="hu")


def test_a_pressed_guess_a_chosen_intent_and_nothing_for_us_are_decisions(
    taught: LearningHouse, admin: Browser
) -> None:
    first, second, third = (taught.understood(text, "cs") for text in ("a", "b", "c"))
    answer = admin.posts(f"/console/review/turns/{first}/label?language=cs", guess="greet", label="")
    assert answer.headers["location"] == f"/console/review?language=cs&done={first}"
    assert "Saved as “Greeting”" in unescape(text_of(admin.opens(answer.headers["location"])))
    admin.posts(f"/console/review/turns/{second}/label", label="out_of_scope")
    admin.posts(f"/console/review/turns/{third}/dismiss")
    found = [(turn.review_state, turn.label) for turn in map(taught.turn, (first, second, third))]
    assert found == [("labelled", "greet"), ("labelled", "out_of_scope"), ("dismissed", None)]
    admin.posts(f"/console/review/turns/{third}/reopen")
    assert taught.turn(third).review_state == ReviewState.OPEN


@pytest.mark.parametrize("label", ["", "inform", "nlu_fallback", "no_such_intent", SCRIPT])
def test_what_is_no_intent_is_no_label(taught: LearningHouse, admin: Browser, label: str) -> None:
    turn_id = taught.understood("hm")
    answer = admin.posts(f"/console/review/turns/{turn_id}/label", label=label)
    assert "Nothing was saved" in admin.opens(answer.headers["location"])
    assert taught.turn(turn_id).review_state == ReviewState.OPEN


def test_an_agent_reviews_but_does_not_train(house: ConsoleHouse, taught: LearningHouse) -> None:
    turn_id = taught.understood("hm")
    agent = Browser(house, house.agent)
    page = agent.opens("/console/review")
    assert "/console/models" not in page
    assert 'href="/console/runs"' not in page
    assert agent.posts(f"/console/review/turns/{turn_id}/label", label="greet").status_code == 303
    assert taught.turn(turn_id).reviewed_by == "jana@example.com"
    for path in ("/console/models", "/console/models/live"):
        assert agent.client.get(path).status_code == 403
    for path in ("train", "roll-back", "x/promote", "x/cancel"):
        assert agent.posts(f"/console/models/{path}", reason="I want to").status_code == 403
    assert taught.models() == [("checkout", "active")]


def test_nothing_is_decided_without_the_token_of_the_page(taught: LearningHouse, admin: Browser) -> None:
    turn_id = taught.understood("hm")
    for path in (f"/console/review/turns/{turn_id}/dismiss", "/console/models/train"):
        assert admin.client.post(path, data={}).status_code == 403
    assert taught.turn(turn_id).review_state == ReviewState.OPEN


def test_training_is_started_watched_and_its_comparison_read(taught: LearningHouse, admin: Browser) -> None:
    taught.approves("open?", "opening_hours")
    assert "Approved messages: 1, not yet learnt: 1." in admin.opens("/console/review")
    assert admin.posts("/console/models/train").headers["location"] == "/console/models"
    taught.retraining.wait()
    page = text_of(admin.opens("/console/models"))
    assert "ops@example.com · Learnt messages: 1 Worse in no language." in page
    assert "Czech 3 100% → 100% 0% → 0% 0% → 0%" in page
    assert "Approved messages: 1, not yet learnt: 0." in admin.opens("/console/review")


def test_a_training_under_way_shows_its_progress_and_asks_for_itself(taught: LearningHouse, admin: Browser) -> None:
    with taught.database.write() as session:
        row = AssistantModel(file="x", state=ModelState.TRAINING, step="training", progress=40, started_by="version")
        session.add(row)
    page = admin.opens("/console/models")
    assert 'max="100" value="40"' in page
    assert 'hx-get="/console/models/live"' in page
    assert "Learning for a new version" in page
    assert admin.posts("/console/models/train").headers["location"].startswith("/console/models")
    admin.posts(f"/console/models/{row.id}/cancel")
    page = admin.opens("/console/models/live")
    assert "hx-get" not in page
    assert taught.model(row.id).state == ModelState.FAILED


def test_a_rejected_model_names_language_and_figure_and_is_promoted_and_rolled_back_by_hand(
    taught: LearningHouse, admin: Browser
) -> None:
    taught.approves("open?", "opening_hours")
    taught.trainer.next_model = understands_everything_as({"open?": "opening_hours"})
    model = taught.retraining.run("ops@example.com", promotes=True)
    page = text_of(admin.opens("/console/models"))
    assert "Worse than the model in service" in page
    assert "Czech, Fixed test messages: understood rightly 100% before, 0% now" in page
    refused = admin.posts(f"/console/models/{model.id}/promote", reason=" ")
    assert "please give a reason" in admin.opens(refused.headers["location"])
    admin.posts(f"/console/models/{model.id}/promote", reason="the test messages are outdated")
    assert taught.active() == model.file
    admin.posts("/console/models/roll-back", reason="customers complain")
    assert taught.active() == "base.tar.gz"
    again = admin.posts("/console/models/roll-back", reason="once more")
    assert "no earlier model" in admin.opens(again.headers["location"])


def test_an_installation_that_cannot_train_says_so_on_the_page(taught: LearningHouse, admin: Browser) -> None:
    taught.trainer.is_there = False
    page = admin.opens("/console/models")
    assert "Rasa's environment is not here" in unescape(page)
    assert 'action="/console/models/train"' not in page
