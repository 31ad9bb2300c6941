"""The list of all schedules, and pausing, resuming and deleting one."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from automations.engine.schedules import delete_schedule, pause_schedule, resume_schedule
from bot.console.frame import ConsoleFrame, Frame, see_other
from bot.console.jobs_view import read_schedule_page
from bot.console.schedules import find_schedule_of
from connectors.database.base import utc_now

NOTICES = frozenset({"paused", "resumed", "deleted", "backfill"})
LAST_PAGE = 10_000
CHANGES = {"pause": (pause_schedule, "paused"), "resume": (resume_schedule, "resumed")}

router = APIRouter()


@router.get("/schedules")
def show_schedules(
    frame: ConsoleFrame,
    done: Annotated[str, Query(max_length=20)] = "",
    page: Annotated[int, Query(ge=1, le=LAST_PAGE)] = 1,
) -> Response:
    with frame.office.database.read() as session:
        schedules = read_schedule_page(session, page, utc_now())
    notice = done if done in NOTICES else ""
    return frame.page("schedules.html", tab="schedules", schedules=schedules, notice=notice)


@router.post("/jobs/{name}/schedules/{schedule_id}/pause")
def pause(frame: ConsoleFrame, name: str, schedule_id: str) -> Response:
    return _change(frame, name, schedule_id, "pause")


@router.post("/jobs/{name}/schedules/{schedule_id}/resume")
def resume(frame: ConsoleFrame, name: str, schedule_id: str) -> Response:
    return _change(frame, name, schedule_id, "resume")


@router.get("/jobs/{name}/schedules/{schedule_id}/delete")
def ask_before_deleting(frame: ConsoleFrame, name: str, schedule_id: str) -> Response:
    with frame.office.database.read() as session:
        schedule = find_schedule_of(session, name, schedule_id)
    if schedule is None:
        return frame.missing()
    return frame.page("schedule_delete.html", tab="schedules", schedule=schedule)


@router.post("/jobs/{name}/schedules/{schedule_id}/delete")
def delete(frame: ConsoleFrame, name: str, schedule_id: str) -> Response:
    with frame.office.database.write() as session:
        if find_schedule_of(session, name, schedule_id) is None:
            return frame.missing()
        delete_schedule(session, schedule_id, actor=frame.visitor.user.email, now=utc_now())
    frame.office.clock.wake()
    return see_other("/console/schedules?done=deleted")


def _change(frame: Frame, name: str, schedule_id: str, change: str) -> Response:
    act, done = CHANGES[change]
    with frame.office.database.write() as session:
        if find_schedule_of(session, name, schedule_id) is None:
            return frame.missing()
        act(session, schedule_id, actor=frame.visitor.user.email, now=utc_now())
    frame.office.clock.wake()
    return see_other(f"/console/schedules?done={done}")
