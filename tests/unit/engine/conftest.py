"""What the engine's unit tests share: a database file of their own and a small job."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from automations.engine.job import JobContext, JobDefinition, JobWork, Parameter, ParameterType
from connectors.database.session import Database
from tests.fixtures.fresh_databases import give_tables


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'twinoffice.sqlite'}")
    give_tables(opened)
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
