"""Commands for runs that were started: looking at them, cancelling, retrying, settling items, open exceptions."""

from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.output import explained_errors, fail, office_or_fail, print_json

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from connectors.database.models.work import Run

runs_app = typer.Typer(
    no_args_is_help=True, help="Runs that were started: `job run` starts one, `job runs` lists them."
)
exceptions_app = typer.Typer(no_args_is_help=True, help="What waits for a person.")

ACTOR = "command line"
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
RunId = Annotated[str, typer.Argument(help="id from `job runs`")]


def register(app: typer.Typer) -> None:
    app.add_typer(runs_app, name="runs")
    app.add_typer(exceptions_app, name="exceptions")


@runs_app.command("show")
def show(run_id: RunId, json: Json = False) -> None:
    """A run: how far it is, how it ended."""
    from bot.operations_api.run_facts import run_facts

    with explained_errors(), office_or_fail().database.read() as session:
        facts = run_facts(_run(session, run_id)).model_dump(mode="json")
    if json:
        print_json(facts)
        return
    for name, value in facts.items():
        typer.echo(f"{name}: {value}")


@runs_app.command("items")
def list_items(
    run_id: RunId,
    state: Annotated[str, typer.Option(help="such as exception or failed")] = "",
    limit: int = 50,
    after: Annotated[int, typer.Option(help="go on after this item of the page before")] = 0,
    json: Json = False,
) -> None:
    """What a run decided, item by item."""
    from automations.engine.runs import list_items as query
    from bot.operations_api.run_facts import item_facts
    from connectors.database.models.work import ItemState

    if state and state not in set(ItemState):
        fail(f"There is no state {state!r}; there are: {', '.join(ItemState)}.", 2)
    states = (ItemState(state),) if state else ()
    with explained_errors(), office_or_fail().database.read() as session:
        _run(session, run_id)
        page = query(session, run_id, states=states, after=after, limit=limit)
    if json:
        print_json({"items": [item_facts(item).model_dump(mode="json") for item in page.items], "after": page.after})
        return
    for item in page.items:
        codes = ", ".join(reason["code"] for reason in item.reasons)
        typer.echo(f"{item.id:8}  {item.state:11} {item.outcome:14} {item.title}  {codes}")


@runs_app.command("log")
def show_log(run_id: RunId, after: int = 0, limit: int = 200, json: Json = False) -> None:
    """The structured log of a run."""
    from automations.engine.run_log import read_events
    from bot.operations_api.run_facts import event_facts

    with explained_errors(), office_or_fail().database.read() as session:
        _run(session, run_id)
        events = read_events(session, run_id, after=after, limit=limit)
    if json:
        print_json([event_facts(event).model_dump(mode="json") for event in events])
        return
    for event in events:
        fields = " ".join(f"{name}={value}" for name, value in event.fields.items())
        typer.echo(f"{event.at:%Y-%m-%d %H:%M:%S}  {event.level:7} {event.event}  {event.item_key or ''}  {fields}")


@runs_app.command("cancel")
def cancel(run_id: RunId) -> None:
    """Cancel a run: at once unless it is under way, else after its current batch."""
    from automations.engine.run_record import is_finished

    office = office_or_fail()
    with explained_errors():
        with office.database.read() as session:
            run = _run(session, run_id)
        if is_finished(run):
            fail(f"The run is {run.state}; there is nothing to cancel.")
        typer.echo(office.engine.cancel(run_id, ACTOR).state)


@runs_app.command("retry")
def retry(
    run_id: RunId,
    key: Annotated[list[str] | None, typer.Option(help="key of an item; may be given several times")] = None,
    from_step: Annotated[str, typer.Option(help="plan, decide or apply")] = "decide",
) -> None:
    """Take up what a run did not get done, or these items; prints the id of the new run, which a worker carries out."""
    from automations.engine.discovery import UnknownJobError
    from automations.engine.job import RETRY_STEPS
    from automations.engine.parameters import ParameterError
    from automations.engine.run_retry import RetryError

    if from_step not in set(RETRY_STEPS):
        fail(f"A run is retried from {', '.join(RETRY_STEPS)}, not from {from_step!r}.", 2)
    office = office_or_fail()
    try:
        with explained_errors():
            with office.database.read() as session:
                _run(session, run_id)
            typer.echo(office.engine.retry(run_id, ACTOR, keys=key or None, from_step=from_step))
    except (RetryError, ParameterError, UnknownJobError) as error:
        fail(str(error))


@runs_app.command("settle")
def settle(
    item_id: Annotated[int, typer.Argument(help="id from `exceptions list` or `runs items`")],
    reason: Annotated[str, typer.Option(help="why nothing more is owed; it stands in the audit log")],
) -> None:
    """Say that nothing more is owed for an item."""
    from automations.engine.run_record import settle as settle_item
    from automations.engine.runs import get_run, is_open
    from connectors.database.models.work import RunItem

    if not reason.strip():
        fail("Say why nothing more is owed: --reason", 2)
    with explained_errors(), office_or_fail().database.write() as session:
        item = session.get(RunItem, item_id)
        run = get_run(session, item.run_id) if item else None
        if item is None or run is None:
            fail(f"There is no item {item_id}; `twinoffice exceptions list` shows them.", 2)
        if run.is_dry_run or not is_open(item):
            fail("Only an open item of a real run can be settled.")
        settle_item(session, item, ACTOR, reason.strip()[:500])
    typer.echo(f"{item.title} is settled.")


@exceptions_app.command("list")
def list_exceptions(
    job: str = "",
    owner: str = "",
    reason: Annotated[str, typer.Option(help="code of a reason")] = "",
    limit: int = 50,
    older_than: Annotated[int | None, typer.Option(help="go on after this item of the page before")] = None,
    json: Json = False,
) -> None:
    """Open exceptions of all jobs, newest first."""
    from automations.engine.runs import list_open_exceptions
    from bot.operations_api.run_facts import item_facts

    with explained_errors(), office_or_fail().database.read() as session:
        page = list_open_exceptions(
            session, job=job or None, owner=owner or None, reason=reason or None, older_than=older_than, limit=limit
        )
    if json:
        found = [item_facts(one.item).model_dump(mode="json") | {"job": one.run.job} for one in page.exceptions]
        print_json({"exceptions": found, "older_than": page.older_than})
        return
    for one in page.exceptions:
        codes = ", ".join(why["code"] for why in one.item.reasons)
        typer.echo(f"{one.item.id:8}  {one.run.job:18} {one.item.owner or '–':14} {one.item.title}  {codes}")


def _run(session: "Session", run_id: str) -> "Run":
    from automations.engine.runs import get_run

    run = get_run(session, run_id)
    if run is None:
        fail(f"There is no run {run_id!r}; `twinoffice job runs` shows them.", 2)
    return run
