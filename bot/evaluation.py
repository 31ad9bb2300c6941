"""Measures of understanding on labelled messages, per language."""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

OUT_OF_SCOPE = "out_of_scope"
# What the assistant does not act on: it refuses, or asks what was meant.
REFUSALS = frozenset({OUT_OF_SCOPE, "nlu_fallback", ""})
WORST_EXAMPLES = 20
WORST_PAIRS = 8


class LabelledText(NamedTuple):
    """A message with its language and the intent that it has."""

    text: str
    language: str
    intent: str


def read_labelled_texts(file: Path) -> list[LabelledText]:
    """The rows of a CSV file with the columns text, lang, intent.

    Raises:
        ValueError: the file is none; the text names the row.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rows = [LabelledText(row["text"], row["lang"], row["intent"]) for row in csv.DictReader(lines)]
    except (OSError, KeyError, UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{file} cannot be read as CSV with the columns text, lang, intent: {error!r}") from error
    for number, row in enumerate(rows, 2):
        if None in row:
            raise ValueError(f"{file}, row {number}: a column is missing; each row needs text, lang and intent.")
    return rows


@dataclass(frozen=True, slots=True)
class EvaluationRow:
    text: str
    language: str
    intent: str
    guess: str
    confidence: float

    @property
    def is_foreign(self) -> bool:
        return self.intent == OUT_OF_SCOPE

    @property
    def is_refused(self) -> bool:
        return self.guess in REFUSALS


def measure(rows: Sequence[EvaluationRow]) -> dict[str, Any]:
    """Accuracy over in-scope rows (a refusal is wrong), macro F1 over in-scope intents, false accepts and rejects.

    `false_accepts` is the share of foreign rows that would be acted on, `false_rejects` the share of in-scope
    rows refused; a clarifying question counts as refused.
    """
    by_language: defaultdict[str, list[EvaluationRow]] = defaultdict(list)
    for row in rows:
        by_language[row.language].append(row)
    confusion = Counter((r.language, r.intent, r.guess) for r in rows if r.intent != r.guess)
    wrong = [r for r in rows if r.intent != r.guess and not (r.is_foreign and r.is_refused)]
    worst = sorted(wrong, key=lambda r: r.confidence, reverse=True)[:WORST_EXAMPLES]
    return {
        "languages": {language: _measure_language(part) for language, part in sorted(by_language.items())},
        "confusion": [
            {"lang": language, "intent": intent, "guess": guess, "count": count}
            for (language, intent, guess), count in confusion.most_common()
        ],
        "worst": [
            {"lang": r.language, "text": r.text, "intent": r.intent, "guess": r.guess, "confidence": r.confidence}
            for r in worst
        ],
    }


def _measure_language(rows: Sequence[EvaluationRow]) -> dict[str, Any]:
    ours = [row for row in rows if not row.is_foreign]
    foreign = [row for row in rows if row.is_foreign]
    return {
        "rows": len(rows),
        "accuracy": _share(row.guess == row.intent for row in ours),
        "macro_f1": _macro_f1(rows),
        "out_of_scope": {
            "rows": len(foreign),
            "false_accepts": _share(not row.is_refused for row in foreign),
            "false_rejects": _share(row.is_refused for row in ours),
        },
    }


def _macro_f1(rows: Sequence[EvaluationRow]) -> float:
    intents = {row.intent for row in rows if not row.is_foreign}
    scores = []
    for intent in intents:
        hits = sum(row.intent == intent == row.guess for row in rows)
        guessed = sum(row.guess == intent for row in rows)
        actual = sum(row.intent == intent for row in rows)
        scores.append(2 * hits / (guessed + actual))
    return round(sum(scores) / len(scores), 4) if scores else 0.0


def _share(facts: Iterable[bool]) -> float:
    values = list(facts)
    return round(sum(values) / len(values), 4) if values else 0.0


def write_report(measured: dict[str, Any]) -> str:
    """The figures as Markdown: a table of the languages, and what is confused most in each."""
    lines = [
        "# What the assistant understands",
        "",
        "Written by `twinoffice nlu evaluate tests/fixtures/nlu --report docs/understanding.md`, on messages that no",
        "training sees. They were written by the authors of the training examples; customers' messages will do worse.",
        "Accuracy is over messages of our business, a refusal counted as wrong.",
        "",
        "| language | messages | accuracy | macro F1 | foreign accepted | ours refused |",
        "|---|---|---|---|---|---|",
    ]
    for language, figures in measured["languages"].items():
        foreign = figures["out_of_scope"]
        lines.append(
            f"| {language} | {figures['rows']} | {figures['accuracy']:.1%} | {figures['macro_f1']:.1%} "
            f"| {foreign['false_accepts']:.1%} | {foreign['false_rejects']:.1%} |"
        )
    lines += ["", "## Confused most", ""]
    for language in measured["languages"]:
        worst = [c for c in measured["confusion"] if c["lang"] == language and not _is_refused_foreigner(c)]
        pairs = ", ".join(f"{c['intent']} as {c['guess']} ({c['count']})" for c in worst[:WORST_PAIRS])
        lines.append(f"- **{language}**: {pairs}")
    return "\n".join(lines) + "\n"


def _is_refused_foreigner(confusion: dict[str, Any]) -> bool:
    return confusion["intent"] == OUT_OF_SCOPE and confusion["guess"] in REFUSALS
