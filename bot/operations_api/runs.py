"""Runs: starting, finding, looking at items and log, cancelling, retrying, settling items."""

import hashlib
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from automations.engine.discovery import UnknownJobError
from automations.engine.job import RETRY_STEPS, RunStep
from automations.engine.parameters import ParameterError, check_parameters, storable_parameters
from automations.engine.run_log import DEFAULT_PAGE_SIZE as EVENTS_A_PAGE
from automations.engine.run_log import read_events
from automations.engine.run_record import create_run, is_finished, settle
from automations.engine.run_retry import RetryError
from automations.engine.run_search import PAGE_SIZE, Place, RunFilter, find_runs
from automations.engine.runs import get_run, is_open, list_items
from bot.channels.chat_records import WITHOUT_CONTROL_CHARACTERS
from bot.operations_api.fields import LARGEST_ID, Body, ItemId, Limit, Moment, OlderThan, Parameters, RunId, Text, Why
from bot.operations_api.guard import Admin, ApiCaller, OfficeOf, Operator, Viewer, require_reader
from bot.operations_api.jobs import find_job
from bot.operations_api.run_facts import (
    Event,
    ItemDetail,
    ItemFacts,
    RunFacts,
    event_facts,
    item_detail,
    item_facts,
    run_facts,
)
from bot.web_errors import problem
from connectors.database.base import new_id, utc_now
from connectors.database.models.work import ItemState, Run, RunItem, RunState

RUN_ID_LENGTH = 32

router = APIRouter(prefix="/runs", tags=["runs"])


class NewRun(Body):
    """Which job to run. Whether it is a dry run has to be said: nothing real happens by forgetting a word."""

    job: str = Field(max_length=60)
    is_dry_run: bool = Field(description="true decides everything and changes nothing")
    parameters: Parameters = Field(default_factory=dict)


class Retry(Body):
    """Which items to take up again."""

    keys: list[Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]] | None = Field(
        None, min_length=1, max_length=1000, description="keys of items; null means all that the run did not get done"
    )
    from_step: RunStep = Field(RunStep.DECIDE, description=f"one of {', '.join(RETRY_STEPS)}")


class Runs(BaseModel):
    """Runs, newest first."""

    runs: list[RunFacts]
    older_than: str | None = Field(description="asks for the next page; null on the last one")


class Items(BaseModel):
    """Items in the order in which they were decided."""

    items: list[ItemFacts]
    after: int | None = Field(description="asks for the next page; null on the last one")


class Events(BaseModel):
    """Lines in the order in which they were written."""

    events: list[Event]
    after: int | None = Field(description="asks for what comes later; null when there was nothing")


After = Annotated[int, Query(ge=0, le=LARGEST_ID, description="`after` of the page before")]
IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=100,
        pattern=WITHOUT_CONTROL_CHARACTERS,
        description="made by the caller; the same one again starts nothing and is answered with the same run",
    ),
]


@router.post("", status_code=201, responses={200: {"model": RunFacts, "description": "The key started this run."}})
def start_run(
    caller: Operator, office: OfficeOf, new: NewRun, response: Response, idempotency_key: IdempotencyKey = None
) -> RunFacts:
    """Start a dry run or a real one. Send an Idempotency-Key, so that a lost answer can be asked for again."""
    job = find_job(office, new.job)
    require_reader(caller, office, job.name)
    try:
        parameters = storable_parameters(check_parameters(job, new.parameters))
    except ParameterError as error:
        raise problem(422, "bad_parameters", str(error)) from error
    run_id = _run_id(caller, idempotency_key)
    with office.database.write() as session:
        if known := get_run(session, run_id):
            _refuse_other_run(known, new, parameters)
            response.status_code = 200
            return run_facts(known)
        run = create_run(
            session, job.name, parameters, caller.actor, is_dry_run=new.is_dry_run, now=utc_now(), run_id=run_id
        )
        _refuse_other_run(run, new, parameters)
        facts = run_facts(run)
    if office.engine.is_healthy:
        # Where this process has no engine, another one picks up what is recorded.
        office.engine.hand_over(run.id, job.name)
    return facts


@router.get("")
def list_runs(
    _caller: Viewer,
    office: OfficeOf,
    job: Text = "",
    state: RunState | None = None,
    is_dry_run: bool | None = None,
    since: Moment = None,
    until: Moment = None,
    older_than: OlderThan = None,
    limit: Limit = PAGE_SIZE,
) -> Runs:
    """Runs that fit, newest first; `since` is included, `until` is not."""
    wanted = RunFilter(job or None, state, is_dry_run, since, until)
    with office.database.read() as session:
        found = find_runs(session, wanted, Place(older_than=older_than), limit)
        return Runs(runs=[run_facts(run) for run in found.rows], older_than=found.older_than)


@router.get("/{run_id}")
def show_run(_caller: Viewer, office: OfficeOf, run_id: RunId) -> RunFacts:
    """One run, also while it is under way."""
    with office.database.read() as session:
        return run_facts(_run(session, run_id))


