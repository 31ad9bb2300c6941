"""Finding jobs: what is in the folder is there, and a broken file stops only itself."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from automations.engine.discovery import JobCatalogue, UnknownJobError, discover_jobs

GOOD = """
from automations.engine.job import JobDefinition
JOB = JobDefinition("{name}", "Title", "Text", "item", "{cron}", (), start=None)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    package = tmp_path / "jobs_of_this_test"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    yield package
    for name in [name for name in sys.modules if name.startswith(package.name)]:
        del sys.modules[name]


def discovered(folder: Path) -> JobCatalogue:
    return discover_jobs(folder.name)


def test_a_new_file_is_a_new_job(folder: Path) -> None:
    (folder / "payroll.py").write_text(GOOD.format(name="payroll", cron="0 6 1 * *"))
    (folder / "rates.py").write_text("RATE = 1\n")
    assert list(discovered(folder).jobs) == ["payroll"]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import no_such_module_anywhere", "No module named 'no_such_module_anywhere'"),
        ("def (", "SyntaxError"),
        ("1 / 0", "ZeroDivisionError"),
        ("JOB = 5", "JOB must be a JobDefinition, not int."),
        (GOOD.format(name="good", cron="0 6 * * *"), "already declares a job named 'good'"),
        (GOOD.format(name="other", cron="0 25 * * *"), "The hour '25' does not exist"),
    ],
)
def test_a_broken_file_is_named_and_the_others_work(folder: Path, source: str, reason: str) -> None:
    (folder / "a_good.py").write_text(GOOD.format(name="good", cron="0 6 * * *"))
    (folder / "broken.py").write_text(source)
    catalogue = discovered(folder)
    assert list(catalogue.jobs) == ["good"]
    assert [broken.module for broken in catalogue.broken] == ["jobs_of_this_test.broken"]
    assert reason in catalogue.broken[0].reason


def test_asking_for_a_job_that_is_not_there_says_which_are(folder: Path) -> None:
    (folder / "good.py").write_text(GOOD.format(name="good", cron="0 6 * * *"))
    with pytest.raises(UnknownJobError, match="there are: good"):
        discovered(folder).find("bad")
