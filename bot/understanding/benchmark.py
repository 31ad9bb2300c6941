"""Measures the shipped classifier on one file after training it on another.

Run in Rasa's environment: python -m bot.understanding.benchmark --train A.csv --test B.csv --out-of-scope LABEL
Both files have the columns sentence and label. One JSON document goes to standard output.
"""

import argparse
import csv
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from sklearn.metrics import f1_score, matthews_corrcoef

from bot.understanding.classifier import OUT_OF_SCOPE, Guess, IntentClassifier

THRESHOLDS = tuple(step / 20 for step in range(20))


@dataclass(frozen=True)
class Example:
    """One labelled message."""

    sentence: str
    label: str


@dataclass(frozen=True)
class AtThreshold:
    """What happens when messages with less confidence than `threshold` are refused.

    Shares of 0 to 1. A refusal of an in-scope message counts as wrong; a guess of the out-of-scope intent is a
    refusal. `mcc` is Matthews' correlation over all labels, the out-of-scope one included.
    """

    threshold: float
    in_scope_accuracy: float
    out_of_scope_recall: float
    in_scope_refused: float
    mcc: float


@dataclass(frozen=True)
class Benchmark:
    """Accuracy and macro-F1 are of the best guess for in-scope rows, without any threshold."""

    train_rows: int
    test_rows: int
    test_rows_out_of_scope: int
    in_scope_accuracy: float
    macro_f1: float
    best: AtThreshold
    thresholds: list[AtThreshold]
    seconds_to_train: float
    milliseconds_to_parse: float


def read_examples(path: Path) -> list[Example]:
    """Raises KeyError when the columns sentence and label are missing."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [Example(row["sentence"], row["label"].strip()) for row in csv.DictReader(file)]


def run_benchmark(train: Sequence[Example], test: Sequence[Example], out_of_scope: str = OUT_OF_SCOPE) -> Benchmark:
    """Trains on the one, guesses the other message by message as in service, and compares."""
    started = time.perf_counter()
    classifier = IntentClassifier.train(
        [example.sentence for example in train], [example.label for example in train], out_of_scope=out_of_scope
    )
    trained = time.perf_counter()
    guesses = [classifier.rank(example.sentence) for example in test]
    parsed = time.perf_counter()
    labels = [example.label for example in test]
    own = [
        (label, _best_in_scope(ranking, out_of_scope))
        for label, ranking in zip(labels, guesses, strict=True)
        if label != out_of_scope
    ]
    judged = [judge(labels, [ranking[0] for ranking in guesses], threshold, out_of_scope) for threshold in THRESHOLDS]
    expected, guessed = [label for label, _ in own], [guess for _, guess in own]
    return Benchmark(
        train_rows=len(train),
        test_rows=len(test),
        test_rows_out_of_scope=len(test) - len(own),
        in_scope_accuracy=_share([label == guess for label, guess in own]),
        macro_f1=float(f1_score(expected, guessed, labels=sorted(set(expected)), average="macro", zero_division=0)),
        best=max(judged, key=lambda result: result.mcc),
        thresholds=judged,
        seconds_to_train=trained - started,
        milliseconds_to_parse=1000 * (parsed - trained) / max(1, len(test)),
    )


def judge(labels: Sequence[str], guesses: Sequence[Guess], threshold: float, out_of_scope: str) -> AtThreshold:
    """Compares one guess a message with its label."""
    answers = [guess.intent if guess.confidence >= threshold else out_of_scope for guess in guesses]
    own = [(label, answer) for label, answer in zip(labels, answers, strict=True) if label != out_of_scope]
    foreign = [answer for label, answer in zip(labels, answers, strict=True) if label == out_of_scope]
    return AtThreshold(
        threshold=threshold,
        in_scope_accuracy=_share([label == answer for label, answer in own]),
        out_of_scope_recall=_share([answer == out_of_scope for answer in foreign]),
        in_scope_refused=_share([answer == out_of_scope for _, answer in own]),
        mcc=float(matthews_corrcoef(list(labels), answers)),
    )


def _best_in_scope(ranking: list[Guess], out_of_scope: str) -> str:
    return next((guess.intent for guess in ranking if guess.intent != out_of_scope), out_of_scope)


def _share(outcomes: list[bool]) -> float:
    return sum(outcomes) / len(outcomes) if outcomes else 0.0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bot.understanding.benchmark", description=__doc__)
    parser.add_argument("--train", type=Path, required=True, help="CSV with the columns sentence and label")
    parser.add_argument("--test", type=Path, required=True, help="CSV with the same columns, other messages")
    parser.add_argument("--out-of-scope", default=OUT_OF_SCOPE, help="the label of messages that are not for us")
    chosen = parser.parse_args(arguments)
    result = run_benchmark(read_examples(chosen.train), read_examples(chosen.test), chosen.out_of_scope)
    sys.stdout.write(json.dumps(asdict(result), indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
