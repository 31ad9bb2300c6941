"""How the channels are set up: read by channels and widget, changed by admins, each change in the audit log."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from bot.channels.setup_model import Document, TelegramSetup, WebSetup
from connectors.database.audit import record_audit
from connectors.database.base import utc_now
from connectors.database.models.channels import ChannelSetup
from connectors.database.session import Database, wait_in_line
from connectors.secrets import Secrets

WEB, TELEGRAM = "web", "telegram"
# Other processes change it, too: what was read is believed for so long.
FRESH_SECONDS = 2.0


class ChangedMeanwhileError(Exception):
    """Somebody else changed it after this form was opened."""


@dataclass(frozen=True, slots=True)
class TelegramSecrets:
    """None where nothing was entered."""

    bot_token: str | None = field(default=None, repr=False)
    webhook_secret: str | None = field(default=None, repr=False)


class ChannelSetups:
    """Reading is cheap: what was read is kept for a moment. All methods block."""

    def __init__(self, database: Database, secrets: Secrets, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._secrets = secrets
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, ChannelSetup | None]] = {}

    def web(self) -> WebSetup:
        row = self._row(WEB)
        return WebSetup() if row is None else WebSetup.model_validate(row.document)

    def telegram(self) -> TelegramSetup:
        row = self._row(TELEGRAM)
        return TelegramSetup() if row is None else TelegramSetup.model_validate(row.document)

    def telegram_secrets(self) -> TelegramSecrets:
        """Raises SecretUnreadableError when the key they were sealed with is gone."""
        row = self._row(TELEGRAM)
        if row is None or row.sealed is None:
            return TelegramSecrets()
        return TelegramSecrets(**json.loads(self._secrets.open(row.sealed)))

    def read_web(self) -> tuple[WebSetup, int]:
        """As it stands in the database now, with its version: for whoever is about to change it."""
        row = self._read(WEB)
        return (WebSetup(), 0) if row is None else (WebSetup.model_validate(row.document), row.version)

    def read_telegram(self) -> tuple[TelegramSetup, int]:
        row = self._read(TELEGRAM)
        return (TelegramSetup(), 0) if row is None else (TelegramSetup.model_validate(row.document), row.version)

    def version(self, channel: str) -> int:
        """Grows with each change; 0 while nobody has changed anything."""
        row = self._row(channel)
        return 0 if row is None else row.version

    def change_web(self, setup: WebSetup, version: int, actor: str) -> int:
        """Returns the new version.

        Raises:
            ChangedMeanwhileError: `version` is not the present one.
        """
        return self._change(WEB, setup, version, actor)

    def change_telegram(
        self, setup: TelegramSetup, version: int, actor: str, secrets: TelegramSecrets | None = None
    ) -> int:
        """As `change_web`; `secrets` None leaves those that are kept."""
        return self._change(TELEGRAM, setup, version, actor, secrets)

    def _change(
        self, channel: str, setup: Document, version: int, actor: str, secrets: TelegramSecrets | None = None
    ) -> int:
        with self._database.write() as session:
            row = self._locked(session, channel)
            if row.version != version:
                raise ChangedMeanwhileError
            before = row.document or type(setup)().model_dump(mode="json")
            after = setup.model_dump(mode="json")
            row.document, row.version = after, version + 1
            row.changed_by, row.changed_at = actor, utc_now()
            if secrets is not None:
                row.sealed = self._secrets.seal(
                    json.dumps({"bot_token": secrets.bot_token, "webhook_secret": secrets.webhook_secret})
                )
            what = {} if secrets is None else {"part": "secrets"}
            record_audit(session, actor, "channel.change", "channel", channel, before=before, after=after, **what)
        with self._lock:
            self._kept.pop(channel, None)
        return version + 1

    def _locked(self, session: Session, channel: str) -> ChannelSetup:
        # A row's own lock would not do: the first change of all finds none.
        wait_in_line(session, f"channel setup {channel}")
        row = session.get(ChannelSetup, channel)
        if row is None:
            row = ChannelSetup(channel=channel, document={}, version=0)
            session.add(row)
        return row

    def _row(self, channel: str) -> ChannelSetup | None:
        now = self._clock()
        with self._lock:
            kept = self._kept.get(channel)
        if kept is not None and now - kept[0] < FRESH_SECONDS:
            return kept[1]
        row = self._read(channel)
        with self._lock:
            self._kept[channel] = (now, row)
        return row

    def _read(self, channel: str) -> ChannelSetup | None:
        with self._database.read() as session:
            return session.get(ChannelSetup, channel)
