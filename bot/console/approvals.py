"""Pages on which people consent: what waits for whom, one question explained, and deciding many at once."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import Response

from automations.engine.approval_decisions import (
    ApprovalChangedError,
    DecisionRefusedError,
    ReasonMissingError,
    decide_approval,
    deciders_of,
    decisions_on,
)
from automations.engine.approval_lists import (
    ApprovalFilter,
    ListedApproval,
    count_open_by_group,
    find_approval,
    group_names,
    groups_open_to,
    list_approvals,
    totals_of,
)
from bot.approvals.link_page import problem_key
from bot.console.form_fields import whole_number
from bot.console.frame import CONFLICT, LARGEST_ITEM_ID, Frame, PostedForm, open_staff_frame, see_other
from bot.console.payroll_view import register_path
from bot.staff.guard import RoleRequiredError
from connectors.database.base import utc_now
from connectors.database.models.approvals import Verdict

PATH = "/console/approvals"
PICK_PREFIX = "pick."
MOST_AT_ONCE = 50
REFUSALS = (ApprovalChangedError, DecisionRefusedError, ReasonMissingError)

router = APIRouter(prefix="/approvals")


def open_approver_frame(frame: Annotated[Frame, Depends(open_staff_frame)]) -> Frame:
    """For admins, and for staff of any role who belong to a group of approvers or stand in for somebody."""
    if not frame.visitor.is_admin and not frame.read_approvals().is_approver:
        raise RoleRequiredError
    return frame


class ListFilter:
    """Which questions to show, as the address says; one's own groups unless another or all are named."""

    def __init__(
        self,
        group: Annotated[str, Query(max_length=32)] = "",
        state: Annotated[str, Query(max_length=10)] = "",
        job: Annotated[str, Query(max_length=60)] = "",
        currency: Annotated[str, Query(max_length=10)] = "",
        older_than: Annotated[int | None, Query(ge=0, le=LARGEST_ITEM_ID)] = None,
        pick: Annotated[str, Query(max_length=5)] = "",
    ) -> None:
        self.group = group
        self.state = state if state == "decided" else ""
        self.job = job
        self.currency = currency.upper()
        self.older_than = older_than
        self.picks_all = pick == "all"

    @property
    def is_on(self) -> bool:
        return bool(self.group or self.state or self.job or self.currency)

    def query(self, **more: object) -> str:
        values = {"group": self.group, "state": self.state, "job": self.job, "currency": self.currency, **more}
        return urlencode({name: value for name, value in values.items() if value})

    def within(self, group_ids: list[str] | None) -> ApprovalFilter:
        """What to look for, of the groups that this person may see; None = all."""
        if self.group:
            group_ids = [self.group] if group_ids is None or self.group in group_ids else []
        return ApprovalFilter(group_ids, self.job or None, not self.state, self.currency or None)


ApproverFrame = Annotated[Frame, Depends(open_approver_frame)]
Wanted = Annotated[ListFilter, Depends()]
ApprovalId = Annotated[int, Path(ge=0, le=LARGEST_ITEM_ID)]
Said = Annotated[str, Query(max_length=10)]


@router.get("")
def show_approvals(frame: ApproverFrame, wanted: Wanted, done: Said = "") -> Response:
    now, email = utc_now(), frame.visitor.user.email
    visible = _visible_groups(frame)
    with frame.office.database.read() as session:
        page = list_approvals(session, email, wanted.within(visible), now, older_than=wanted.older_than)
        counts = count_open_by_group(session, visible)
        groups = {key: name for key, name in group_names(session).items() if visible is None or key in visible}
    return frame.page(
        "approvals.html",
        tab="approvals",
        page=page,
        wanted=wanted,
        counts=counts,
        groups=groups,
        jobs=list(frame.office.engine.catalogue.jobs),
        done=done if done in {*Verdict, "second"} else "",
    )


