"""The work of one run: plan its items, decide a batch of them, carry out the effects of a batch."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from functools import partial
from typing import Any, Protocol, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from automations.engine.approvals import request_approvals
from automations.engine.item_record import (
    earlier_outcomes,
    mark_in_progress,
    mark_waiting,
    record_outcomes,
    record_plan,
    recorded_keys,
    recorded_outcomes,
    refresh_counts,
)
from automations.engine.job import ItemOutcome, JobContext, JobDefinition, JobWork, Reason
from automations.engine.outbox import (
    ClaimedEffects,
    claim_effects,
    due_effects,
    record_answers,
    record_unknown,
)
from automations.engine.parameters import check_parameters
from automations.engine.plans import ScheduleError, read_zone
from automations.engine.run_log import Line, log_event, log_lines
from automations.engine.run_retry import carried_out_before
from connectors.database.models.work import Run, Schedule
from connectors.registry import Connectors

Result = TypeVar("Result")

NOBODY_CAN_TELL = (
    "The run was interrupted while this was being sent, and nobody can tell whether it arrived. "
    "Look into the other system, then retry the item or settle it."
)


class RunFailed(Exception):
    """The run cannot go on; the text is the sentence that people read."""


class RunRecord(Protocol):
    """Our own record of the run, and what surrounds it: kept by the run loop."""

    def record(self, change: Callable[[Session], Result]) -> Result: ...

    def look(self, query: Callable[[Session], Result]) -> Result: ...

    def now(self) -> datetime: ...

    @property
    def zone(self) -> tzinfo:
        """The company's time zone."""
        ...

    def reach(self, point: str) -> None:
        """A boundary between two steps at which a test may let the process die."""
        ...


