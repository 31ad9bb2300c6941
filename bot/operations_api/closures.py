"""The company's own days: when it is closed, and when it works although others do not."""

from datetime import date

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from automations.engine.closures import ClosureError, add_closure, remove_closure
from automations.engine.closures import list_closures as read_closures
from bot.operations_api.fields import Body, ItemId, Reason
from bot.operations_api.guard import Admin, OfficeOf, Viewer
from bot.web_errors import problem
from connectors.database.base import utc_now

router = APIRouter(prefix="/closures", tags=["schedules"])


class NewClosure(Body):
    """Days, both included."""

    first_day: date
    last_day: date
    name: Reason = Field(description="what the days are called on pages and in answers")
    is_working: bool = Field(False, description="true: the company works on these days in any case")


class ClosureFacts(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    first_day: date
    last_day: date
    name: str
    is_working: bool


class Closures(BaseModel):
    closures: list[ClosureFacts]


@router.get("")
def list_closures(_caller: Viewer, office: OfficeOf) -> Closures:
    """All of them, by their day."""
    with office.database.read() as session:
        return Closures(closures=[ClosureFacts.model_validate(one) for one in read_closures(session)])


@router.post("", status_code=201)
def add_company_closure(caller: Admin, office: OfficeOf, new: NewClosure) -> ClosureFacts:
    """Add days on which schedules with a calendar do not fire, or fire in any case."""
    try:
        with office.database.write() as session:
            closure = add_closure(
                session,
                new.first_day,
                new.last_day,
                new.name,
                is_working=new.is_working,
                actor=caller.actor,
                now=utc_now(),
            )
            facts = ClosureFacts.model_validate(closure)
    except ClosureError as error:
        raise problem(422, f"bad_{error.field}", str(error)) from error
    office.clock.wake()
    return facts


@router.delete("/{closure_id}", status_code=204)
def remove_company_closure(caller: Admin, office: OfficeOf, closure_id: ItemId) -> None:
    """Remove days again."""
    with office.database.write() as session:
        if not remove_closure(session, closure_id, actor=caller.actor, now=utc_now()):
            raise problem(404, "unknown_closure", f"There is no closure {closure_id}.")
    office.clock.wake()
