"""The page of open drafts: what stock reorder wants to be ordered, as the orders that would be sent now."""

from fastapi import APIRouter
from starlette.responses import Response

from automations.jobs.purchase_sending import JOB
from automations.reorder.parameters import MERGE_WINDOW
from bot.console.frame import ConsoleFrame
from bot.console.stock_view import draft_orders
from connectors.errors import ConnectorError

SHOWN = 100
_WINDOW_DAYS = next(int(str(one.default)) for one in JOB.parameters if one.name == MERGE_WINDOW)

router = APIRouter(prefix="/drafts")


@router.get("")
def show_drafts(frame: ConsoleFrame) -> Response:
    """For admins."""
    try:
        requests = frame.office.connectors.purchasing().open_requests()
    except ConnectorError as error:
        return frame.page("drafts.html", tab="drafts", problem=error.reason, orders=(), count=0, sending=JOB)
    with frame.office.database.read() as session:
        orders = draft_orders(session, requests, _WINDOW_DAYS)
    return frame.page("drafts.html", tab="drafts", problem="", orders=orders[:SHOWN], count=len(orders), sending=JOB)
