"""Waiting for mail: a thread for each connected mailbox, woken by its server as soon as something arrives."""

from collections.abc import Sequence
from threading import Event, Thread

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.mail_intake import MailIntake
from connectors.connections.info import ConnectionInfo
from connectors.contracts.mailbox import INBOX
from connectors.contracts.names import MAILBOX
from connectors.errors import AuthFailed, ConnectorError
from connectors.registry import Connectors

# After a failure, and between looks for new connections.
PAUSE_SECONDS = 30.0
REFUSED_SECONDS = 10 * 60.0
# So long at most until a connection that was paused or removed is left.
WAIT_SECONDS = 4 * 60.0

log = structlog.get_logger(__name__)


class MailWatch:
    """Every process with an engine may watch: a mail that two of them read is dealt with once."""

    def __init__(self, connectors: Connectors, intake: MailIntake) -> None:
        self._connectors = connectors
        self._intake = intake
        self._stopping = Event()
        self._thread: Thread | None = None
        self._watchers: dict[str, Thread] = {}

    def start(self) -> None:
        self._stopping.clear()
        self._thread = Thread(target=self._keep_watchers, name="mail", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends within a second or two: whoever waits for a server looks up that often."""
        self._stopping.set()
        for thread in (self._thread, *self._watchers.values()):
            if thread is not None:
                thread.join()
        self._thread = None
        self._watchers.clear()

    def _keep_watchers(self) -> None:
        while not self._stopping.is_set():
            try:
                wanted = _mailboxes(self._connectors.list_connections())
            except (ConnectorError, SQLAlchemyError) as error:
                log.warning("mailboxes unknown", reason=str(error))
                wanted = []
            for name in wanted:
                if name not in self._watchers or not self._watchers[name].is_alive():
                    self._watchers[name] = Thread(target=self._watch, args=(name,), name=f"mail:{name}", daemon=True)
                    self._watchers[name].start()
            self._stopping.wait(PAUSE_SECONDS)

    def _watch(self, connection: str) -> None:
        """Ends when the mailbox fails or is not connected any more; the failure is told by the connection's health."""
        try:
            while not self._stopping.is_set():
                mailbox = self._connectors.mailbox(connection)
                self._intake.read_new(connection, mailbox, INBOX)
                position = self._intake.position(connection, INBOX)
                mailbox.wait(INBOX, position, WAIT_SECONDS, self._stopping)
        except AuthFailed:
            log.info("mailbox not watched for now", connection=connection, error="AuthFailed")
            # Trying a wrong password often gets an account locked.
            self._stopping.wait(REFUSED_SECONDS)
        except (ConnectorError, SQLAlchemyError) as error:
            log.info("mailbox not watched for now", connection=connection, error=type(error).__name__)


def _mailboxes(connections: Sequence[ConnectionInfo]) -> list[str]:
    return [info.name for info in connections if MAILBOX in info.contracts and not info.is_paused]
