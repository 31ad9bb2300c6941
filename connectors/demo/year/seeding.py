"""Filling a database with the made-up year, and the inbox with the invoices of its last days."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from sqlalchemy import select

from connectors.database.models.payroll import EmployeeRow
from connectors.database.session import Database
from connectors.demo.year.bills import MadeInvoice
from connectors.demo.year.company_year import CompanyYear, make_year
from connectors.demo.year.invoice_file import write_invoice_file
from connectors.demo.year.purchase_rows import DAYS_IN_THE_INBOX, is_posted, write_purchases
from connectors.demo.year.sales_rows import write_sales
from connectors.demo.year.shape import YearShape
from connectors.demo.year.staff import make_staff
from connectors.demo.year.staff_rows import write_staff
from connectors.demo.year.stock_rows import write_stock

STEPS = ("year", "sales", "purchases", "stock", "staff", "invoices")
# Told before each step.
Tell = Callable[[str], None]


def seed_year(database: Database, inbox: Path, shape: YearShape, tell: Tell = lambda _step: None) -> bool:
    """Write the year in one transaction; False, and nothing is changed, where one was written before."""
    with database.write() as session:
        first_person = next(make_staff(shape)).employee.id
        if session.scalar(select(EmployeeRow.id).where(EmployeeRow.id == first_person)) is not None:
            return False
        tell("year")
        year = make_year(shape)
        tell("sales")
        write_sales(session, year)
        tell("purchases")
        write_purchases(session, year)
        tell("stock")
        write_stock(session, year)
        tell("staff")
        write_staff(session, shape)
        tell("invoices")
        # Files before the commit: an interrupted seed is begun again, and then writes the same files again.
        _deliver(year, inbox)
    return True


def invoices_in_inbox(year: CompanyYear) -> list[MadeInvoice]:
    """Those of the last days that nobody has posted."""
    since = year.shape.last_day - timedelta(days=DAYS_IN_THE_INBOX)
    return [
        made
        for made in year.invoices
        if made.invoice.issue_date is not None
        and made.invoice.issue_date >= since
        and not is_posted(made, year.shape.last_day)
    ]


def _deliver(year: CompanyYear, inbox: Path) -> None:
    inbox.mkdir(parents=True, exist_ok=True)
    # Yesterday's files: the folder connector leaves a file alone that has only just been written.
    yesterday = datetime.combine(year.shape.last_day - timedelta(days=1), time(12), UTC).timestamp()
    for number, made in enumerate(invoices_in_inbox(year), 1):
        file = inbox / f"year-{number:04d}-{made.invoice.number.replace('/', '-')}.xml"
        file.write_bytes(write_invoice_file(made))
        os.utime(file, (yesterday, yesterday))