@router.get("/{run_id}/items")
def list_run_items(
    caller: Viewer,
    office: OfficeOf,
    run_id: RunId,
    state: Annotated[list[ItemState] | None, Query(max_length=len(ItemState))] = None,
    outcome: Text = "",
    after: After = 0,
    limit: Limit = PAGE_SIZE,
) -> Items:
    """What the run decided, item by item; `state` may be given several times."""
    with office.database.read() as session:
        require_reader(caller, office, _run(session, run_id).job)
        page = list_items(session, run_id, states=state or (), outcome=outcome or None, after=after, limit=limit)
    return Items(items=[item_facts(item) for item in page.items], after=page.after)


@router.get("/{run_id}/items/{item_id}")
def show_run_item(caller: Viewer, office: OfficeOf, run_id: RunId, item_id: ItemId) -> ItemDetail:
    """One item with everything that explains it."""
    with office.database.read() as session:
        require_reader(caller, office, _run(session, run_id).job)
        return item_detail(_item(session, run_id, item_id))


@router.post("/{run_id}/items/{item_id}/settle")
def settle_item(caller: Admin, office: OfficeOf, run_id: RunId, item_id: ItemId, why: Why) -> ItemFacts:
    """Say that nothing more is owed here: the item leaves the exceptions, with the reason on record."""
    with office.database.write() as session:
        item = _item(session, run_id, item_id)
        if _run(session, run_id).is_dry_run:
            raise problem(409, "dry_run", "What a dry run found is owed by nobody; settle the item of a real run.")
        if not is_open(item):
            raise problem(409, "not_open", f"The item is {item.state} and waits for nobody.")
        settle(session, item, caller.actor, why.reason)
        session.flush()
        return item_facts(item)


@router.get("/{run_id}/events")
def list_run_events(
    caller: Viewer,
    office: OfficeOf,
    run_id: RunId,
    item_key: Annotated[str | None, Query(max_length=200)] = None,
    level: Annotated[list[str] | None, Query(max_length=3)] = None,
    after: After = 0,
    limit: Limit = EVENTS_A_PAGE,
) -> Events:
    """The structured log of a run, or of one of its items; ask on with `after` while it is under way."""
    with office.database.read() as session:
        require_reader(caller, office, _run(session, run_id).job)
        events = read_events(session, run_id, item_key=item_key, levels=level or (), after=after, limit=limit)
    return Events(events=[event_facts(event) for event in events], after=events[-1].id if events else None)


@router.post("/{run_id}/cancel", status_code=202)
def cancel_run(caller: Operator, office: OfficeOf, run_id: RunId) -> RunFacts:
    """Cancel a run: at once unless it is under way, else after its current batch. What was carried out stays."""
    with office.database.read() as session:
        if is_finished(_run(session, run_id)):
            raise problem(409, "run_is_over", "The run has ended; there is nothing to cancel.")
    office.engine.cancel(run_id, caller.actor)
    with office.database.read() as session:
        return run_facts(_run(session, run_id))


@router.post("/{run_id}/retry", status_code=201)
def retry_run(caller: Operator, office: OfficeOf, run_id: RunId, retry: Retry) -> RunFacts:
    """A new run that takes up items of an ended one: all that it did not get done, or those that are named."""
    with office.database.read() as session:
        require_reader(caller, office, _run(session, run_id).job)
    try:
        new_run_id = office.engine.retry(run_id, caller.actor, keys=retry.keys, from_step=retry.from_step)
    except ParameterError as error:
        raise problem(422, "bad_parameters", str(error)) from error
    except (RetryError, UnknownJobError) as error:
        raise problem(409, "cannot_retry", str(error)) from error
    with office.database.read() as session:
        return run_facts(_run(session, new_run_id))


def _run_id(caller: ApiCaller, idempotency_key: str | None) -> str:
    """Random, or the same for the same key of the same token."""
    if idempotency_key is None:
        return new_id()
    return hashlib.sha256(f"{caller.token_id}:{idempotency_key}".encode()).hexdigest()[:RUN_ID_LENGTH]


def _refuse_other_run(known: Run, new: NewRun, parameters: dict[str, Any]) -> None:
    if (known.job, known.is_dry_run, known.parameters) != (new.job, new.is_dry_run, parameters):
        sentence = f"This Idempotency-Key has started another run ({known.id}); make a new key for a new run."
        raise problem(409, "idempotency_key_reused", sentence)


def _run(session: Session, run_id: str) -> Run:
    run = get_run(session, run_id)
    if run is None:
        raise problem(404, "unknown_run", f"There is no run {run_id!r}.")
    return run


def _item(session: Session, run_id: str, item_id: int) -> RunItem:
    item = session.get(RunItem, item_id)
    if item is None or item.run_id != run_id:
        raise problem(404, "unknown_item", f"The run {run_id!r} has no item {item_id}.")
    return item
