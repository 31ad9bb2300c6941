"""The CSV export is safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from automations.engine.item_record import record_outcomes
from automations.engine.job import ItemOutcome, Reason
from automations.engine.run_record import create_run
from bot.console.export import ROWS_A_READ, item_rows
from connectors.database.models.work import ItemState, Run
from connectors.database.session import Database
from tests.fixtures.fresh_databases import give_tables
from tests.unit.console.translated import WordsOf

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'export.sqlite'}")
    give_tables(opened)
    yield opened
    opened.close()


def _run_with(database: Database, *outcomes: ItemOutcome) -> Run:
    with database.write() as session:
        run = create_run(session, "count-stock", {}, "ops@example.com", now=NOW)
        record_outcomes(session, run.id, outcomes, NOW)
    return run


def _export(database: Database, words_of: WordsOf, run: Run, *states: ItemState) -> list[list[str]]:
    text = "".join(item_rows(database, words_of("en"), run, states, None))
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


def test_a_title_that_begins_like_a_formula_is_no_formula(database: Database, words_of: WordsOf) -> None:
    run = _run_with(database, ItemOutcome("1", "=HYPERLINK(1)", ItemState.DONE, "counted"))
    assert _export(database, words_of, run)[1][0] == "'=HYPERLINK(1)"


def test_an_item_is_one_line_with_all_its_reasons(database: Database, words_of: WordsOf) -> None:
    reasons = (Reason("TOO_FEW", "store", found="2", expected="5", limit="0"), Reason("DUSTY", "store"))
    run = _run_with(database, ItemOutcome("1", 'A "chair", oak', ItemState.EXCEPTION, "short", reasons, owner="store"))
    assert _export(database, words_of, run)[1] == [
        'A "chair", oak',
        "1",
        "needs a person",
        "short",
        "store",
        "TOO_FEW DUSTY",
        "TOO_FEW – Found: 2 – Expected: 5 – Limit: 0 | DUSTY",
    ]


def test_a_run_of_several_reads_leaves_nothing_out(database: Database, words_of: WordsOf) -> None:
    outcomes = [ItemOutcome(str(n), f"item {n}", ItemState.DONE, "counted") for n in range(2 * ROWS_A_READ + 1)]
    rows = _export(database, words_of, _run_with(database, *outcomes))
    assert [row[1] for row in rows[1:]] == [outcome.key for outcome in outcomes]


def test_the_filter_counts_for_the_export_too(database: Database, words_of: WordsOf) -> None:
    run = _run_with(
        database,
        ItemOutcome("1", "good", ItemState.DONE, "counted"),
        ItemOutcome("2", "bad", ItemState.EXCEPTION, "short"),
    )
    assert [row[0] for row in _export(database, words_of, run, ItemState.EXCEPTION)[1:]] == ["bad"]
