"""What the engine's unit tests share: a database file of their own and a small job."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from automations.engine.job import JobContext, JobDefinition, JobWork, Parameter, ParameterType
from connectors.database import models
from connectors.database.base import Base
from connectors.database.session import Database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'twinoffice.sqlite'}")
    tables = [models.work.Schedule, models.work.Run, models.work.RunItem, models.people.AuditEntry]
    Base.metadata.create_all(opened.engine, tables=[table.metadata.tables[table.__tablename__] for table in tables])
    yield opened
    opened.close()


@pytest.fixture
def job() -> JobDefinition:
    """A job that declares one parameter of every type; nobody starts it."""

    def start(_context: JobContext) -> JobWork:
        raise AssertionError("nobody starts this job")

    return JobDefinition(
        name="match",
        title="Match invoices",
        description="Matches.",
        item_name="invoice",
        default_cron="0 6 * * 1-5",
        parameters=(
            Parameter("folder", ParameterType.TEXT, "inbox", "Folder", "Where"),
            Parameter("days", ParameterType.INTEGER, 30, "Days", "How long", unit="days", minimum=1, maximum=365),
            Parameter("price", ParameterType.DECIMAL, None, "Price tolerance", "How much", unit="%", minimum=0),
            Parameter("strict", ParameterType.BOOLEAN, False, "Strict", "Or not"),
            Parameter("level", ParameterType.CHOICE, "3-way", "Level", "Which", choices=("2-way", "3-way")),
        ),
        start=start,
    )
