"""Sees to it that Rasa serves the model which the database says is active, whoever said so and whenever."""

from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.learning.models import ServedModel
from bot.learning.retraining import Retraining
from connectors.database.base import utc_now
from connectors.errors import ConnectorError

LOOK_SECONDS = 2.0
STOP_SECONDS = 3.0
# A model that Rasa could not load is tried again after this time: loading costs everybody's patience.
PAUSE = timedelta(minutes=5)

log = structlog.get_logger()


class ModelServer(Protocol):
    """What serves a model; in production Rasa."""

    def served_model(self) -> str: ...

    def load_model(self, model: Path) -> None: ...


class ModelKeeper:
    """Compares and swaps every two seconds; messages that come during a swap wait in Rasa and are answered after it.

    `serving` is the file that Rasa was last seen to serve.
    """

    def __init__(self, served: ServedModel, server: ModelServer, retraining: Retraining) -> None:
        self._served = served
        self._server = server
        self._retraining = retraining
        self.serving: Path | None = None
        self._not_before: tuple[Path, datetime] | None = None
        self._stopped = Event()
        self._thread = Thread(target=self._keep, name="model-keeper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        if self._thread.is_alive():
            # It may be waiting for Rasa, which ends after us.
            self._thread.join(STOP_SECONDS)

    def look(self) -> None:
        """Swap if another model is active than the one that is served."""
        self._retraining.fail_abandoned()
        wanted = self._served.wanted()
        if wanted is None or self._is_paused(wanted):
            return
        try:
            is_served = self._server.served_model() == wanted.name
        except ConnectorError:
            return  # it starts, or is no Rasa of ours: whoever asks it for an answer is told the reason
        if is_served or self._loads(wanted):
            self.serving = wanted

    def _loads(self, wanted: Path) -> bool:
        try:
            self._server.load_model(wanted)
        except ConnectorError as error:
            self._not_before = wanted, utc_now() + PAUSE
            log.error("the active model could not be loaded", model=wanted.name, reason=error.reason)
            return False
        log.info("another model serves", model=wanted.name)
        return True

    def _is_paused(self, wanted: Path) -> bool:
        return self._not_before is not None and self._not_before[0] == wanted and utc_now() < self._not_before[1]

    def _keep(self) -> None:
        while not self._stopped.wait(LOOK_SECONDS):
            try:
                self.look()
            except SQLAlchemyError as error:
                # The loop outlives a locked or absent database.
                log.warning("cannot look for the active model", reason=str(error))
