"""What a job is: the contract between a job file and the engine that runs it durably."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from connectors.database.models.work import ItemState
from connectors.registry import Connectors


class ParameterType(StrEnum):
    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One setting of a job; it draws the form and checks the CLI alike. `None` as default means "not set"."""

    name: str
    type: ParameterType
    default: str | int | bool | None
    label: str
    help: str
    unit: str = ""
    minimum: int | None = None
    maximum: int | None = None
    choices: tuple[str, ...] = ()


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
    """

    key: str
    title: str
    state: ItemState
    outcome: str
    reasons: tuple[Reason, ...] = ()
    detail: Mapping[str, Any] = field(default_factory=dict)
    owner: str | None = None
    effect: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a run gives its job. `parameters` are checked and complete."""

    run_id: str
    is_dry_run: bool
    parameters: Mapping[str, Any]
    connectors: Connectors
    now: Callable[[], datetime]


class JobWork(Protocol):
    """One run's worker. Any exception but ConnectorError fails the run; a ConnectorError is retried first."""

    def plan(self) -> Sequence[str]:
        """The keys of all items, in the order in which they are to be decided. Reads only."""
        ...

    def recall(self, outcomes: Iterable[ItemOutcome]) -> None:
        """Called once after a resume with what this run had already decided."""
        ...

    def decide(self, keys: Sequence[str]) -> Sequence[ItemOutcome]:
        """Decide these items. Reads only, so that a killed process can simply decide again."""
        ...

    def apply(self, outcomes: Sequence[ItemOutcome]) -> Mapping[str, Reason]:
        """Carry out the effects of recorded outcomes; called in real runs only, maybe twice for the same ones.

        Returns, by the item's key, why an effect was refused for good (NotFound or Rejected of that very item) and
        who owns it. These items fail alone; the others have to be carried out all the same, and the run goes on.
        An error that is raised concerns them all: tried again where that can help, else the run fails.
        """
        ...


@dataclass(frozen=True, slots=True)
class JobDefinition:
    """A job as declared in its file under `automations/jobs/` in the module variable JOB."""

    name: str
    title: str
    description: str
    item_name: str
    default_cron: str
    parameters: tuple[Parameter, ...]
    start: Callable[[JobContext], JobWork]
    batch_size: int = 500
