"""A job for tests of retries, cancelling and effects: it pays items at a bank that can be made to fail."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from threading import Event
from typing import Any

from sqlalchemy import select

from automations.engine.approval_policy import ApprovalPolicy
from automations.engine.discovery import JobCatalogue
from automations.engine.job import ItemOutcome, JobContext, JobDefinition, JobWork, Reason
from automations.engine.outbox import EFFECT_REFUSED
from automations.engine.retry import RetryPolicy
from automations.engine.run_loop import EngineStopping, RunLoop, StepResult
from automations.engine.run_record import create_run
from connectors.database.models.work import ItemState, Run, RunEvent, RunItem
from connectors.database.session import Database
from connectors.registry import Connectors

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ANNA = "anna@example.com"
KEYS = ("a", "b", "c", "d")


@dataclass
class Bank:
    """Knows no keys: what is sent twice is paid twice. `dies_after` items kill whoever has just had them paid."""

    paid: list[tuple[str, str | None]] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)
    dies_after: set[str] = field(default_factory=set)
    on_pay: Callable[[str], None] = lambda _key: None

    def pay(self, outcome: ItemOutcome) -> Reason | str:
        self.on_pay(outcome.key)
        if outcome.key in self.refuses:
            return Reason(EFFECT_REFUSED, "treasury", found="no such account")
        self.paid.append((outcome.key, outcome.effect_key))
        if outcome.key in self.dies_after:
            self.dies_after.discard(outcome.key)
            raise EngineStopping
        return f"REF-{outcome.key}"

    def times_paid(self) -> dict[str, int]:
        items = [item for item, _key in self.paid]
        return {item: items.count(item) for item in items}


@dataclass
class Paying:
    """The worker; without `can_look` nobody can tell whether a payment arrived."""

    bank: Bank
    context: JobContext
    decided: list[str]

    def plan(self) -> Sequence[str]:
        return KEYS

    def recall(self, outcomes: Iterable[ItemOutcome]) -> None:
        """Nothing of one item depends on another."""

    def decide(self, keys: Sequence[str]) -> Sequence[ItemOutcome]:
        self.decided += keys
        for key in keys:
            self.context.log("looked_up", key, balance="10.00")
        return [
            ItemOutcome(
                key, key, ItemState.DONE, "paid", effect={"pay": key}, amount=Decimal(len(keys)), currency="EUR"
            )
            for key in keys
        ]

    def apply(self, outcomes: Sequence[ItemOutcome]) -> Mapping[str, Reason | str]:
        return {outcome.key: self.bank.pay(outcome) for outcome in outcomes}


class LookingPaying(Paying):
    def read_back(self, outcomes: Sequence[ItemOutcome]) -> Mapping[str, str | None]:
        return {
            each.key: f"REF-{each.key}" if (each.key, each.effect_key) in self.bank.paid else None for each in outcomes
        }


@dataclass
class PayingOffice:
    """Runs of the job in batches of two, without the durable engine: a step that was cut off is done again."""

    database: Database
    bank: Bank = field(default_factory=Bank)
    can_look: bool = False
    is_idempotent: bool = False
    approval: ApprovalPolicy | None = None
    decided: list[str] = field(default_factory=list)
    now: datetime = NOW
    has_job: bool = True
    parameters: tuple[Any, ...] = ()

    def job(self) -> JobDefinition:
        def start(context: JobContext) -> JobWork:
            return (LookingPaying if self.can_look else Paying)(self.bank, context, self.decided)

        job = JobDefinition("pay", "Pay", "Pays.", "item", "0 6 * * *", (), start, batch_size=2)
        return replace(job, effect_is_idempotent=self.is_idempotent, approval=self.approval, parameters=self.parameters)

    def start(self, *, is_dry_run: bool = False) -> str:
        with self.database.write() as session:
            return create_run(session, "pay", {}, ANNA, is_dry_run=is_dry_run, now=self.now).id

    def execute(self, run_id: str) -> Run:
        catalogue = JobCatalogue({"pay": self.job()} if self.has_job else {})
        policy = RetryPolicy(max_attempts=2, first_wait_seconds=0)
        loop = RunLoop(self.database, Connectors(self.database), catalogue, policy, lambda: self.now, Event())
        loop.execute(run_id, at_once)
        return self.run(run_id)

    def run(self, run_id: str) -> Run:
        with self.database.read() as session:
            return session.get_one(Run, run_id)

    def items(self, run_id: str) -> dict[str, RunItem]:
        with self.database.read() as session:
            return {item.key: item for item in session.scalars(select(RunItem).where(RunItem.run_id == run_id))}

    def states(self, run_id: str) -> dict[str, tuple[str, str | None]]:
        return {key: (item.state, item.effect_state) for key, item in self.items(run_id).items()}

    def events(self, run_id: str, item_key: str | None = None) -> list[str]:
        query = select(RunEvent.event).where(RunEvent.run_id == run_id).order_by(RunEvent.id)
        if item_key is not None:
            query = query.where(RunEvent.item_key == item_key)
        with self.database.read() as session:
            return list(session.scalars(query))


def at_once(name: str, work: Callable[[], StepResult]) -> StepResult:  # noqa: ARG001 - the name is what Steps calls it
    return work()
