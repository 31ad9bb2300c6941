"""Pages of a run: its progress and items, one item explained, and the CSV export."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse
from sqlalchemy.orm import Session
from starlette.responses import Response

from automations.engine.run_record import is_finished, settle
from automations.engine.run_search import ItemFilter as ItemSearch
from automations.engine.run_search import Place, find_items
from automations.engine.runs import get_run, is_open, list_items
from bot.console.export import item_rows
from bot.console.frame import LARGEST_ITEM_ID, ConsoleFrame, Frame, PostedForm, StaffFrame, see_other
from bot.console.item_readers import Reading, may_read_item, read_as
from bot.console.run_view import LEVELS, read_run_view, told_fields
from bot.console.stock_view import STOCK_REORDER, stock_values
from bot.staff.guard import RoleRequiredError
from connectors.database.base import utc_now
from connectors.database.models.work import ItemState, Run, RunItem, Schedule

ITEMS_SIZE = 50
MAX_SETTLE_REASON = 500
HISTORY_SIZE = 20
NOTICES = frozenset({"cancelled", "retried"})

router = APIRouter(prefix="/runs")


class ItemFilter:
    """Which items and log lines of a run to show, as the address says; an empty or unknown value does not limit.

    `level` is the lowest of the log, `about` the key of the item that it is about.
    """

    def __init__(
        self,
        state: Annotated[str, Query(max_length=20)] = "",
        outcome: Annotated[str, Query(max_length=40)] = "",
        after: Annotated[int, Query(ge=0, le=LARGEST_ITEM_ID)] = 0,
        level: Annotated[str, Query(max_length=10)] = "",
        about: Annotated[str, Query(max_length=200)] = "",
    ) -> None:
        self.state = state if state in {one.value for one in ItemState} else ""
        self.outcome = outcome
        self.after = after
        self.level = level if level in LEVELS[1:] else ""
        self.about = about.replace("\0", "")

    @property
    def states(self) -> tuple[ItemState, ...]:
        return (ItemState(self.state),) if self.state else ()

    @property
    def is_on(self) -> bool:
        return bool(self.state or self.outcome)


Wanted = Annotated[ItemFilter, Depends()]


@router.get("/{run_id}")
def show_run(
    frame: ConsoleFrame, run_id: str, wanted: Wanted, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    return _run_page(frame, "run.html", run_id, wanted, done if done in NOTICES else "")


@router.get("/{run_id}/progress")
def show_progress(frame: ConsoleFrame, run_id: str, wanted: Wanted) -> Response:
    """The part of the page that changes while the run is under way; it asks for itself again until the end."""
    return _run_page(frame, "run_live.html", run_id, wanted)


@router.get("/{run_id}/items.csv")
def export_items(frame: ConsoleFrame, run_id: str, wanted: Wanted) -> Response:
    with frame.office.database.read() as session:
        run = get_run(session, run_id)
    if run is None:
        return frame.missing()
    name = f"{run.job}-{run.created_at:%Y-%m-%d-%H%M}.csv"
    return StreamingResponse(
        item_rows(frame.office.database, frame.words, run, wanted.states, wanted.outcome or None),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


@router.get("/{run_id}/items/{item_id}")
def show_item(frame: StaffFrame, run_id: str, item_id: int, wanted: Wanted) -> Response:
    """One item with everything that explains it, and the way to the next one of the same filter.

    For admins, and for whom it concerns; these see it without the ways to change it.
    """
    with frame.office.database.read() as session:
        run = get_run(session, run_id)
        item = session.get(RunItem, item_id) if item_id <= LARGEST_ITEM_ID else None
        is_there = run is not None and item is not None and item.run_id == run_id
        if not is_there and frame.visitor.is_admin:
            return frame.missing()
        reading = _read_as(session, frame, run, item) if is_there else None
        if run is None or item is None or reading is None:
            raise RoleRequiredError
        following = list_items(
            session, run_id, states=wanted.states, outcome=wanted.outcome or None, after=item.id, limit=1
        ).items
        if not all(may_read_item(session, frame.visitor.user, run, one) for one in following):
            following = ()
        history = find_items(session, ItemSearch(job=run.job, key=item.key), Place(), HISTORY_SIZE).rows
    return frame.page(
        "item.html",
        tab="runs",
        run=run,
        item=item,
        reading=reading,
        wanted=wanted,
        can_be_settled=frame.visitor.is_admin and is_open(item) and not run.is_dry_run,
        can_be_retried=frame.visitor.is_admin and is_finished(run),
        history=history,
        following=following[0] if following else None,
        **(stock_values(item.detail, frame.words, frame.formats) if run.job == STOCK_REORDER else {}),
    )


def _read_as(session: Session, frame: Frame, run: Run | None, item: RunItem | None) -> Reading | None:
    if run is None or item is None:
        return None
    is_confidential = frame.office.engine.catalogue.is_confidential(run.job)
    return read_as(session, frame.visitor.user, run, item, is_confidential=is_confidential)


@router.post("/{run_id}/items/{item_id}/settle")
def settle_item(frame: ConsoleFrame, run_id: str, item_id: int, form: PostedForm) -> Response:
    """A person says that nothing more is owed here: the item leaves the exceptions, with the reason on record."""
    reason = form.get("reason", "").strip()[:MAX_SETTLE_REASON]
    with frame.office.database.write() as session:
        item = session.get(RunItem, item_id) if item_id <= LARGEST_ITEM_ID else None
        run = get_run(session, run_id)
        if run is None or item is None or item.run_id != run_id:
            return frame.missing()
        if reason and is_open(item) and not run.is_dry_run:
            settle(session, item, frame.visitor.user.email, reason)
    return see_other(f"/console/runs/{quote(run_id, safe='')}/items/{item_id}")


def _run_page(frame: Frame, template: str, run_id: str, wanted: ItemFilter, notice: str = "") -> Response:
    with frame.office.database.read() as session:
        run = get_run(session, run_id)
        if run is None:
            return frame.missing()
        schedule = session.get(Schedule, run.schedule_id) if run.schedule_id else None
        page = list_items(
            session,
            run_id,
            states=wanted.states,
            outcome=wanted.outcome or None,
            after=wanted.after,
            limit=ITEMS_SIZE,
        )
        view = read_run_view(session, run, frame.words, utc_now(), wanted.level, wanted.about)
    return frame.page(
        template,
        tab="runs",
        view=view,
        told_fields=told_fields,
        schedule=schedule,
        job=frame.office.engine.catalogue.jobs.get(run.job),
        notice=notice,
        elapsed=_elapsed_of(frame, run),
        page=page,
        wanted=wanted,
    )


def _elapsed_of(frame: Frame, run: Run) -> str:
    if run.started_at is None:
        return ""
    return frame.words.elapsed((run.finished_at or utc_now()) - run.started_at)
