"""Lists as CSV, page by page, so that a list of any size leaves the server as a stream."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from automations.engine.run_search import Found, ItemFilter, Place, RunFilter, find_items, find_runs
from automations.engine.runs import list_items
from bot.console.words import Words
from bot.csv_text import BYTE_ORDER_MARK, as_csv
from connectors.database.models.work import ItemState, Run, RunItem
from connectors.database.session import Database

ROWS_A_READ = 500
COLUMNS = ("title", "key", "state", "outcome", "owner", "codes", "reasons")
ITEM_COLUMNS = ("job", "run", "at", "dry_run", *COLUMNS)
RUN_COLUMNS = ("job", "run", "at", "dry_run", "state", "items", "by", "started", "finished", "failure")


def item_rows(
    database: Database, words: Words, run: Run, states: Sequence[ItemState], outcome: str | None
) -> Iterator[str]:
    """A header line and a line an item; each reason is told in words with its figures."""
    yield _header(words, COLUMNS)
    after: int | None = 0
    while after is not None:
        with database.read() as session:
            page = list_items(session, run.id, states=states, outcome=outcome, after=after, limit=ROWS_A_READ)
        yield as_csv(_row(words, run, item) for item in page.items)
        after = page.after


def found_item_rows(database: Database, words: Words, wanted: ItemFilter) -> Iterator[str]:
    """All items that fit, of all runs, newest first."""
    return _all_pages(
        database,
        _header(words, ITEM_COLUMNS),
        lambda session, place: find_items(session, wanted, place, ROWS_A_READ),
        lambda found: [
            words.job_title(found.run.job),
            found.run.id,
            found.item.at.isoformat(timespec="seconds"),
            _yes_or_no(words, found.run.is_dry_run),
            *_row(words, found.run, found.item),
        ],
    )


def found_run_rows(database: Database, words: Words, wanted: RunFilter) -> Iterator[str]:
    """All runs that fit, newest first; moments are UTC."""
    return _all_pages(
        database,
        _header(words, RUN_COLUMNS),
        lambda session, place: find_runs(session, wanted, place, ROWS_A_READ),
        lambda run: [
            words.job_title(run.job),
            run.id,
            _moment(run.created_at),
            _yes_or_no(words, run.is_dry_run),
            words.text(f"console.run.{run.state}"),
            str(run.items_done),
            words.starter(run),
            _moment(run.started_at),
            _moment(run.finished_at),
            run.failure or "",
        ],
    )


def _all_pages(
    database: Database,
    header: str,
    read: Callable[[Session, Place], Found],
    row_of: Callable[[Any], Sequence[str]],
) -> Iterator[str]:
    yield header
    place: Place | None = Place()
    while place is not None:
        with database.read() as session:
            page = read(session, place)
        yield as_csv(row_of(one) for one in page.rows)
        place = Place(older_than=page.older_than) if page.older_than else None


def _header(words: Words, columns: Sequence[str]) -> str:
    return BYTE_ORDER_MARK + as_csv([[words.text(f"console.csv.{column}") for column in columns]])


def _yes_or_no(words: Words, value: bool) -> str:
    return words.text("console.yes" if value else "console.no")


def _moment(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment else ""


def _row(words: Words, run: Run, item: RunItem) -> Sequence[str]:
    return [
        item.title,
        item.key,
        words.text(f"console.item.{item.state}"),
        words.outcome(run.job, item.outcome),
        words.owner(item.owner) if item.owner else "",
        " ".join(reason["code"] for reason in item.reasons),
        " | ".join(_told(words, reason) for reason in item.reasons),
    ]


def _told(words: Words, reason: Mapping[str, Any]) -> str:
    figures = [
        f"{words.text(f'console.{name}')}: {reason[name]}"
        for name in ("found", "expected", "limit", "where")
        if reason.get(name)
    ]
    return " – ".join([words.reason(reason["code"]), *figures])
