"""Pages on which holds of invoices are let pass: an admin asks, somebody else who approves invoices decides."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from sqlalchemy.orm import Session
from starlette.responses import Response

from automations.engine.runs import get_run
from automations.invoices.override_desk import (
    LISTED,
    OverrideError,
    decide_override,
    holds_of,
    list_overrides,
    may_withdraw,
    request_override,
    sees_overrides,
    standing_of,
    withdraw_override,
)
from automations.invoices.record import document_key
from automations.rules.matching.overrides import OVERRIDABLE
from bot.console.approvals import ApproverFrame
from bot.console.form_fields import whole_number
from bot.console.frame import CONFLICT, LARGEST_ITEM_ID, ConsoleFrame, Frame, PostedForm, see_other
from bot.staff.guard import RoleRequiredError
from connectors.database.base import utc_now
from connectors.database.models.work import Run, RunItem

PATH = "/console/overrides"
DONE = frozenset({"approved", "rejected", "requested", "withdrawn"})
WITHDRAW, CHANNEL = "withdraw", "console"
SHOWN_HOLDS = 100

router = APIRouter()

Number = Annotated[int, Path(ge=1, le=LARGEST_ITEM_ID)]
Said = Annotated[str, Query(max_length=12)]


@router.get("/overrides")
def show_overrides(
    frame: ApproverFrame,
    done: Said = "",
    state: Said = "",
    older_than: Annotated[int | None, Query(ge=1, le=LARGEST_ITEM_ID)] = None,
) -> Response:
    """What waits for a second person, or was decided; for admins and for who approves invoices."""
    _check_reader(frame)
    return _list_page(frame, done if done in DONE else "", is_open=state != "decided", older_than=older_than)


@router.post("/overrides/{override_id}")
def decide(frame: ApproverFrame, override_id: Number, form: PostedForm) -> Response:
    """Approve, reject or withdraw; the page tells whoever may not, and keeps what they wrote."""
    _check_reader(frame)
    verdict, reason = form.get("verdict", ""), form.get("reason", "")
    actor, now = frame.visitor.user.email, utc_now()
    try:
        with frame.office.database.write() as session:
            if verdict == WITHDRAW:
                decided = withdraw_override(session, override_id, reason=reason, actor=actor, now=now, channel=CHANNEL)
            else:
                decided = decide_override(
                    session,
                    override_id,
                    is_approved=verdict == "approve",
                    reason=reason,
                    actor=actor,
                    now=now,
                    channel=CHANNEL,
                )
            state = decided.state
    except LookupError:
        return frame.missing()
    except OverrideError as error:
        is_open = verdict != WITHDRAW or form.get("state") != "decided"
        return _list_page(frame, is_open=is_open, problem=_problem(frame, error), said=(override_id, reason))
    return see_other(f"{PATH}?done={state}")


@router.get("/runs/{run_id}/items/{item_id}/overrides")
def show_holds(frame: ConsoleFrame, run_id: str, item_id: Number, done: Said = "") -> Response:
    """The holds of one invoice, of which an admin can ask to let one pass."""
    return _item_page(frame, run_id, item_id, done if done in DONE else "")


@router.post("/runs/{run_id}/items/{item_id}/overrides")
def ask(frame: ConsoleFrame, run_id: str, item_id: Number, form: PostedForm) -> Response:
    number = form.get("hold", "")
    try:
        with frame.office.database.write() as session:
            found = _find(session, run_id, item_id)
            if found is None:
                return frame.missing()
            request_override(
                session,
                found[1],
                whole_number(number) or 0,
                form.get("reason", ""),
                frame.visitor.user.email,
                utc_now(),
            )
    except OverrideError as error:
        said = (number, form.get("reason", ""))
        return _item_page(frame, run_id, item_id, problem=_problem(frame, error), said=said)
    return see_other(f"/console/runs/{run_id}/items/{item_id}/overrides?done=requested")


def _problem(frame: Frame, error: OverrideError) -> str:
    return frame.words.text(f"overrides.problem.{error.code}")


def _check_reader(frame: Frame) -> None:
    """What finance lets pass is not for approvers of other groups. Raises RoleRequiredError."""
    if frame.visitor.is_admin:
        return
    with frame.office.database.read() as session:
        if not sees_overrides(session, frame.visitor.user.email, utc_now()):
            raise RoleRequiredError


def _find(session: Session, run_id: str, item_id: int) -> tuple[Run, RunItem] | None:
    run, item = get_run(session, run_id), session.get(RunItem, item_id)
    return (run, item) if run is not None and item is not None and item.run_id == run_id else None


def _list_page(
    frame: Frame,
    done: str = "",
    *,
    is_open: bool = True,
    older_than: int | None = None,
    problem: str = "",
    said: tuple[int, str] = (0, ""),
) -> Response:
    """`said` is what was written about which override, where it was refused."""
    email = frame.visitor.user.email
    with frame.office.database.read() as session:
        found = list_overrides(session, is_open=is_open, older_than=older_than)
        items = {item.id: item for one in found if (item := session.get(RunItem, one.item_id)) is not None}
        standings = standing_of(session, found, email, utc_now())
        withdrawable = {one.id for one in found if may_withdraw(session, one, email, utc_now())}
    return frame.page(
        "overrides.html",
        CONFLICT if problem else 200,
        tab="approvals",
        overrides=found,
        items=items,
        standings=standings,
        withdrawable=withdrawable,
        is_open=is_open,
        older_than=older_than,
        oldest=found[-1].id if len(found) == LISTED else None,
        done=done,
        problem=problem,
        said=said,
    )


def _item_page(
    frame: Frame, run_id: str, item_id: int, done: str = "", problem: str = "", said: tuple[str, str] = ("", "")
) -> Response:
    """`said` is the hold and the reason of a question that was refused."""
    with frame.office.database.read() as session:
        found = _find(session, run_id, item_id)
        if found is None or "checksum" not in found[1].detail:
            return frame.missing()
        run, item = found
        asked = list_overrides(session, document=document_key(item.detail))
    states = {(one.code, one.place, one.found, one.expected): one for one in reversed(asked)}
    holds = [
        (number, hold, item.reasons[number - 1], states.get((hold.code, hold.place, hold.found, hold.expected)))
        for number, hold in enumerate(holds_of(item), start=1)
    ]
    return frame.page(
        "item_overrides.html",
        CONFLICT if problem else 200,
        tab="runs",
        run=run,
        item=item,
        holds=holds[:SHOWN_HOLDS],
        more=max(0, len(holds) - SHOWN_HOLDS),
        overridable=OVERRIDABLE,
        done=done,
        problem=problem,
        said=said,
    )
