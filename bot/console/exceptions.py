"""The page of everything that waits for a person, over all jobs."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from bot.console.exceptions_view import ExceptionFilter, count_open, read_exceptions
from bot.console.frame import LARGEST_ITEM_ID, ConsoleFrame

router = APIRouter()


@router.get("/exceptions")
def show_exceptions(
    frame: ConsoleFrame,
    job: Annotated[str, Query(max_length=60)] = "",
    owner: Annotated[str, Query(max_length=40)] = "",
    reason: Annotated[str, Query(max_length=60)] = "",
    older_than: Annotated[int | None, Query(ge=0, le=LARGEST_ITEM_ID)] = None,
) -> Response:
    wanted = ExceptionFilter(job or None, owner or None, reason or None)
    with frame.office.database.read() as session:
        page = read_exceptions(session, wanted, older_than)
        counts = count_open(session)
    return frame.page("exceptions.html", tab="exceptions", page=page, counts=counts, wanted=wanted)
