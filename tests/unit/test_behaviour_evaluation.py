"""The measures of anger and of cuts, and a report whose sections are written by several commands."""

from pathlib import Path

import pytest

from bot.behaviour_evaluation import MoodRow, measure_moods, merge_report, read_moods, write_mood_section
from tests.fixtures.front_office import TEXTS

ROOT = Path(__file__).parents[2]


def test_precision_and_recall_are_counted_per_language() -> None:
    rows = [MoodRow("en", is_angry=a, looks_angry=s) for a, s in ((True, True), (True, False), (True, False))]
    rows += [MoodRow("en", is_angry=False, looks_angry=True), MoodRow("cs", is_angry=True, looks_angry=True)]
    assert measure_moods(rows) == {
        "cs": {"rows": 1, "precision": 1.0, "recall": 1.0},
        "en": {"rows": 4, "precision": 0.5, "recall": 0.3333},
    }


def test_a_language_in_which_nobody_looks_angry_has_figures() -> None:
    measured = measure_moods([MoodRow("en", is_angry=False, looks_angry=False)])
    assert measured == {"en": {"rows": 1, "precision": 0.0, "recall": 0.0}}


def test_the_labelled_messages_are_of_every_language_and_of_both_moods() -> None:
    rows = read_moods(ROOT / "tests" / "fixtures" / "mood")
    assert {language for _, language, _ in rows} == set(TEXTS.languages)
    for language in TEXTS.languages:
        moods = [is_angry for _, one, is_angry in rows if one == language]
        assert moods.count(True) == moods.count(False) == 50


@pytest.mark.parametrize("content", ["text,mood\nhello,glad\n", "text,mood\n,calm\n", "words,mood\nhello,calm\n"])
def test_a_file_that_says_something_else_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "en.csv").write_text(content)
    with pytest.raises(ValueError, match=r"en\.csv"):
        read_moods(tmp_path)


def test_a_folder_without_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no <language>"):
        read_moods(tmp_path)


def test_a_section_is_replaced_and_the_others_stay() -> None:
    old = "# Report\n\nwords\n\n## Confused most\n\n- a\n\n## Anger\n\nold\n"
    new = write_mood_section({"en": {"rows": 2, "precision": 0.5, "recall": 1.0}})
    merged = merge_report(old, new)
    assert merged.startswith("# Report\n\nwords\n\n## Confused most\n\n- a\n\n## Anger\n")
    assert "| en | 2 | 50.0% | 100.0% |" in merged
    assert "old" not in merged
    assert merge_report(merged, "# Report\n\nother words\n") == merged.replace("words", "other words", 1)


def test_an_empty_report_becomes_the_section() -> None:
    assert merge_report("", "## Anger\n\nx\n") == "## Anger\n\nx\n"
