"""Approvals: what waits, one of them, deciding, and standing in. A program acts as the person who made its token."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import AwareDatetime, BaseModel, Field, StringConstraints
from sqlalchemy.orm import Session

from automations.engine.approval_decisions import (
    ApprovalChangedError,
    DecisionRefusedError,
    ReasonMissingError,
    decide_approval,
)
from automations.engine.approval_lists import (
    PAGE_SIZE,
    ApprovalFilter,
    ListedApproval,
    find_approval,
    list_approvals,
)
from automations.engine.approver_groups import DelegationError, delegate, find_active_user
from automations.rules.approvals import Refusal
from bot.office import Office
from bot.operations_api.fields import LARGEST_ID, Body, Limit, OlderThanId, Text
from bot.operations_api.guard import ApiCaller, OfficeOf, Operator, Viewer, readable_jobs, require_reader
from bot.web_errors import problem
from connectors.database.base import utc_now
from connectors.database.models.approvals import Verdict

router = APIRouter(prefix="/approvals", tags=["approvals"])

ApprovalId = Annotated[int, Path(ge=1, le=LARGEST_ID)]


class ApprovalFacts(BaseModel):
    """What waits for consent, or was decided."""

    id: int
    run_id: str
    item_id: int | None = Field(description="null: all items of the run in this currency together")
    title: str
    job: str
    items: int
    amount: Decimal | None
    currency: str | None
    group: str
    maker: str
    people_needed: int
    state: str
    requested_at: datetime
    deadline: datetime
    version: int
    may_decide: bool = Field(description="whether the person behind the token may decide it now")
    refusal: str | None = Field(description="why not")


class Approvals(BaseModel):
    """Approvals, newest first."""

    approvals: list[ApprovalFacts]
    older_than: int | None = Field(description="asks for the next page; null on the last one")


class Decision(Body):
    """A verdict on the version that was read."""

    verdict: Verdict
    version: Annotated[int, Field(ge=1, le=LARGEST_ID)]
    reason: Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00]*$")] = Field(
        "", description="needed for a rejection"
    )


class NewDelegation(Body):
    """Who decides in place of the person behind the token, and how long."""

    receiver: Annotated[str, StringConstraints(max_length=320, pattern=r"^[^\x00]*$")]
    starts: AwareDatetime
    ends: AwareDatetime


class DelegationFacts(BaseModel):
    id: str
    receiver: str
    starts: datetime
    ends: datetime


@router.get("")
def list_all(
    caller: Viewer,
    office: OfficeOf,
    job: Text = "",
    currency: Text = "",
    run_id: Text = "",
    is_open: bool = True,
    older_than: OlderThanId = None,
    limit: Limit = PAGE_SIZE,
) -> Approvals:
    """What waits for consent, or with `is_open=false` what was decided, newest first."""
    jobs = readable_jobs(caller, office)
    wanted = ApprovalFilter(None, job or None, is_open, currency or None, run_id or None, jobs)
    with office.database.read() as session:
        page = list_approvals(session, caller.owner, wanted, utc_now(), older_than=older_than, limit=limit)
        return Approvals(approvals=[_facts(one) for one in page.approvals], older_than=page.older_than)


@router.get("/{approval_id}")
def show(caller: Viewer, office: OfficeOf, approval_id: ApprovalId) -> ApprovalFacts:
    """One approval with its items and the decisions so far."""
    with office.database.read() as session:
        return _facts(_found(session, caller, office, approval_id))


@router.post("/{approval_id}/decision")
def decide(caller: Operator, office: OfficeOf, approval_id: ApprovalId, said: Decision) -> ApprovalFacts:
    """Approve or reject as the person behind the token; what they may not decide, the token may not either."""
    try:
        with office.database.write() as session:
            _found(session, caller, office, approval_id)
            decide_approval(
                session,
                approval_id,
                caller.owner,
                said.verdict,
                said.reason,
                utc_now(),
                channel="api",
                version=said.version,
            )
            session.flush()
            return _facts(_found(session, caller, office, approval_id))
    except LookupError as error:
        raise problem(404, "unknown_approval", str(error)) from error
    except ReasonMissingError as error:
        raise problem(422, "reason_missing", str(error)) from error
    except (ApprovalChangedError, DecisionRefusedError) as error:
        code = error.refusal.value if isinstance(error, DecisionRefusedError) else "changed"
        raise problem(409, code, str(error)) from error


@router.post("/delegations", status_code=201)
def stand_in(caller: Operator, office: OfficeOf, new: NewDelegation) -> DelegationFacts:
    """Let somebody decide in place of the person behind the token for a time."""
    try:
        with office.database.write() as session:
            giver = find_active_user(session, caller.owner)
            if giver is None:
                raise DelegationError("unknown")
            made = delegate(session, giver, new.receiver, new.starts, new.ends, utc_now(), caller.actor)
            return DelegationFacts(id=made.id, receiver=new.receiver, starts=made.starts, ends=made.ends)
    except DelegationError as error:
        raise problem(422, error.code, str(error)) from error


def _found(session: Session, caller: ApiCaller, office: Office, approval_id: int) -> ListedApproval:
    found = find_approval(session, caller.owner, approval_id, utc_now())
    if found is None:
        raise problem(404, "unknown_approval", f"There is no approval {approval_id}.")
    require_reader(caller, office, found.approval.job)
    return found


def _facts(shown: ListedApproval) -> ApprovalFacts:
    return ApprovalFacts(**describe_approval(shown))


def describe_approval(shown: ListedApproval) -> dict[str, Any]:
    """An approval as programs read it; the command line writes the same."""
    approval = shown.approval
    same = (
        "id",
        "run_id",
        "item_id",
        "job",
        "items",
        "amount",
        "currency",
        "maker",
        "people_needed",
        "state",
        "requested_at",
        "deadline",
        "version",
    )
    return {
        **{name: getattr(approval, name) for name in same},
        "title": shown.item.title if shown.item else f"{approval.job}: {approval.items} items",
        "group": approval.group.name,
        "may_decide": shown.may_decide,
        "refusal": shown.standing.value if isinstance(shown.standing, Refusal) else None,
    }
