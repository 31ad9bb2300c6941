"""Commands of the approvals: what waits, approving and rejecting as somebody, and standing in."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.output import explained_errors, fail, office_or_fail, print_json

if TYPE_CHECKING:
    from connectors.database.models.approvals import Verdict

approval_app = typer.Typer(no_args_is_help=True, help="What waits for a person's consent.")

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
Person = Annotated[str, typer.Option("--as", help="address of the approver who decides; the limits are theirs")]
CHANNEL = "command line"


def register(app: typer.Typer) -> None:
    app.add_typer(approval_app, name="approval")


@approval_app.command("list")
def list_all(
    person: Annotated[str, typer.Option("--as", help="address of the approver whose rights are shown")] = "",
    decided: Annotated[bool, typer.Option("--decided", help="what was decided instead of what waits")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    json: Json = False,
) -> None:
    """What waits for consent, newest first."""
    from automations.engine.approval_lists import ApprovalFilter, list_approvals
    from bot.operations_api.approvals import describe_approval
    from connectors.database.base import utc_now

    wanted = ApprovalFilter(is_open=not decided)
    with explained_errors(), office_or_fail().database.read() as session:
        page = list_approvals(session, person, wanted, utc_now(), limit=limit)
        rows = [describe_approval(shown) for shown in page.approvals]
    if json:
        print_json(rows)
        return
    for row in rows:
        amount = f"{row['amount']:f} {row['currency']}" if row["amount"] is not None else "amount unknown"
        typer.echo(f"{row['id']:6}  {row['state']:10} {amount:>18}  {row['group']:14} {row['title']}")


@approval_app.command("approve")
def approve(
    approval_id: int,
    person: Person,
    reason: Annotated[str, typer.Option(help="why, for the record")] = "",
    json: Json = False,
) -> None:
    """Consent as this approver."""
    from connectors.database.models.approvals import Verdict

    _decide(approval_id, person, Verdict.APPROVE, reason, json)


@approval_app.command("reject")
def reject(
    approval_id: int,
    person: Person,
    reason: Annotated[str, typer.Option(help="why; whoever owns the item will read it")],
    json: Json = False,
) -> None:
    """Refuse consent as this approver."""
    from connectors.database.models.approvals import Verdict

    _decide(approval_id, person, Verdict.REJECT, reason, json)


@approval_app.command("delegate")
def stand_in(
    giver: Annotated[str, typer.Option("--from", help="address of the approver who is away")],
    receiver: Annotated[str, typer.Option("--to", help="address of who decides instead")],
    until: Annotated[datetime, typer.Option(help="end, in UTC: 2026-12-24 or 2026-12-24T18:00:00")],
    json: Json = False,
) -> None:
    """Let somebody decide in place of an approver, from now on."""
    from automations.engine.approver_groups import DelegationError, delegate, find_active_user
    from connectors.database.base import utc_now

    try:
        with explained_errors(), office_or_fail().database.write() as session:
            user = find_active_user(session, giver)
            if user is None:
                raise DelegationError("unknown")
            now = utc_now()
            made = delegate(session, user, receiver, now, until.replace(tzinfo=UTC), now, CHANNEL)
    except DelegationError as error:
        fail(str(error), 2)
    if json:
        print_json({"id": made.id, "from": giver, "to": receiver, "starts": made.starts, "ends": made.ends})
    else:
        typer.echo(f"{receiver} decides in place of {giver} until {made.ends:%Y-%m-%d %H:%M} UTC.")


def _decide(approval_id: int, person: str, verdict: "Verdict", reason: str, json: bool) -> None:
    """An engine that runs somewhere looks every second for runs that may go on."""
    from automations.engine.approval_decisions import (
        ApprovalChangedError,
        DecisionRefusedError,
        ReasonMissingError,
        decide_approval,
    )
    from connectors.database.base import utc_now

    try:
        with explained_errors(), office_or_fail().database.write() as session:
            decided = decide_approval(session, approval_id, person, verdict, reason, utc_now(), channel=CHANNEL)
    except (ApprovalChangedError, DecisionRefusedError, ReasonMissingError, LookupError) as error:
        fail(str(error), 2)
    if json:
        print_json({"id": approval_id, "state": decided.approval.state, "is_final": decided.is_final})
    else:
        typer.echo(decided.approval.state if decided.is_final else "A second person has to consent as well.")
