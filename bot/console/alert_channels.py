"""The pages of alert channels: adding, changing, trying and removing them, and the signing secrets of webhooks."""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from automations.alerts import channels
from automations.alerts.channels import ChannelChangedError, ChannelDraft, ChannelError
from bot.console.form_fields import version_in
from bot.console.frame import CONFLICT, UNPROCESSABLE, ConsoleFrame, Frame, PostedForm, see_other
from connectors.database.models.alerts import AlertChannel, AlertKind, ChannelKind
from connectors.secrets import SecretUnreadableError

ALERTS = "/console/alerts"
KIND_PREFIX, JOB_PREFIX = "tells.", "job."

router = APIRouter(prefix="/alerts/channels")


@router.get("/new")
def show_new(frame: ConsoleFrame) -> Response:
    language = frame.pages.language_of(frame.request)
    kinds = [kind.value for kind in AlertKind]
    return _editor(frame, ChannelDraft("", ChannelKind.MAIL.value, "", language, kinds))


@router.post("")
def add_channel(frame: ConsoleFrame, form: PostedForm) -> Response:
    draft = _draft_in(form, form.get("kind", ""))
    problems = _problems(frame, draft)
    if problems:
        return _editor(frame, draft, problems=problems)
    try:
        with frame.office.database.write() as session:
            secrets = frame.office.alerts.courier.secrets
            channel, secret = channels.create_channel(session, draft, secrets, frame.visitor.user.email)
    except ChannelError as error:
        return _editor(frame, draft, problems=error.problems)
    return _secret_page(frame, channel, secret) if secret else see_other(f"{ALERTS}/channels/{channel.id}?done=saved")


@router.get("/{channel_id}")
def show_channel(frame: ConsoleFrame, channel_id: str) -> Response:
    channel = _find(frame, channel_id)
    return _editor(frame, _draft_of(channel), channel) if channel else frame.missing()


@router.post("/{channel_id}")
def change_channel(frame: ConsoleFrame, channel_id: str, form: PostedForm) -> Response:
    channel = _find(frame, channel_id)
    if channel is None:
        return frame.missing()
    draft = _draft_in(form, channel.kind)
    problems = _problems(frame, draft)
    if problems:
        return _editor(frame, draft, channel, problems)
    try:
        with frame.office.database.write() as session:
            channels.update_channel(session, channel_id, version_in(form), draft, frame.visitor.user.email)
    except ChannelError as error:
        return _editor(frame, draft, channel, error.problems)
    except ChannelChangedError:
        return _editor(frame, draft, channel, {"": "changed"}, CONFLICT)
    return see_other(f"{ALERTS}/channels/{channel_id}?done=saved")


@router.post("/{channel_id}/delete")
def delete_channel(frame: ConsoleFrame, channel_id: str) -> Response:
    with frame.office.database.write() as session:
        channel = session.get(AlertChannel, channel_id)
        if channel is None:
            return frame.missing()
        channels.delete_channel(session, channel, frame.visitor.user.email)
    return see_other(f"{ALERTS}?done=deleted")


@router.post("/{channel_id}/secret")
def change_secret(frame: ConsoleFrame, channel_id: str, form: PostedForm) -> Response:
    """A new signing secret of ours, one of the receiver's, or an end to the old one."""
    channel = _find(frame, channel_id)
    if channel is None or channel.kind != ChannelKind.WEBHOOK:
        return frame.missing()
    try:
        with frame.office.database.write() as session:
            locked = session.get_one(AlertChannel, channel_id, with_for_update=True)
            shown = _change_secret(frame, session, locked, form)
    except ChannelError as error:
        return _editor(frame, _draft_of(channel), channel, error.problems)
    except SecretUnreadableError:
        return _editor(frame, _draft_of(channel), channel, {"secret": "secret_unreadable"})
    return _secret_page(frame, channel, shown) if shown else see_other(f"{ALERTS}/channels/{channel_id}?done=saved")


def _change_secret(frame: Frame, session: Session, channel: AlertChannel, form: Mapping[str, str]) -> str:
    """The secret that is to be shown, if it is one of ours."""
    secrets, actor = frame.office.alerts.courier.secrets, frame.visitor.user.email
    if form.get("action") == "new":
        return channels.add_secret(session, channel, secrets, actor)
    if form.get("action") == "drop":
        channels.drop_old_secrets(session, channel, secrets, actor)
    else:
        channels.set_secret(session, channel, secrets, form.get("secret", "").strip(), actor)
    return ""


@router.post("/{channel_id}/test")
def try_channel(frame: ConsoleFrame, request: Request, channel_id: str) -> Response:
    """Send a test message now; htmx gets the outcome alone, a browser without it the whole page."""
    channel = _find(frame, channel_id)
    if channel is None:
        return frame.missing()
    outcome = frame.office.alerts.courier.try_out(channel, frame.visitor.user.email)
    if "HX-Request" in request.headers:
        return frame.page("alert_test.html", outcome=outcome)
    return _editor(frame, _draft_of(channel), channel, outcome=outcome)


def _editor(
    frame: Frame,
    draft: ChannelDraft,
    channel: AlertChannel | None = None,
    problems: Mapping[str, str] | None = None,
    status: int = UNPROCESSABLE,
    outcome: object = None,
) -> Response:
    return frame.page(
        "alert_channel.html",
        status if problems else 200,
        tab="alerts",
        draft=draft,
        channel=channel,
        problems=problems or {},
        outcome=outcome,
        is_saved="done" in frame.request.query_params,
        alert_kinds=list(AlertKind),
        channel_kinds=[kind for kind in ChannelKind if kind != ChannelKind.TELEGRAM or _has_telegram(frame)],
        jobs=frame.office.engine.catalogue.jobs,
    )


def _secret_page(frame: Frame, channel: AlertChannel, secret: str) -> Response:
    """The only page that ever shows a secret, and only this once; nothing keeps a copy of it."""
    return frame.page("alert_secret.html", tab="alerts", channel=channel, secret=secret)


def _problems(frame: Frame, draft: ChannelDraft) -> dict[str, str]:
    return channels.check_channel(draft, list(frame.pages.languages), has_telegram=_has_telegram(frame))


def _has_telegram(frame: Frame) -> bool:
    return frame.office.alerts.courier.has_telegram


def _find(frame: Frame, channel_id: str) -> AlertChannel | None:
    with frame.office.database.read() as session:
        return session.get(AlertChannel, channel_id)


def _draft_of(channel: AlertChannel) -> ChannelDraft:
    return ChannelDraft(
        channel.name,
        channel.kind,
        channel.target,
        channel.language,
        channel.kinds,
        channel.jobs,
        channel.tells_recovery,
        channel.is_enabled,
    )


def _draft_in(form: Mapping[str, str], kind: str) -> ChannelDraft:
    return ChannelDraft(
        form.get("name", "").strip(),
        kind,
        form.get("target", "").strip(),
        form.get("language", ""),
        [field.removeprefix(KIND_PREFIX) for field in form if field.startswith(KIND_PREFIX)],
        [field.removeprefix(JOB_PREFIX) for field in form if field.startswith(JOB_PREFIX)],
        form.get("tells_recovery") == "true",
        form.get("is_enabled") == "true",
    )
