"""Lumen & Oak, a home goods shop that exists only to be shown: filling an empty database with it, and its inbox."""

import os
import re
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.database.models.service import Closure, OpeningHours
from connectors.database.models.work import Connection, Schedule
from connectors.database.session import Database
from connectors.demo.inventory import add_inventory
from connectors.demo.people import add_people
from connectors.demo.purchasing import add_purchase_orders, add_unit_conversions
from connectors.demo.records import DEMO_FOLDER, load_records
from connectors.demo.sales import add_catalogue, add_sales

DEMO_ORDER_NUMBER = "ORD-2026-1042"
DEMO_ORDER_EMAIL = "emma.novak@example.com"
INVOICE_CONNECTION = "supplier-invoices"

# The dates in the invoice files were written for this day; seeding on another one shifts them along.
WRITTEN_FOR = date(2026, 11, 20)
_UBL_DATE = re.compile(rb"(?<=Date>)[0-9]{4}-[0-9]{2}-[0-9]{2}(?=</cbc:)")
_CII_DATE = re.compile(rb'(?<=format="102">)[0-9]{8}(?=</udt:)')


def seed_demo(database: Database, data_dir: Path, today: date) -> bool:
    """Fill an empty database with the demonstration company and put its invoices into `data_dir`/inbox.

    Returns False and changes nothing if that was done before, also when people have worked with the demo since.
    """
    with database.write() as session:
        if session.scalar(select(Connection).where(Connection.name == INVOICE_CONNECTION)) is not None:
            return False
        add_catalogue(session, today)
        add_sales(session, today)
        add_purchase_orders(session, today)
        add_unit_conversions(session)
        add_inventory(session, today)
        add_people(session, today)
        _add_company(session, data_dir.resolve(), today)
        # Files before the commit: an interrupted seed is begun again, and then writes the same files again.
        _deliver_invoices(data_dir.resolve(), today)
    return True


def inbox_of(data_dir: Path) -> Path:
    """Where the demo's suppliers send their invoices; the folder of the connection in company.json."""
    return data_dir.resolve() / "inbox" / "invoices"


def demo_invoices() -> list[Path]:
    """The invoice files as they ship with the project."""
    return sorted((DEMO_FOLDER / "invoices").glob("*.xml"))


def _add_company(session: Session, data_dir: Path, today: date) -> None:
    company = load_records("company.json")
    for record in company["connections"]:
        folder = record.get("folder")
        session.add(
            Connection(
                name=record["name"],
                contracts=[record["contract"]],
                vendor=record["vendor"],
                settings={"path": str(data_dir / folder)} if folder else {},
            )
        )
    session.add_all(Schedule(**record) for record in company["schedules"])
    session.add_all(OpeningHours(**record) for record in company["opening_hours"])
    for record in company["closures"]:
        day = today + timedelta(days=record["in_days"])
        session.add(Closure(first_day=day, last_day=day, name=record["name"]))


def _deliver_invoices(data_dir: Path, today: date) -> None:
    inbox = inbox_of(data_dir)
    inbox.mkdir(parents=True, exist_ok=True)
    # Yesterday's files: the folder connector leaves a file alone that has only just been written.
    yesterday = datetime.combine(today - timedelta(days=1), time(12), UTC).timestamp()
    for file in demo_invoices():
        target = inbox / file.name
        target.write_bytes(_shift_dates(file.read_bytes(), today - WRITTEN_FOR))
        os.utime(target, (yesterday, yesterday))


def _shift_dates(content: bytes, by: timedelta) -> bytes:
    def shift(written: re.Match[bytes]) -> bytes:
        text = written[0].decode()
        day = date.fromisoformat(text) + by
        return day.strftime("%Y-%m-%d" if "-" in text else "%Y%m%d").encode()

    return _CII_DATE.sub(shift, _UBL_DATE.sub(shift, content))
