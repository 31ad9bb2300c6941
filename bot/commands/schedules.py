"""Commands for schedules and for the company's own days."""

import json as json_text
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.commands.back_office import read_parameters
from bot.commands.output import explained_errors, fail, office_or_fail, print_json

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from automations.engine.schedules import ScheduleDraft
    from connectors.database.models.work import Schedule

schedule_app = typer.Typer(no_args_is_help=True, help="When jobs start by themselves.")
closure_app = typer.Typer(no_args_is_help=True, help="Days on which the company is closed, or works in any case.")

ACTOR = "command line"
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
ScheduleId = Annotated[str, typer.Argument(help="id from `schedule list`")]
Cron = Annotated[str, typer.Option(help="a cron line, such as '30 6 * * 1-5'")]
TimingText = Annotated[str, typer.Option("--timing", help='JSON, such as {"kind": "interval", "minutes": 15}')]
Zone = Annotated[str | None, typer.Option(help="time zone, such as Europe/Prague")]
Country = Annotated[str | None, typer.Option(help="without its public holidays, such as CZ")]
Param = Annotated[list[str] | None, typer.Option(help="key=value; may be given several times")]
Day = Annotated[str, typer.Argument(help="such as 2026-11-22")]


def register(app: typer.Typer) -> None:
    app.add_typer(schedule_app, name="schedule")
    app.add_typer(closure_app, name="closure")


@schedule_app.command("list")
def list_all(job: str = "", json: Json = False) -> None:
    """All schedules, of one job or of all."""
    from automations.engine.schedules import list_schedules, timing_text

    with explained_errors(), office_or_fail().database.read() as session:
        schedules = list_schedules(session, job or None)
    if json:
        print_json([_facts(schedule) for schedule in schedules])
        return
    for one in schedules:
        state = "" if one.is_enabled else "(paused) "
        typer.echo(f"{one.id}  {one.job:20} {timing_text(one.timing)}  {one.timezone}  {state}{one.name}")


@schedule_app.command("preview")
def preview(cron: Cron = "", timing: TimingText = "", zone: Zone = None, country: Country = None) -> None:
    """The next ten firings of a timing; nothing is saved."""
    from automations.engine.closures import read_company_days
    from automations.engine.plans import read_plan
    from connectors.database.base import utc_now

    office = office_or_fail()
    document = _timing(cron, timing) or {}
    with _explained(), office.database.read() as session:
        plan = read_plan(document, zone or office.settings.time_zone, country, read_company_days(session))
        for planned in plan.preview(utc_now()):
            typer.echo(f"{planned.at.isoformat()}  {planned.day_off or ''}".rstrip())


@schedule_app.command("add")
def add(
    job: str,
    cron: Cron = "",
    timing: TimingText = "",
    zone: Zone = None,
    country: Country = None,
    name: str = "",
    overlap: str = "skip",
    missed: str = "last",
    alarm_minutes: int | None = None,
    param: Param = None,
) -> None:
    """Add a schedule and print its id; a process that has the clock fires it."""
    from automations.engine.discovery import UnknownJobError
    from automations.engine.schedules import ScheduleDraft, create_schedule
    from connectors.database.base import utc_now

    office = office_or_fail()
    draft = ScheduleDraft(
        timing=_timing(cron, timing) or {},
        timezone=zone or office.settings.time_zone,
        parameters=read_parameters(param or []),
        name=name,
        calendar_country=country,
        overlap=overlap,
        missed=missed,
        alarm_minutes=alarm_minutes,
    )
    try:
        definition = office.engine.catalogue.find(job)
    except UnknownJobError as error:
        fail(str(error), 2)
    with _explained(), office.database.write() as session:
        schedule = create_schedule(session, definition, draft, actor=ACTOR, now=utc_now())
    typer.echo(schedule.id)


@schedule_app.command("change")
def change(
    schedule_id: ScheduleId,
    cron: Cron = "",
    timing: TimingText = "",
    zone: Zone = None,
    country: Country = None,
    name: str | None = None,
    overlap: str | None = None,
    missed: str | None = None,
    alarm_minutes: int | None = None,
    param: Param = None,
) -> None:
    """Change what is given of a schedule and leave the rest as it is."""
    from automations.engine.schedules import update_schedule
    from connectors.database.base import utc_now

    office = office_or_fail()
    given = {
        "timing": _timing(cron, timing),
        "timezone": zone,
        "calendar_country": country,
        "name": name,
        "overlap": overlap,
        "missed": missed,
        "alarm_minutes": alarm_minutes,
    }
    with _explained(), office.database.write() as session:
        schedule = _find(session, schedule_id)
        draft = _changed(schedule, given, read_parameters(param or []))
        job, version = office.engine.catalogue.find(schedule.job), schedule.version
        changed = update_schedule(session, schedule_id, version, job, draft, actor=ACTOR, now=utc_now())
    typer.echo(f"{changed.id} is at version {changed.version}.")


@schedule_app.command("pause")
def pause(schedule_id: ScheduleId) -> None:
    """Let it fire no more until it is resumed."""
    from automations.engine.schedules import pause_schedule

    _switch(pause_schedule, schedule_id, "paused")


