"""The operations console: everything under /console, for admins only."""

from fastapi import APIRouter

from bot.console import connections, exceptions, jobs, runs, schedules

router = APIRouter(include_in_schema=False)
for part in (jobs, schedules, runs, exceptions, connections):
    router.include_router(part.router, prefix="/console")
