"""The words of the console in each language, over one small job."""

import pytest

from automations.engine.discovery import JobCatalogue
from automations.engine.job import JobContext, JobDefinition, JobWork, Parameter, ParameterType
from bot.console.words import Words
from tests.unit.console.translated import PAGES, WordsOf


def _never_started(_context: JobContext) -> JobWork:
    raise AssertionError("the console reads what a job declares and starts nothing")


@pytest.fixture
def job() -> JobDefinition:
    """A job that nobody has translated yet."""
    return JobDefinition(
        name="count-stock",
        title="Count the stock",
        description="Counts.",
        item_name="product",
        default_cron="0 6 * * *",
        parameters=(
            Parameter("share", ParameterType.DECIMAL, "5", "Share", "How much", unit="%", minimum=0, maximum=100),
            Parameter("shelves", ParameterType.INTEGER, 3, "Shelves", "How many", minimum=1),
            Parameter("place", ParameterType.CHOICE, "cellar", "Place", "Where", choices=("cellar", "attic")),
        ),
        start=_never_started,
    )


@pytest.fixture
def words_of(job: JobDefinition) -> WordsOf:
    return lambda language: Words(PAGES, language, JobCatalogue({job.name: job}))
