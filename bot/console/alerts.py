"""The pages of alerts: what is wrong now, what was, from when on something is wrong, and what was sent."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from automations.alerts import desk
from automations.alerts.channels import list_channels
from automations.alerts.outbox import send_again
from automations.alerts.watch import watch_settings
from bot.console.form_fields import whole_number
from bot.console.frame import UNPROCESSABLE, ConsoleFrame, Frame, PostedForm, see_other
from connectors.database.base import utc_now
from connectors.database.models.alerts import Alert, AlertKind

PAGE_SIZE = 50
# How long people ask for quiet, in hours.
SILENCES = (1, 8, 24, 168)

router = APIRouter(prefix="/alerts")
OlderThan = Annotated[str | None, Query(max_length=100)]


@router.get("")
def show_alerts(frame: ConsoleFrame) -> Response:
    return _page(frame)


@router.get("/history")
def show_history(frame: ConsoleFrame, older_than: OlderThan = None) -> Response:
    with frame.office.database.read() as session:
        page = desk.list_closed(session, older_than, PAGE_SIZE)
    return frame.page("alert_history.html", tab="alerts", page=page, subject=subject_of(frame))


@router.get("/deliveries")
def show_deliveries(frame: ConsoleFrame, older_than: OlderThan = None) -> Response:
    with frame.office.database.read() as session:
        page = desk.list_deliveries(session, older_than, PAGE_SIZE)
    return frame.page("alert_deliveries.html", tab="alerts", page=page)


@router.post("/deliveries/{delivery_id}/again")
def try_again(frame: ConsoleFrame, delivery_id: str) -> Response:
    with frame.office.database.write() as session:
        send_again(session, delivery_id, frame.visitor.user.email, utc_now())
    return see_other("/console/alerts/deliveries")


@router.post("/limits")
def set_limits(frame: ConsoleFrame, form: PostedForm) -> Response:
    exceptions = _whole(form, "exceptions_limit", 0, desk.HIGHEST_EXCEPTIONS_LIMIT)
    stalled = _whole(form, "stalled_minutes", 1, desk.LONGEST_STALLED_MINUTES)
    if exceptions is None or stalled is None:
        return _page(frame, problem=frame.words.text("alerts.error.limits"))
    with frame.office.database.write() as session:
        desk.set_limits(session, exceptions, stalled, frame.visitor.user.email, utc_now())
    return see_other("/console/alerts?done=limits")


@router.post("/{alert_id}/acknowledge")
def acknowledge(frame: ConsoleFrame, alert_id: str) -> Response:
    actor, now = frame.visitor.user.email, utc_now()
    return _change(frame, alert_id, lambda session, alert: desk.acknowledge(session, alert, actor, now))


@router.post("/{alert_id}/silence")
def silence(frame: ConsoleFrame, alert_id: str, form: PostedForm) -> Response:
    hours = _whole(form, "hours", min(SILENCES), max(SILENCES)) or min(SILENCES)
    until = utc_now() + timedelta(hours=hours)
    actor = frame.visitor.user.email
    return _change(frame, alert_id, lambda session, alert: desk.silence(session, alert, until, actor))


@router.post("/{alert_id}/unsilence")
def end_silence(frame: ConsoleFrame, alert_id: str) -> Response:
    actor = frame.visitor.user.email
    return _change(frame, alert_id, lambda session, alert: desk.end_silence(session, alert, actor))


def _change(frame: Frame, alert_id: str, change: Callable[[Session, Alert], None]) -> Response:
    with frame.office.database.write() as session:
        alert = session.get(Alert, alert_id, with_for_update=True)
        if alert is None:
            return frame.missing()
        change(session, alert)
    return see_other("/console/alerts")


def _page(frame: Frame, problem: str = "") -> Response:
    now = utc_now()
    with frame.office.database.read() as session:
        alerts = desk.list_open(session, now)
        channels = list_channels(session)
        watch = watch_settings(session, now)
    return frame.page(
        "alerts.html",
        UNPROCESSABLE if problem else 200,
        tab="alerts",
        alerts=alerts,
        channels=channels,
        watch=watch,
        alert_kinds=len(AlertKind),
        silences=SILENCES,
        problem=problem,
        is_saved=is_saved(frame.request),
        detail=detail_of(frame),
        subject=subject_of(frame),
    )


def is_saved(request: Request) -> bool:
    return "done" in request.query_params


def detail_of(frame: Frame) -> Callable[[Alert], str]:
    """What was seen, in the language of the page."""
    language = frame.pages.language_of(frame.request)
    words = frame.office.alerts.words
    return lambda alert: words.detail(language, alert.kind, alert.facts)


def subject_of(frame: Frame) -> Callable[[Alert], str]:
    """What an alert is about: a connection by its name, else a job by its title."""
    words = frame.words
    return lambda alert: alert.subject if alert.kind == AlertKind.CONNECTION_FAILING else words.job_title(alert.job)


def _whole(form: Mapping[str, str], name: str, lowest: int, highest: int) -> int | None:
    number = whole_number(form.get(name, "").strip())
    return number if number is not None and lowest <= number <= highest else None
