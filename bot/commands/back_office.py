"""Commands of the back office: its jobs."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.commands.output import errors, explained_errors, fail, office_or_fail, print_json

if TYPE_CHECKING:
    from automations.engine.discovery import JobCatalogue
    from bot.office import Office
    from connectors.database.models.work import Run, RunItem

job_app = typer.Typer(no_args_is_help=True, help="Back-office jobs.")

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]

# The exit code of `job run` tells its outcome.
EXIT_CODES = {"succeeded": 0, "failed": 1, "succeeded_with_exceptions": 3, "waiting_for_approval": 4, "cancelled": 5}
WAIT_SECONDS = 24 * 3600.0


def register(app: typer.Typer) -> None:
    app.add_typer(job_app, name="job")


@job_app.command("list")
def list_jobs(json: Json = False) -> None:
    """All jobs, and job files that cannot be used."""
    catalogue = _catalogue()
    if json:
        print_json(
            {
                "jobs": [{"name": job.name, "title": job.title} for job in catalogue.jobs.values()],
                "broken": [{"module": broken.module, "reason": broken.reason} for broken in catalogue.broken],
            }
        )
        return
    for job in catalogue.jobs.values():
        typer.echo(f"{job.name:24} {job.title}")
    for broken in catalogue.broken:
        errors.print(f"[red]{broken.module} cannot be used: {broken.reason}[/red]")


@job_app.command("show")
def show_job(name: str, json: Json = False) -> None:
    """A job with its parameters and default schedule."""
    from automations.engine.discovery import UnknownJobError

    try:
        job = _catalogue().find(name)
    except UnknownJobError as error:
        fail(str(error), 2)
    if json:
        parameters = [
            {"name": p.name, "type": p.type.value, "default": p.default, "unit": p.unit, "help": p.help}
            for p in job.parameters
        ]
        print_json({"name": job.name, "description": job.description, "parameters": parameters})
        return
    typer.echo(f"{job.title}\n{job.description}\nDefault schedule: {job.default_cron}\nParameters:")
    for parameter in job.parameters:
        default = "not set" if parameter.default is None else parameter.default
        typer.echo(f"  {parameter.name} ({parameter.type.value}, default {default}): {parameter.help}")


@job_app.command("run")
def run_job(
    name: str,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Decide everything, change nothing.")] = False,
    param: Annotated[list[str] | None, typer.Option(help="key=value; may be given several times")] = None,
    json: Json = False,
) -> None:
    """Run a job now and wait; exit code 0 succeeded, 1 failed, 2 wrong call, 3 exceptions, 4 approval, 5 cancelled."""
    from automations.engine.discovery import UnknownJobError
    from automations.engine.parameters import ParameterError

    parameters = read_parameters(param or [])
    office = office_or_fail()
    office.engine.start()
    try:
        with errors.status(f"Running {name} …"), explained_errors():
            run_id = office.engine.start_run(name, parameters, is_dry_run=dry_run, started_by="command line")
            run = office.engine.wait(run_id, WAIT_SECONDS)
    except (UnknownJobError, ParameterError) as error:
        fail(str(error), 2)
    finally:
        office.engine.stop()
    items = _items(office, run.id)
    _print_run(run, items, json)
    raise typer.Exit(EXIT_CODES[run.state])


@job_app.command("runs")
def list_runs(name: Annotated[str | None, typer.Argument()] = None, limit: int = 20, json: Json = False) -> None:
    """The newest runs, of one job or of all."""
    from automations.engine.runs import list_runs as query

    with office_or_fail().database.read() as session:
        runs = query(session, job=name, limit=limit).runs
    if json:
        print_json([_describe(run) for run in runs])
        return
    for run in runs:
        mark = " (dry run)" if run.is_dry_run else ""
        typer.echo(f"{run.created_at:%Y-%m-%d %H:%M:%S}  {run.job:20} {run.state}{mark}  {run.id}")


def _catalogue() -> "JobCatalogue":
    from automations.engine.discovery import discover_jobs

    return discover_jobs()


def read_parameters(pairs: list[str]) -> dict[str, str]:
    """What `--param key=value` said."""
    parameters = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            fail(f"--param takes key=value, not {pair!r}", 2)
        parameters[key] = value
    return parameters


def _items(office: "Office", run_id: str) -> "list[RunItem]":
    from automations.engine.runs import list_items

    items: list[RunItem] = []
    after = 0
    with office.database.read() as session:
        while True:
            page = list_items(session, run_id, after=after, limit=1000)
            items.extend(page.items)
            if page.after is None:
                return items
            after = page.after


def _describe(run: "Run") -> dict[str, Any]:
    return {
        "id": run.id,
        "job": run.job,
        "state": run.state,
        "is_dry_run": run.is_dry_run,
        "started_by": run.started_by,
        "scheduled_for": run.scheduled_for and run.scheduled_for.isoformat(),
        "created_at": run.created_at.isoformat(),
        "finished_at": run.finished_at and run.finished_at.isoformat(),
        "failure": run.failure,
        "summary": run.summary,
    }


def _print_run(run: "Run", items: "list[RunItem]", json: bool) -> None:
    if json:
        rows = [
            {"key": i.key, "title": i.title, "state": i.state, "outcome": i.outcome, "reasons": i.reasons}
            for i in items
        ]
        print_json(_describe(run) | {"items": rows})
        return
    for item in items:
        reasons = ", ".join(
            f"{r['code']} (found {r.get('found')}, expected {r.get('expected')}, {r['owner']})" for r in item.reasons
        )
        typer.echo(f"{item.outcome:14} {item.title}  {reasons}")
    typer.echo(f"{run.job}: {run.state}{' (dry run)' if run.is_dry_run else ''}, {len(items)} items, run {run.id}")
    if run.failure:
        errors.print(f"[red]{run.failure}[/red]")
