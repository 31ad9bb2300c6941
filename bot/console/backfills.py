"""Back-fill of a schedule: choosing the days, seeing what would run, and starting it."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from automations.engine.backfill import MOST_RUNS, Backfill, BackfillError, plan_backfill, start_backfill
from automations.engine.plans import ScheduleError
from bot.console.frame import UNPROCESSABLE, ConsoleFrame, Frame, PostedForm, see_other
from bot.console.schedules import find_schedule_of
from connectors.database.base import utc_now
from connectors.database.models.work import Schedule

DRY, REAL = "dry", "real"
COUNTED = "count"

router = APIRouter(prefix="/jobs/{name}/schedules/{schedule_id}/backfill")


@router.get("")
def show_backfill(
    frame: ConsoleFrame,
    name: str,
    schedule_id: str,
    first_day: Annotated[str, Query(max_length=20)] = "",
    last_day: Annotated[str, Query(max_length=20)] = "",
    mode: Annotated[str, Query(max_length=10)] = DRY,
) -> Response:
    """The form; once both days are chosen also what would run, with its number."""
    return _page(frame, name, schedule_id, {"first_day": first_day, "last_day": last_day, "mode": mode})


@router.post("")
def run_backfill(frame: ConsoleFrame, name: str, schedule_id: str, form: PostedForm) -> Response:
    """Start what was shown. If its number is not the one that was seen, it is shown again."""
    is_dry_run = form.get("mode") != REAL
    try:
        first_day, last_day = _days_in(form)
        with frame.office.database.write() as session:
            schedule = find_schedule_of(session, name, schedule_id)
            if schedule is None:
                return frame.missing()
            now = utc_now()
            backfill = plan_backfill(session, schedule, first_day, last_day, is_dry_run=is_dry_run, now=now)
            if str(len(backfill.firings)) != form.get(COUNTED):
                return _page(frame, name, schedule_id, form, has_changed=True)
            actor = frame.visitor.user.email
            run_ids = start_backfill(session, schedule, backfill, is_dry_run=is_dry_run, actor=actor, now=now)
    except (BackfillError, ScheduleError):
        return _page(frame, name, schedule_id, form)
    if frame.office.engine.is_healthy:
        for run_id in run_ids:
            frame.office.engine.hand_over(run_id, name)
    return see_other("/console/schedules?done=backfill")


def _page(
    frame: Frame, name: str, schedule_id: str, given: Mapping[str, str], *, has_changed: bool = False
) -> Response:
    backfill: Backfill | None = None
    problems: dict[str, str] = {}
    with frame.office.database.read() as session:
        schedule = find_schedule_of(session, name, schedule_id)
        if schedule is None:
            return frame.missing()
        if given.get("first_day") or given.get("last_day"):
            try:
                first_day, last_day = _days_in(given)
                is_dry_run = given.get("mode") != REAL
                backfill = plan_backfill(session, schedule, first_day, last_day, is_dry_run=is_dry_run, now=utc_now())
            except BackfillError as error:
                problems[error.field] = frame.words.text(f"schedule.backfill.{error.code}", count=MOST_RUNS)
            except ScheduleError as error:
                problems["first_day"] = str(error)
    return _show(frame, schedule, given, backfill, problems, has_changed)


def _show(
    frame: Frame,
    schedule: Schedule,
    given: Mapping[str, str],
    backfill: Backfill | None,
    problems: Mapping[str, str],
    has_changed: bool,
) -> Response:
    return frame.page(
        "backfill.html",
        UNPROCESSABLE if problems else 200,
        tab="schedules",
        schedule=schedule,
        given=given,
        is_real=given.get("mode") == REAL,
        backfill=backfill,
        problems=problems,
        has_changed=has_changed,
    )


def _days_in(given: Mapping[str, str]) -> tuple[date, date]:
    return _day(given, "first_day"), _day(given, "last_day")


def _day(given: Mapping[str, str], name: str) -> date:
    try:
        return date.fromisoformat(given.get(name, ""))
    except ValueError:
        raise BackfillError(name, "no_day", f"The field {name!r} must be a day like 2026-11-22.") from None
