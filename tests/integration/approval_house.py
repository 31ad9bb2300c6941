"""A small company that approves: people, groups, a job that asks, and an engine to carry out what was approved."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Event

from sqlalchemy import select

from automations.engine.approval_decisions import Decided, decide_approval
from automations.engine.approval_policy import ApprovalPolicy
from automations.engine.approver_groups import delegate, ensure_group, set_member
from automations.engine.discovery import JobCatalogue
from automations.engine.durable import Engine, EngineOptions
from automations.engine.job import ItemOutcome, JobContext, JobDefinition, JobWork, Reason
from automations.engine.retry import RetryPolicy
from automations.rules.amounts import read_amounts
from connectors.database.models.approvals import Approval, Verdict
from connectors.database.models.people import AuditEntry, Role, User
from connectors.database.models.work import ItemState, Run, RunItem, RunState
from connectors.database.session import Database
from connectors.registry import Connectors
from tests.fixtures.fresh_databases import give_tables
from tests.integration.ledger_job import Ledger

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
WAIT_SECONDS = 30
OPTIONS = EngineOptions(
    retry=RetryPolicy(max_attempts=3, first_wait_seconds=0), queue_poll_seconds=0.05, sweep_seconds=0.1
)
# What the job pays, by item; below 100 EUR nobody is asked, from 1000 EUR on two people are.
PAYMENTS = {"small": "50", "middle": "500", "large": "5000"}
POLICY = ApprovalPolicy(
    group="finance",
    automatic_below={"EUR": Decimal(100)},
    two_people_from={"EUR": Decimal(1000)},
    deadline_hours=24,
    escalation_group="board",
    rejected_owner="accounts_payable",
)


@dataclass
class Clock:
    """A clock that stands still until it is set."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def passes(self, hours: float) -> None:
        self.now += timedelta(hours=hours)


class PaymentWork:
    """Pays into a ledger file, which takes each key once."""

    def __init__(self, payments: Mapping[str, str], ledger: Ledger) -> None:
        self._payments = payments
        self._ledger = ledger

    def plan(self) -> Sequence[str]:
        return list(self._payments)

    def recall(self, outcomes: object) -> None:
        """There is nothing that a later item must know of an earlier one."""

    def decide(self, keys: Sequence[str]) -> Sequence[ItemOutcome]:
        return [
            ItemOutcome(
                key,
                f"Payment {key}",
                ItemState.DONE,
                "paid",
                effect={"pay": self._payments[key]},
                amount=Decimal(self._payments[key]),
                currency="EUR",
            )
            for key in keys
        ]

    def apply(self, outcomes: Sequence[ItemOutcome]) -> Mapping[str, Reason | str]:
        for outcome in outcomes:
            self._ledger.post(outcome.key)
        return {}


@dataclass
class ApprovalHouse:
    """Anna and Ben are in finance (Ben up to 600 EUR), Carl is on the board, Olga runs the jobs."""

    database: Database
    folder: Path
    clock: Clock = field(default_factory=Clock)
    policy: ApprovalPolicy = POLICY
    payments: Mapping[str, str] = field(default_factory=lambda: dict(PAYMENTS))
    batch_size: int = 2

    def __post_init__(self) -> None:
        give_tables(self.database)
        self.ledger = Ledger(self.folder)
        with self.database.write() as session:
            for name in ("anna", "ben", "carl", "dora", "olga"):
                role = Role.ADMIN if name == "olga" else Role.AGENT
                session.add(User(email=mail(name), name=name.title(), role=role.value, password_hash="-"))
            session.flush()
            for group, name, limits in (
                ("finance", "anna", ""),
                ("finance", "ben", "EUR 600"),
                ("finance", "olga", ""),
                ("board", "carl", ""),
            ):
                user = session.scalars(select(User).where(User.email == mail(name))).one()
                set_member(session, ensure_group(session, group, NOW), user, read_amounts(limits), "test")

    def job(self) -> JobDefinition:
        def start(_context: JobContext) -> JobWork:
            return PaymentWork(self.payments, self.ledger)

        return JobDefinition(
            name="payments",
            title="Payments",
            description="Pays.",
            item_name="payment",
            default_cron="0 6 * * *",
            parameters=(),
            start=start,
            batch_size=self.batch_size,
            approval=self.policy,
        )

    @contextmanager
    def engine(self) -> Iterator[Engine]:
        catalogue = JobCatalogue({"payments": self.job()})
        engine = Engine(self.database, Connectors(self.database), self.folder, catalogue, OPTIONS, self.clock)
        engine.start()
        try:
            yield engine
        finally:
            engine.stop()

    def runs(self, engine: Engine, *, is_dry_run: bool = False, started_by: str = "olga") -> Run:
        run_id = engine.start_run("payments", {}, is_dry_run=is_dry_run, started_by=mail(started_by))
        return engine.wait(run_id, WAIT_SECONDS)

    def approval(self, subject: str, run_id: str | None = None) -> Approval:
        query = select(Approval).where(Approval.subject == subject).order_by(Approval.id.desc())
        if run_id is not None:
            query = query.where(Approval.run_id == run_id)
        with self.database.read() as session:
            found = session.scalars(query).first()
            assert found is not None, subject
            return found

    def approvals(self) -> dict[str, str]:
        with self.database.read() as session:
            return {one.subject: one.state for one in session.scalars(select(Approval).order_by(Approval.id))}

    def item(self, key: str, run_id: str | None = None) -> RunItem:
        query = select(RunItem).where(RunItem.key == key).order_by(RunItem.id.desc())
        if run_id is not None:
            query = query.where(RunItem.run_id == run_id)
        with self.database.read() as session:
            found = session.scalars(query).first()
            assert found is not None, key
            return found

    def says(self, name: str, verdict: str, subject: str, reason: str = "", version: int | None = None) -> Decided:
        with self.database.write() as session:
            approval_id = self.approval(subject).id
            return decide_approval(
                session, approval_id, mail(name), Verdict(verdict), reason, self.clock(), version=version
            )

    def delegates(self, giver: str, receiver: str, hours: float = 24) -> None:
        with self.database.write() as session:
            user = session.scalars(select(User).where(User.email == mail(giver))).one()
            ends = self.clock() + timedelta(hours=hours)
            delegate(session, user, mail(receiver), self.clock(), ends, self.clock(), user.email)

    def leaves(self, name: str) -> None:
        with self.database.write() as session:
            session.scalars(select(User).where(User.email == mail(name))).one().is_active = False

    def audited(self, action: str) -> list[AuditEntry]:
        with self.database.read() as session:
            return list(session.scalars(select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id)))


def mail(name: str) -> str:
    return f"{name}@example.com"


def wait_until_ended(engine: Engine, run_id: str) -> Run:
    """The run once the engine's own look has let it go on to its end."""
    for _ in range(WAIT_SECONDS * 20):
        found = engine.wait(run_id, WAIT_SECONDS)
        if found.state != RunState.WAITING_FOR_APPROVAL:
            return found
        Event().wait(0.05)
    raise TimeoutError(f"The run {run_id} still waits for approval.")
