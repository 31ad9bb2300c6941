"""Commands for alerts and for the secrets of channels."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.commands.output import explained_errors, fail, office_or_fail, print_json

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from connectors.database.models.alerts import Alert

alert_app = typer.Typer(no_args_is_help=True, help="What is wrong, and who is told.")
secrets_app = typer.Typer(no_args_is_help=True, help="Secrets that are stored encrypted.")

ACTOR = "command line"
ALERT_FIELDS = (
    "id",
    "kind",
    "subject",
    "job",
    "run_id",
    "times",
    "facts",
    "opened_at",
    "acknowledged_by",
    "closed_at",
    "ending",
)
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
AlertId = Annotated[str, typer.Argument(help="id from `alert list`")]


def register(app: typer.Typer) -> None:
    app.add_typer(alert_app, name="alert")
    app.add_typer(secrets_app, name="secrets")


@alert_app.command("list")
def list_alerts(
    past: Annotated[bool, typer.Option("--past", help="Those that are over, the latest first.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="how many past ones at most")] = 20,
    json: Json = False,
) -> None:
    """What is wrong now, the oldest first; or what was."""
    from automations.alerts import desk
    from connectors.database.base import utc_now

    with explained_errors(), office_or_fail().database.read() as session:
        if past:
            rows = [_describe(alert) for alert in desk.list_closed(session, None, limit).alerts]
        else:
            rows = [
                _describe(one.alert) | {"silenced_until": one.silenced_until}
                for one in desk.list_open(session, utc_now())
            ]
    if json:
        print_json(rows)
        return
    for row in rows:
        typer.echo(f"{row['id']}  {row['opened_at']:%Y-%m-%d %H:%M}  {row['kind']:16} {row['job'] or row['subject']}")


@alert_app.command("acknowledge")
def acknowledge(alert_id: AlertId) -> None:
    """Say that somebody is on it."""
    from automations.alerts import desk
    from connectors.database.base import utc_now

    _change(alert_id, lambda session, alert: desk.acknowledge(session, alert, ACTOR, utc_now()))


@alert_app.command("silence")
def silence(
    alert_id: AlertId,
    hours: Annotated[float, typer.Option(help="0 ends a silence")] = 1.0,
    json: Json = False,
) -> None:
    """Tell nobody about this for so long, not even when it is over and comes back."""
    from automations.alerts import desk
    from connectors.database.base import utc_now

    if not 0 <= hours <= 24 * 365:
        fail("--hours takes a number from 0 to 8760.", 2)
    until = utc_now() + timedelta(hours=hours)
    if hours == 0:
        _change(alert_id, lambda session, alert: desk.end_silence(session, alert, ACTOR))
    else:
        _change(alert_id, lambda session, alert: desk.silence(session, alert, until, ACTOR))
    if json:
        print_json({"id": alert_id, "silenced_until": until if hours else None})


@alert_app.command("test")
def try_channel(name: Annotated[str, typer.Argument(help="name of a channel")], json: Json = False) -> None:
    """Send a test message to a channel now; exit code 1 if it did not arrive."""
    from sqlalchemy import select

    from connectors.database.models.alerts import AlertChannel

    office = office_or_fail()
    with explained_errors():
        with office.database.read() as session:
            channel = session.scalar(select(AlertChannel).where(AlertChannel.name == name))
        if channel is None:
            fail(f"There is no channel {name!r}; `twinoffice alert channel-list` shows them.", 2)
        outcome = office.alerts.courier.try_out(channel, ACTOR)
    took_ms = round(outcome.took.total_seconds() * 1000)
    if json:
        facts = {"status": outcome.status, "took_ms": took_ms, "error": outcome.error}
        print_json({"channel": name, "is_good": outcome.error is None} | facts)
    elif outcome.error is None:
        typer.echo(f"Arrived in {took_ms} ms{f', status {outcome.status}' if outcome.status else ''}.")
    if outcome.error is not None:
        fail(outcome.error)


@alert_app.command("deliveries")
def list_deliveries(limit: Annotated[int, typer.Option(min=1, max=1000)] = 20, json: Json = False) -> None:
    """What was sent, newest first."""
    from automations.alerts import desk

    with explained_errors(), office_or_fail().database.read() as session:
        found = desk.list_deliveries(session, None, limit).deliveries
    if json:
        names = ("id", "channel_name", "state", "attempts", "last_status", "last_error", "created_at", "payload")
        print_json([{name: getattr(one, name) for name in names} for one in found])
        return
    for one in found:
        when = f"{one.created_at:%Y-%m-%d %H:%M:%S}"
        typer.echo(f"{when}  {one.state:9} {one.attempts}  {one.channel_name}  {one.last_error or ''}")


@alert_app.command("again")
def try_again(delivery_id: Annotated[str, typer.Argument(help="id from `alert deliveries`")]) -> None:
    """Try a delivery that was given up from the beginning, under the same id."""
    from automations.alerts.outbox import send_again
    from connectors.database.base import utc_now

    with explained_errors(), office_or_fail().database.write() as session:
        if not send_again(session, delivery_id, ACTOR, utc_now()):
            fail(f"There is no delivery {delivery_id!r} that was given up.", 2)


@secrets_app.command("rotate")
def rotate_secrets(json: Json = False) -> None:
    """Encrypt everything again with the present TWINOFFICE_SECRET_KEY."""
    from connectors.database.audit import record_audit
    from connectors.secrets import SecretUnreadableError, rotate

    office = office_or_fail()
    try:
        with explained_errors(), office.database.write() as session:
            count = rotate(session, office.alerts.courier.secrets)
            record_audit(session, ACTOR, "secrets.rotate", "secrets", "all", count=count)
    except SecretUnreadableError as error:
        fail(str(error), 2)
    if json:
        print_json({"rotated": count})
        return
    typer.echo(f"{count} encrypted again. TWINOFFICE_PREVIOUS_SECRET_KEYS is needed no more.")


def _change(alert_id: str, change: "Callable[[Session, Alert], None]") -> None:
    from connectors.database.models.alerts import Alert

    with explained_errors(), office_or_fail().database.write() as session:
        alert = session.get(Alert, alert_id, with_for_update=True)
        if alert is None:
            fail(f"There is no alert {alert_id!r}; `twinoffice alert list` shows them.", 2)
        change(session, alert)


def _describe(alert: "Alert") -> dict[str, Any]:
    return {name: getattr(alert, name) for name in ALERT_FIELDS}
