"""The operations API: everything under /api/v1, for programs that hold an API token."""

from fastapi import APIRouter, FastAPI

from bot.channels.rate_limit import RateLimit
from bot.operations_api import (
    alert_channels,
    alerts,
    approvals,
    approvers,
    audit,
    channels,
    closures,
    connections,
    drafts,
    exceptions,
    jobs,
    metrics,
    models,
    overrides,
    payroll,
    reports,
    review,
    runs,
    saved_views,
    schedules,
    token_routes,
    what_if,
)
from bot.operations_api.guard import REQUESTS_PER_MINUTE_PER_ADDRESS, REQUESTS_PER_MINUTE_PER_TOKEN
from bot.web_errors import PROBLEMS

# All of their routes are guarded; a test asks every one without a token.
PARTS = (
    jobs,
    runs,
    schedules,
    closures,
    exceptions,
    connections,
    approvers,
    approvals,
    saved_views,
    reports,
    what_if,
    drafts,
    review,
    models,
    payroll,
    overrides,
    audit,
    token_routes,
    alerts,
    alert_channels,
    channels,
    metrics,
)

router = APIRouter(prefix="/api/v1", responses=PROBLEMS)
for part in PARTS:
    router.include_router(part.router)


def add_operations_api(app: FastAPI) -> None:
    app.state.api_token_limit = RateLimit(REQUESTS_PER_MINUTE_PER_TOKEN)
    app.state.api_address_limit = RateLimit(REQUESTS_PER_MINUTE_PER_ADDRESS)
    app.include_router(router)
