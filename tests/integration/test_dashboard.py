"""The dashboard: what runs, waits, is late and failed, the figures by day on both databases, lists and saved views."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from automations.engine.figures import read_days
from automations.engine.item_record import record_outcomes
from automations.engine.job import ItemOutcome
from automations.engine.run_record import create_run, fail_run, finish_run
from automations.engine.situation import read_situation
from bot.staff import accounts
from connectors.database.base import utc_now
from connectors.database.models.console import JobDay, SavedView
from connectors.database.models.people import Role
from connectors.database.models.work import ItemState, Run, RunState
from connectors.database.session import Database
from tests.integration.console_house import PASSWORD, Browser, ConsoleHouse, text_of

pytestmark = pytest.mark.integration

NOW = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
DAY = NOW.date()


def _ended_run(database: Database, *states: ItemState, is_dry_run: bool = False, fails: bool = False) -> None:
    outcomes = [ItemOutcome(str(number), f"Item {number}", state, "seen") for number, state in enumerate(states)]
    with database.write() as session:
        run = create_run(session, "matching", {}, "ops@example.com", now=NOW, is_dry_run=is_dry_run)
        run.started_at = NOW - timedelta(seconds=90)
        record_outcomes(session, run.id, outcomes, NOW)
        if fails:
            fail_run(session, run.id, "The system stays away.", NOW)
        else:
            finish_run(session, run.id, NOW)
            finish_run(session, run.id, NOW + timedelta(days=1))


def _days(database: Database, last: date = DAY, count: int = 30) -> list[JobDay]:
    with database.read() as session:
        return list(read_days(session, last, count))


def test_a_run_is_counted_once_on_the_day_on_which_it_ended(database: Database) -> None:
    _ended_run(database, ItemState.DONE, ItemState.DONE, ItemState.EXCEPTION)
    _ended_run(database, ItemState.WAITING, ItemState.SKIPPED, ItemState.FAILED, fails=True)
    [day] = _days(database)
    assert (day.job, day.day, day.runs, day.failed_runs, day.seconds) == ("matching", DAY, 2, 1, 180.0)
    assert (day.done, day.waiting, day.exception, day.failed, day.skipped) == (2, 1, 1, 1, 1)


def test_a_dry_run_changes_no_figure(database: Database) -> None:
    _ended_run(database, ItemState.DONE, is_dry_run=True)
    assert _days(database) == []


def test_figures_are_read_for_the_days_asked_for_and_no_more(database: Database) -> None:
    _ended_run(database, ItemState.DONE)
    assert len(_days(database, DAY + timedelta(days=29))) == 1
    assert _days(database, DAY + timedelta(days=30)) == []
    assert _days(database, DAY - timedelta(days=1)) == []


def test_the_dashboard_of_a_new_installation_says_what_to_do(admin: Browser) -> None:
    page = text_of(admin.opens("/console"))
    assert "Nothing is running." in page
    assert "Nobody has to do anything." in page
    assert "No run has failed." in page
    assert "No real run has ended in these 30 days." in page


def test_after_a_real_run_the_dashboard_names_the_owners_and_shows_the_figures(admin: Browser) -> None:
    admin.runs_job("real")
    html = admin.opens("/console")
    page = text_of(html)
    assert "11 need a person" in page
    assert "Accounts payable 7 Receiving 3 Procurement 1" in page
    assert "Real runs: 1, of which failed: 0." in page
    assert '<svg class="chart-marks"' in html
    assert "11" in text_of(admin.opens("/console/now"))


def test_the_figures_can_be_limited_to_a_job(admin: Browser) -> None:
    admin.runs_job("real")
    assert "Real runs: 0" in text_of(admin.opens("/console", job="customer-notices"))
    assert "Real runs: 1" in text_of(admin.opens("/console", job="invoice-matching"))


def test_a_run_under_way_shows_how_far_it_is_and_one_without_a_sign_of_life_is_late(
    house: ConsoleHouse, admin: Browser
) -> None:
    started = utc_now() - timedelta(minutes=10)
    with house.database.write() as session:
        run = create_run(session, "invoice-matching", {}, "ops@example.com", now=started)
        run.state, run.started_at, run.heartbeat_at = RunState.RUNNING, started, utc_now()
        run.items_total, run.items_done = 900, 300
    page = text_of(admin.opens("/console"))
    assert "300 of 900 items · 30 a minute · 20 minutes left" in page
    assert "Everything began when it should." in page
    with house.database.write() as session:
        session.get_one(Run, run.id).heartbeat_at = started
    assert "no sign of life" in text_of(admin.opens("/console"))


def test_a_firing_without_a_run_is_late_until_it_is_settled(house: ConsoleHouse) -> None:
    schedule = house.schedule()
    monday = datetime(2026, 11, 23, 5, 30, tzinfo=UTC)
    zone = house.office.settings.zone
    with house.database.write() as session:
        session.merge(schedule).settled_until = monday - timedelta(hours=1)
    with house.database.read() as session:
        assert [late for late in read_situation(session, monday, zone).late if late.schedule.id == schedule.id] == []
        late = [
            late
            for late in read_situation(session, monday + timedelta(minutes=11), zone).late
            if late.schedule.id == schedule.id
        ]
    assert [one.due for one in late] == [monday]
    with house.database.write() as session:
        session.merge(schedule).settled_until = monday
    with house.database.read() as session:
        again = read_situation(session, monday + timedelta(minutes=11), zone).late
    assert [one for one in again if one.schedule.id == schedule.id] == []


def test_a_failed_run_is_named_with_its_reason(house: ConsoleHouse, admin: Browser) -> None:
    with house.database.write() as session:
        run = create_run(session, "invoice-matching", {}, "ops@example.com", now=utc_now())
        fail_run(session, run.id, "The folder is away.", utc_now())
    page = text_of(admin.opens("/console"))
    assert "1 failed in 24 hours" in page
    assert "The folder is away." in page


def test_a_view_is_saved_opens_the_list_and_is_removed(house: ConsoleHouse, admin: Browser) -> None:
    admin.runs_job("real")
    answer = admin.posts(
        "/console/views", page="items", name="Mine", query="owner=receiving&next=//evil", is_default="true"
    )
    assert answer.headers["location"] == "/console/items?owner=receiving"
    opened = admin.client.get("/console/items")
    assert (opened.status_code, opened.headers["location"]) == (303, "/console/items?owner=receiving")
    assert "Mine" in admin.opens("/console/items", view="all")
    with house.database.read() as session:
        view = session.scalars(select(SavedView)).one()
    assert [entry.detail["name"] for entry in house.audited("view.save")] == ["Mine"]
    admin.posts(f"/console/views/{view.id}/default")
    assert admin.client.get("/console/items").status_code == 200
    admin.posts(f"/console/views/{view.id}/delete")
    assert "Mine" not in admin.opens("/console/items", view="all")


def test_a_shared_view_is_seen_by_the_team_and_changed_by_its_owner_alone(house: ConsoleHouse, admin: Browser) -> None:
    admin.posts("/console/views", page="runs", name="Failures", query="state=failed", is_shared="true")
    admin.posts("/console/views", page="runs", name="Private", query="state=queued")
    with house.database.write() as session:
        other = accounts.add_user(session, "eva@example.com", "Eva", Role.ADMIN, PASSWORD, "test")
    colleague = Browser(house, other)
    page = colleague.opens("/console/runs")
    assert "Failures" in page
    assert "Private" not in page
    with house.database.read() as session:
        view = session.scalars(select(SavedView).where(SavedView.name == "Failures")).one()
    assert colleague.posts(f"/console/views/{view.id}/delete").status_code == 404


def test_the_list_of_items_is_exported_as_it_is_filtered(admin: Browser) -> None:
    admin.runs_job("real")
    answer = admin.client.get("/console/items.csv", params={"owner": "procurement"})
    lines = answer.text.strip().splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("\ufeffJob,Run,Time (UTC),Dry run,Item,")
    assert "Price above the order" in lines[1]
    runs = admin.client.get("/console/runs.csv").text.strip().splitlines()
    assert len(runs) == 2
    assert "succeeded with exceptions" in runs[1]


@pytest.mark.parametrize(
    "query", ["older_than=x", "newer_than=999999999999", "since=9999-12-31", "state=%25&title=%00", "until=0001-01-01"]
)
@pytest.mark.parametrize("page", ["runs", "items", "exceptions"])
def test_no_address_breaks_a_list(admin: Browser, page: str, query: str) -> None:
    assert admin.client.get(f"/console/{page}?{query}").status_code in (200, 404)
