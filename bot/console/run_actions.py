"""What people do to a run: cancel it, take up its failed items or one of them again, or all of it from a step."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query
from starlette.responses import Response

from automations.engine.discovery import UnknownJobError
from automations.engine.job import RunStep
from automations.engine.parameters import ParameterError
from automations.engine.run_record import is_finished
from automations.engine.run_retry import REPEATABLE_EFFECTS, RetryError
from automations.engine.runs import get_run
from bot.console.form_fields import whole_number
from bot.console.frame import CONFLICT, LARGEST_ITEM_ID, ConsoleFrame, Frame, PostedForm, see_other
from bot.console.run_view import count_undone
from connectors.database.models.work import Run, RunItem

router = APIRouter(prefix="/runs/{run_id}")


@router.get("/cancel")
def ask_before_cancel(frame: ConsoleFrame, run_id: str) -> Response:
    """The question before it, which says what stays as it is."""
    with frame.office.database.read() as session:
        run = get_run(session, run_id)
    if run is None:
        return frame.missing()
    return _back(run_id) if is_finished(run) else frame.page("run_cancel.html", tab="runs", run=run)


@router.post("/cancel")
def cancel_run(frame: ConsoleFrame, run_id: str) -> Response:
    with frame.office.database.read() as session:
        run = get_run(session, run_id)
    if run is None:
        return frame.missing()
    if not is_finished(run):
        frame.office.engine.cancel(run_id, frame.visitor.user.email)
    return _back(run_id, "cancelled")


@router.get("/retry")
def ask_before_retry(
    frame: ConsoleFrame, run_id: str, item: Annotated[int, Query(ge=0, le=LARGEST_ITEM_ID)] = 0
) -> Response:
    """The question from which step; of one item, of all that failed, or of the whole run where none has."""
    return _retry_page(frame, run_id, item)


@router.post("/retry")
def retry_run(frame: ConsoleFrame, run_id: str, form: PostedForm) -> Response:
    item_id = whole_number(form.get("item", "")) or 0
    with frame.office.database.read() as session:
        run, item = get_run(session, run_id), session.get(RunItem, item_id) if item_id else None
    if run is None or (item_id and (item is None or item.run_id != run_id)):
        return frame.missing()
    step = form.get("from_step", "")
    if step not in _steps_of(run, item):
        return _retry_page(frame, run_id, item_id, frame.words.text("runs.retry.not_now"))
    keys, actor = [item.key] if item else None, frame.visitor.user.email
    try:
        new_run = frame.office.engine.retry(run_id, actor, keys=keys, from_step=RunStep(step))
    except (RetryError, ParameterError, UnknownJobError) as error:
        return _retry_page(frame, run_id, item_id, str(error))
    return _back(new_run, "retried")


def _retry_page(frame: Frame, run_id: str, item_id: int, problem: str = "") -> Response:
    with frame.office.database.read() as session:
        run, item = get_run(session, run_id), session.get(RunItem, item_id) if item_id else None
    if run is None or (item_id and (item is None or item.run_id != run_id)):
        return frame.missing()
    return frame.page(
        "run_retry.html",
        CONFLICT if problem else 200,
        tab="runs",
        run=run,
        item=item,
        job=frame.office.engine.catalogue.jobs.get(run.job),
        undone_items=count_undone(run),
        steps=_steps_of(run, item),
        problem=problem,
    )


def _steps_of(run: Run, item: RunItem | None) -> tuple[RunStep, ...]:
    """From which steps it can be taken up again; the first is what people mean most often."""
    sends_again = () if run.is_dry_run else (RunStep.APPLY,)
    if item is not None:
        return (RunStep.DECIDE, *(sends_again if item.effect_state in REPEATABLE_EFFECTS else ()))
    return (RunStep.DECIDE, *sends_again, RunStep.PLAN) if count_undone(run) else (RunStep.PLAN,)


def _back(run_id: str, notice: str = "") -> Response:
    return see_other(f"/console/runs/{quote(run_id, safe='')}" + (f"?done={notice}" if notice else ""))
