"""Channels of alerts: checking what an admin typed in, saving it, and the signing secrets of webhooks."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.database.audit import record_audit
from connectors.database.models.alerts import AlertChannel, AlertKind, ChannelKind
from connectors.errors import Rejected
from connectors.http.reach import check_url
from connectors.secrets import Secrets
from connectors.webhook import WebhookSecretError, check_secret, new_secret

LONGEST_NAME, LONGEST_TARGET = 100, 500
# The newest signs, and the one before it, until every receiver knows the newest.
SECRETS_KEPT = 2
_FIELDS = ("name", "kind", "target", "language", "kinds", "jobs", "tells_recovery", "is_enabled")
_MAIL = re.compile(r"[^\s@,;:<>()\[\]\\\"]+@[^\s@,;:<>()\[\]\\\"]+\.[^\s@,;:<>()\[\]\\\"]+")
_CHAT = re.compile(r"-?\d{1,20}|@\w{4,40}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ChannelDraft:
    """A channel as somebody typed it in."""

    name: str
    kind: str
    target: str
    language: str
    kinds: Sequence[str]
    jobs: Sequence[str] = ()
    tells_recovery: bool = True
    is_enabled: bool = True


class ChannelError(ValueError):
    """The channel cannot be saved; `problems` names by field what is wrong with it."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(", ".join(f"{field}: {problem}" for field, problem in problems.items()))
        self.problems = problems


class ChannelChangedError(Exception):
    """Somebody else saved this channel meanwhile."""


def check_channel(draft: ChannelDraft, languages: Sequence[str], *, has_telegram: bool) -> dict[str, str]:
    """What is wrong, by field; empty when it can be saved."""
    problems = {}
    if not 0 < len(draft.name) <= LONGEST_NAME:
        problems["name"] = "name"
    if draft.kind not in set(ChannelKind):
        problems["kind"] = "kind"
    elif draft.kind == ChannelKind.TELEGRAM and not has_telegram:
        problems["kind"] = "no_telegram"
    elif len(draft.target) > LONGEST_TARGET or not _is_target(draft.kind, draft.target):
        problems["target"] = f"target.{draft.kind}"
    if draft.language not in languages:
        problems["language"] = "language"
    if not draft.kinds or set(draft.kinds) - set(AlertKind):
        problems["kinds"] = "kinds"
    return problems


def create_channel(session: Session, draft: ChannelDraft, secrets: Secrets, actor: str) -> tuple[AlertChannel, str]:
    """Save a checked draft; returns the channel and, of a webhook, its signing secret, which is never shown again."""
    _refuse_taken_name(session, draft.name, "")
    secret = new_secret() if draft.kind == ChannelKind.WEBHOOK else ""
    channel = AlertChannel(**_columns(draft), secrets=secrets.seal(secret) if secret else "")
    session.add(channel)
    session.flush()
    _record(session, actor, "alert_channel.create", channel, after=_fields(channel))
    return channel, secret


def update_channel(session: Session, channel_id: str, version: int, draft: ChannelDraft, actor: str) -> None:
    """Save a checked draft over the version that the admin saw; its kind stays what it is.

    Raises ChannelChangedError when somebody else was faster.
    """
    _refuse_taken_name(session, draft.name, channel_id)
    channel = session.get(AlertChannel, channel_id, with_for_update=True, populate_existing=True)
    if channel is None or channel.version != version or channel.kind != draft.kind:
        raise ChannelChangedError
    before = _fields(channel)
    for name, value in _columns(draft).items():
        setattr(channel, name, value)
    channel.version += 1
    _record(session, actor, "alert_channel.change", channel, before=before, after=_fields(channel))


def delete_channel(session: Session, channel: AlertChannel, actor: str) -> None:
    """What is still to be sent is withdrawn; what was sent stays in the log."""
    _record(session, actor, "alert_channel.delete", channel, before=_fields(channel))
    session.delete(channel)


def add_secret(session: Session, channel: AlertChannel, secrets: Secrets, actor: str) -> str:
    """A new signing secret; the one before it goes on signing, older ones end. Raises SecretUnreadableError."""
    kept = [new_secret(), *signing_secrets(channel, secrets)][:SECRETS_KEPT]
    channel.secrets = secrets.seal(" ".join(kept))
    record_audit(session, actor, "alert_channel.new_secret", "alert_channel", channel.id, name=channel.name)
    return kept[0]


def set_secret(session: Session, channel: AlertChannel, secrets: Secrets, written: str, actor: str) -> None:
    """Sign with a secret that the receiver made up; raises ChannelError when it is none."""
    try:
        channel.secrets = secrets.seal(check_secret(written))
    except WebhookSecretError as error:
        raise ChannelError({"secret": "secret"}) from error
    record_audit(session, actor, "alert_channel.new_secret", "alert_channel", channel.id, name=channel.name)


def drop_old_secrets(session: Session, channel: AlertChannel, secrets: Secrets, actor: str) -> None:
    channel.secrets = secrets.seal(signing_secrets(channel, secrets)[0])
    record_audit(session, actor, "alert_channel.drop_secret", "alert_channel", channel.id, name=channel.name)


def signing_secrets(channel: AlertChannel, secrets: Secrets) -> list[str]:
    """The newest first; raises SecretUnreadableError."""
    return secrets.open(channel.secrets).split() if channel.secrets else []


def list_channels(session: Session) -> Sequence[AlertChannel]:
    return session.scalars(select(AlertChannel).order_by(AlertChannel.name)).all()


def _is_target(kind: str, target: str) -> bool:
    if kind == ChannelKind.MAIL:
        return _MAIL.fullmatch(target) is not None
    if kind == ChannelKind.TELEGRAM:
        return _CHAT.fullmatch(target) is not None
    try:
        check_url(target)
    except Rejected:
        return False
    return True


def _refuse_taken_name(session: Session, name: str, channel_id: str) -> None:
    query = select(AlertChannel.id).where(AlertChannel.name == name, AlertChannel.id != channel_id)
    if session.scalar(query) is not None:
        raise ChannelError({"name": "name_taken"})


def _columns(draft: ChannelDraft) -> dict[str, object]:
    """The draft as the table keeps it; JSON knows lists only."""
    values = {name: getattr(draft, name) for name in _FIELDS}
    return values | {"kinds": list(draft.kinds), "jobs": list(draft.jobs)}


def _record(
    session: Session,
    actor: str,
    action: str,
    channel: AlertChannel,
    *,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    record_audit(session, actor, action, "alert_channel", channel.id, before=before, after=after, name=channel.name)


def _fields(channel: AlertChannel) -> dict[str, object]:
    """What the audit log keeps: of a web address the host, because its path may be a secret."""
    fields = {name: getattr(channel, name) for name in _FIELDS}
    is_webhook = channel.kind == ChannelKind.WEBHOOK
    return fields | {"target": check_url(channel.target) if is_webhook else channel.target}
