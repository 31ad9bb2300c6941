"""The page of open drafts: what stock reorder wants to be ordered, as the orders that would be sent now."""

from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy.orm import Session
from starlette.responses import Response

from automations.engine.schedules import list_schedules
from automations.jobs.purchase_sending import JOB
from automations.reorder.drafts import merge_requests
from automations.reorder.parameters import MERGE_WINDOW
from bot.console.frame import LARGEST_ITEM_ID, ConsoleFrame
from bot.console.stock_view import describe_drafts
from connectors.errors import ConnectorError

SHOWN = 50
BAD_GATEWAY = 502

router = APIRouter(prefix="/drafts")


@router.get("")
def show_drafts(frame: ConsoleFrame, skip: Annotated[int, Query(ge=0, le=LARGEST_ITEM_ID)] = 0) -> Response:
    """For admins, so many orders a page."""
    try:
        requests = frame.office.connectors.purchasing().open_requests()
    except ConnectorError as error:
        return frame.page("drafts.html", BAD_GATEWAY, tab="drafts", problem=error.reason, orders=(), sending=JOB)
    with frame.office.database.read() as session:
        drafts = merge_requests(requests, _window_days(session))
        orders = describe_drafts(session, drafts[skip : skip + SHOWN])
    following = skip + SHOWN if len(drafts) > skip + SHOWN else None
    return frame.page(
        "drafts.html",
        tab="drafts",
        problem="",
        orders=orders,
        count=len(drafts),
        skip=skip,
        following=following,
        sending=JOB,
    )


def _window_days(session: Session) -> int:
    """As the first schedule of purchase sending merges; its default where there is none."""
    default = next(parameter.default for parameter in JOB.parameters if parameter.name == MERGE_WINDOW)
    stored = next((schedule.parameters.get(MERGE_WINDOW) for schedule in list_schedules(session, JOB.name)), None)
    return int(str(default if stored is None else stored))
