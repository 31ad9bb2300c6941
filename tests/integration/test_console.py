"""The operations console over HTTP, with a started engine and the demonstration company's invoices."""

import csv
import io
import re
from dataclasses import replace
from html import unescape

import pytest
from sqlalchemy import select

from automations.engine.discovery import BrokenJob
from automations.engine.run_record import create_run
from connectors.database.base import utc_now
from connectors.database.models.purchasing import PurchaseOrderLineRow, Receipt
from connectors.database.models.work import Connection, Run, RunState
from tests.integration.console_house import JOB, TODAY, WAIT_SECONDS, Browser, ConsoleHouse, text_of

pytestmark = pytest.mark.integration

SCRIPT = "<script>alert(1)</script>"
PAGES = [
    "/console",
    "/console/jobs",
    "/console/items",
    JOB,
    f"{JOB}/schedules/new",
    "/console/runs",
    "/console/exceptions",
    "/console/connections",
]


@pytest.mark.parametrize("path", PAGES)
def test_an_agent_may_not_see_the_console(house: ConsoleHouse, path: str) -> None:
    assert Browser(house, house.agent).client.get(path).status_code == 403


def test_somebody_who_is_not_logged_in_is_led_to_the_log_in(house: ConsoleHouse) -> None:
    stranger = Browser(house, house.agent)
    stranger.client.cookies.clear()
    answer = stranger.client.get("/console")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=/console")


@pytest.mark.parametrize("path", [f"{JOB}/runs", f"{JOB}/schedules", "/console/connections/purchasing/test"])
def test_nothing_happens_without_the_token_of_the_page(house: ConsoleHouse, admin: Browser, path: str) -> None:
    assert admin.client.post(path, data={"mode": "dry"}).status_code == 403
    assert house.runs() == []


@pytest.mark.parametrize("language", ["en", "cs", "fa"])
def test_every_page_opens_in_every_language_before_and_after_runs(house: ConsoleHouse, language: str) -> None:
    admin = Browser(house, house.admin, language)
    for path in PAGES:
        admin.opens(path)
    for run in (admin.runs_job("dry"), admin.runs_job("real")):
        admin.opens(f"/console/runs/{run.id}")
        for item in house.items(run).values():
            admin.opens(f"/console/runs/{run.id}/items/{item.id}")
    for path in [*PAGES, f"{JOB}/schedules/{house.schedule().id}"]:
        admin.opens(path)


def test_the_overview_tells_the_schedule_in_words_and_its_next_time(admin: Browser) -> None:
    page = text_of(admin.opens("/console/jobs"))
    assert "Monday to Friday at 06:30" in page
    assert "Europe/Prague" in page
    assert re.search(r"Next (Mon|Tue|Wed|Thu|Fri) \d+ \w+ \d{4}, 06:30", page)
    assert "never yet" in page
    assert "Try a job with a dry run" in admin.opens("/console/runs")


def test_a_broken_job_file_is_named_with_its_error(house: ConsoleHouse, admin: Browser) -> None:
    broken = BrokenJob("automations.jobs.payroll", f"SyntaxError: {SCRIPT}")
    house.engine.catalogue = replace(house.engine.catalogue, broken=(broken,))
    page = admin.opens("/console")
    assert "automations.jobs.payroll" in page
    assert SCRIPT not in page
    assert "SyntaxError: &lt;script&gt;" in page


def test_a_dry_run_tells_every_outcome_and_leaves_the_folder_alone(house: ConsoleHouse, admin: Browser) -> None:
    before = house.inbox
    run = admin.runs_job("dry")
    page = text_of(admin.opens(f"/console/runs/{run.id}"))
    assert run.is_dry_run
    assert "Nothing was changed in any system." in page
    assert "17 All items 7 held 6 matched 3 refused 1 waiting for goods" in page
    assert house.inbox == before
    assert house.exceptions() == []
    assert "Nothing waits for you" in admin.opens("/console/exceptions")


def test_a_real_run_asks_first_and_says_what_it_is_going_to_change(house: ConsoleHouse, admin: Browser) -> None:
    answer = admin.posts(f"{JOB}/runs", mode="real", **{"p.price_tolerance_percent": "2"})
    assert answer.status_code == 200
    assert "Invoices that match are posted in purchasing" in answer.text
    assert "2 %" in answer.text
    assert house.runs() == []


def test_a_real_run_files_the_invoices_and_lists_what_waits_for_people(house: ConsoleHouse, admin: Browser) -> None:
    before = len(house.inbox)
    run = admin.runs_job("real")
    assert run.state == RunState.SUCCEEDED_WITH_EXCEPTIONS
    assert len(house.inbox) == before - 6 - 3
    exceptions = text_of(admin.opens("/console/exceptions"))
    assert "Waldkontor Holzwaren GmbH RE-26-1187 held Price above the order Procurement" in exceptions
    assert "11 open" in admin.opens("/console/jobs")


