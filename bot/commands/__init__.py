"""The commands of `twinoffice`, one file per subject; heavy parts are imported when a command runs."""

import logging

import typer

from bot.commands import (
    alert_channels,
    alerts,
    approvals,
    approvers,
    audit,
    back_office,
    behaviour,
    channels,
    connection_drafts,
    connections,
    connectors,
    drafts,
    front_office,
    invoices,
    knowledge,
    models,
    overrides,
    payroll,
    process,
    reports,
    review,
    runs,
    saved_views,
    schedules,
    tokens,
)
from bot.commands.output import configure_logging

app = typer.Typer(no_args_is_help=True, help="Twinoffice: front office and back office in one program.")


@app.callback()
def _prepare() -> None:
    configure_logging(logging.WARNING)


process.register(app)
models.register(app)
front_office.register(app)
behaviour.register()
back_office.register(app)
connections.register(app)
connection_drafts.register()
runs.register(app)
invoices.register(app)
reports.register(app)
drafts.register(app)
schedules.register(app)
knowledge.register(app)
tokens.register(app)
audit.register(app)
alerts.register(app)
alert_channels.register()
approvals.register(app)
approvers.register()
overrides.register(app)
saved_views.register(app)
payroll.register(app)
review.register(app)
channels.register(app)
connectors.register(app)

__all__ = ["app"]
