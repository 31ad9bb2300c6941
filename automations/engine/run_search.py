"""Finding runs, and items across runs, by what people filter for: newest first, by key, forwards and back.

No page reads a whole table: at most LOOKED_THROUGH rows are looked at, and a page that ends there says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, Text, and_, cast, false, or_, select
from sqlalchemy.orm import Session, aliased

from automations.engine.runs import addressed_to, in_open_order, older_than_run, open_conditions, owned_by
from connectors.database.models.work import ItemState, Run, RunItem, RunState, needs_somebody

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
    """Which items of all runs to show; None does not limit. `reason` is a code, `title` its beginning.

    `owner` has the item; of `owners` one has it, or one of its reasons, or it is addressed to `person` (an address).
    """

    job: str | None = None
    state: ItemState | None = None
    outcome: str | None = None
    reason: str | None = None
    owner: str | None = None
    owners: tuple[str, ...] | None = None
    person: str = ""
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
    cursor = place.newer_than or place.older_than
    last_seen = session.get(Run, cursor) if cursor else None
    is_back = place.newer_than is not None and last_seen is not None
    candidates = select(Run).where(*_of_runs(wanted)).order_by(*_in_order(Run, is_back=is_back))
    if last_seen is not None:
        candidates = candidates.where(_newer_than_run(last_seen) if is_back else older_than_run(last_seen))
    query = candidates if wanted.is_dry_run is None else _of_mode(wanted.is_dry_run, candidates, is_back=is_back)
    rows = session.scalars(query.limit(limit + 1)).all()
    page = _page(rows, limit, lambda run: str(run.id), is_back=is_back, is_first=not last_seen)
    if wanted.is_dry_run is None or len(rows) > limit or is_back:
        return page
    end = session.scalar(candidates.with_only_columns(Run.id).offset(LOOKED_THROUGH - 1).limit(1))
    return page if end is None else Found(page.rows, end, page.newer_than, cut_after=LOOKED_THROUGH)


def find_items(session: Session, wanted: ItemFilter, place: Place, limit: int = PAGE_SIZE) -> Found:
    """Items that fit with their runs, newest first."""
    is_back = _number(place.newer_than) is not None
    cursor = _number(place.newer_than) if is_back else _number(place.older_than)
    candidates = _candidates(session, wanted, cursor, is_back=is_back)
    for looked_through in sorted({min(LOOKED_FIRST, LOOKED_THROUGH), LOOKED_THROUGH}):
        query = _fitting(wanted, candidates.limit(looked_through).subquery(), limit, is_back=is_back)
        rows = [FoundItem(item, run) for item, run in session.execute(query)]
        end = (
            None
            if len(rows) > limit
            else session.scalar(candidates.with_only_columns(RunItem.id).offset(looked_through - 1).limit(1))
        )
        if end is None:
            break
    page = _page(rows, limit, lambda row: str(row.item.id), is_back=is_back, is_first=cursor is None)
    if end is None or is_back:
        return page
    return Found(page.rows, str(end), page.newer_than, cut_after=LOOKED_THROUGH)


def _of_mode(is_dry_run: bool, candidates: Select[Any], *, is_back: bool) -> Select[Any]:
    """The dry runs or the others among the first candidates; no index answers this."""
    run = aliased(Run, candidates.limit(LOOKED_THROUGH).subquery())
    return select(run).where(run.is_dry_run.is_(is_dry_run)).order_by(*_in_order(run, is_back=is_back))


def _in_order(run: type[Run], *, is_back: bool) -> tuple[Any, Any]:
    return (run.created_at, run.id) if is_back else (run.created_at.desc(), run.id.desc())


def _newer_than_run(run: Run) -> ColumnElement[bool]:
    return and_(Run.created_at >= run.created_at, or_(Run.created_at > run.created_at, Run.id > run.id))


def _of_runs(wanted: RunFilter) -> Sequence[ColumnElement[bool]]:
    """What an index answers."""
    conditions = [*_within(Run.created_at, wanted)]
    if wanted.job is not None:
        conditions.append(Run.job == wanted.job)
    if wanted.state is not None:
        conditions.append(Run.state == wanted.state.value)
    return conditions


def _within(column: Any, wanted: RunFilter | ItemFilter) -> Sequence[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.since is not None:
        conditions.append(column >= wanted.since)
    if wanted.until is not None:
        conditions.append(column < wanted.until)
    return conditions


def _fitting(wanted: ItemFilter, looked: Subquery, limit: int, *, is_back: bool) -> Select[RunItem, Run]:
    """Of the rows that are looked at those that fit, and one beyond the page."""
    item = aliased(RunItem, looked)
    query = select(item, Run).join(Run, Run.id == item.run_id).where(*_of_items(wanted, item))
    return query.order_by(item.id if is_back else item.id.desc()).limit(limit + 1)


def _candidates(session: Session, wanted: ItemFilter, cursor: int | None, *, is_back: bool) -> Select[Any]:
    """The rows to look at in their order, by what an index answers."""
    query = select(RunItem)
    if cursor is not None:
        query = query.where(RunItem.id > cursor if is_back else RunItem.id < cursor)
    if wanted.key is not None:
        query = query.where(RunItem.key == wanted.key)
    if wanted.title is not None and (rare := _ids_with_title(session, wanted.title)) is not None:
        query = query.where(RunItem.id.in_(rare) if rare else false())
    elif wanted.is_open:
        return query.where(needs_somebody()).order_by(*in_open_order(is_back=is_back))
    elif wanted.owner is not None:
        query = query.where(RunItem.owner == wanted.owner)
    elif wanted.state is not None:
        query = query.where(RunItem.state == wanted.state.value)
    return query.order_by(RunItem.id if is_back else RunItem.id.desc())


def _of_items(wanted: ItemFilter, item: type[RunItem]) -> Sequence[ColumnElement[bool]]:
    conditions = [*_within(item.at, wanted)]
    if wanted.is_open:
        conditions += open_conditions(item)
    if wanted.job is not None:
        conditions.append(Run.job == wanted.job)
    if wanted.is_dry_run is not None:
        conditions.append(Run.is_dry_run.is_(wanted.is_dry_run))
    if wanted.state is not None:
        conditions.append(item.state == wanted.state.value)
    if wanted.outcome is not None:
        conditions.append(item.outcome == wanted.outcome)
    if wanted.owner is not None:
        conditions.append(owned_by(item, [wanted.owner]) if wanted.is_open else item.owner == wanted.owner)
    if wanted.owners is not None:
        conditions.append(or_(owned_by(item, wanted.owners), addressed_to(item, wanted.person)))
    if wanted.reason is not None:
        # Reasons are kept as JSON text, on both databases with one blank after the colon.
        conditions.append(cast(item.reasons, Text).contains(f'"code": "{wanted.reason}"', autoescape=True))
    if wanted.title is not None:
        conditions.append(or_(*(item.title.startswith(text, autoescape=True) for text in _ways_to_write(wanted.title))))
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
