"""My tasks: the open items that the reader answers for; for staff of any role."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from automations.engine.owner_mails import owners_of
from automations.engine.run_search import ItemFilter, Place, find_items
from bot.console.frame import LARGEST_ITEM_ID, StaffFrame

router = APIRouter()


@router.get("/tasks")
def show_tasks(
    frame: StaffFrame, older_than: Annotated[int | None, Query(ge=1, le=LARGEST_ITEM_ID)] = None
) -> Response:
    """What waits for a group that is named like an owner, or for this very person."""
    user = frame.visitor.user
    with frame.office.database.read() as session:
        own = tuple(owners_of(session, user.id))
        wanted = ItemFilter(is_dry_run=False, is_open=True, owners=own, person=user.email)
        found = find_items(session, wanted, Place(older_than=str(older_than) if older_than else None))
    return frame.page("tasks.html", tab="tasks", found=found, own=own, older_than=older_than)
