"""The pages of a run and an item: the log, cancelling, retrying, the item's history, what its effect came to."""

from datetime import timedelta

import pytest

from automations.engine.item_record import record_outcomes, record_plan
from automations.engine.job import ItemOutcome
from automations.engine.run_log import log_event
from automations.engine.run_record import create_run
from bot.console.run_view import EVENTS_SHOWN, read_events
from connectors.database.base import utc_now
from connectors.database.models.work import EffectState, ItemState, Run, RunItem, RunState
from connectors.database.session import Database
from tests.integration.console_house import WAIT_SECONDS, Browser, ConsoleHouse, text_of

pytestmark = pytest.mark.integration


def _under_way(house: ConsoleHouse) -> Run:
    """A run that another process is at work on."""
    now = utc_now()
    with house.database.write() as session:
        run = create_run(session, "invoice-matching", {}, "ops@example.com", now=now - timedelta(minutes=1))
        run.state, run.started_at, run.heartbeat_at = RunState.RUNNING, now - timedelta(minutes=1), now
        record_plan(session, run.id, ["a", "b", "c", "d"], now)
        record_outcomes(session, run.id, [ItemOutcome("a", "Invoice A", ItemState.DONE, "matched")], now)
        log_event(session, run.id, "batch_decided", now, items=1)
        log_event(session, run.id, "effect_checked", now, item_key="a", level="warning")
    return run


def test_a_run_under_way_tells_its_progress_and_asks_for_news(house: ConsoleHouse, admin: Browser) -> None:
    run = _under_way(house)
    html = admin.opens(f"/console/runs/{run.id}")
    page = text_of(html)
    assert "1 of 4 items · 1 a minute · 3 minutes left" in page
    assert "done 1 not begun 3" in page
    assert f'hx-get="/console/runs/{run.id}/progress' in html
    assert "Cancel run" in page


def test_the_log_is_limited_to_a_level_and_to_an_item(house: ConsoleHouse, admin: Browser) -> None:
    run = _under_way(house)
    assert "A batch was decided items 1" in text_of(admin.opens(f"/console/runs/{run.id}"))
    warnings = text_of(admin.opens(f"/console/runs/{run.id}", level="warning"))
    assert "warning Looked up whether the effect arrived Invoice A" in warnings
    assert "A batch was decided" not in warnings
    assert "A batch was decided" not in text_of(admin.opens(f"/console/runs/{run.id}", about="a"))
    assert "No line fits." in text_of(admin.opens(f"/console/runs/{run.id}", level="error"))


def test_the_newest_lines_are_shown_oldest_first(database: Database) -> None:
    with database.write() as session:
        run = create_run(session, "matching", {}, "ops@example.com", now=utc_now())
        for number in range(EVENTS_SHOWN + 5):
            log_event(session, run.id, "step", utc_now(), number=number, level="error" if number == 3 else "info")
    with database.read() as session:
        tail, errors = read_events(session, run.id), read_events(session, run.id, "warning")
    assert [event.fields["number"] for event in tail.events] == list(range(5, EVENTS_SHOWN + 5))
    assert tail.has_earlier
    assert ([event.fields["number"] for event in errors.events], errors.has_earlier) == ([3], False)


def test_cancelling_asks_first_says_what_stays_and_stands_in_the_audit_log(house: ConsoleHouse, admin: Browser) -> None:
    run = _under_way(house)
    question = text_of(admin.opens(f"/console/runs/{run.id}/cancel"))
    assert "What is done stays done: 1 items so far" in question
    assert house.audited("run.cancel") == []
    answer = admin.posts(f"/console/runs/{run.id}/cancel")
    assert answer.headers["location"] == f"/console/runs/{run.id}?done=cancelled"
    page = text_of(admin.opens(f"/console/runs/{run.id}", done="cancelled"))
    assert "The run is asked to stop." in page
    assert "Cancelled by ops@example.com" in page
    assert "Cancel run" not in page
    assert [entry.actor for entry in house.audited("run.cancel")] == ["ops@example.com"]


@pytest.mark.parametrize("path", ["cancel", "retry"])
def test_nothing_happens_without_the_token_and_agents_may_not(house: ConsoleHouse, admin: Browser, path: str) -> None:
    run = _under_way(house)
    assert admin.client.post(f"/console/runs/{run.id}/{path}").status_code == 403
    assert Browser(house, house.agent).posts(f"/console/runs/{run.id}/{path}").status_code == 403
    assert admin.client.get(f"/console/runs/unknown/{path}").status_code == 404
    assert admin.posts(f"/console/runs/unknown/{path}").status_code == 404


def test_one_item_is_retried_by_a_new_run_that_names_the_old_one(house: ConsoleHouse, admin: Browser) -> None:
    run = admin.runs_job("real")
    item = house.items(run)["Waldkontor Holzwaren GmbH RE-26-1187"]
    page = admin.opens(f"/console/runs/{run.id}/retry", item=str(item.id))
    assert "One item: Waldkontor Holzwaren GmbH RE-26-1187" in text_of(page)
    answer = admin.posts(f"/console/runs/{run.id}/retry", item=str(item.id), from_step="decide")
    retry = house.engine.wait(answer.headers["location"].rpartition("/")[2].partition("?")[0], WAIT_SECONDS)
    assert (retry.retry_of, retry.only_keys) == (run.id, [item.key])
    assert list(house.items(retry)) == [item.title]
    assert "Retry of the earlier run (1 items)" in text_of(admin.opens(f"/console/runs/{retry.id}"))
    assert "Retried by" in text_of(admin.opens(f"/console/runs/{run.id}"))
    history = text_of(admin.opens(f"/console/runs/{run.id}/items/{item.id}"))
    assert "This item in other runs" in history
    assert history.count("Price above the order") == 3


def test_a_step_that_makes_no_sense_is_refused_with_what_to_do(house: ConsoleHouse, admin: Browser) -> None:
    run = _under_way(house)
    for step in ("decide", "approve", "nonsense"):
        answer = admin.posts(f"/console/runs/{run.id}/retry", from_step=step)
        assert answer.status_code == 409, step
        assert 'role="alert"' in answer.text
    assert len(house.runs()) == 1


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (EffectState.WAITING_FOR_APPROVAL, "Nothing is sent before somebody else approves it."),
        (EffectState.DONE, "confirmed The other system has confirmed it. Reference there BILL-7"),
        (EffectState.UNKNOWN, "Nobody can tell whether it arrived."),
        (EffectState.REFUSED, "The other system refused it for the reason below."),
        (EffectState.REJECTED, "An approver said no"),
    ],
)
def test_an_item_says_in_words_what_became_of_its_effect(
    house: ConsoleHouse, admin: Browser, state: EffectState, words: str
) -> None:
    run = _under_way(house)
    item = house.items(run)["Invoice A"]
    with house.database.write() as session:
        stored = session.get_one(RunItem, item.id)
        stored.effect_state, stored.effect_reference = state.value, "BILL-7"
    assert words in text_of(admin.opens(f"/console/runs/{run.id}/items/{item.id}"))


@pytest.mark.parametrize("language", ["en", "cs", "hu", "is", "fa", "ru"])
def test_the_pages_open_in_every_language(house: ConsoleHouse, language: str) -> None:
    run = _under_way(house)
    admin = Browser(house, house.admin, language)
    paths = ["", "/runs", "/items", "/exceptions", "/now", "/jobs"]
    paths += [f"/runs/{run.id}{end}" for end in ("", "/progress", "/cancel", "/retry")]
    for path in paths:
        admin.opens(f"/console{path}")
