"""The run loop by itself: what a run does when it is cut off between doing a step and noting that it was done."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from automations.engine import item_record
from automations.engine.discovery import JobCatalogue
from automations.engine.job import ItemOutcome, JobContext, JobDefinition, JobWork, Reason
from automations.engine.retry import RetryPolicy
from automations.engine.run_loop import MAX_RESUMES, EngineStopping, RunLoop, StepResult
from automations.engine.run_record import create_run
from connectors.database.models.work import ItemState, Run, RunState
from connectors.database.session import Database
from connectors.registry import Connectors

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
KEYS = ("a", "b", "c", "d", "e")


@dataclass
class Steps:
    """Remembers finished steps as DBOS does; a step in `lost` is done, and then the process is gone."""

    lost: set[str] = field(default_factory=set)
    done: dict[str, StepResult] = field(default_factory=dict)

    def __call__(self, name: str, work: Callable[[], StepResult]) -> StepResult:
        if name not in self.done:
            result = work()
            if name in self.lost:
                self.lost.discard(name)
                raise EngineStopping
            self.done[name] = result
        return self.done[name]


@dataclass
class Office:
    """A job over five items that remembers everything it was asked."""

    planned: tuple[str, ...] = KEYS
    decided: list[str] = field(default_factory=list)
    applied: list[str] = field(default_factory=list)
    recalled: list[list[str]] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)
    skipped: str = ""
    refused: dict[str, Reason] = field(default_factory=dict)

    def plan(self) -> Sequence[str]:
        return self.planned

    def recall(self, outcomes: Iterable[ItemOutcome]) -> None:
        self.recalled.append([outcome.key for outcome in outcomes])

    def decide(self, keys: Sequence[str]) -> Sequence[ItemOutcome]:
        if self.errors:
            raise self.errors.pop(0)
        self.decided += keys
        return [ItemOutcome(k, k, ItemState.DONE, "ok", effect={"do": k}) for k in keys if k != self.skipped]

    def apply(self, outcomes: Sequence[ItemOutcome]) -> Mapping[str, Reason]:
        self.applied += [outcome.key for outcome in outcomes]
        return self.refused


class BusyDatabase(Database):
    """A database whose first writes find it locked."""

    locked_writes = 0

    @contextmanager
    def write(self) -> Iterator[Session]:
        if self.locked_writes > 0:
            self.locked_writes -= 1
            raise locked()
        with super().write() as session:
            yield session


def locked() -> OperationalError:
    return OperationalError("UPDATE runs", None, Exception("database is locked"))


@pytest.fixture
def office() -> Office:
    return Office()


def loop_of(database: Database, office: Office, stopping: Event | None = None) -> RunLoop:
    def start(_context: JobContext) -> JobWork:
        return office

    job = JobDefinition("match", "Match", "Matches.", "item", "0 6 * * *", (), start, batch_size=2)
    policy = RetryPolicy(max_attempts=3, first_wait_seconds=0)
    return RunLoop(
        database, Connectors(database), JobCatalogue({"match": job}), policy, lambda: NOW, stopping or Event()
    )


def record(database: Database, *, job: str = "match", is_dry_run: bool = False) -> str:
    with database.write() as session:
        return create_run(session, job, {}, "anna@example.com", is_dry_run=is_dry_run, now=NOW).id


def run_of(database: Database, run_id: str) -> Run:
    with database.read() as session:
        return session.get_one(Run, run_id)


@pytest.mark.parametrize("step", ["plan", "decide-0", "decide-1", "apply-0", "apply-2"])
def test_a_step_that_was_done_but_not_noted_decides_nothing_twice(
    database: Database, office: Office, step: str
) -> None:
    run_id, steps = record(database), Steps(lost={step})
    with pytest.raises(EngineStopping):
        loop_of(database, office).execute(run_id, steps)
    loop_of(database, office).execute(run_id, steps)
    run = run_of(database, run_id)
    assert (run.state, run.resumed, run.items_done) == (RunState.SUCCEEDED, 1, 5)
    assert office.decided == list(KEYS)
    # An effect may be asked for twice, with the same key; never fewer times than once.
    assert list(dict.fromkeys(office.applied)) == list(KEYS)


def test_a_resumed_job_is_told_what_it_had_decided(database: Database, office: Office) -> None:
    run_id, steps = record(database), Steps(lost={"apply-1"})
    with pytest.raises(EngineStopping):
        loop_of(database, office).execute(run_id, steps)
    loop_of(database, office).execute(run_id, steps)
    assert office.recalled == [["a", "b", "c", "d"]]


def test_a_long_run_is_told_in_parts_what_it_had_decided(
    database: Database, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(item_record, "MOST_READ_TOGETHER", 3)
    run_id, steps = record(database), Steps(lost={"apply-1"})
    with pytest.raises(EngineStopping):
        loop_of(database, office).execute(run_id, steps)
    loop_of(database, office).execute(run_id, steps)
    assert office.recalled == [["a", "b", "c"], ["d"]]


def test_a_locked_database_delays_a_run_and_changes_nothing_else(database: Database) -> None:
    office, run_id = Office(errors=[locked()]), record(database)
    busy = BusyDatabase(database.url)
    busy.locked_writes = 3
    loop_of(busy, office).execute(run_id, Steps())
    busy.close()
    assert run_of(database, run_id).state == RunState.SUCCEEDED
    assert office.decided == list(KEYS)


@pytest.mark.parametrize(
    ("office", "job", "said"),
    [
        (Office(planned=("a", "a")), "match", "planned an item twice"),
        (Office(skipped="c"), "match", "did not decide each item once, first 'c'"),
        (Office(refused={"z": Reason("R", "a")}), "match", "answers for the item 'z', which it was not given"),
        (Office(errors=[locked()] * 3), "match", "Our own database did not answer (tried 3 times): database is locked"),
        (Office(), "gone", "There is no job 'gone'; there are: match."),
    ],
)
def test_a_run_that_cannot_go_on_says_why(database: Database, office: Office, job: str, said: str) -> None:
    run_id = record(database, job=job)
    loop_of(database, office).execute(run_id, Steps())
    run = run_of(database, run_id)
    assert run.state == RunState.FAILED
    assert said in (run.failure or "")


def test_a_failed_run_stays_failed_when_its_last_note_was_lost(database: Database) -> None:
    office, steps = Office(errors=[ValueError("strange")]), Steps()
    run_id = record(database)
    for _time in range(2):
        loop_of(database, office).execute(run_id, steps)
    assert run_of(database, run_id).state == RunState.FAILED
    assert office.decided == []


def test_a_run_that_kills_its_process_every_time_is_given_up(database: Database, office: Office) -> None:
    run_id = record(database)
    for _time in range(MAX_RESUMES + 1):
        with pytest.raises(EngineStopping):
            loop_of(database, office).execute(run_id, Steps(lost={"plan"}))
    loop_of(database, office).execute(run_id, Steps())
    assert "interrupted 20 times" in (run_of(database, run_id).failure or "")


def test_a_stopping_process_leaves_the_run_unfinished(database: Database, office: Office) -> None:
    run_id, stopping = record(database), Event()
    stopping.set()
    with pytest.raises(EngineStopping):
        loop_of(database, office, stopping).execute(run_id, Steps())
    assert run_of(database, run_id).state == RunState.RUNNING
    assert office.decided == []


def test_a_dry_run_applies_nothing(database: Database, office: Office) -> None:
    run_id = record(database, is_dry_run=True)
    loop_of(database, office).execute(run_id, Steps())
    assert (office.decided, office.applied) == (list(KEYS), [])
