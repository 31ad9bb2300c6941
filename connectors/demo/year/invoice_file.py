"""Writes a made-up invoice as the UBL file that its supplier would send."""

from datetime import timedelta
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from connectors.demo.year.bills import MadeInvoice

PAYMENT_DAYS = 14


def write_invoice_file(made: MadeInvoice) -> bytes:
    """A UBL 2.1 invoice; needs an issue date."""
    issued_on = made.invoice.issue_date
    if issued_on is None:
        raise ValueError(f"Invoice {made.invoice.number} has no date and so no due date.")
    due_on = issued_on + timedelta(days=PAYMENT_DAYS)
    text = _template().render(invoice=made.invoice, country=made.order.supplier.country, due_on=due_on)
    return text.encode()


@cache
def _template() -> Template:
    folder = FileSystemLoader(Path(__file__).parent)
    environment = Environment(loader=folder, autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True)
    return environment.get_template("invoice.xml.jinja")