def test_an_exception_that_was_dealt_with_elsewhere_is_settled_with_a_reason(
    house: ConsoleHouse, admin: Browser
) -> None:
    run = admin.runs_job("real")
    item = next(item for item in house.items(run).values() if item.outcome == "refused")
    path = f"/console/runs/{run.id}/items/{item.id}"
    assert admin.posts(f"{path}/settle", reason="  ").status_code == 303
    assert "11 open" in admin.opens("/console/jobs")
    assert admin.posts(f"{path}/settle", reason=f"asked for a new file {SCRIPT}").status_code == 303
    assert "10 open" in admin.opens("/console/jobs")
    page = admin.opens(path)
    assert "asked for a new file &lt;script&gt;" in page
    assert "Mark as settled" not in page


def test_who_started_a_run_stands_on_its_page_and_in_the_audit_log(house: ConsoleHouse, admin: Browser) -> None:
    run = admin.runs_job("dry")
    assert run.started_by == "ops@example.com"
    assert "Started by ops@example.com" in text_of(admin.opens(f"/console/runs/{run.id}"))
    (entry,) = house.audited("run.start")
    assert (entry.actor, entry.object_id) == ("ops@example.com", run.id)
    assert entry.detail == {"job": "invoice-matching", "is_dry_run": True}


def test_the_same_form_sent_twice_starts_one_run(house: ConsoleHouse, admin: Browser) -> None:
    request_id = re.search(r'name="request_id" value="([0-9a-f]{32})"', admin.opens(JOB))
    assert request_id
    first, second = (admin.runs_job("dry", request_id=request_id[1]) for _ in range(2))
    assert first.id == second.id == request_id[1]
    assert len(house.runs()) == len(house.audited("run.start")) == 1


def test_a_wrong_parameter_is_told_beside_its_field_and_nothing_starts(house: ConsoleHouse, admin: Browser) -> None:
    answer = admin.posts(f"{JOB}/runs", mode="dry", **{"p.price_tolerance_percent": "lots", "p.level": SCRIPT})
    assert answer.status_code == 422
    assert "Price tolerance must be a number written like 2.5 between 0 and 100." in answer.text
    assert 'value="lots"' in answer.text
    assert SCRIPT not in answer.text
    assert house.runs() == []


def test_an_item_explains_itself_with_figures_owner_and_what_happens_next(house: ConsoleHouse, admin: Browser) -> None:
    run = admin.runs_job("real")
    item = house.items(run)["Waldkontor Holzwaren GmbH RE-26-1187"]
    page = text_of(admin.opens(f"/console/runs/{run.id}/items/{item.id}"))
    assert "held with Procurement" in page
    assert "Price above the order" in page
    assert "Billed price €48.50 Order price €46.00 Allowed above €0.92 Order line 2" in page
    assert "The file stays in the folder and every run decides it again" in page
    assert "Order PO-2026-0305" in page
    assert "Hocker, Eiche massiv" in page


def test_a_refused_file_tells_its_reason_as_a_sentence(house: ConsoleHouse, admin: Browser) -> None:
    run = admin.runs_job("dry")
    item = house.items(run)["waldkontor-RE-26-1231.xml"]
    page = text_of(admin.opens(f"/console/runs/{run.id}/items/{item.id}"))
    assert item.reasons[0]["found"] in unescape(page)
    assert "This was a dry run, so nothing has happened yet. In a real run: The file goes to quarantine" in page


def test_items_are_filtered_by_outcome_and_state(admin: Browser) -> None:
    run = admin.runs_job("dry")
    refused = admin.opens(f"/console/runs/{run.id}", outcome="refused")
    assert refused.count('<tr id="item-') == 3
    waiting = admin.opens(f"/console/runs/{run.id}", state="waiting")
    assert waiting.count('<tr id="item-') == 1
    assert "No item of this run fits the filter" in admin.opens(f"/console/runs/{run.id}", state="done", outcome="held")


def test_the_next_item_is_the_next_of_the_same_filter(admin: Browser) -> None:
    run = admin.runs_job("dry")
    path, seen = f"/console/runs/{run.id}", []
    links = re.findall(r'href="([^"]+/items/\d+)\?', admin.opens(path, outcome="refused"))
    link: str | None = links[0]
    while link:
        seen.append(link)
        following = re.search(r'href="([^"]+/items/\d+)\?[^"]*">Next item', admin.opens(link, outcome="refused"))
        link = following[1] if following else None
    assert seen == links


def test_the_csv_holds_all_items_of_the_filter(admin: Browser) -> None:
    run = admin.runs_job("dry")
    answer = admin.client.get(f"/console/runs/{run.id}/items.csv", params={"outcome": "held", "state": ""})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert len(rows) == 7
    price = next(row for row in rows if "1187" in row["Item"])
    assert (price["Owner"], price["Rule codes"]) == ("Procurement", "PRICE_OVER")


