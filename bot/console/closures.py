"""The company's own days: closures and extra working days, for schedules and for the hours that customers are told."""

from collections.abc import Mapping
from datetime import date

from fastapi import APIRouter
from starlette.responses import Response

from automations.engine.closures import ClosureError, add_closure, list_closures, remove_closure
from bot.console.frame import LARGEST_ITEM_ID, UNPROCESSABLE, ConsoleFrame, Frame, PostedForm, see_other
from connectors.database.base import utc_now

WORKING = "working"

router = APIRouter(prefix="/closures")


@router.get("")
def show_closures(frame: ConsoleFrame) -> Response:
    return _page(frame, {}, {})


@router.post("")
def add(frame: ConsoleFrame, form: PostedForm) -> Response:
    try:
        first_day = _day(form, "first_day")
        last_day = _day(form, "last_day") if form.get("last_day") else first_day
        with frame.office.database.write() as session:
            add_closure(
                session,
                first_day,
                last_day,
                form.get("name", ""),
                is_working=form.get("kind") == WORKING,
                actor=frame.visitor.user.email,
                now=utc_now(),
            )
    except ClosureError as error:
        return _page(frame, form, {error.field: frame.words.text(f"closures.problem.{error.field}")})
    frame.office.clock.wake()
    return see_other("/console/closures")


@router.post("/{closure_id}/delete")
def remove(frame: ConsoleFrame, closure_id: int) -> Response:
    if 0 < closure_id <= LARGEST_ITEM_ID:
        with frame.office.database.write() as session:
            remove_closure(session, closure_id, actor=frame.visitor.user.email, now=utc_now())
        frame.office.clock.wake()
    return see_other("/console/closures")


def _page(frame: Frame, given: Mapping[str, str], problems: Mapping[str, str]) -> Response:
    today = utc_now().astimezone(frame.office.settings.zone).date()
    with frame.office.database.read() as session:
        closures = list_closures(session, since=today)
    return frame.page(
        "closures.html",
        UNPROCESSABLE if problems else 200,
        tab="schedules",
        closures=closures,
        given=given,
        problems=problems,
    )


def _day(form: Mapping[str, str], name: str) -> date:
    try:
        return date.fromisoformat(form.get(name, ""))
    except ValueError:
        raise ClosureError(name, f"The field {name!r} must be a day like 2026-12-24.") from None
