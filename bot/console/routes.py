"""The operations console: everything under /console, for admins; agents may review what customers meant."""

from fastapi import APIRouter
from starlette.responses import Response

from bot.console import connections, exceptions, jobs, models, review, runs, schedules
from bot.console.frame import ConsoleFrame

router = APIRouter(include_in_schema=False)
for part in (jobs, schedules, runs, exceptions, connections, review, models):
    router.include_router(part.router, prefix="/console")


@router.get("/console/{_rest:path}")
def show_nothing(frame: ConsoleFrame) -> Response:
    """Any other address below the console."""
    return frame.missing()
