"""The part of a process that watches and tells: threads beside the engine."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from threading import Event, Thread

import structlog
from sqlalchemy.exc import SQLAlchemyError

from automations.alerts.connection_checks import ConnectionChecks
from automations.alerts.watch import Watch
from automations.engine.discovery import JobCatalogue
from bot.alerts.courier import Carriers, Courier
from bot.alerts.wording import AlertWords
from bot.channels.setup import ChannelSetups
from bot.channels.telegram_setup import token_in_use
from bot.texts import Texts
from connectors.database.base import utc_now
from connectors.database.session import Database
from connectors.errors import Unavailable
from connectors.http.reach import Reach
from connectors.mailer import create_mailer
from connectors.registry import Connectors
from connectors.secrets import SecretUnreadableError, secrets_of
from connectors.settings import Settings
from connectors.telegram_chat import TelegramChats
from connectors.webhook import webhook_exchange

SWEEP_SECONDS = 5.0

log = structlog.get_logger(__name__)


class Sweeper:
    """A thread that does a piece of work every few seconds until it is stopped."""

    def __init__(self, name: str, work: Callable[[], object]) -> None:
        self._name = name
        self._work = work
        self._stopping = Event()
        self._thread: Thread | None = None
        self._fails = False

    def start(self) -> None:
        self._stopping.clear()
        self._thread = Thread(target=self._sweep_until_stopped, name=self._name, daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether its thread goes on: what nobody expected ends it, and must not go unseen."""
        return self._thread is not None and self._thread.is_alive()

    def stop(self) -> None:
        """End after what is being done now."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _sweep_until_stopped(self) -> None:
        while not self._stopping.wait(SWEEP_SECONDS):
            try:
                self._work()
            except (SQLAlchemyError, Unavailable) as error:
                # A failure is logged once, and its end once.
                if not self._fails:
                    log.error("sweep_fails", part=self._name, reason=str(getattr(error, "orig", error)))
                self._fails = True
            else:
                if self._fails:
                    log.info("sweep_recovered", part=self._name)
                self._fails = False


class Alerts:
    """Looks every few seconds what is wrong, tries connections, and sends what is due; beside each engine there is one.

    Connections have a thread of their own: a system that does not answer keeps no alert waiting.
    """

    def __init__(
        self,
        database: Database,
        courier: Courier,
        words: AlertWords,
        checks: ConnectionChecks,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.courier = courier
        self.words = words
        self._watch = Watch(database)
        self._now = now
        self._sweepers = (Sweeper("alerts", self.sweep), Sweeper("connection_checks", checks.look))

    @property
    def is_healthy(self) -> bool:
        """Started, and none of its threads has ended."""
        return all(sweeper.is_alive for sweeper in self._sweepers)

    def start(self) -> None:
        for sweeper in self._sweepers:
            sweeper.start()

    def stop(self) -> None:
        """End after what is being sent and tried now."""
        for sweeper in self._sweepers:
            sweeper.stop()

    def sweep(self) -> None:
        """Look once, and send what is due."""
        self._watch.look(self._now())
        self.courier.send_due()


def create_alerts(
    settings: Settings,
    database: Database,
    data_folder: Path,
    texts: Texts,
    jobs: JobCatalogue,
    connectors: Connectors,
    setups: ChannelSetups,
) -> Alerts:
    """The alerts of these settings; nothing is started yet."""
    carriers = Carriers(
        mailer=create_mailer(settings, connectors.mail),
        http=webhook_exchange(Reach(settings.webhook_reach)),
        telegram=lambda: _chats(setups, settings),
        secrets=secrets_of(settings),
    )
    words = AlertWords(settings, data_folder, texts, jobs)
    return Alerts(database, Courier(database, carriers, words), words, ConnectionChecks(database, connectors))


def _chats(setups: ChannelSetups, settings: Settings) -> TelegramChats | None:
    """Alerts leave through the bot that customers write to."""
    try:
        token = token_in_use(setups, settings)
    except SecretUnreadableError:
        return None
    return TelegramChats(settings.telegram_api_base_url, token) if token else None
