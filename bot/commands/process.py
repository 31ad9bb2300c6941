"""Commands that run the product or prepare it: run, worker, demo seed, user add, doctor."""

import logging
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress

from bot.commands.output import configure_logging, errors, explained_errors, fail, require_tables, settings_or_fail

if TYPE_CHECKING:
    from connectors.database.session import Database

user_app = typer.Typer(no_args_is_help=True, help="Staff accounts.")
demo_app = typer.Typer(no_args_is_help=True, help="The demonstration company.")


def register(app: typer.Typer) -> None:
    app.command("run")(run)
    app.command("web")(web)
    app.command("worker")(worker)
    app.command("migrate")(migrate)
    app.command("doctor")(doctor)
    app.add_typer(user_app, name="user")
    app.add_typer(demo_app, name="demo")


def run() -> None:
    """Serve everything on one machine: set up what is missing, start Rasa and the web process."""
    from bot.run import run as run_product

    configure_logging(logging.INFO)
    with explained_errors():
        run_product(settings_or_fail())


def web() -> None:
    """Serve the web process only; Rasa (TWINOFFICE_RASA_URL) and workers run elsewhere."""
    from bot.run import run as run_product

    configure_logging(logging.INFO)
    settings = settings_or_fail()
    if settings.rasa_url is None:
        fail("TWINOFFICE_RASA_URL is not set; `twinoffice run` starts a Rasa of its own.", 2)
    with explained_errors():
        run_product(settings, has_engine=False)


def worker(
    heartbeat: Annotated[Path | None, typer.Option(help="Touch this file every 5 s while all is well.")] = None,
    metrics_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Serve the worker's metrics for Prometheus there, unguarded.")
    ] = None,
    metrics_host: Annotated[str, typer.Option(help="address that the metrics are served at")] = "127.0.0.1",
) -> None:
    """Carry out jobs only, beside web processes on the same database."""
    from bot.run import run_worker

    configure_logging(logging.INFO)
    with explained_errors():
        run_worker(settings_or_fail(), heartbeat, None if metrics_port is None else (metrics_host, metrics_port))


def migrate() -> None:
    """Bring the database to the present tables."""
    from connectors.database.migrate import migrate as migrate_database
    from connectors.database.session import Database

    settings = settings_or_fail()
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = Database(settings.database)
    with explained_errors():
        migrate_database(database)
    database.close()
    errors.print("The database is up to date.")


def doctor() -> None:
    """Check what the product needs on this machine and say what is missing."""
    from bot.doctor import examine

    findings = examine(settings_or_fail())
    for finding in findings:
        mark = "[green]✓[/green]" if finding.is_fine else "[red]✗[/red]"
        errors.print(f"{mark} {finding.subject}: {finding.text}")
    if not all(finding.is_fine for finding in findings):
        raise typer.Exit(1)


@user_app.command("add")
def add_user(
    email: str,
    name: Annotated[str, typer.Option(help="Shown to customers when this person takes over.")],
    role: Annotated[str, typer.Option(help="agent or admin")] = "agent",
    password: Annotated[str, typer.Option(prompt=True, confirmation_prompt=True, hide_input=True)] = "",
) -> None:
    """Create a staff account; the password is asked for unless given."""
    from bot.staff.accounts import AccountError
    from bot.staff.accounts import add_user as add
    from connectors.database.models.people import Role
    from connectors.database.session import Database

    if role not in list(Role):
        fail(f"The role must be one of: {', '.join(Role)}", 2)
    settings = settings_or_fail()
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = Database(settings.database)
    try:
        require_tables(database)
        with explained_errors(), database.write() as session:
            add(session, email, name, Role(role), password, actor="command line")
    except AccountError as error:
        fail(f"Not created: {error}.", 2)
    finally:
        database.close()
    errors.print(f"Created {email} as {role}.")


def _add_year(database: "Database", data_dir: Path, scale: int, today: date) -> bool:
    from connectors.demo.seed import inbox_of
    from connectors.demo.year.seeding import STEPS, seed_year
    from connectors.demo.year.shape import YearShape

    with Progress(console=errors) as progress:
        task = progress.add_task("Making up a year", total=len(STEPS))

        def tell(step: str) -> None:
            progress.update(task, completed=STEPS.index(step), description=f"Making up a year: {step}")

        is_new = seed_year(database, inbox_of(data_dir), YearShape(scale, today), tell)
        progress.update(task, completed=len(STEPS))
    return is_new


@demo_app.command("seed")
def seed(
    scale: Annotated[
        int, typer.Option(min=0, max=1000, help="Add a made-up year: 120 products and 24 people times this; 0 = none.")
    ] = 0,
) -> None:
    """Fill the database with the demonstration company; doing it again changes nothing."""
    from bot.demo import prepare_demo
    from connectors.database.migrate import migrate as migrate_database
    from connectors.database.session import Database

    settings = settings_or_fail()
    if not settings.is_demo:
        fail("This is no demo installation (TWINOFFICE_DEMO); demo accounts must not exist in a real one.", 2)
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = Database(settings.database)
    today = datetime.now(UTC).date()
    with explained_errors():
        migrate_database(database)
        prepare_demo(database, settings.data_dir, today)
        if scale and not _add_year(database, settings.data_dir, scale, today):
            errors.print(
                "A made-up year is there already and stays as it is. For another one, begin with an empty database."
            )
    database.close()
    errors.print("The demonstration company is there.")
