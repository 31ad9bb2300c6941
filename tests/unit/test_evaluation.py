"""The measures of understanding, against figures computed by hand."""

from typing import Any

import pytest

from bot.evaluation import EvaluationRow, measure


def row(intent: str, guess: str, language: str = "en", confidence: float = 0.9, text: str = "x") -> EvaluationRow:
    return EvaluationRow(text, language, intent, guess, confidence)


ENGLISH = [
    row("greet", "greet"),
    row("greet", "greet"),
    row("greet", "thank", confidence=0.6, text="cheers"),
    row("greet", "nlu_fallback"),
    row("thank", "thank"),
    row("thank", "out_of_scope"),
    row("out_of_scope", "out_of_scope"),
    row("out_of_scope", "nlu_fallback"),
    row("out_of_scope", "greet", confidence=0.8, text="weather"),
    row("out_of_scope", ""),
]


@pytest.fixture
def english() -> dict[str, Any]:
    figures: dict[str, Any] = measure(ENGLISH)["languages"]["en"]
    return figures


def test_accuracy_counts_our_rows_and_a_refusal_as_wrong(english: dict[str, Any]) -> None:
    assert english["rows"] == 10
    assert english["accuracy"] == 0.5  # 3 right of 6 in scope


def test_macro_f1_is_the_mean_over_our_intents(english: dict[str, Any]) -> None:
    # greet: 2 hits, 3 guessed (one of them foreign), 4 actual: 2*2/7. thank: 1 hit, 2 guessed, 2 actual: 2*1/4.
    assert english["macro_f1"] == round((4 / 7 + 2 / 4) / 2, 4)


def test_foreign_rows_count_as_accepted_when_they_would_be_acted_on(english: dict[str, Any]) -> None:
    # 1 of 4 foreign rows was taken for a greeting; 2 of our 6 were refused, a clarifying question included.
    assert english["out_of_scope"] == {"rows": 4, "false_accepts": 0.25, "false_rejects": 0.3333}


def test_languages_are_measured_apart() -> None:
    languages = measure([row("greet", "greet", "en"), row("greet", "thank", "cs")])["languages"]
    assert [(name, part["accuracy"]) for name, part in languages.items()] == [("cs", 0.0), ("en", 1.0)]


def test_confusions_are_counted_most_frequent_first() -> None:
    rows = [row("greet", "thank"), row("thank", "greet"), row("thank", "greet"), row("greet", "greet")]
    assert measure(rows)["confusion"] == [
        {"lang": "en", "intent": "thank", "guess": "greet", "count": 2},
        {"lang": "en", "intent": "greet", "guess": "thank", "count": 1},
    ]


def test_the_worst_examples_are_the_surest_mistakes() -> None:
    worst = measure(ENGLISH)["worst"]
    assert [(one["confidence"], one["intent"]) for one in worst[-2:]] == [(0.8, "out_of_scope"), (0.6, "greet")]
    assert all(not (one["intent"] == "out_of_scope" and one["guess"] in {"", "nlu_fallback"}) for one in worst)


@pytest.mark.parametrize(
    ("rows", "accuracy", "foreign"),
    [
        ([row("out_of_scope", "greet")], 0.0, {"rows": 1, "false_accepts": 1.0, "false_rejects": 0.0}),
        ([row("greet", "greet")], 1.0, {"rows": 0, "false_accepts": 0.0, "false_rejects": 0.0}),
    ],
)
def test_one_sided_files_can_be_measured(rows: list[EvaluationRow], accuracy: float, foreign: dict[str, float]) -> None:
    figures = measure(rows)["languages"]["en"]
    assert (figures["accuracy"], figures["out_of_scope"]) == (accuracy, foreign)


def test_an_empty_file_has_no_languages() -> None:
    assert measure([]) == {"languages": {}, "confusion": [], "worst": []}