@router.post("/bulk")
def approve_many(frame: ApproverFrame, form: PostedForm) -> Response:
    """Ask once more with count and totals; then approve each that is still as it was shown."""
    picked = _picked_in(form)
    if not picked:
        return see_other(PATH)
    if form.get("confirmed") != "yes":
        return _confirmation(frame, picked)
    problems: dict[int, str] = {}
    for approval_id, version in picked.items():
        try:
            _decide(frame, approval_id, Verdict.APPROVE, form.get("reason", ""), version)
        except LookupError:
            problems[approval_id] = "approvals.error.changed"
        except REFUSALS as error:
            problems[approval_id] = problem_key(error)
    if not problems:
        return see_other(f"{PATH}?done=approve")
    return _confirmation(frame, picked, problems)


@router.get("/{approval_id}")
def show_approval(frame: ApproverFrame, approval_id: ApprovalId) -> Response:
    return _one(frame, approval_id)


@router.post("/{approval_id}")
def decide(frame: ApproverFrame, approval_id: ApprovalId, form: PostedForm) -> Response:
    verdict, version = form.get("verdict", ""), whole_number(form.get("version", ""))
    if verdict not in set(Verdict) or version is None or _see(frame, approval_id) is None:
        return frame.missing()
    try:
        is_final = _decide(frame, approval_id, Verdict(verdict), form.get("reason", ""), version)
    except REFUSALS as error:
        return _one(frame, approval_id, problem_key(error), form.get("reason", ""))
    return see_other(f"{PATH}?done={verdict if is_final else 'second'}")


def _decide(frame: Frame, approval_id: int, verdict: Verdict, reason: str, version: int) -> bool:
    """One decision, one transaction. The engine looks every second for runs that may go on."""
    with frame.office.database.write() as session:
        email = frame.visitor.user.email
        return decide_approval(session, approval_id, email, verdict, reason, utc_now(), version=version).is_final


def _visible_groups(frame: Frame) -> list[str] | None:
    """Admins see what waits for anybody."""
    if frame.visitor.is_admin:
        return None
    with frame.office.database.read() as session:
        return list(groups_open_to(session, frame.visitor.user.email, utc_now()))


def _see(frame: Frame, approval_id: int) -> ListedApproval | None:
    visible = _visible_groups(frame)
    with frame.office.database.read() as session:
        shown = find_approval(session, frame.visitor.user.email, approval_id, utc_now())
    if shown is None or (visible is not None and shown.approval.group_id not in visible):
        return None
    return shown


def _one(frame: Frame, approval_id: int, problem: str | None = None, reason: str = "") -> Response:
    shown = _see(frame, approval_id)
    if shown is None:
        return frame.missing()
    with frame.office.database.read() as session:
        approval = session.merge(shown.approval, load=False)
        decisions = decisions_on(session, approval)
        deciders = deciders_of(session, approval, utc_now())
    values: Mapping[str, Any] = {
        "shown": shown,
        "item": shown.item,
        "run": shown.run,
        "register_path": register_path(shown.run),
        "decisions": decisions,
        "deciders": deciders,
        "problem": problem,
        "reason": reason,
    }
    return frame.page("approval.html", CONFLICT if problem else 200, tab="approvals", **values)


def _confirmation(frame: Frame, picked: Mapping[int, int], problems: Mapping[int, str] | None = None) -> Response:
    """What is about to be approved, or what of it was not; those that were are shown as done."""
    shown = [one for one in (_see(frame, approval_id) for approval_id in picked) if one is not None]
    ready = [one for one in shown if one.may_decide]
    return frame.page(
        "approvals_confirm.html",
        CONFLICT if problems else 200,
        tab="approvals",
        shown=shown,
        ready=ready,
        totals=totals_of(one.approval for one in ready),
        problems=problems or {},
        is_attempted=problems is not None,
    )


def _picked_in(form: Mapping[str, str]) -> dict[int, int]:
    """The ticked questions with the version in which they were shown."""
    pairs = [(name.removeprefix(PICK_PREFIX), value) for name, value in form.items() if name.startswith(PICK_PREFIX)]
    numbers = ((whole_number(key), whole_number(version)) for key, version in pairs)
    picked = {key: version for key, version in numbers if key is not None and version is not None}
    return dict(list(picked.items())[:MOST_AT_ONCE])
