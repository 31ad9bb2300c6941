"""Finding runs, and items across runs, by what people filter for: newest first, by key, forwards and back.

No page reads a whole table: at most LOOKED_THROUGH rows are looked at, and a page that ends there says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, Text, and_, cast, false, or_, select
from sqlalchemy.orm import Session

from automations.engine.runs import select_open_items
from connectors.database.models.work import NEEDS_SOMEBODY, ItemState, Run, RunItem, RunState

LOOKED_THROUGH = 20_000
# So many are enough for most filters.
LOOKED_FIRST = 1_000
# A title that so many items begin with is common: walking from the newest back finds a page of them at once.
COMMON_TITLE = 1000
PAGE_SIZE = 50
_LAST_CHARACTER = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs to show; None does not limit. `until` is exclusive."""

    job: str | None = None
    state: RunState | None = None
    is_dry_run: bool | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """Which items of all runs to show; None does not limit. `reason` is a code, `title` its beginning."""

    job: str | None = None
    state: ItemState | None = None
    outcome: str | None = None
    reason: str | None = None
    owner: str | None = None
    is_dry_run: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    title: str | None = None
    key: str | None = None
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A page, newest first. Cursors lead to the neighbouring pages, None where there is none.

    `cut_after`: so many rows were looked through that the page ended early; `older_than` looks further back.
    """

    rows: tuple[Any, ...]
    older_than: str | None
    newer_than: str | None
    cut_after: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """From where to read: older than a row, newer than a row, or from the newest on. Cursors of `Found`."""

    older_than: str | None = None
    newer_than: str | None = None


@dataclass(frozen=True, slots=True)
class FoundItem:
    item: RunItem
    run: Run


def find_runs(session: Session, wanted: RunFilter, place: Place, limit: int = PAGE_SIZE) -> Found:
    """Runs that fit, newest first; a cursor that names no run begins at the newest."""
    is_back = place.newer_than is not None
    cursor = place.newer_than or place.older_than
    last_seen = session.get(Run, cursor) if cursor else None
    query = select(Run).where(*_of_runs(wanted))
    if last_seen is not None:
        query = query.where(_beyond(last_seen, is_back=is_back))
    order = (Run.created_at, Run.id) if is_back else (Run.created_at.desc(), Run.id.desc())
    rows = session.scalars(query.order_by(*order).limit(limit + 1)).all()
    return _page(
        rows, limit, lambda run: str(run.id), is_back=is_back and last_seen is not None, is_first=not last_seen
    )


def find_items(session: Session, wanted: ItemFilter, place: Place, limit: int = PAGE_SIZE) -> Found:
    """Items that fit with their runs, newest first."""
    is_back = _number(place.newer_than) is not None
    cursor = _number(place.newer_than) if is_back else _number(place.older_than)
    candidates = _candidates(session, wanted, cursor, is_back=is_back)
    for looked_through in sorted({min(LOOKED_FIRST, LOOKED_THROUGH), LOOKED_THROUGH}):
        query = _fitting(wanted, candidates.limit(looked_through).subquery(), limit, is_back=is_back)
        rows = [FoundItem(item, run) for item, run in session.execute(query)]
        end = None if len(rows) > limit else session.scalar(candidates.offset(looked_through - 1).limit(1))
        if end is None:
            break
    page = _page(rows, limit, lambda row: str(row.item.id), is_back=is_back, is_first=cursor is None)
    if end is None or is_back:
        return page
    return Found(page.rows, str(end), page.newer_than, cut_after=LOOKED_THROUGH)


def _beyond(run: Run, *, is_back: bool) -> ColumnElement[bool]:
    if is_back:
        later = Run.created_at > run.created_at
        return or_(later, and_(Run.created_at == run.created_at, Run.id > run.id))
    earlier = Run.created_at < run.created_at
    return or_(earlier, and_(Run.created_at == run.created_at, Run.id < run.id))


def _of_runs(wanted: RunFilter | ItemFilter) -> Sequence[ColumnElement[bool]]:
    """What a filter says about the run; of items the day is their own."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.job is not None:
        conditions.append(Run.job == wanted.job)
    if wanted.is_dry_run is not None:
        conditions.append(Run.is_dry_run.is_(wanted.is_dry_run))
    if isinstance(wanted, RunFilter):
        if wanted.state is not None:
            conditions.append(Run.state == wanted.state.value)
        conditions += _within(Run.created_at, wanted)
    return conditions


