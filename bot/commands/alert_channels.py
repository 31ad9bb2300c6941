"""Commands for alert channels: adding, changing and removing them, and the signing secrets of webhooks.

What may hold a secret comes from standard input: arguments stand in the shell's history and in the list of processes.
"""

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.commands.alerts import ACTOR, Json, alert_app
from bot.commands.output import errors, explained_errors, fail, office_or_fail, print_json

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from automations.alerts.channels import ChannelDraft, ChannelError
    from bot.office import Office
    from connectors.database.models.alerts import AlertChannel

FIELDS = ("name", "kind", "target", "language", "kinds", "jobs", "tells_recovery", "is_enabled")
FROM_INPUT = "-"

ChannelName = Annotated[str, typer.Argument(help="name of the channel")]
Target = Annotated[
    str | None,
    typer.Option(help="an e-mail address or a chat; - reads it, or a webhook's address, from standard input"),
]
Language = Annotated[str | None, typer.Option(help="of its messages")]
Kinds = Annotated[list[str] | None, typer.Option("--tell", help="a kind of alert; may be given several times")]
Jobs = Annotated[list[str] | None, typer.Option("--job", help="tell of this job only; may be given several times")]
Recovery = Annotated[bool | None, typer.Option("--recovery/--no-recovery", help="Tell when it is over.")]
Enabled = Annotated[bool | None, typer.Option("--on/--off")]


def register() -> None:
    alert_app.command("channel-list")(list_all)
    alert_app.command("channel-add")(add)
    alert_app.command("channel-change")(change)
    alert_app.command("channel-remove")(remove)
    alert_app.command("channel-secret")(change_secret)


def list_all(json: Json = False) -> None:
    """Where alerts are told; of a webhook only the host, because its path may be a secret."""
    from automations.alerts.channels import list_channels

    with explained_errors(), office_or_fail().database.read() as session:
        found = [_describe(one) for one in list_channels(session)]
    if json:
        print_json(found)
        return
    for one in found:
        typer.echo(f"{one['name']:24} {one['kind']:9} {'' if one['is_enabled'] else '(off) '}{one['target']}")


def add(
    name: ChannelName,
    kind: Annotated[str, typer.Option(help="mail, webhook or telegram")],
    target: Target,
    language: Language = "en",
    kinds: Kinds = None,
    jobs: Jobs = None,
    recovery: Recovery = True,
    enabled: Enabled = True,
    json: Json = False,
) -> None:
    """Add a channel; the signing secret of a webhook is printed this once."""
    from automations.alerts.channels import ChannelDraft, ChannelError, create_channel
    from connectors.database.models.alerts import AlertKind

    office = office_or_fail()
    draft = ChannelDraft(name.strip(), kind, "", language or "", [one.value for one in AlertKind])
    draft = _checked(office, _with(draft, target, None, kinds, jobs, recovery, enabled))
    try:
        with explained_errors(), office.database.write() as session:
            channel, secret = create_channel(session, draft, office.alerts.courier.secrets, ACTOR)
    except ChannelError as error:
        fail(_sentence(error), 2)
    if json:
        print_json(_describe(channel) | {"secret": secret or None})
        return
    if secret:
        errors.print("Copy the signing secret now; it cannot be shown again.")
        typer.echo(secret)


def change(
    name: ChannelName,
    new_name: Annotated[str | None, typer.Option(help="what it is called from now on")] = None,
    target: Target = None,
    language: Language = None,
    kinds: Kinds = None,
    jobs: Jobs = None,
    all_jobs: Annotated[bool, typer.Option("--all-jobs", help="Tell of all jobs again.")] = False,
    recovery: Recovery = None,
    enabled: Enabled = None,
    json: Json = False,
) -> None:
    """Change what is named; everything else of the channel stays."""
    from automations.alerts.channels import ChannelChangedError, ChannelDraft, ChannelError, update_channel
    from connectors.database.models.alerts import AlertChannel

    office = office_or_fail()
    with explained_errors(), office.database.read() as session:
        channel = _find(session, name)
    draft = _with(
        ChannelDraft(**{field: getattr(channel, field) for field in FIELDS}),
        target,
        language,
        kinds,
        jobs,
        recovery,
        enabled,
    )
    draft = replace(draft, name=new_name.strip() if new_name else draft.name, jobs=[] if all_jobs else draft.jobs)
    _checked(office, draft)
    try:
        with explained_errors(), office.database.write() as session:
            update_channel(session, channel.id, channel.version, draft, ACTOR)
            changed = session.get_one(AlertChannel, channel.id)
    except ChannelError as error:
        fail(_sentence(error), 2)
    except ChannelChangedError:
        fail("Somebody else changed this channel meanwhile; look at it and try again.")
    if json:
        print_json(_describe(changed))


