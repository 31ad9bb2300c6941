"""The dashboard, which is what the console opens with, and its part that renews itself."""

from datetime import UTC
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from automations.engine.situation import read_situation
from bot.console.figures_view import read_charts
from bot.console.frame import ConsoleFrame
from connectors.database.base import utc_now

router = APIRouter()


@router.get("")
def show_dashboard(frame: ConsoleFrame, job: Annotated[str, Query(max_length=60)] = "") -> Response:
    catalogue, now = frame.office.engine.catalogue, utc_now()
    wanted = job if job in catalogue.jobs else None
    with frame.office.database.read() as session:
        dashboard = read_situation(session, now, frame.office.settings.zone)
        charts = read_charts(session, wanted, now.astimezone(UTC).date(), frame.words, frame.formats)
    return frame.page(
        "dashboard.html",
        tab="dashboard",
        dashboard=dashboard,
        charts=charts,
        jobs=list(catalogue.jobs),
        broken=catalogue.broken,
        wanted_job=wanted,
    )


@router.get("/now")
def show_now(frame: ConsoleFrame) -> Response:
    """What changes by itself; the page asks for it every few seconds."""
    with frame.office.database.read() as session:
        dashboard = read_situation(session, utc_now(), frame.office.settings.zone)
    return frame.page("dashboard_now.html", dashboard=dashboard)
