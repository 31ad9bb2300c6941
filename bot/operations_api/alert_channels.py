"""Channels of alerts: where they are told, trying one, and the signing secrets of webhooks."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy.orm import Session

from automations.alerts import channels
from automations.alerts.channels import ChannelChangedError, ChannelDraft, ChannelError
from bot.office import Office
from bot.operations_api.fields import Body, Name, Reason
from bot.operations_api.guard import Admin, OfficeOf, Viewer
from bot.web_errors import problem
from connectors.database.models.alerts import AlertChannel, AlertKind, ChannelKind
from connectors.database.models.api_tokens import TokenRole
from connectors.http.reach import check_url
from connectors.secrets import SecretUnreadableError

router = APIRouter(prefix="/alert-channels", tags=["alerts"])
Words = Annotated[list[Annotated[str, StringConstraints(max_length=60)]], Field(max_length=200)]


class ChannelBody(Body):
    name: Reason
    kind: ChannelKind
    target: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = Field(
        description="an e-mail address, a web address, or the number of a chat"
    )
    language: str = Field("en", max_length=8, description="of its messages")
    kinds: list[AlertKind] = Field(default_factory=lambda: list(AlertKind), max_length=10)
    jobs: Words = Field(default_factory=list, description="none: all jobs")
    tells_recovery: bool = True
    is_enabled: bool = True

    def as_draft(self) -> ChannelDraft:
        return ChannelDraft(**self.model_dump(mode="json", exclude={"version"}))


class ChangedChannel(ChannelBody):
    version: int = Field(description="of the channel as you know it; 409 when somebody else was faster")


class Channel(BaseModel):
    """A channel; its signing secrets are never told again."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    kind: str
    target: str
    language: str
    kinds: list[str]
    jobs: list[str]
    tells_recovery: bool
    is_enabled: bool
    version: int


class Channels(BaseModel):
    channels: list[Channel]


class NewChannel(Channel):
    secret: str | None = Field(description="of a webhook, told this once")


class NewSecret(BaseModel):
    secret: str = Field(description="told this once; the one before it goes on signing")


class OwnSecret(Body):
    secret: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = Field(
        description="which the receiver made up: whsec_ and base64"
    )


class TestOutcome(BaseModel):
    is_good: bool
    status: int | None
    took_ms: int
    error: str | None


@router.get("")
def list_channels(caller: Viewer, office: OfficeOf) -> Channels:
    """All channels by name; of a webhook's address only admins see more than its host."""
    with office.database.read() as session:
        found = [Channel.model_validate(one) for one in channels.list_channels(session)]
    return Channels(channels=found if caller.may(TokenRole.ADMIN) else [_without_address(one) for one in found])


def _without_address(channel: Channel) -> Channel:
    """The path of a webhook's address may be a secret."""
    if channel.kind != ChannelKind.WEBHOOK:
        return channel
    return channel.model_copy(update={"target": check_url(channel.target)})


@router.post("", status_code=201)
def add_channel(caller: Admin, office: OfficeOf, new: ChannelBody) -> NewChannel:
    """Add a channel; a webhook's answer holds its signing secret."""
    draft = _checked(office, new)
    try:
        with office.database.write() as session:
            secrets = office.alerts.courier.secrets
            channel, secret = channels.create_channel(session, draft, secrets, caller.actor)
    except ChannelError as error:
        raise _refusal(error) from error
    return NewChannel(**Channel.model_validate(channel).model_dump(), secret=secret or None)


@router.put("/{channel_id}")
def change_channel(caller: Admin, office: OfficeOf, channel_id: Name, changed: ChangedChannel) -> Channel:
    """Change everything of a channel but its kind."""
    draft = _checked(office, changed)
    try:
        with office.database.write() as session:
            _find(session, channel_id)
            channels.update_channel(session, channel_id, changed.version, draft, caller.actor)
            return Channel.model_validate(session.get_one(AlertChannel, channel_id))
    except ChannelError as error:
        raise _refusal(error) from error
    except ChannelChangedError as error:
        sentence = "Somebody else changed this channel meanwhile, or its kind differs; read it again."
        raise problem(409, "channel_changed", sentence) from error


@router.delete("/{channel_id}", status_code=204)
def remove_channel(caller: Admin, office: OfficeOf, channel_id: Name) -> None:
    """Remove a channel; what is still to be sent there is withdrawn."""
    with office.database.write() as session:
        channels.delete_channel(session, _find(session, channel_id), caller.actor)


@router.post("/{channel_id}/test")
def try_channel(caller: Admin, office: OfficeOf, channel_id: Name) -> TestOutcome:
    """Send a test message now."""
    with office.database.read() as session:
        channel = _find(session, channel_id)
    outcome = office.alerts.courier.try_out(channel, caller.actor)
    return TestOutcome(
        is_good=outcome.error is None,
        status=outcome.status,
        took_ms=round(outcome.took.total_seconds() * 1000),
        error=outcome.error,
    )


@router.post("/{channel_id}/secret")
def make_secret(caller: Admin, office: OfficeOf, channel_id: Name) -> NewSecret:
    """A new signing secret of a webhook."""
    with office.database.write() as session:
        channel = _find_webhook(session, channel_id)
        try:
            return NewSecret(secret=channels.add_secret(session, channel, office.alerts.courier.secrets, caller.actor))
        except SecretUnreadableError as error:
            raise problem(409, "secret_unreadable", str(error)) from error


@router.put("/{channel_id}/secret", status_code=204)
def take_secret(caller: Admin, office: OfficeOf, channel_id: Name, given: OwnSecret) -> None:
    """Sign with a secret that the webhook's receiver made up; all before it end."""
    with office.database.write() as session:
        channel = _find_webhook(session, channel_id)
        try:
            channels.set_secret(session, channel, office.alerts.courier.secrets, given.secret, caller.actor)
        except ChannelError as error:
            raise _refusal(error) from error


@router.delete("/{channel_id}/secret", status_code=204)
def end_old_secret(caller: Admin, office: OfficeOf, channel_id: Name) -> None:
    """From now on the newest secret signs alone."""
    with office.database.write() as session:
        channel = _find_webhook(session, channel_id)
        try:
            channels.drop_old_secrets(session, channel, office.alerts.courier.secrets, caller.actor)
        except SecretUnreadableError as error:
            raise problem(409, "secret_unreadable", str(error)) from error


def _checked(office: Office, body: ChannelBody) -> ChannelDraft:
    draft = body.as_draft()
    has_telegram = office.alerts.courier.has_telegram
    problems = channels.check_channel(draft, list(office.texts.languages), has_telegram=has_telegram)
    if problems:
        raise _refusal(ChannelError(problems))
    return draft


def _refusal(error: ChannelError) -> Exception:
    field, code = next(iter(error.problems.items()))
    return problem(422, f"bad_{field}", f"The field {field} cannot be saved ({code}).")


def _find(session: Session, channel_id: str) -> AlertChannel:
    channel = session.get(AlertChannel, channel_id)
    if channel is None:
        raise problem(404, "unknown_channel", f"There is no alert channel {channel_id}.")
    return channel


def _find_webhook(session: Session, channel_id: str) -> AlertChannel:
    channel = _find(session, channel_id)
    if channel.kind != ChannelKind.WEBHOOK:
        raise problem(409, "no_webhook", "Only webhooks have a signing secret.")
    return channel
