"""`twinoffice run`: prepare what is missing, start Rasa and the web process, stop everything together."""

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import structlog
import uvloop
from prometheus_client import start_http_server
from rich.console import Console

from bot.demo import DEMO_ACCOUNTS, prepare_demo
from bot.learning.models import ServedModel
from bot.office import Office, build_office
from bot.rasa.environment import ensure_environment
from bot.rasa.environment import is_ready as environment_is_ready
from bot.rasa.model import current_model, ensure_model
from bot.rasa.process import RasaProcess, launch_from
from bot.server import serve
from connectors.database.migrate import migrate
from connectors.demo.seed import DEMO_ORDER_EMAIL, DEMO_ORDER_NUMBER
from connectors.mailer import MAILBOX
from connectors.settings import Settings

PARENT_CHECK_SECONDS = 1.0
READY_CHECK_SECONDS = 0.3
HEARTBEAT_SECONDS = 5.0

log = structlog.get_logger()


class Steps:
    """Tells on standard error what is being done and how long it took."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def run(self, title: str, work: Callable[[], object]) -> None:
        started = time.monotonic()
        with self.console.status(f"{title} …"):
            work()
        self.console.print(f"[green]✓[/green] {title} ({time.monotonic() - started:.1f} s)", highlight=False)


def prepare_rasa(steps: Steps, settings: Settings) -> Path:
    """Make Rasa's environment and train the model, where needed; returns the model."""
    if not environment_is_ready():
        steps.console.print("Installing Rasa's own Python 3.10 environment (once, about 2.7 GB, some minutes):")
        ensure_environment()
    if settings.model_file is not None:
        return settings.model_file
    if not current_model().exists():
        steps.run("Training the assistant", lambda: ensure_model(settings.data_dir / "logs" / "training.log"))
    return current_model()


def prepare_database(steps: Steps, settings: Settings, office: Office) -> None:
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    steps.run("Database", lambda: migrate(office.database))
    steps.run("Help articles", office.knowledge.refresh)
    if settings.is_demo:
        today = datetime.now(UTC).date()
        steps.run("Demonstration data", lambda: prepare_demo(office.database, settings.data_dir, today))


def run(settings: Settings, has_engine: bool = True) -> None:
    """Run the product until Ctrl-C, SIGTERM, or the death of whoever started us."""
    parent = os.getppid()
    console = Console(stderr=True)
    steps = Steps(console)
    office = build_office(settings)
    prepare_database(steps, settings, office)
    rasa: RasaProcess | None = None
    if settings.rasa_url is None:
        base = prepare_rasa(steps, settings)
        model = ServedModel(office.database, office.shelf).at_start() or base
        rasa = RasaProcess(launch_from(settings, model), lambda: office.keeper.serving or model)
        rasa.start()
    elif settings.model_file is not None:
        ServedModel(office.database, office.shelf).at_start()
    try:
        uvloop.run(_serve_until_stopped(office, console, has_engine, parent))
    finally:
        if rasa is not None:
            rasa.stop()
        console.print("Stopped.")


async def _serve_until_stopped(office: Office, console: Console, has_engine: bool, parent: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    background = [
        asyncio.create_task(_stop_with_parent(parent, stop)),
        asyncio.create_task(_announce_when_ready(office, console)),
    ]
    try:
        await serve(office, stop, has_engine)
    finally:
        for task in background:
            task.cancel()


async def _stop_with_parent(parent: int, stop: asyncio.Event) -> None:
    """`make` or `uv` may be killed without telling us; then nobody is left to press Ctrl-C."""
    while os.getppid() == parent:
        await asyncio.sleep(PARENT_CHECK_SECONDS)
    stop.set()


async def _announce_when_ready(office: Office, console: Console) -> None:
    started = time.monotonic()
    with console.status("Starting the assistant …"):
        while not await asyncio.to_thread(office.rasa.is_ready):
            await asyncio.sleep(READY_CHECK_SECONDS)
    console.print(f"[green]✓[/green] Ready ({time.monotonic() - started:.1f} s)", highlight=False)
    address = f"http://{office.settings.host}:{office.settings.port}"
    console.print(f"\n  Shop with chat        {address}/", highlight=False)
    console.print(f"  Staff inbox           {address}/staff", highlight=False)
    console.print(f"  Operations console    {address}/console", highlight=False)
    if office.settings.is_demo:
        console.print("\n  Demo accounts (they exist only in the demo):", highlight=False)
        for account in DEMO_ACCOUNTS:
            console.print(f"    {account.role.value:6} {account.email}  {account.password}", highlight=False)
        console.print(f"\n  Ask the chat about order {DEMO_ORDER_NUMBER}, e-mail {DEMO_ORDER_EMAIL}", highlight=False)
        if office.settings.smtp_host is None:
            console.print(f"  Mail that we send lies in {office.settings.data_dir / MAILBOX}", highlight=False)
    console.print("\n  Ctrl-C stops everything.\n", highlight=False)


def run_worker(settings: Settings, heartbeat: Path | None = None, metrics_at: tuple[str, int] | None = None) -> None:
    """Carry out jobs until a signal comes; web processes serve the pages.

    `heartbeat` is touched every HEARTBEAT_SECONDS while all is well: a worker has no address to ask. `metrics_at` is a
    host and a port at which anybody who reaches them reads what it counts.
    """
    office = build_office(settings)
    migrate(office.database)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    office.engine.start()
    office.clock.start()
    office.alerts.start()
    office.mail_watch.start()
    server = None if metrics_at is None else start_http_server(metrics_at[1], metrics_at[0])[0]
    log.info("worker started")
    while True:
        if heartbeat is not None and office.engine.is_healthy and office.alerts.is_healthy:
            heartbeat.touch()
        if stop.wait(HEARTBEAT_SECONDS):
            break
    if server is not None:
        server.shutdown()
    office.mail_watch.stop()
    office.alerts.stop()
    office.clock.stop()
    office.engine.stop()
    office.database.close()
