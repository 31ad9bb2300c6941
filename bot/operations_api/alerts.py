"""Alerts: what is wrong now, what was, quiet and limits, and what was sent."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from automations.alerts import desk
from automations.alerts.outbox import send_again
from automations.alerts.watch import watch_settings
from bot.office import Office
from bot.operations_api.fields import Body, Limit, Name, OlderThan
from bot.operations_api.guard import Admin, OfficeOf, Operator, Viewer
from bot.web_errors import problem
from connectors.database.base import utc_now
from connectors.database.models.alerts import Alert, AlertDelivery

router = APIRouter(tags=["alerts"])


class AlertFacts(BaseModel):
    """Something that is or was wrong with the `subject`: a job, a schedule (`did_not_run`) or a connection
    (`connection_failing`)."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    kind: str = Field(
        description="run_failed, did_not_run, stalled, many_exceptions, approval_overdue or connection_failing"
    )
    subject: str
    job: str
    run_id: str | None
    times: int = Field(description="how often it was seen since it began")
    facts: dict[str, Any]
    opened_at: datetime
    told_at: datetime | None = Field(description="null: held back by a silence, or because it flaps")
    acknowledged_by: str | None
    closed_at: datetime | None
    ending: str | None = Field(description="recovered, or gone: nobody looks there any more")
    silenced_until: datetime | None = None


class OpenAlerts(BaseModel):
    alerts: list[AlertFacts]


class ClosedAlerts(OpenAlerts):
    older_than: str | None = Field(description="asks for the next page; null on the last one")


class Silence(Body):
    until: Annotated[AwareDatetime, Field(description="with an offset: 2026-11-22T08:00:00+01:00")]


class Limits(Body):
    """From when on something is wrong."""

    exceptions_limit: int = Field(ge=0, le=desk.HIGHEST_EXCEPTIONS_LIMIT)
    stalled_minutes: int = Field(ge=1, le=desk.LONGEST_STALLED_MINUTES)


class Delivery(BaseModel):
    """A message to a channel; `id` is what its receiver sees as webhook-id."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    channel_name: str
    state: str = Field(description="pending, sent, given_up or withdrawn")
    attempts: int
    payload: dict[str, Any]
    last_status: int | None
    last_error: str | None
    duration_ms: int | None
    next_try_at: datetime
    created_at: datetime
    settled_at: datetime | None


class Deliveries(BaseModel):
    deliveries: list[Delivery]
    older_than: str | None = Field(description="asks for the next page; null on the last one")


@router.get("/alerts")
def list_alerts(_caller: Viewer, office: OfficeOf) -> OpenAlerts:
    """What is wrong now, the oldest first."""
    with office.database.read() as session:
        found = desk.list_open(session, utc_now())
    return OpenAlerts(alerts=[_describe(one.alert, one.silenced_until) for one in found])


@router.get("/alerts/history")
def list_past_alerts(
    _caller: Viewer, office: OfficeOf, limit: Limit = 50, older_than: OlderThan = None
) -> ClosedAlerts:
    """What was wrong, the latest end first."""
    with office.database.read() as session:
        page = desk.list_closed(session, older_than, limit)
    return ClosedAlerts(alerts=[_describe(alert) for alert in page.alerts], older_than=page.older_than)


@router.get("/alerts/limits")
def show_limits(_caller: Viewer, office: OfficeOf) -> Limits:
    """From when on something is wrong."""
    with office.database.read() as session:
        watch = watch_settings(session, utc_now())
    return Limits(exceptions_limit=watch.exceptions_limit, stalled_minutes=watch.stalled_minutes)


@router.put("/alerts/limits")
def change_limits(caller: Admin, office: OfficeOf, limits: Limits) -> Limits:
    """Set from when on something is wrong."""
    with office.database.write() as session:
        desk.set_limits(session, limits.exceptions_limit, limits.stalled_minutes, caller.actor, utc_now())
    return limits


@router.post("/alerts/{alert_id}/acknowledge")
def acknowledge(caller: Operator, office: OfficeOf, alert_id: Name) -> AlertFacts:
    """Say that somebody is on it; the first who says so stays named."""
    return _change(office, alert_id, lambda session, alert: desk.acknowledge(session, alert, caller.actor, utc_now()))


@router.post("/alerts/{alert_id}/silence")
def silence(caller: Admin, office: OfficeOf, alert_id: Name, quiet: Silence) -> AlertFacts:
    """Tell nobody about this until then, not even when it is over and comes back."""
    return _change(office, alert_id, lambda session, alert: desk.silence(session, alert, quiet.until, caller.actor))


@router.delete("/alerts/{alert_id}/silence")
def end_silence(caller: Admin, office: OfficeOf, alert_id: Name) -> AlertFacts:
    """Tell about it again."""
    return _change(office, alert_id, lambda session, alert: desk.end_silence(session, alert, caller.actor))


@router.get("/alert-deliveries")
def list_deliveries(_caller: Viewer, office: OfficeOf, limit: Limit = 50, older_than: OlderThan = None) -> Deliveries:
    """What was sent to whom, newest first."""
    with office.database.read() as session:
        page = desk.list_deliveries(session, older_than, limit)
    return Deliveries(deliveries=[Delivery.model_validate(one) for one in page.deliveries], older_than=page.older_than)


@router.post("/alert-deliveries/{delivery_id}/again")
def try_again(caller: Operator, office: OfficeOf, delivery_id: Name) -> Delivery:
    """Try a delivery that was given up from the beginning, under the same id."""
    with office.database.write() as session:
        if not send_again(session, delivery_id, caller.actor, utc_now()):
            raise problem(404, "unknown_delivery", f"There is no delivery {delivery_id} that was given up.")
        return Delivery.model_validate(session.get_one(AlertDelivery, delivery_id))


def _change(office: Office, alert_id: str, change: Callable[[Session, Alert], None]) -> AlertFacts:
    with office.database.write() as session:
        alert = session.get(Alert, alert_id, with_for_update=True)
        if alert is None:
            raise problem(404, "unknown_alert", f"There is no alert {alert_id}.")
        change(session, alert)
        session.flush()
        return _describe(alert, desk.silenced_until(session, alert, utc_now()))


def _describe(alert: Alert, silenced_until: datetime | None = None) -> AlertFacts:
    return AlertFacts.model_validate(alert).model_copy(update={"silenced_until": silenced_until})