def remove(
    name: ChannelName, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False, json: Json = False
) -> None:
    """Remove a channel; what is still to be sent there is withdrawn."""
    from automations.alerts.channels import delete_channel

    office = office_or_fail()
    if not yes:
        typer.confirm("Nobody is told there any more. Remove the channel?", abort=True)
    with explained_errors(), office.database.write() as session:
        channel = _find(session, name)
        delete_channel(session, channel, ACTOR)
        facts = _describe(channel)
    if json:
        print_json(facts)


def change_secret(
    name: ChannelName,
    new: Annotated[
        bool, typer.Option("--new", help="Make one and print it; the one before it goes on signing.")
    ] = False,
    own: Annotated[bool, typer.Option("--own", help="Take the receiver's, from standard input.")] = False,
    drop_old: Annotated[bool, typer.Option("--drop-old", help="From now on the newest signs alone.")] = False,
) -> None:
    """Change the signing secret of a webhook."""
    from automations.alerts.channels import ChannelError, add_secret, drop_old_secrets, set_secret
    from connectors.database.models.alerts import ChannelKind
    from connectors.secrets import SecretUnreadableError

    if new + own + drop_old != 1:
        fail("Say one of --new, --own and --drop-old.", 2)
    written = _read_line() if own else ""
    office = office_or_fail()
    secrets, made = office.alerts.courier.secrets, ""
    try:
        with explained_errors(), office.database.write() as session:
            channel = _find(session, name)
            if channel.kind != ChannelKind.WEBHOOK:
                fail("Only webhooks have a signing secret.", 2)
            if own:
                set_secret(session, channel, secrets, written, ACTOR)
            elif drop_old:
                drop_old_secrets(session, channel, secrets, ACTOR)
            else:
                made = add_secret(session, channel, secrets, ACTOR)
    except (ChannelError, SecretUnreadableError) as error:
        fail(_sentence(error) if isinstance(error, ChannelError) else str(error), 2)
    if made:
        typer.echo(made)


def _with(
    draft: "ChannelDraft",
    target: str | None,
    language: str | None,
    kinds: list[str] | None,
    jobs: list[str] | None,
    recovery: bool | None,
    enabled: bool | None,
) -> "ChannelDraft":
    """The draft with what was said on the command line."""
    if target is not None and "://" in target:
        fail("An address of a webhook may hold a secret: say --target - and write it on standard input.", 2)
    said: dict[str, Any] = {
        "target": _read_line() if target == FROM_INPUT else target,
        "language": language,
        "kinds": kinds or None,
        "jobs": jobs or None,
        "tells_recovery": recovery,
        "is_enabled": enabled,
    }
    return replace(draft, **{field: value for field, value in said.items() if value is not None})


def _checked(office: "Office", draft: "ChannelDraft") -> "ChannelDraft":
    from automations.alerts.channels import ChannelError, check_channel

    has_telegram = office.alerts.courier.has_telegram
    if problems := check_channel(draft, list(office.texts.languages), has_telegram=has_telegram):
        fail(_sentence(ChannelError(problems)), 2)
    return draft


def _sentence(error: "ChannelError") -> str:
    """The console's words for what is wrong."""
    from bot.pages.catalogue import Catalogue
    from connectors.settings import DATA_FOLDER

    text = Catalogue(DATA_FOLDER).translator("en")
    return " ".join(text(f"alerts.error.{problem}") for problem in error.problems.values())


def _read_line() -> str:
    return sys.stdin.readline().strip()


def _find(session: "Session", name: str) -> "AlertChannel":
    from sqlalchemy import select

    from connectors.database.models.alerts import AlertChannel

    channel = session.scalar(select(AlertChannel).where(AlertChannel.name == name))
    if channel is None:
        fail(f"There is no channel {name!r}; `twinoffice alert channel-list` shows them.", 2)
    return channel


def _describe(channel: "AlertChannel") -> dict[str, Any]:
    from connectors.database.models.alerts import ChannelKind
    from connectors.http.reach import check_url

    facts = {field: getattr(channel, field) for field in ("id", *FIELDS)}
    if channel.kind == ChannelKind.WEBHOOK:
        facts["target"] = check_url(channel.target)
    return facts
