"""How far a run is, and when it may be done."""

from datetime import UTC, datetime, timedelta

from automations.engine.progress import progress_of
from connectors.database.models.work import Run

START = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)


def run_with(done: int, total: int | None, started: datetime | None = START) -> Run:
    return Run(items_done=done, items_total=total, started_at=started)


def test_the_rest_takes_as_long_as_the_rate_so_far_says() -> None:
    progress = progress_of(run_with(300, 900), START + timedelta(minutes=5))
    assert (progress.per_minute, progress.left, progress.percent) == (60, timedelta(minutes=10), 33)


def test_nothing_is_foretold_before_there_is_anything_to_go_by() -> None:
    for run in (run_with(0, None, None), run_with(0, 900), run_with(5, 900)):
        progress = progress_of(run, START + timedelta(seconds=1))
        assert (progress.per_minute, progress.left) == (None, None)


def test_a_run_that_is_all_but_over_has_no_time_left() -> None:
    assert progress_of(run_with(900, 900), START + timedelta(minutes=5)).left is None


def test_weeks_are_not_foretold() -> None:
    assert progress_of(run_with(1, 1_000_000), START + timedelta(minutes=5)).left is None
