"""Payroll of a month for 1,000 and for 10,000 employees, as a dry run of the real job, beside raw SQL for its rows."""

import sqlite3
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

from connectors.contracts.names import PEOPLE
from connectors.database.migrate import migrate
from connectors.database.models.work import Connection
from connectors.database.session import Database
from connectors.demo.year.shape import YearShape
from connectors.demo.year.staff_rows import write_staff
from tests.bench.dry_run import time_dry_run

# Seven in ten of the made-up people are paid by the month: these are about 1,000 and 10,000.
SCALES = (60, 595)
DAY_AFTER = date(2026, 11, 1)
RAW_SQL = """
    SELECT e.id, e.name, c.salary, c.hour_rate, c.weekly_hours, p.at, p.kind
    FROM employees e JOIN employment_contracts c ON c.employee = e.id
    LEFT JOIN punches p ON p.employee = e.id
    WHERE c.frequency = 'monthly' ORDER BY e.id, p.at
"""


def measure() -> dict[str, Any]:
    small, large = (measure_one(scale) for scale in SCALES)
    times_as_many = large["employees"] / small["employees"]
    growth = large["seconds"] / small["seconds"] / times_as_many
    return {"small": small, "large": large, "growth_over_linear": round(growth, 2)}


def measure_one(scale: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = Database(f"sqlite:///{folder / 'bench.sqlite'}")
        migrate(database)
        with database.write() as session:
            session.add(Connection(name="people", contracts=[PEOPLE], vendor="house", settings={}))
            write_staff(session, YearShape(scale, DAY_AFTER), days_of_punches=31)
        parameters = {"month": "2026-10", "country": "CZ"}
        seconds, run = time_dry_run(database, folder, "payroll-preparation", parameters)
        employees = run.items_done
        raw_seconds, rows = read_raw(folder / "bench.sqlite")
        database.close()
    return {
        "employees": employees,
        "punches": rows,
        "seconds": round(seconds, 2),
        "employees_per_second": round(employees / seconds),
        "raw_sql_seconds": round(raw_seconds, 2),
        "ratio": round(seconds / raw_seconds, 1),
        "outcomes": run.summary.get("outcomes"),
    }


def read_raw(path: Path) -> tuple[float, int]:
    connection = sqlite3.connect(path)
    started = time.perf_counter()
    rows = len(connection.execute(RAW_SQL).fetchall())
    seconds = time.perf_counter() - started
    connection.close()
    return seconds, rows
