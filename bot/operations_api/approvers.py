"""Who approves: the groups with their members and limits, and who stands in for the person behind the token."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy import select
from sqlalchemy.orm import Session

from automations.engine.approver_groups import (
    MAX_NAME_LENGTH,
    delegations_of,
    end_delegation,
    ensure_group,
    find_active_user,
    list_groups,
    members_of,
    remove_member,
    set_member,
    shown_limits,
)
from automations.rules.amounts import MAX_LENGTH, InvalidAmountsError, read_amounts
from bot.operations_api.fields import Body, Name
from bot.operations_api.guard import Admin, OfficeOf, Operator, Viewer
from bot.web_errors import problem
from connectors.database.base import utc_now
from connectors.database.models.approvals import ApprovalDelegation, ApproverGroup
from connectors.database.models.people import User
from connectors.email_address import normalise_email

router = APIRouter(prefix="/approvals", tags=["approvals"])

Email = Annotated[str, Path(max_length=320)]


class MemberFacts(BaseModel):
    email: str
    name: str
    is_active: bool = Field(description="whether the account is open; without one nobody decides")
    limits: str = Field(description="up to which amounts; empty: any amount")


class GroupFacts(BaseModel):
    """Who is asked for consent."""

    id: str
    name: str
    members: list[MemberFacts]


class Groups(BaseModel):
    groups: list[GroupFacts]


class NewGroup(Body):
    name: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_NAME_LENGTH, pattern=r"^[^\x00]*$")
    ]


class NewMember(Body):
    """A person of the staff, and up to which amounts they may approve."""

    email: Annotated[str, StringConstraints(max_length=320, pattern=r"^[^\x00]*$")]
    limits: str = Field("", max_length=MAX_LENGTH, description="such as `EUR 1000, CZK 25000`; empty: any amount")


class Delegation(BaseModel):
    """Somebody decides in place of somebody else for a time."""

    id: str
    giver: str
    receiver: str
    starts: datetime
    ends: datetime


class Delegations(BaseModel):
    delegations: list[Delegation]


@router.get("/groups")
def list_approver_groups(_caller: Admin, office: OfficeOf) -> Groups:
    """All groups by name, with their members."""
    with office.database.read() as session:
        return Groups(groups=[describe_group(session, group) for group in list_groups(session)])


@router.post("/groups", status_code=201)
def add_approver_group(caller: Admin, office: OfficeOf, new: NewGroup) -> GroupFacts:
    """Make a group; one of this name that exists already stays as it is."""
    with office.database.write() as session:
        return describe_group(session, ensure_group(session, new.name, utc_now(), caller.actor))


@router.post("/groups/{group_id}/members")
def save_group_member(caller: Admin, office: OfficeOf, group_id: Name, new: NewMember) -> GroupFacts:
    """Add a person to a group, or change the limits of one who is in it."""
    try:
        limits = read_amounts(new.limits)
    except InvalidAmountsError as error:
        raise problem(422, "bad_limits", str(error)) from error
    with office.database.write() as session:
        group = _find(session, group_id)
        user = find_active_user(session, new.email)
        if user is None:
            raise problem(422, "unknown_person", "There is no active account of this address.")
        set_member(session, group, user, limits, caller.actor)
        session.flush()
        return describe_group(session, group)


@router.delete("/groups/{group_id}/members/{email}", status_code=204)
def remove_group_member(caller: Admin, office: OfficeOf, group_id: Name, email: Email) -> None:
    """Take a person out of a group; one who is not in it stays out."""
    with office.database.write() as session:
        group = _find(session, group_id)
        user = session.scalar(select(User).where(User.email == normalise_email(email)))
        if user is not None:
            remove_member(session, group, user, caller.actor)


@router.get("/delegations")
def list_own_delegations(caller: Viewer, office: OfficeOf) -> Delegations:
    """What the person behind the token gave or was given and is not over."""
    with office.database.read() as session:
        person = find_active_user(session, caller.owner)
        found = delegations_of(session, person.id, utc_now()) if person else ()
        return Delegations(delegations=[describe_delegation(one) for one in found])


@router.delete("/delegations/{delegation_id}", status_code=204)
def take_back(caller: Operator, office: OfficeOf, delegation_id: Name) -> None:
    """Take back what the person behind the token gave."""
    with office.database.write() as session:
        giver = find_active_user(session, caller.owner)
        if giver is None or not end_delegation(session, delegation_id, giver, caller.actor):
            raise problem(404, "unknown_delegation", f"You gave no delegation {delegation_id}.")


def describe_group(session: Session, group: ApproverGroup) -> GroupFacts:
    """A group as programs read it; the command line writes the same."""
    members = [
        MemberFacts(
            email=member.user.email,
            name=member.user.name,
            is_active=member.user.is_active,
            limits=shown_limits(member),
        )
        for member in members_of(session, [group.id])
    ]
    return GroupFacts(id=group.id, name=group.name, members=members)


def describe_delegation(row: ApprovalDelegation) -> Delegation:
    return Delegation(id=row.id, giver=row.giver.email, receiver=row.receiver.email, starts=row.starts, ends=row.ends)


def _find(session: Session, group_id: str) -> ApproverGroup:
    group = session.get(ApproverGroup, group_id)
    if group is None:
        raise problem(404, "unknown_group", f"There is no approver group {group_id}.")
    return group