class RunWork:
    """One run in this process. Its worker is made anew after every interruption and every failed attempt."""

    def __init__(self, record: RunRecord, connectors: Connectors, job: JobDefinition, run: Run) -> None:
        self._record = record
        self._connectors = connectors
        self._job = job
        self._run = run
        self._worker: JobWork | None = None
        self._lines: list[Line] = []

    def forget_worker(self) -> None:
        """It may have counted half a batch already: a new one starts from what is recorded."""
        self._worker = None

    def plan(self) -> dict[str, Any]:
        """Name all items; the batches are recorded, so that a changed batch size shifts no step already done."""
        keys = self._keys()
        if len(set(keys)) != len(keys):
            raise RunFailed(f"The job {self._run.job} planned an item twice; this is a fault of the job.")
        self._write(lambda session: record_plan(session, self._run.id, keys, self._record.now()))
        return {"batches": self._batches(keys)}

    def plan_approved(self) -> dict[str, Any]:
        """The items whose effects may be carried out now that nobody is asked about them any more."""
        return {"batches": self._batches(self._record.look(lambda session: due_effects(session, self._run.id)))}

    def decide(self, keys: Sequence[str]) -> dict[str, Any]:
        """Decide those of a batch that are not decided yet, and put their effects into the outbox."""
        worker = self._work()
        decided = self._record.look(lambda session: recorded_keys(session, self._run.id, keys))
        missing = [key for key in keys if key not in decided]
        if not missing:
            return {"decided": 0}
        self._record.record(lambda session: mark_in_progress(session, self._run.id, missing, self._record.now()))
        outcomes = list(worker.decide(missing))
        self._check_complete(missing, outcomes)
        self._record.reach(f"decided {missing[0]}")
        self._write(lambda session: self._record_outcomes(session, outcomes))
        return {"decided": len(outcomes)}

    def carry_out(self, keys: Sequence[str]) -> dict[str, Any]:
        """Carry out the due effects of a batch: together where repeating one is harmless, else one by one."""
        due = self._record.look(lambda session: due_effects(session, self._run.id, keys))
        chunks = [due] if self._job.effect_is_idempotent else [[key] for key in due]
        refused = sum(self._send(chunk) for chunk in chunks if chunk)
        return {"applied": len(due) - refused, "refused": refused}

    def _keys(self) -> list[str]:
        if self._run.only_keys is not None:
            return list(self._run.only_keys)
        planned = list(self._work().plan())
        if self._run.retry_of is None:
            return planned
        done = self._record.look(lambda session: carried_out_before(session, self._run))
        return [key for key in planned if key not in done]

    def _batches(self, keys: Sequence[str]) -> list[list[str]]:
        size = self._job.batch_size
        return [list(keys[start : start + size]) for start in range(0, len(keys), size)]

    def _check_complete(self, keys: Sequence[str], outcomes: Sequence[ItemOutcome]) -> None:
        decided = [outcome.key for outcome in outcomes]
        if sorted(decided) != sorted(keys):
            wrong = sorted(set(keys) ^ set(decided)) or sorted(decided)
            raise RunFailed(f"The job {self._run.job} did not decide each item once, first {wrong[0]!r}.")

    def _record_outcomes(self, session: Session, outcomes: Sequence[ItemOutcome]) -> None:
        now = self._record.now()
        run = session.get_one(Run, self._run.id)
        record_outcomes(session, run.id, outcomes, now)
        held = 0 if run.is_dry_run else request_approvals(session, run, self._job, outcomes, now)
        if held:
            mark_waiting(session, run.id, [outcome.key for outcome in outcomes])
            refresh_counts(session, run)
        run.heartbeat_at = now
        log_event(session, run.id, "batch_decided", now, items=len(outcomes), held_for_approval=held)

    def _send(self, keys: Sequence[str]) -> int:
        """Send these effects unless they arrived before; returns how many were refused for good."""
        worker = self._work()
        claimed = self._record.record(lambda session: claim_effects(session, self._run.id, keys, self._record.now()))
        self._record.reach(f"sending {keys[0]}")
        to_send = claimed.fresh + self._not_there_yet(worker, claimed)
        if not to_send:
            return 0
        answers = worker.apply(to_send)
        sent = [outcome.key for outcome in to_send]
        if unknown := answers.keys() - set(sent):
            raise RunFailed(f"The job {self._run.job} answers for the item {min(unknown)!r}, which it was not given.")
        self._record.reach(f"sent {keys[0]}")
        self._write(lambda session: record_answers(session, self._run.id, sent, answers, self._record.now()))
        return sum(isinstance(answer, Reason) for answer in answers.values())

    def _not_there_yet(self, worker: JobWork, claimed: ClaimedEffects) -> list[ItemOutcome]:
        """Which of the effects that may have arrived are to be sent again; the others are settled here."""
        doubtful = claimed.interrupted + claimed.asked_again
        if not doubtful:
            return []
        read_back = getattr(worker, "read_back", None)
        found: Mapping[str, str | None] = read_back(doubtful) if read_back is not None else {}
        there = {key: reference for key, reference in found.items() if reference is not None}
        if there:
            self._write(
                lambda session: record_answers(
                    session, self._run.id, list(there), there, self._record.now(), is_read_back=True
                )
            )
        is_harmless = self._job.effect_is_idempotent
        lost = [] if is_harmless else [outcome.key for outcome in claimed.interrupted if outcome.key not in found]
        if lost:
            self._write(
                lambda session: record_unknown(session, self._run.id, lost, NOBODY_CAN_TELL, self._record.now())
            )
        return [outcome for outcome in doubtful if outcome.key not in there and outcome.key not in lost]

    def _work(self) -> JobWork:
        """The job's worker, knowing what this run has decided so far."""
        if self._worker is None:
            worker = self._job.start(self._context())
            for recorded in self._recorded():
                worker.recall(recorded)
            self._worker = worker
        return self._worker

    def _recorded(self) -> Iterator[Sequence[ItemOutcome]]:
        """What this run has decided so far, in parts, as a large run would fill the memory."""
        last = 0
        while part := self._record.look(partial(recorded_outcomes, run_id=self._run.id, after=last)):
            last = part[-1][0]
            yield [outcome for _id, outcome in part]

    def _context(self) -> JobContext:
        parameters = check_parameters(self._job, self._run.parameters)
        return JobContext(
            self._run.id,
            self._run.is_dry_run,
            parameters,
            self._connectors,
            self._record.now,
            self._note,
            self._run.scheduled_for,
            self._earlier,
            self._record.look,
            self._zone(),
        )

    def _zone(self) -> tzinfo:
        """The time zone of the schedule that started the run, else the company's."""
        if self._run.schedule_id is None:
            return self._record.zone
        schedule = select(Schedule.timezone).where(Schedule.id == self._run.schedule_id)
        name = self._record.look(lambda session: session.scalar(schedule))
        try:
            return read_zone(name or "")
        except ScheduleError:
            # It can vanish with an update of the system's zone data.
            return self._record.zone

    def _earlier(self, keys: Sequence[str]) -> Mapping[str, ItemOutcome]:
        return self._record.look(lambda session: earlier_outcomes(session, self._run, keys))

    def _note(self, event: str, item_key: str | None = None, **fields: Any) -> None:
        self._lines.append(Line(event, item_key, fields))

    def write_lines(self) -> None:
        """Write what the job said since the last time."""
        if self._lines:
            self._write(lambda _session: None)

    def _write(self, change: Callable[[Session], None]) -> None:
        """One transaction with what the job said meanwhile."""
        lines = tuple(self._lines)

        def change_and_tell(session: Session) -> None:
            log_lines(session, self._run.id, self._record.now(), lines)
            change(session)

        self._record.record(change_and_tell)
        del self._lines[: len(lines)]