def _within(column: Any, wanted: RunFilter | ItemFilter) -> Sequence[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.since is not None:
        conditions.append(column >= wanted.since)
    if wanted.until is not None:
        conditions.append(column < wanted.until)
    return conditions


def _fitting(wanted: ItemFilter, looked: Subquery, limit: int, *, is_back: bool) -> Select[Any]:
    """Of the rows that are looked at those that fit, and one beyond the page."""
    rows = select_open_items(RunItem, Run)
    if not wanted.is_open:
        rows = select(RunItem, Run).join(Run, Run.id == RunItem.run_id)
    rows = rows.join(looked, looked.c.id == RunItem.id).where(*_of_items(wanted))
    return rows.order_by(RunItem.id if is_back else RunItem.id.desc()).limit(limit + 1)


def _candidates(session: Session, wanted: ItemFilter, cursor: int | None, *, is_back: bool) -> Select[Any]:
    """The ids of the rows to look at in their order, by what an index answers."""
    query = select(RunItem.id)
    if cursor is not None:
        query = query.where(RunItem.id > cursor if is_back else RunItem.id < cursor)
    if wanted.key is not None:
        query = query.where(RunItem.key == wanted.key)
    if wanted.title is not None and (rare := _ids_with_title(session, wanted.title)) is not None:
        query = query.where(RunItem.id.in_(rare) if rare else false())
    elif wanted.is_open:
        query = query.where(NEEDS_SOMEBODY)
    elif wanted.owner is not None:
        query = query.where(RunItem.owner == wanted.owner)
    elif wanted.state is not None:
        query = query.where(RunItem.state == wanted.state.value)
    return query.order_by(RunItem.id if is_back else RunItem.id.desc())


def _of_items(wanted: ItemFilter) -> Sequence[ColumnElement[bool]]:
    conditions = [*_of_runs(wanted), *_within(RunItem.at, wanted)]
    if wanted.state is not None:
        conditions.append(RunItem.state == wanted.state.value)
    if wanted.outcome is not None:
        conditions.append(RunItem.outcome == wanted.outcome)
    if wanted.owner is not None:
        conditions.append(RunItem.owner == wanted.owner)
    if wanted.reason is not None:
        # Reasons are kept as JSON text, on both databases with one blank after the colon.
        conditions.append(cast(RunItem.reasons, Text).contains(f'"code": "{wanted.reason}"', autoescape=True))
    if wanted.title is not None:
        conditions.append(
            or_(*(RunItem.title.startswith(text, autoescape=True) for text in _ways_to_write(wanted.title)))
        )
    return conditions


def _ids_with_title(session: Session, beginning: str) -> Sequence[int] | None:
    """The items whose title begins so, or None where there are too many to name."""
    at_least, below = ("~>=~", "~<~") if session.get_bind().dialect.name == "postgresql" else (">=", "<")
    ids: set[int] = set()
    for text in _ways_to_write(beginning):
        query = select(RunItem.id).where(
            RunItem.title.op(at_least, is_comparison=True)(text),
            RunItem.title.op(below, is_comparison=True)(text + _LAST_CHARACTER),
        )
        ids.update(session.scalars(query.limit(COMMON_TITLE + 1)))
    return None if len(ids) > COMMON_TITLE else sorted(ids)


def _ways_to_write(beginning: str) -> Sequence[str]:
    """As typed, with a capital, all in capitals: names are rarely typed as they are written."""
    return sorted({beginning, beginning[:1].upper() + beginning[1:], beginning.upper()})


def _number(cursor: str | None) -> int | None:
    return int(cursor) if cursor is not None and cursor.isascii() and cursor.isdigit() and len(cursor) < 10 else None


def _page(rows: Sequence[Any], limit: int, cursor_of: Any, *, is_back: bool, is_first: bool) -> Found:
    has_more = len(rows) > limit
    shown = tuple(reversed(rows[:limit])) if is_back else tuple(rows[:limit])
    if not shown:
        return Found((), None, None)
    oldest, newest = cursor_of(shown[-1]), cursor_of(shown[0])
    if is_back:
        return Found(shown, oldest, newest if has_more else None)
    return Found(shown, oldest if has_more else None, None if is_first else newest)