@schedule_app.command("resume")
def resume(schedule_id: ScheduleId) -> None:
    """Let it fire again from now on."""
    from automations.engine.schedules import resume_schedule

    _switch(resume_schedule, schedule_id, "resumed")


@schedule_app.command("delete")
def delete(schedule_id: ScheduleId) -> None:
    """Take it away for good; its runs stay."""
    from automations.engine.schedules import delete_schedule

    _switch(delete_schedule, schedule_id, "deleted")


@schedule_app.command("backfill")
def backfill(
    schedule_id: ScheduleId,
    first_day: Day,
    last_day: Day,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Decide everything, change nothing.")] = False,
) -> None:
    """Run the firings of past days; prints the ids of the runs, which a worker carries out."""
    from automations.engine.backfill import plan_backfill, start_backfill
    from connectors.database.base import utc_now

    now = utc_now()
    with _explained(), office_or_fail().database.write() as session:
        schedule = _find(session, schedule_id)
        plan = plan_backfill(session, schedule, _day(first_day), _day(last_day), is_dry_run=dry_run, now=now)
        runs = start_backfill(session, schedule, plan, is_dry_run=dry_run, actor=ACTOR, now=now)
    for run_id in runs:
        typer.echo(run_id)


@closure_app.command("list")
def list_closures(json: Json = False) -> None:
    """All of them, by their day."""
    from automations.engine.closures import list_closures as query

    with explained_errors(), office_or_fail().database.read() as session:
        closures = query(session)
    if json:
        names = ("id", "first_day", "last_day", "name", "is_working")
        print_json([{name: getattr(closure, name) for name in names} for closure in closures])
        return
    for one in closures:
        typer.echo(
            f"{one.id:5}  {one.first_day} – {one.last_day}  {'works' if one.is_working else 'closed'}  {one.name}"
        )


@closure_app.command("add")
def add_days(
    first_day: Day,
    last_day: Day,
    name: Annotated[str, typer.Option(help="what the days are called")],
    working: Annotated[bool, typer.Option("--working", help="The company works on these days in any case.")] = False,
) -> None:
    """Add days on which schedules with a calendar do not fire, and print their id."""
    from automations.engine.closures import add_closure
    from connectors.database.base import utc_now

    first, last = _day(first_day), _day(last_day)
    with _explained(), office_or_fail().database.write() as session:
        typer.echo(add_closure(session, first, last, name, is_working=working, actor=ACTOR, now=utc_now()).id)


@closure_app.command("remove")
def remove_days(closure_id: int) -> None:
    """Remove days again."""
    from automations.engine.closures import remove_closure
    from connectors.database.base import utc_now

    with explained_errors(), office_or_fail().database.write() as session:
        if not remove_closure(session, closure_id, actor=ACTOR, now=utc_now()):
            fail(f"There is no closure {closure_id}; `twinoffice closure list` shows them.", 2)


@contextmanager
def _explained() -> Iterator[None]:
    from automations.engine.backfill import BackfillError
    from automations.engine.closures import ClosureError
    from automations.engine.discovery import UnknownJobError
    from automations.engine.parameters import ParameterError
    from automations.engine.plans import ScheduleError
    from automations.engine.schedules import ScheduleChangedError

    try:
        with explained_errors():
            yield
    except (ScheduleError, ParameterError, BackfillError, ClosureError, UnknownJobError) as error:
        fail(str(error), 2)
    except ScheduleChangedError as error:
        fail(str(error))


def _switch(switch: Any, schedule_id: str, done: str) -> None:
    from connectors.database.base import utc_now

    with explained_errors(), office_or_fail().database.write() as session:
        _find(session, schedule_id)
        switch(session, schedule_id, actor=ACTOR, now=utc_now())
    typer.echo(f"{schedule_id} is {done}.")


def _find(session: "Session", schedule_id: str) -> "Schedule":
    from automations.engine.schedules import find_schedule

    schedule = find_schedule(session, schedule_id)
    if schedule is None:
        fail(f"There is no schedule {schedule_id!r}; `twinoffice schedule list` shows them.", 2)
    return schedule


def _changed(schedule: "Schedule", given: dict[str, Any], parameters: dict[str, str]) -> "ScheduleDraft":
    from automations.engine.schedules import AUDITED, ScheduleDraft

    values = {field: getattr(schedule, field) for field in AUDITED}
    values |= {field: value for field, value in given.items() if value is not None}
    return ScheduleDraft(**values | {"parameters": {**schedule.parameters, **parameters}})


def _facts(schedule: "Schedule") -> dict[str, Any]:
    from bot.operations_api.schedules import ScheduleFacts

    return ScheduleFacts.model_validate(schedule).model_dump(mode="json")


def _timing(cron: str, timing: str) -> dict[str, Any] | None:
    """The timing as it was given; None if it was not."""
    if cron:
        return {"kind": "cron", "line": cron}
    if not timing:
        return None
    try:
        document = json_text.loads(timing)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        fail('--timing takes a JSON object, such as {"kind": "interval", "minutes": 15}', 2)
    return document


def _day(written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        fail(f"{written!r} is no day; write it like 2026-11-22.", 2)