def test_exceptions_are_filtered_by_owner_and_reason(admin: Browser) -> None:
    admin.runs_job("real")
    received = admin.opens("/console/exceptions", reason="QTY_OVER_RECEIVED")
    assert received.count('<tr role="row">') == 1 + 3
    assert "TK-2026-0877" in received
    assert "RE-26-1187" not in received
    procurement = admin.opens("/console/exceptions", owner="procurement")
    assert procurement.count('<tr role="row">') == 1 + 1
    assert "No exception fits this filter" in admin.opens("/console/exceptions", reason="%")


def test_an_exception_is_gone_once_its_cause_is(house: ConsoleHouse, admin: Browser) -> None:
    admin.runs_job("real")
    assert "2026-3315" in admin.opens("/console/exceptions")
    with house.database.write() as session:
        line = session.scalars(select(PurchaseOrderLineRow).where(PurchaseOrderLineRow.item == "CANDLE-SOY")).one()
        session.add(Receipt(line_id=line.id, quantity=line.quantity, accepted=line.quantity, received_on=TODAY))
    admin.runs_job("real")
    page = admin.opens("/console/exceptions")
    assert "2026-3315" not in page
    assert "RE-26-1187" in page


def test_the_history_is_shown_page_by_page(house: ConsoleHouse, admin: Browser) -> None:
    with house.database.write() as session:
        for number in range(25):
            run = create_run(session, "invoice-matching", {}, f"ops{number}@example.com", now=utc_now())
            run.state = RunState.SUCCEEDED
    first = admin.opens(JOB)
    older = re.search(r"\?older_than=(\w+)", first)
    assert older
    second = admin.opens(JOB, older_than=older[1])
    starters = re.findall(r"(ops\d+)@example.com", first + second)
    assert starters == [f"ops{number}" for number in reversed(range(25))]


def test_a_failed_run_tells_why(house: ConsoleHouse, admin: Browser) -> None:
    with house.database.write() as session:
        connection = session.scalars(select(Connection).where(Connection.name == "supplier-invoices")).one()
        connection.vendor = "ftp"
    run = admin.runs_job("dry")
    page = text_of(admin.opens(f"/console/runs/{run.id}"))
    assert run.state == RunState.FAILED
    assert "Why it failed" in page
    assert "unknown vendor 'ftp'" in unescape(page)


def test_a_run_under_way_shows_its_progress_and_asks_for_itself_until_the_end(
    house: ConsoleHouse, admin: Browser
) -> None:
    with house.database.write() as session:
        run = Run(job="unknown-job", started_by="schedule", state=RunState.RUNNING, started_at=utc_now(), resumed=2)
        run.items_total, run.items_done = 40, 10
        session.add(run)
    path = f"/console/runs/{run.id}"
    page = admin.opens(path)
    assert "10 of 40 items" in page
    assert 'max="40" value="10"' in page
    assert "2 ×, went on where it was" in page
    assert f'hx-get="{path}/progress' in page
    with house.database.write() as session:
        session.get_one(Run, run.id).state = RunState.SUCCEEDED
    assert "hx-get" not in admin.opens(f"{path}/progress")


def test_a_process_without_an_engine_leaves_the_run_to_one_that_has(house: ConsoleHouse, admin: Browser) -> None:
    answer = admin.posts(f"{JOB}/runs", mode="dry")
    (run,) = house.runs()
    assert answer.headers["location"] == f"/console/runs/{run.id}"
    assert run.state == RunState.QUEUED
    house.engine.start()
    assert house.engine.wait(run.id, WAIT_SECONDS).is_dry_run


def test_trying_a_connection_tells_what_was_found(admin: Browser) -> None:
    found = admin.posts("/console/connections/supplier-invoices/test")
    assert "It works." in found.text
    assert "17" in found.text


def test_trying_a_broken_connection_tells_the_reason(house: ConsoleHouse, admin: Browser) -> None:
    with house.database.write() as session:
        connection = session.scalars(select(Connection).where(Connection.name == "supplier-invoices")).one()
        connection.settings = {"path": str(house.folder / "no such folder")}
    found = admin.posts("/console/connections/supplier-invoices/test")
    assert found.status_code == 200
    assert "It does not work." in found.text
    assert "no such folder" in found.text


@pytest.mark.parametrize(
    "path",
    [
        "/console/nothing",
        "/console/jobs/unknown",
        "/console/runs/unknown",
        "/console/runs/unknown/items.csv",
        "/console/runs/unknown/items/1",
        f"{JOB}/schedules/unknown",
        "/console/runs/%00",
        f"/console/runs/{'9' * 50}/items/{'9' * 30}",
    ],
)
def test_an_address_of_nothing_is_answered_with_404(admin: Browser, path: str) -> None:
    assert admin.client.get(path).status_code == 404


def test_titles_from_files_are_shown_astext_of(house: ConsoleHouse, admin: Browser) -> None:
    (house.folder / "inbox" / "invoices" / "<img src=x>.xml").write_text("not an invoice")
    run = admin.runs_job("dry")
    page = admin.opens(f"/console/runs/{run.id}")
    assert "<img src=x>" not in page
