"""The commands of `twinoffice`, one file per subject; heavy parts are imported when a command runs."""

import typer

from bot.commands import back_office, front_office, process

app = typer.Typer(no_args_is_help=True, help="Twinoffice: front office and back office in one program.")
process.register(app)
front_office.register(app)
back_office.register(app)

__all__ = ["app"]
