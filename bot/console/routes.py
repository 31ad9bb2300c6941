"""The operations console: everything under /console, for admins; agents may review what customers meant."""

from fastapi import APIRouter
from starlette.responses import Response

from bot.console import (
    alert_channels,
    alerts,
    approvals,
    approvers,
    audit,
    backfills,
    channel_form,
    channel_hours,
    channel_looks,
    channel_proactive,
    channel_telegram,
    channels,
    closures,
    connection_editor,
    connections,
    dashboard,
    drafts,
    jobs,
    lists,
    models,
    overrides,
    payroll,
    reports,
    review,
    run_actions,
    runs,
    saved_views,
    schedule_list,
    schedules,
    stock_report,
    tasks,
    tokens,
    what_if,
)
from bot.console.frame import ConsoleFrame

PARTS = (
    dashboard,
    jobs,
    schedule_list,
    backfills,
    closures,
    schedules,
    lists,
    tasks,
    run_actions,
    runs,
    saved_views,
    reports,
    stock_report,
    what_if,
    drafts,
    approvers,
    approvals,
    channels,
    channel_looks,
    channel_form,
    channel_proactive,
    channel_hours,
    channel_telegram,
    connections,
    connection_editor,
    alert_channels,
    alerts,
    payroll,
    review,
    models,
    overrides,
    audit,
    tokens,
)

router = APIRouter(include_in_schema=False)
for part in PARTS:
    router.include_router(part.router, prefix="/console")


@router.get("/console/{_rest:path}")
def show_nothing(frame: ConsoleFrame) -> Response:
    """Any other address below the console."""
    return frame.missing()
