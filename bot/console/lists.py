"""The lists over all runs: runs, items, and the exceptions among them, with filters, views and CSV export."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse
from starlette.responses import Response

from automations.engine.run_search import find_items, find_runs
from bot.console.exceptions_view import count_open
from bot.console.export import found_item_rows, found_run_rows
from bot.console.frame import ConsoleFrame, Frame
from bot.console.list_filters import ItemList, ListFilter, RunList
from bot.console.saved_views import default_of, read_views
from connectors.database.base import utc_now

WantedRuns = Annotated[RunList, Depends()]
WantedItems = Annotated[ItemList, Depends()]

router = APIRouter()


@router.get("/runs")
def show_runs(frame: ConsoleFrame, request: Request, wanted: WantedRuns) -> Response:
    if answer := default_of(frame, request, "runs"):
        return answer
    with frame.office.database.read() as session:
        found = find_runs(session, wanted.wanted(frame.office.settings.zone), wanted.place)
        views = read_views(session, "runs", frame.visitor.user)
    return frame.page("runs.html", tab="runs", found=found, wanted=wanted, views=views, jobs=_jobs(frame, wanted))


@router.get("/items")
def show_items(frame: ConsoleFrame, request: Request, wanted: WantedItems) -> Response:
    return _item_page(frame, request, wanted, "items")


@router.get("/exceptions")
def show_exceptions(frame: ConsoleFrame, request: Request, wanted: WantedItems) -> Response:
    """Everything that waits for a person, over all jobs."""
    return _item_page(frame, request, wanted, "exceptions")


@router.get("/runs.csv")
def export_runs(frame: ConsoleFrame, wanted: WantedRuns) -> Response:
    office = frame.office
    return _csv("runs", found_run_rows(office.database, frame.words, wanted.wanted(office.settings.zone)))


@router.get("/items.csv")
def export_items(frame: ConsoleFrame, wanted: WantedItems) -> Response:
    office = frame.office
    return _csv("items", found_item_rows(office.database, frame.words, wanted.wanted(office.settings.zone)))


@router.get("/exceptions.csv")
def export_exceptions(frame: ConsoleFrame, wanted: WantedItems) -> Response:
    office = frame.office
    filter_ = wanted.wanted(office.settings.zone, is_open=True)
    return _csv("exceptions", found_item_rows(office.database, frame.words, filter_))


def _item_page(frame: Frame, request: Request, wanted: ItemList, page: str) -> Response:
    if answer := default_of(frame, request, page):
        return answer
    is_open = page == "exceptions"
    with frame.office.database.read() as session:
        filter_ = wanted.wanted(frame.office.settings.zone, is_open=is_open)
        found = find_items(session, filter_, wanted.place)
        counts = count_open(session)
        views = read_views(session, page, frame.visitor.user)
    return frame.page(
        f"{page}.html",
        tab=page,
        found=found,
        counts=counts,
        wanted=wanted,
        views=views,
        jobs=_jobs(frame, wanted),
        outcomes=frame.words.known(f"console.outcome.{wanted.get('job')}.") if wanted.get("job") else {},
    )


def _jobs(frame: Frame, wanted: ListFilter) -> list[str]:
    """The jobs to choose from; one that is gone from the installation stays while it is chosen."""
    jobs = list(frame.office.engine.catalogue.jobs)
    chosen = wanted.get("job")
    return jobs if not chosen or chosen in jobs else [*jobs, chosen]


def _csv(name: str, rows: Iterator[str]) -> Response:
    return StreamingResponse(
        rows,
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}-{utc_now():%Y-%m-%d-%H%M}.csv"',
            "Cache-Control": "no-store",
        },
    )
