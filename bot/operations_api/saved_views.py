"""Saved views of the person behind the token: the filters that lists of the console open with."""

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy.orm import Session

from automations.engine.approver_groups import find_active_user
from bot.console.saved_views import MAX_NAME, MAX_QUERY, clean_filter, keep_view, read_views, remove_view
from bot.operations_api.fields import Body, Name
from bot.operations_api.guard import ApiCaller, OfficeOf, Operator, Viewer
from bot.web_errors import problem
from connectors.database.models.people import User

router = APIRouter(prefix="/views", tags=["saved views"])


class ListPage(StrEnum):
    """A list of the console."""

    RUNS = "runs"
    ITEMS = "items"
    EXCEPTIONS = "exceptions"


class NewView(Body):
    """A filter to keep; a view of this name gets the new filter."""

    page: ListPage
    name: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_NAME, pattern=r"^[^\x00]*$")
    ]
    query: Annotated[str, StringConstraints(max_length=MAX_QUERY, pattern=r"^[^\x00]*$")] = Field(
        description="as in the address of the list: `state=failed&job=invoice-matching`"
    )
    is_shared: bool = Field(False, description="whether the whole team sees it")
    is_default: bool = Field(False, description="true: the list opens with it")


class ViewFacts(BaseModel):
    """A filter under a name."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    page: str
    name: str
    query: str
    is_shared: bool
    is_default: bool


class Views(BaseModel):
    views: list[ViewFacts]


@router.get("")
def list_views(caller: Viewer, office: OfficeOf, page: ListPage) -> Views:
    """The person's own views of a list and those that others share, by name."""
    with office.database.read() as session:
        found = read_views(session, page, _person_behind(session, caller))
        return Views(views=[ViewFacts.model_validate(one) for one in found])


@router.post("", status_code=201)
def save_view(caller: Operator, office: OfficeOf, new: NewView) -> ViewFacts:
    """Keep a filter under a name, for the person behind the token."""
    address = clean_filter(new.page, new.query)
    if not address:
        raise problem(422, "no_filter", f"Nothing of this query filters the list {new.page.value}.")
    with office.database.write() as session:
        person = _person_behind(session, caller)
        view = keep_view(
            session,
            person,
            new.page,
            new.name,
            address,
            is_shared=new.is_shared,
            is_default=new.is_default,
            actor=caller.actor,
        )
        if view is None:
            raise problem(409, "too_many", "There are as many views as one person may keep; remove one first.")
        return ViewFacts.model_validate(view)


@router.delete("/{view_id}", status_code=204)
def delete_view(caller: Operator, office: OfficeOf, view_id: Name) -> None:
    """Remove a view of the person behind the token."""
    with office.database.write() as session:
        if remove_view(session, _person_behind(session, caller), view_id, caller.actor) is None:
            raise problem(404, "unknown_view", f"You have no saved view {view_id}.")


def _person_behind(session: Session, caller: ApiCaller) -> User:
    person = find_active_user(session, caller.owner)
    if person is None:
        raise problem(409, "no_person", "Views belong to people; use a token that a person made on /console/tokens.")
    return person
