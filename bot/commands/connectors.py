"""Commands for developers of connectors."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.commands.output import fail
from connectors.settings import PROJECT_ROOT

connector_app = typer.Typer(no_args_is_help=True, help="Adding connectors to the program.")


def register(app: typer.Typer) -> None:
    app.add_typer(connector_app, name="connector")


@connector_app.callback()
def _group() -> None:
    """Keeps `new` a command of its own while it is the only one."""


@connector_app.command("new")
def begin_connector(
    name: Annotated[str, typer.Argument(help="of small letters, like acme_crm")],
    contracts: Annotated[
        list[str] | None, typer.Option("--contract", help="a contract that it serves; may be given several times")
    ] = None,
    folder: Annotated[Path, typer.Option(help="the checkout to write into")] = PROJECT_ROOT,
) -> None:
    """Write the skeleton of a connector: its file, its settings with their texts, and its contract tests."""
    from connectors.skeleton import SkeletonError, plan_connector

    try:
        skeleton = plan_connector(name, contracts or [], folder)
    except SkeletonError as error:
        fail(str(error), 2)
    for path, text in {**skeleton.files, **skeleton.changed}.items():
        (folder / path).write_text(text)
    _tidy([str(path) for path in (*skeleton.files, *skeleton.changed) if path.suffix == ".py"], folder)
    for path in skeleton.files:
        typer.echo(f"written   {path}")
    for path in skeleton.changed:
        typer.echo(f"one line  {path}")
    typer.echo("Next: write its methods until its contract tests pass; docs/connectors.md says what else it needs.")


def _tidy(paths: list[str], folder: Path) -> None:
    """Sorted imports and the usual layout, by the checkout's own tool."""
    for command in (["check", "--quiet", "--fix", "--select", "I"], ["format", "--quiet"]):
        done = subprocess.run([sys.executable, "-m", "ruff", *command, *paths], cwd=folder, check=False)  # noqa: S603
        if done.returncode != 0:
            fail("The files are written, but ruff could not lay them out; run `make check`.")
