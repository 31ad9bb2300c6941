"""Measures of what surrounds the intent: anger noticed, and messages cut into several requests, per language."""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.understanding.requests import Reading, Requests, partitions_of

ANGRY = "angry"
_SECTION = re.compile(r"^(?=## )", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class MoodRow:
    language: str
    is_angry: bool
    looks_angry: bool


def read_moods(folder: Path) -> list[tuple[str, str, bool]]:
    """(text, language, whether angry) of each `<language>.csv` with the columns text and mood.

    Raises:
        ValueError: there is no such file, or a column is missing.
    """
    rows = []
    for file in sorted(folder.glob("*.csv")):
        with file.open(encoding="utf-8-sig", newline="") as lines:
            for row in csv.DictReader(lines):
                if not row.get("text") or row.get("mood") not in {ANGRY, "calm"}:
                    raise ValueError(f"{file}: each row needs a text, and angry or calm as its mood, not {row!r}.")
                rows.append((row["text"], file.stem, row["mood"] == ANGRY))
    if not rows:
        raise ValueError(f"{folder} holds no <language>.csv with the columns text and mood.")
    return rows


def measure_moods(rows: Sequence[MoodRow]) -> dict[str, Any]:
    """Precision: how many of those that look angry are; recall: how many of the angry ones look it."""
    return {language: _measure_moods([r for r in rows if r.language == language]) for language in _languages(rows)}


def _languages(rows: Sequence[MoodRow]) -> list[str]:
    return sorted({row.language for row in rows})


def _measure_moods(rows: Sequence[MoodRow]) -> dict[str, Any]:
    hits = sum(row.is_angry and row.looks_angry for row in rows)
    return {
        "rows": len(rows),
        "precision": round(hits / max(1, sum(row.looks_angry for row in rows)), 4),
        "recall": round(hits / max(1, sum(row.is_angry for row in rows)), 4),
    }


def write_mood_section(measured: Mapping[str, Any]) -> str:
    lines = [
        "## Anger",
        "",
        "Written by `twinoffice nlu evaluate-mood tests/fixtures/mood --report docs/understanding.md`: as many angry",
        "as calm messages, chosen to be hard (sarcasm, capitals of joy, sad but polite). Precision counts more than",
        "recall: a person who is called for nothing helps nobody, and anger that is missed is noticed the next time.",
        "",
        "| language | messages | precision | recall |",
        "|---|---|---|---|",
    ]
    lines += [f"| {one} | {m['rows']} | {m['precision']:.1%} | {m['recall']:.1%} |" for one, m in measured.items()]
    return "\n".join(lines) + "\n"


def cut(text: str, requests: Requests, readings: Mapping[str, Reading]) -> tuple[str, ...]:
    """The parts of a message that stands alone; `readings` are of all parts of `partitions_of`."""
    return requests.choose(partitions_of(text), readings, None)


def write_request_section(measured: Mapping[str, Any]) -> str:
    lines = [
        "## Several requests in one message",
        "",
        "Written by `twinoffice nlu evaluate-requests tests/fixtures/nlu --report docs/understanding.md`: messages",
        "that hold one request and must not be cut (bot/understanding/requests.py).",
        "",
        "| language | messages | cut |",
        "|---|---|---|",
    ]
    lines += [f"| {one} | {m['rows']} | {m['cut']:.2%} |" for one, m in measured.items()]
    return "\n".join(lines) + "\n"


def merge_report(old: str, new: str) -> str:
    """The sections of `new` in the place of those of the same title; whatever else the report holds stays."""
    sections = {section.partition("\n")[0]: section.strip() for section in _SECTION.split(old) if section.strip()}
    for section in _SECTION.split(new):
        if section.strip():
            sections[section.partition("\n")[0]] = section.strip()
    return "\n\n".join(sections.values()) + "\n"
