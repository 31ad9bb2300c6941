"""The composition root: every part of a process, made once and given to those that need it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rasa_sdk import Action

from automations.engine.clock import Clock
from automations.engine.durable import Engine
from bot.actions.conversation import (
    ActionAffirm,
    ActionChangeLanguage,
    ActionHandOver,
    ActionNotUnderstood,
    ActionOutOfScope,
    ActionRepeat,
    ActionRestart,
)
from bot.actions.orders import ActionOrderStatus
from bot.actions.tickets import ActionAskTicketConfirmed, ActionCreateTicket, ValidateTicketForm
from bot.conversations.live import Live
from bot.conversations.turn import Turns
from bot.front_desk import FrontDesk
from bot.rasa.client import RasaClient
from bot.rasa.secret import rasa_secret
from bot.services.order_lookup import OrderLookup, ProofLimits
from bot.services.tickets import Tickets
from bot.texts import Texts
from connectors.database.session import Database
from connectors.registry import Connectors
from connectors.settings import DATA_FOLDER, Settings


@dataclass(frozen=True)
class Office:
    """The running parts of one process."""

    settings: Settings
    database: Database
    texts: Texts
    live: Live
    rasa: RasaClient
    turns: Turns
    desk: FrontDesk
    connectors: Connectors
    engine: Engine
    clock: Clock
    actions: Sequence[Action]


def build_office(settings: Settings, data_folder: Path = DATA_FOLDER) -> Office:
    """Make all parts; nothing is started and nothing is written yet."""
    database = Database(settings.database)
    texts = Texts(data_folder)
    live = Live()
    rasa = RasaClient(settings.rasa, rasa_secret(settings.secret))
    turns = Turns(database, rasa, texts, live)
    connectors = Connectors(database)
    engine = Engine(database, connectors, settings.data_dir)
    return Office(
        settings=settings,
        database=database,
        texts=texts,
        live=live,
        rasa=rasa,
        turns=turns,
        desk=FrontDesk(database, texts, turns, live),
        connectors=connectors,
        engine=engine,
        clock=Clock(database, engine),
        actions=_build_actions(settings, database, texts, connectors),
    )


def _build_actions(settings: Settings, database: Database, texts: Texts, connectors: Connectors) -> Sequence[Action]:
    limits = ProofLimits(settings.proof_tries_per_hour, settings.proof_tries_per_hour_per_address)
    hand_over = ActionHandOver(database)
    return [
        hand_over,
        ActionAffirm(hand_over),
        ActionAskTicketConfirmed(),
        ActionChangeLanguage(database, texts),
        ActionCreateTicket(Tickets(database)),
        ActionNotUnderstood(),
        ActionOutOfScope(),
        ActionRepeat(),
        ActionRestart(),
        ActionOrderStatus(OrderLookup(database, connectors.orders, limits)),
        ValidateTicketForm(),
    ]
