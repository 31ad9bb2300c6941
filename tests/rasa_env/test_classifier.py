"""The classifier understands what it was shown, forgives typing, and is unsure about what it never saw."""

from pathlib import Path

import pytest

from bot.understanding.classifier import Guess, IntentClassifier
from bot.understanding.features import prepare
from bot.understanding.network import keys_of
from tests.rasa_env.shop_messages import INTENTS, TEXTS


@pytest.fixture(scope="module")
def classifier() -> IntentClassifier:
    return IntentClassifier.train(TEXTS, INTENTS)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("where's my ordr??", "order_status"),
        ("KDE JE MOJE OBJEDNAVKA", "order_status"),
        ("سفارش من كجاست", "order_status"),
        ("Kdy mate otevreno", "opening_hours"),
        ("i wnat to talk to a persn", "talk_to_human"),
        ("chci mluvit s clovekem", "talk_to_human"),
        ("thaaaanks", "thank"),
        ("tell me another joke", "out_of_scope"),
    ],
)
def test_a_message_is_understood_though_it_is_misspelt(classifier: IntentClassifier, text: str, intent: str) -> None:
    assert classifier.rank(text)[0].intent == intent


def test_the_order_of_the_examples_decides_nothing(classifier: IntentClassifier) -> None:
    turned_round = IntentClassifier.train(TEXTS[::-1], INTENTS[::-1])
    assert turned_round.confidence == classifier.confidence
    for text in ("where's my ordr??", "tell me another joke", "xylofon qwrtz bgfd"):
        assert turned_round.rank(text) == classifier.rank(text)


def test_an_example_more_takes_no_other_message_along(classifier: IntentClassifier) -> None:
    more = IntentClassifier.train([*TEXTS, "kdepak je ten můj balík"], [*INTENTS, "order_status"])
    assert [more.rank(text)[0].intent for text in TEXTS] == [classifier.rank(text)[0].intent for text in TEXTS]


def test_the_chance_of_an_example_is_its_own_whatever_stands_beside_it() -> None:
    alone, among_others = keys_of(["where is my order"]), keys_of([*TEXTS, "where is my order"])
    assert alone[0] == among_others[-1]
    assert len(set(keys_of(dict.fromkeys(TEXTS)))) == len(set(TEXTS))


def test_the_ranking_holds_every_intent_once_and_falls(classifier: IntentClassifier) -> None:
    ranking = classifier.rank("where is my order")
    assert sorted(guess.intent for guess in ranking) == sorted(set(INTENTS))
    confidences = [guess.confidence for guess in ranking]
    assert confidences == sorted(confidences, reverse=True)
    assert all(0 <= confidence <= 1 for confidence in confidences)


def test_a_known_message_is_surer_than_a_related_one_and_that_surer_than_a_foreign_one(
    classifier: IntentClassifier,
) -> None:
    known, related, foreign = (
        next(guess.confidence for guess in classifier.rank(text) if guess.intent == "order_status")
        for text in ("where is my order", "my order has not come", "xylofon qwrtz bgfd")
    )
    assert known > related > foreign


@pytest.mark.parametrize("text", ["", "   ", "???", "...", "\u200c", "\x00"])
def test_text_that_says_nothing_has_no_confidence(classifier: IntentClassifier, text: str) -> None:
    assert classifier.rank(text)[0].confidence == 0.0


@pytest.mark.parametrize("text", ["👍", "a", "\ud800", "語" * 50, "where is my order " * 6000])
def test_no_text_breaks_it(classifier: IntentClassifier, text: str) -> None:
    assert 0 <= classifier.rank(text)[0].confidence <= 1


def test_which_order_it_is_does_not_change_what_is_asked(classifier: IntentClassifier) -> None:
    assert classifier.rank("where is order #10482") == classifier.rank("where is order ORD-2024-0117")


def test_a_sign_typed_by_a_customer_is_not_taken_for_a_reference() -> None:
    assert prepare("where is \x00 # @ my order") == prepare("where is my order")
    assert prepare("where is #10482") == "where is #"


def test_it_is_the_same_after_a_restart(classifier: IntentClassifier, tmp_path: Path) -> None:
    classifier.save(tmp_path)
    restored = IntentClassifier.load(tmp_path)
    for text in [*TEXTS, "kde je 10482", "never seen before"]:
        assert restored.rank(text) == classifier.rank(text)


def test_the_same_examples_give_the_same_model(classifier: IntentClassifier) -> None:
    one, other = (trained.rank("kde je balik") for trained in (IntentClassifier.train(TEXTS, INTENTS), classifier))
    assert [guess.intent for guess in one] == [guess.intent for guess in other]
    # The last digits depend on where the arrays lie in memory: the processor adds up in another order.
    assert [guess.confidence for guess in one] == pytest.approx([guess.confidence for guess in other], abs=1e-4)


def test_two_intents_are_enough() -> None:
    classifier = IntentClassifier.train(["yes please", "yes", "no thanks", "no"], ["affirm", "affirm", "deny", "deny"])
    assert classifier.rank("yes yes")[0].intent == "affirm"
    assert classifier.rank("no no")[0].intent == "deny"


def test_one_intent_is_refused_with_the_reason() -> None:
    with pytest.raises(ValueError, match=r"two intents or more.*greet"):
        IntentClassifier.train(["hi", "hello"], ["greet", "greet"])


def test_the_surest_guess_is_the_machines_own(classifier: IntentClassifier) -> None:
    prepared = [prepare(text) for text in TEXTS]
    best = classifier.scorer.weigh(prepared).scores.argmax(axis=1)
    expected = [classifier.scorer.intents[column] for column in best]
    assert [ranking[0].intent for ranking in classifier.rank_all(prepared)] == expected
    assert isinstance(classifier.rank("hi")[0], Guess)
