"""Letting holds of invoices pass: what waits, asking, deciding. A program acts as the person who made its token."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from automations.engine.runs import get_run
from automations.invoices.override_desk import (
    OverrideError,
    decide_override,
    list_overrides,
    request_override,
    sees_overrides,
    withdraw_override,
)
from bot.operations_api.fields import LARGEST_ID, Body, ItemId, OlderThanId, Reason, RunId
from bot.operations_api.guard import OfficeOf, Operator
from bot.web_errors import problem
from connectors.database.base import utc_now
from connectors.database.models.api_tokens import TokenRole
from connectors.database.models.work import RunItem

router = APIRouter(tags=["overrides"])

OverrideId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
_STATUS = {"reason_missing": 422, "no_such_hold": 422, "never": 422}


class OverrideFacts(BaseModel):
    """One hold of one document that somebody asks to let pass, with the figures that this is about."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    item_id: int
    title: str
    code: str
    place: str
    found: str
    expected: str
    reason: str
    requested_by: str
    requested_at: datetime
    state: str
    decided_by: str | None
    decided_at: datetime | None
    decision_reason: str | None


class Overrides(BaseModel):
    """At most 200, newest first; ask on with `older_than` = the last id."""

    overrides: list[OverrideFacts]


class NewOverride(Body):
    """Which hold, and why it may pass."""

    hold: Annotated[int, Field(ge=1, le=LARGEST_ID, description="its place among the item's reasons, from 1")]
    reason: Reason = Field(description="why; whoever decides reads it, and the audit log keeps it")


class OverrideDecision(Body):
    """A verdict."""

    is_approved: bool
    reason: Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00]*$")] = Field(
        "", description="needed for a rejection"
    )


class OverrideWithdrawal(Body):
    """Why it is taken back."""

    reason: Reason = Field(description="why; the audit log keeps it")


@router.get("/overrides")
def list_all(caller: Operator, office: OfficeOf, is_open: bool = True, older_than: OlderThanId = None) -> Overrides:
    """What waits for a second person, or with `is_open=false` what was decided. For finance and admins."""
    with office.database.read() as session:
        if not (caller.may(TokenRole.ADMIN) or sees_overrides(session, caller.owner, utc_now())):
            sentence = "This needs a token of an administrator, or one made by somebody who approves invoices."
            raise problem(403, "role", sentence)
        found = list_overrides(session, is_open=is_open, older_than=older_than)
        return Overrides(overrides=[OverrideFacts.model_validate(one) for one in found])


@router.post("/runs/{run_id}/items/{item_id}/overrides", status_code=201)
def ask(caller: Operator, office: OfficeOf, run_id: RunId, item_id: ItemId, new: NewOverride) -> OverrideFacts:
    """Ask that one hold of a held invoice may pass. The next run lets it, once somebody else has approved."""
    try:
        with office.database.write() as session:
            item = session.get(RunItem, item_id)
            if get_run(session, run_id) is None or item is None or item.run_id != run_id:
                raise problem(404, "unknown_item", f"The run {run_id} has no item {item_id}.")
            made = request_override(session, item, new.hold, new.reason, caller.actor, utc_now())
            return OverrideFacts.model_validate(made)
    except OverrideError as error:
        raise problem(_STATUS.get(error.code, 409), error.code, str(error)) from error


@router.post("/overrides/{override_id}/decision")
def decide(caller: Operator, office: OfficeOf, override_id: OverrideId, said: OverrideDecision) -> OverrideFacts:
    """Approve or reject as the person behind the token; what they may not decide, the token may not either."""
    try:
        with office.database.write() as session:
            decided = decide_override(
                session,
                override_id,
                is_approved=said.is_approved,
                reason=said.reason,
                actor=caller.owner,
                now=utc_now(),
                channel="api",
            )
            return OverrideFacts.model_validate(decided)
    except LookupError as error:
        raise problem(404, "unknown_override", str(error)) from error
    except OverrideError as error:
        raise problem(_STATUS.get(error.code, 409), error.code, str(error)) from error


@router.post("/overrides/{override_id}/withdrawal")
def withdraw(caller: Operator, office: OfficeOf, override_id: OverrideId, said: OverrideWithdrawal) -> OverrideFacts:
    """Take back what was asked for or approved, as the person behind the token; what is posted stays posted."""
    try:
        with office.database.write() as session:
            taken = withdraw_override(
                session, override_id, reason=said.reason, actor=caller.owner, now=utc_now(), channel="api"
            )
            return OverrideFacts.model_validate(taken)
    except LookupError as error:
        raise problem(404, "unknown_override", str(error)) from error
    except OverrideError as error:
        raise problem(_STATUS.get(error.code, 409), error.code, str(error)) from error
