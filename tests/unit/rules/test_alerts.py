"""Something wrong is told once, its end once, and whoever asked for quiet has it."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.rules.alerts import (
    FLAPPING_TIMES,
    FLAPPING_WITHIN,
    Change,
    Key,
    Known,
    Sight,
    Sighting,
    Step,
    changes,
    is_held,
    is_wanted,
)
from connectors.database.models.alerts import AlertKind

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
INVOICES = Key(AlertKind.RUN_FAILED, "invoice-matching")
PAYROLL = Key(AlertKind.RUN_FAILED, "payroll")


def saw(key: Key, sight: Sight, cause: str = "run-1") -> Sighting:
    return Sighting(key, sight, NOW, key.subject, cause)


def steps(made: list[Change]) -> list[tuple[Step, bool]]:
    return [(change.step, change.is_news) for change in made]


@pytest.mark.parametrize(
    ("known", "sightings", "expected"),
    [
        pytest.param(None, [("wrong", "a")], [(Step.OPEN, True)], id="a failure is told"),
        pytest.param(("a", True), [("wrong", "a")], [], id="the same occurrence again is nothing"),
        pytest.param(("a", True), [("wrong", "b")], [(Step.REPEAT, False)], id="the next failure is counted, not told"),
        pytest.param(("a", True), [("fine", "b")], [(Step.RECOVER, True)], id="the recovery is told"),
        pytest.param(None, [("fine", "a")], [], id="what was never wrong does not recover"),
        pytest.param(("a", True), [("gone", "")], [(Step.DROP, False)], id="a paused schedule is no recovery"),
        pytest.param(
            ("a", False), [("fine", "b")], [(Step.RECOVER, False)], id="nobody hears the end of what they never heard"
        ),
        pytest.param(("a", False), [], [(Step.TELL, True)], id="when the quiet ends it is told late"),
        pytest.param(
            None,
            [("wrong", "a"), ("fine", "b"), ("wrong", "c")],
            [(Step.OPEN, True), (Step.RECOVER, True), (Step.OPEN, True)],
            id="all that happened since the last look is told in order",
        ),
    ],
)
def test_what_becomes_of_an_alert(
    known: tuple[str, bool] | None, sightings: list[tuple[str, str]], expected: list[tuple[Step, bool]]
) -> None:
    before = {INVOICES: Known(*known)} if known else {}
    seen = [saw(INVOICES, Sight(sight), cause) for sight, cause in sightings]
    assert steps(changes(before, seen, frozenset())) == expected


def test_a_silenced_failure_is_recorded_and_not_told() -> None:
    assert steps(changes({}, [saw(INVOICES, Sight.WRONG)], frozenset({INVOICES}))) == [(Step.OPEN, False)]


def test_a_silence_about_one_job_keeps_no_other_back() -> None:
    seen = [saw(INVOICES, Sight.WRONG), saw(PAYROLL, Sight.WRONG)]
    assert steps(changes({}, seen, frozenset({INVOICES}))) == [(Step.OPEN, False), (Step.OPEN, True)]


def test_who_heard_of_the_failure_hears_of_the_recovery_in_spite_of_a_silence() -> None:
    made = changes({INVOICES: Known("a", True)}, [saw(INVOICES, Sight.FINE)], frozenset({INVOICES}))
    assert steps(made) == [(Step.RECOVER, True)]


@pytest.mark.parametrize(
    ("silenced_for", "told_minutes_ago", "expected"),
    [
        (None, [], False),
        (timedelta(seconds=1), [], True),
        (timedelta(), [], False),
        (None, [1, 30], False),
        (None, [1, 30, 59], True),
        (None, [1, 30, 60], False),
    ],
)
def test_quiet_is_kept_while_asked_for_and_while_it_flaps(
    silenced_for: timedelta | None, told_minutes_ago: list[int], expected: bool
) -> None:
    until = NOW + silenced_for if silenced_for is not None else None
    assert is_held(until, [NOW - timedelta(minutes=ago) for ago in told_minutes_ago], NOW) is expected


def test_a_channel_of_some_jobs_hears_of_a_failing_connection_if_it_wants_to() -> None:
    assert is_wanted(["connection_failing"], ["payroll"], True, "connection_failing", "", is_recovery=False)
    assert not is_wanted(["run_failed"], ["payroll"], True, "connection_failing", "", is_recovery=False)


@pytest.mark.parametrize(
    ("kinds", "jobs", "tells_recovery", "is_recovery", "expected"),
    [
        (["run_failed"], [], True, False, True),
        (["run_failed"], [], False, True, False),
        (["run_failed"], ["payroll"], True, False, False),
        (["run_failed"], ["payroll", "invoices"], True, True, True),
        (["stalled"], [], True, False, False),
    ],
)
def test_a_channel_hears_what_it_asked_for(
    kinds: list[str], jobs: list[str], tells_recovery: bool, is_recovery: bool, expected: bool
) -> None:
    assert is_wanted(kinds, jobs, tells_recovery, "run_failed", "invoices", is_recovery=is_recovery) is expected


look_at_one_job = st.tuples(st.sampled_from(list(Sight)), st.integers(0, 3), st.booleans())


@given(st.lists(st.tuples(st.sampled_from([INVOICES, PAYROLL]), look_at_one_job), max_size=60))
def test_whatever_happens_failing_and_recovering_are_told_in_turns(
    looks: list[tuple[Key, tuple[Sight, int, bool]]],
) -> None:
    """Played through look by look, as the watch does with the table of open alerts."""
    known: dict[Key, Known] = {}
    told: dict[Key, list[str]] = {INVOICES: [], PAYROLL: []}
    for key, (sight, cause, is_quiet) in looks:
        held = frozenset({key}) if is_quiet else frozenset()
        for change in changes(known, [saw(key, sight, str(cause))], held):
            apply(known, change)
            if change.is_news:
                # Held back is only that something is wrong.
                assert change.step is Step.RECOVER or change.key not in held
                told[change.key].append("fine" if change.step is Step.RECOVER else "wrong")
    for news in told.values():
        # Two failures may follow each other where a schedule was taken away in between; two recoveries never do.
        assert all(pair != ("fine", "fine") for pair in pairwise(news))
        assert news[:1] in ([], ["wrong"])


def apply(known: dict[Key, Known], change: Change) -> None:
    if change.step in (Step.RECOVER, Step.DROP):
        del known[change.key]
    elif change.step is Step.TELL:
        known[change.key] = Known(known[change.key].cause, True)
    elif change.sighting is not None:
        was_told = known[change.key].is_told if change.step is Step.REPEAT else change.is_news
        known[change.key] = Known(change.sighting.cause, was_told)


@given(st.lists(st.sampled_from([Sight.WRONG, Sight.FINE]), min_size=1, max_size=200))
def test_what_flaps_all_the_time_is_told_a_few_times_an_hour(sights: list[Sight]) -> None:
    """A job that runs each minute."""
    known: dict[Key, Known] = {}
    told: list[datetime] = []
    for minute, sight in enumerate(sights):
        now = NOW + timedelta(minutes=minute)
        held = frozenset({INVOICES}) if is_held(None, told, now) else frozenset()
        for change in changes(known, [saw(INVOICES, sight, str(minute))], held):
            apply(known, change)
            if change.is_news and change.step is not Step.RECOVER:
                told.append(now)
    for moment in told:
        assert sum(moment - FLAPPING_WITHIN < other <= moment for other in told) <= FLAPPING_TIMES
