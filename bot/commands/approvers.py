"""Commands of the people who approve: groups with their members and limits, and ending a delegation."""

from typing import Annotated

import typer

from bot.commands.approvals import CHANNEL, Json, approval_app
from bot.commands.output import explained_errors, fail, office_or_fail, print_json

GroupName = Annotated[str, typer.Argument(help="name of the group, such as: finance")]


def register() -> None:
    approval_app.command("groups")(list_all)
    approval_app.command("group-set")(set_group)
    approval_app.command("group-remove")(remove_from_group)
    approval_app.command("delegations")(list_delegations)
    approval_app.command("delegation-end")(take_back)


def list_all(json: Json = False) -> None:
    """All groups with their members and limits."""
    from automations.engine.approver_groups import list_groups
    from bot.operations_api.approvers import describe_group

    with explained_errors(), office_or_fail().database.read() as session:
        groups = [describe_group(session, group) for group in list_groups(session)]
    if json:
        print_json([group.model_dump() for group in groups])
        return
    for group in groups:
        typer.echo(group.name)
        for member in group.members:
            typer.echo(f"  {member.email:32} {member.limits or 'any amount'}{'' if member.is_active else ' (closed)'}")


def set_group(
    name: GroupName,
    member: Annotated[str, typer.Option(help="address of a person to add or to change")] = "",
    limits: Annotated[str, typer.Option(help="such as: EUR 1000, CZK 25000; without it any amount")] = "",
    json: Json = False,
) -> None:
    """Make a group if there is none of this name, and add or change one of its members."""
    from automations.engine.approver_groups import MAX_NAME_LENGTH, ensure_group, find_active_user, set_member
    from automations.rules.amounts import InvalidAmountsError, read_amounts
    from bot.operations_api.approvers import describe_group
    from connectors.database.base import utc_now

    name = name.strip()
    if not 0 < len(name) <= MAX_NAME_LENGTH:
        fail(f"Give the group a name of 1 to {MAX_NAME_LENGTH} characters.", 2)
    if limits and not member:
        fail("--limits are those of a --member.", 2)
    try:
        amounts = read_amounts(limits)
    except InvalidAmountsError as error:
        fail(str(error), 2)
    with explained_errors(), office_or_fail().database.write() as session:
        user = find_active_user(session, member) if member else None
        if member and user is None:
            fail(f"There is no active account of {member!r}.", 2)
        group = ensure_group(session, name, utc_now(), CHANNEL)
        if user is not None:
            set_member(session, group, user, amounts, CHANNEL)
        session.flush()
        facts = describe_group(session, group)
    if json:
        print_json(facts.model_dump())
    else:
        typer.echo(f"{facts.name}: {', '.join(one.email for one in facts.members) or 'no members'}")


def remove_from_group(
    name: GroupName, member: Annotated[str, typer.Option(help="address of the person to take out")], json: Json = False
) -> None:
    """Take a person out of a group."""
    from sqlalchemy import select

    from automations.engine.approver_groups import remove_member
    from bot.operations_api.approvers import describe_group
    from connectors.database.models.approvals import ApproverGroup
    from connectors.database.models.people import User
    from connectors.email_address import normalise_email

    with explained_errors(), office_or_fail().database.write() as session:
        group = session.scalar(select(ApproverGroup).where(ApproverGroup.name == name))
        user = session.scalar(select(User).where(User.email == normalise_email(member)))
        if group is None or user is None:
            fail("There is no such group or person; `twinoffice approval groups` shows them.", 2)
        remove_member(session, group, user, CHANNEL)
        session.flush()
        facts = describe_group(session, group)
    if json:
        print_json(facts.model_dump())


def list_delegations(
    person: Annotated[str, typer.Option("--as", help="address of who gave or was given them")], json: Json = False
) -> None:
    """Who stands in for this person, and for whom they do."""
    from automations.engine.approver_groups import delegations_of, find_active_user
    from bot.operations_api.approvers import describe_delegation
    from connectors.database.base import utc_now

    with explained_errors(), office_or_fail().database.read() as session:
        user = find_active_user(session, person)
        if user is None:
            fail(f"There is no active account of {person!r}.", 2)
        found = [describe_delegation(one) for one in delegations_of(session, user.id, utc_now())]
    if json:
        print_json([one.model_dump() for one in found])
        return
    for one in found:
        typer.echo(f"{one.id}  {one.giver} → {one.receiver}  {one.starts:%Y-%m-%d %H:%M} – {one.ends:%Y-%m-%d %H:%M}")


def take_back(
    delegation_id: Annotated[str, typer.Argument(help="id from `approval delegations`")],
    person: Annotated[str, typer.Option("--as", help="address of who gave it")],
) -> None:
    """End a delegation."""
    from automations.engine.approver_groups import end_delegation, find_active_user

    with explained_errors(), office_or_fail().database.write() as session:
        user = find_active_user(session, person)
        if user is None or not end_delegation(session, delegation_id, user, CHANNEL):
            fail(f"{person} gave no delegation {delegation_id!r}; `twinoffice approval delegations` shows them.", 2)
