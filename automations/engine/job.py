"""What a job is: the contract between a job file and the engine that runs it durably."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from sqlalchemy.orm import Session

from automations.engine.approval_policy import ApprovalPolicy
from automations.engine.retry import RetryPolicy
from connectors.database.models.work import ItemState
from connectors.registry import Connectors


class ParameterType(StrEnum):
    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    DATE = "date"
    AMOUNTS = "amounts"


class RunStep(StrEnum):
    """The steps of every run, in their order."""

    PLAN = "plan"
    DECIDE = "decide"
    APPROVE = "approve"
    APPLY = "apply"


# Of these steps a run can be taken up again; consent is asked for once an item is decided.
RETRY_STEPS = (RunStep.PLAN, RunStep.DECIDE, RunStep.APPLY)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One setting of a job; it draws the form and checks the CLI alike. `None` as default means "not set".

    `check` reads a text further: it returns how the text is to be kept, or raises ValueError with what is wrong with
    it. `is_long` asks for a field of several lines.
    """

    name: str
    type: ParameterType
    default: str | int | bool | Decimal | date | None
    label: str
    help: str
    unit: str = ""
    minimum: int | Decimal | date | None = None
    maximum: int | Decimal | date | None = None
    choices: tuple[str, ...] = ()
    check: Callable[[str], str] | None = field(default=None, repr=False)
    is_long: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an item did not simply pass: the rule, the two figures, the limit, who owns it, where it was found."""

    code: str
    owner: str
    found: str | None = None
    expected: str | None = None
    limit: str | None = None
    where: str | None = None


@dataclass(frozen=True, slots=True)
class ItemOutcome:
    """What a job decided for one item.

    `outcome` is the job's own word ("matched"); `effect` is what `apply` has to do, as JSON, or None.
    `effect_key` names the effect for the other system; None = the engine makes one of job, item and run.
    `amount` and `currency` say what the effect is worth to whoever has to approve it.
    """

    key: str
    title: str
    state: ItemState
    outcome: str
    reasons: tuple[Reason, ...] = ()
    detail: Mapping[str, Any] = field(default_factory=dict)
    owner: str | None = None
    effect: Mapping[str, Any] | None = None
    effect_key: str | None = None
    amount: Decimal | None = None
    currency: str | None = None


class LogEvent(Protocol):
    """Adds a line to the structured log of the run, of one item if its key is given. Fields are JSON."""

    def __call__(self, event: str, item_key: str | None = None, **fields: Any) -> None: ...


def _log_nothing(event: str, item_key: str | None = None, **fields: Any) -> None:
    """For a worker that is made outside of any run."""


def _no_earlier_verdicts(_keys: Sequence[str]) -> Mapping[str, ItemOutcome]:
    """For a worker that is made outside of any run."""
    return {}


class Look(Protocol):
    """Reads from the engine's own records, in a transaction that is over when the query is."""

    def __call__(self, query: Callable[[Session], Any], /) -> Any: ...


def _see_nothing(_query: Callable[[Session], Any]) -> Any:
    raise LookupError("This job was started outside of an engine, which has no records to look into.")


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a run gives its job. `parameters` are checked and complete; `log` writes to the log of the run.

    `scheduled_for` is the firing that the run stands for, however late it runs (back-fill, outage); None = started by
    hand. Days are those of `zone`, the schedule's or else the company's. `earlier` gives what the latest other real run
    of the job said about items that it left open (exception, waiting, failed), by their keys. `look` is for jobs that
    tell people about the engine itself.
    """

    run_id: str
    is_dry_run: bool
    parameters: Mapping[str, Any]
    connectors: Connectors
    now: Callable[[], datetime]
    log: LogEvent = _log_nothing
    scheduled_for: datetime | None = None
    earlier: Callable[[Sequence[str]], Mapping[str, ItemOutcome]] = _no_earlier_verdicts
    look: Look = _see_nothing
    zone: tzinfo = UTC

    @property
    def today(self) -> date:
        """The day it is now."""
        return self.now().astimezone(self.zone).date()

    @property
    def firing_day(self) -> date:
        """The day that the run stands for."""
        return (self.scheduled_for or self.now()).astimezone(self.zone).date()


class JobWork(Protocol):
    """One run's worker. Any exception but ConnectorError fails the run; a ConnectorError is retried first."""

    def plan(self) -> Sequence[str]:
        """The keys of all items, in the order in which they are to be decided. Reads only."""
        ...

    def recall(self, outcomes: Iterable[ItemOutcome]) -> None:
        """After a resume: what this run had already decided, in its order, in as many calls as that takes."""
        ...

    def decide(self, keys: Sequence[str]) -> Sequence[ItemOutcome]:
        """Decide these items. Reads only, so that a killed process can simply decide again."""
        ...

    def apply(self, outcomes: Sequence[ItemOutcome]) -> Mapping[str, Reason | str]:
        """Carry out the effects of recorded outcomes; called in real runs only, maybe twice for the same ones.

        Each outcome carries its `effect_key`, which is the same whenever this effect is asked for. Returns by the
        item's key what the other system calls the effect (may be left out), or why it was refused for good
        (NotFound or Rejected of that very item) and who owns it. Refused items fail alone; the others have to be
        carried out all the same, and the run goes on. An error that is raised concerns them all: tried again where
        that can help, else the run fails.
        """
        ...


class ReadsBack(Protocol):
    """A worker that can look up in the other system whether effects arrived; offered by jobs that can."""

    def read_back(self, outcomes: Sequence[ItemOutcome]) -> Mapping[str, str | None]:
        """By item key: what the other system calls the effect, or None if it does not have it. Reads only.

        An item that is missing in the answer is one about which nobody can tell.
        """
        ...


@dataclass(frozen=True, slots=True)
class JobDefinition:
    """A job as declared in its file under `automations/jobs/` in the module variable JOB.

    `effect_is_idempotent` says that the other system does the same effect once however often it is sent its key.
    `uses` names the contracts that a run asks, for the limits of their connections; a run that names one in a
    parameter `connection` uses that one. `plans_all_findings` says that a run plans everything that is wrong: what
    earlier runs found and a run that succeeds does not, is settled. `has_confidential_items`: what it says of its items
    is for admins and for whom it concerns, and their amounts stand in no mail (docs/operations.md).
    """

    name: str
    title: str
    description: str
    item_name: str
    default_cron: str
    parameters: tuple[Parameter, ...]
    start: Callable[[JobContext], JobWork]
    batch_size: int = 500
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    approval: ApprovalPolicy | None = None
    effect_is_idempotent: bool = True
    uses: tuple[str, ...] = ()
    plans_all_findings: bool = False
    has_confidential_items: bool = False

    @property
    def steps(self) -> tuple[RunStep, ...]:
        """What a run of this job goes through."""
        return tuple(step for step in RunStep if step is not RunStep.APPROVE or self.approval is not None)
