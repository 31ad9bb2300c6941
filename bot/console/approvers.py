"""Pages of the people who approve: standing in for somebody who is away, and, for admins, the groups."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from automations.engine.approver_groups import (
    MAX_NAME_LENGTH,
    DelegationError,
    delegate,
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
from automations.rules.amounts import InvalidAmountsError, read_amounts
from bot.console.approvals import PATH, ApproverFrame
from bot.console.frame import UNPROCESSABLE, ConsoleFrame, Frame, PostedForm, see_other
from connectors.database.base import utc_now
from connectors.database.models.approvals import ApproverGroup
from connectors.database.models.people import User

DELEGATIONS, GROUPS = f"{PATH}/delegations", f"{PATH}/groups"

router = APIRouter(prefix="/approvals")


@router.get("/delegations")
def show_delegations(frame: ApproverFrame) -> Response:
    return _delegations_page(frame)


@router.post("/delegations")
def add_delegation(frame: ApproverFrame, form: PostedForm) -> Response:
    """Both days count whole, in the company's time zone."""
    first, last = _day_in(form, "first"), _day_in(form, "last")
    if first is None or last is None:
        return _delegations_page(frame, "approvals.delegation.error.period", form)
    zone = frame.office.settings.zone
    starts = datetime.combine(first, time(), zone)
    ends = datetime.combine(last + timedelta(days=1), time(), zone)
    user = frame.visitor.user
    try:
        with frame.office.database.write() as session:
            delegate(session, user, form.get("receiver", ""), starts, ends, utc_now(), user.email)
    except DelegationError as error:
        return _delegations_page(frame, f"approvals.delegation.error.{error.code}", form)
    return see_other(DELEGATIONS)


@router.post("/delegations/{delegation_id}/end")
def take_back(frame: ApproverFrame, delegation_id: str, _form: PostedForm) -> Response:
    with frame.office.database.write() as session:
        end_delegation(session, delegation_id, frame.visitor.user, frame.visitor.user.email)
    return see_other(DELEGATIONS)


@router.get("/groups")
def show_groups(frame: ConsoleFrame, group: Annotated[str, Query(max_length=32)] = "") -> Response:
    return _groups_page(frame, group_id=group)


@router.post("/groups")
def add_group(frame: ConsoleFrame, form: PostedForm) -> Response:
    name = form.get("name", "").strip()
    if not name or len(name) > MAX_NAME_LENGTH:
        return _groups_page(frame, "approvals.group.error.name")
    with frame.office.database.write() as session:
        ensure_group(session, name, utc_now(), frame.visitor.user.email)
    return see_other(GROUPS)


@router.post("/groups/{group_id}/members")
def save_member(frame: ConsoleFrame, group_id: str, form: PostedForm) -> Response:
    try:
        limits = read_amounts(form.get("limits", ""))
    except InvalidAmountsError:
        return _groups_page(frame, "approvals.group.error.limits", group_id, form)
    with frame.office.database.write() as session:
        group, user = _find(session, group_id, form)
        if group is None:
            return frame.missing()
        if user is not None:
            set_member(session, group, user, limits, frame.visitor.user.email)
    return see_other(GROUPS) if user else _groups_page(frame, "approvals.group.error.user", group_id, form)


@router.post("/groups/{group_id}/members/remove")
def drop_member(frame: ConsoleFrame, group_id: str, form: PostedForm) -> Response:
    with frame.office.database.write() as session:
        group = session.get(ApproverGroup, group_id)
        user = session.scalar(select(User).where(User.email == form.get("email", "")))
        if group is None:
            return frame.missing()
        if user is not None:
            remove_member(session, group, user, frame.visitor.user.email)
    return see_other(GROUPS)


def _find(session: Session, group_id: str, form: Mapping[str, str]) -> tuple[ApproverGroup | None, User | None]:
    return session.get(ApproverGroup, group_id), find_active_user(session, form.get("email", ""))


def _delegations_page(frame: Frame, problem: str | None = None, given: Mapping[str, str] | None = None) -> Response:
    user, now = frame.visitor.user, utc_now()
    with frame.office.database.read() as session:
        delegations = delegations_of(session, user.id, now)
        others = _staff(session, user.id)
    return frame.page(
        "delegations.html",
        UNPROCESSABLE if problem else 200,
        tab="approvals",
        given=[one for one in delegations if one.giver_id == user.id],
        received=[one for one in delegations if one.receiver_id == user.id],
        others=others,
        today=now.astimezone(frame.office.settings.zone).date().isoformat(),
        problem=problem,
        form=given or {},
    )


def _groups_page(
    frame: Frame, problem: str | None = None, group_id: str = "", given: Mapping[str, str] | None = None
) -> Response:
    with frame.office.database.read() as session:
        groups = list_groups(session)
        members = {group.id: members_of(session, [group.id]) for group in groups}
        staff = _staff(session)
    return frame.page(
        "approver_groups.html",
        UNPROCESSABLE if problem else 200,
        tab="approvals",
        groups=groups,
        members=members,
        limits={(one.group_id, one.user_id): shown_limits(one) for each in members.values() for one in each},
        staff=staff,
        problem=problem,
        problem_group=group_id,
        form=given or {},
    )


def _staff(session: Session, without: str = "") -> list[User]:
    return list(session.scalars(select(User).where(User.is_active.is_(True), User.id != without).order_by(User.name)))


def _day_in(form: Mapping[str, str], name: str) -> date | None:
    try:
        day = date.fromisoformat(form.get(name, ""))
    except ValueError:
        return None
    # The last days of the calendar have no day after them.
    return day if 2000 <= day.year < 9999 else None
