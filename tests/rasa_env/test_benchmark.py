"""The benchmark counts what it says it counts."""

import json
from pathlib import Path

import pytest

from bot.understanding.benchmark import judge, main, read_examples
from bot.understanding.classifier import Guess
from tests.rasa_env.shop_messages import INTENTS, TEXTS


def test_refusals_and_foreign_messages_are_counted_by_threshold() -> None:
    labels = ["a", "a", "b", "b", "foreign", "foreign"]
    guesses = [
        Guess("a", 0.9),
        Guess("b", 0.8),
        Guess("b", 0.4),
        Guess("foreign", 0.9),
        Guess("a", 0.3),
        Guess("a", 0.7),
    ]
    result = judge(labels, guesses, 0.5, "foreign")
    assert result.in_scope_accuracy == 1 / 4  # the first; one mistaken, two refused
    assert result.in_scope_refused == 2 / 4
    assert result.out_of_scope_recall == 1 / 2


def test_without_a_threshold_only_the_out_of_scope_intent_refuses() -> None:
    result = judge(["a", "foreign"], [Guess("a", 0.0), Guess("foreign", 0.0)], 0.0, "foreign")
    assert (result.in_scope_accuracy, result.out_of_scope_recall, result.mcc) == (1.0, 1.0, 1.0)


def test_it_prints_one_json_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train, test = tmp_path / "train.csv", tmp_path / "test.csv"
    rows = [f'"{text}",{intent}' for text, intent in zip(TEXTS, INTENTS, strict=True)]
    train.write_text("\n".join(["sentence,label", *rows]), encoding="utf-8")
    test.write_text("sentence,label\nwhere is my ordr,order_status\nsing a song,out_of_scope\n", encoding="utf-8")
    assert main(["--train", str(train), "--test", str(test)]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["train_rows"] == len(TEXTS)
    assert printed["test_rows_out_of_scope"] == 1
    assert printed["in_scope_accuracy"] == 1.0
    assert len(printed["thresholds"]) == 20


def test_a_file_without_the_columns_is_refused(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("text,intent\nhello,greet\n", encoding="utf-8")
    with pytest.raises(KeyError, match="sentence"):
        read_examples(wrong)
