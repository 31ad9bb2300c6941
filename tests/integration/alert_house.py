"""Alerts on one database, with a clock that a test moves, a mailer that remembers, and runs that it writes itself."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from automations.alerts.channels import ChannelDraft, create_channel
from automations.alerts.watch import Watch
from automations.engine.discovery import JobCatalogue
from bot.alerts.courier import Carriers, Courier
from bot.alerts.wording import AlertWords
from bot.texts import Texts
from connectors.contracts.mail import Mailer
from connectors.database.base import new_id
from connectors.database.models.alerts import Alert, AlertChannel, AlertDelivery, AlertKind
from connectors.database.models.work import Run, RunState, Schedule
from connectors.database.session import Database
from connectors.http.reach import Reach
from connectors.secrets import Secrets
from connectors.settings import PROJECT_ROOT, Settings
from connectors.telegram_chat import TelegramChats
from connectors.vendors.memory_mail import MemoryMailer
from connectors.webhook import webhook_exchange
from tests.fixtures.fresh_databases import give_tables

DATA_FOLDER = PROJECT_ROOT / "data"
TEXTS = Texts(DATA_FOLDER)
START = datetime(2026, 11, 22, 9, tzinfo=UTC)
JOB = "nightly-check"
KEY = "k" * 32
ALL_KINDS = tuple(kind.value for kind in AlertKind)
MAIL = "ops@example.com"


@dataclass
class AlertHouse:
    """`now` stands still until a test moves it."""

    database: Database
    folder: Path
    now: datetime = START
    mailer: MemoryMailer = field(default_factory=MemoryMailer)
    reach: Reach = Reach.LOOPBACK
    answer_seconds: float = 2.0
    telegram: TelegramChats | None = None

    def __post_init__(self) -> None:
        give_tables(self.database)
        self.watch = Watch(self.database)
        # From here on it watches.
        self.look()

    def courier(self, secrets: Secrets | None = None, mailer: Mailer | None = None) -> Courier:
        settings = Settings(data_dir=self.folder, secret_key=KEY, demo=True, _env_file=None)
        http = webhook_exchange(self.reach, self.answer_seconds)
        carriers = Carriers(mailer or self.mailer, http, lambda: self.telegram, secrets or Secrets(KEY))
        words = AlertWords(settings, DATA_FOLDER, TEXTS, JobCatalogue({}, ()))
        return Courier(self.database, carriers, words, lambda: self.now, lambda: 0.0)

    def look(self) -> int:
        return self.watch.look(self.now)

    def sweep(self) -> None:
        """What the product does every few seconds."""
        self.look()
        self.courier().send_due()

    def passes(self, **time: float) -> None:
        self.now += timedelta(**time)

    def add_channel(
        self, kind: str = "mail", target: str = MAIL, language: str = "en", jobs: Sequence[str] = (), name: str = "Ops"
    ) -> tuple[AlertChannel, str]:
        """The channel and its signing secret."""
        draft = ChannelDraft(name, kind, target, language, ALL_KINDS, jobs)
        with self.database.write() as session:
            return create_channel(session, draft, Secrets(KEY), "admin@example.com")

    def add_run(
        self,
        state: RunState,
        job: str = JOB,
        *,
        failure: str | None = None,
        exceptions: int = 0,
        is_dry_run: bool = False,
        schedule: Schedule | None = None,
        scheduled_for: datetime | None = None,
        heartbeat_at: datetime | None = None,
    ) -> str:
        """A run that is in this state since now."""
        is_over = state not in (RunState.QUEUED, RunState.RUNNING)
        with self.database.write() as session:
            run = Run(
                id=new_id(),
                job=job,
                started_by="schedule",
                state=state.value,
                failure=failure,
                is_dry_run=is_dry_run,
                schedule_id=schedule.id if schedule else None,
                scheduled_for=scheduled_for,
                summary={"states": {"exception": exceptions}},
                heartbeat_at=heartbeat_at,
                created_at=self.now,
                started_at=None if state is RunState.QUEUED else self.now,
                finished_at=self.now if is_over else None,
            )
            session.add(run)
            return run.id

    def add_schedule(self, line: str = "0 * * * *", alarm_minutes: int | None = 15) -> Schedule:
        with self.database.write() as session:
            schedule = Schedule(
                job=JOB,
                timing={"kind": "cron", "line": line},
                timezone="Europe/Prague",
                alarm_minutes=alarm_minutes,
                updated_at=self.now,
                settled_until=self.now,
            )
            session.add(schedule)
        return schedule

    def alerts(self) -> list[Alert]:
        with self.database.read() as session:
            return list(session.scalars(select(Alert).order_by(Alert.opened_at, Alert.id)))

    def deliveries(self) -> list[AlertDelivery]:
        with self.database.read() as session:
            return list(session.scalars(select(AlertDelivery).order_by(AlertDelivery.created_at, AlertDelivery.id)))

    @property
    def subjects(self) -> list[str]:
        return [mail.subject for mail in self.mailer.sent]
