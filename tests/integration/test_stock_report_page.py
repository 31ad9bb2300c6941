"""The stock report over the made-up year: page, CSV and PDF, its filters, and what it says when nobody answers."""

import csv
import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from pypdf import PdfReader

from automations.engine.item_record import record_outcomes
from automations.engine.job import ItemOutcome
from automations.engine.run_record import create_run
from automations.jobs.stock_reorder import NAME
from automations.reorder.explanations import JOB_NAME
from automations.reorder.stock_figures import StockChoice
from automations.reorder.stock_records import RecordReader, all_stock
from automations.reorder.stock_report import report_stock
from automations.rules.reorder.opening_stock import reckon_back
from automations.rules.reorder.replay import Shortage
from connectors.database.base import utc_now
from connectors.database.models.api_tokens import TokenRole
from connectors.database.models.work import ItemState
from connectors.demo.seed import inbox_of
from connectors.demo.year.company_year import make_year
from connectors.demo.year.seeding import seed_year
from connectors.demo.year.shape import YearShape
from connectors.errors import Unavailable
from connectors.registry import Connectors
from tests.integration.api_house import ApiHouse
from tests.integration.console_house import Browser, ConsoleHouse, text_of

pytestmark = pytest.mark.integration

PATH = "/console/reports/stock"


@pytest.fixture(scope="module")
def today() -> date:
    return utc_now().date()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, today: date) -> Iterator[ApiHouse]:
    folder: Path = tmp_path_factory.mktemp("stock")
    opened = ApiHouse(folder)
    seed_year(opened.database, inbox_of(folder), YearShape(1, today))
    yield opened
    opened.close()


@pytest.fixture
def admin(house: ConsoleHouse) -> Browser:
    return Browser(house, house.admin)


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_the_opening_stock_is_what_the_made_up_year_began_with(house: ConsoleHouse, today: date) -> None:
    """The records of a whole year lead back to the shelf of its first morning, but for what broke."""
    shape = YearShape(1, today)
    inventory, purchasing = house.office.connectors.inventory(), house.office.connectors.purchasing()
    levels = {level.key: level for piece in all_stock(inventory) for level in piece}
    reader = RecordReader(inventory, purchasing)
    demand = reader.read_demand(list(levels), shape.first_day, today)
    sites = {item: site for item, site in sorted(levels)}  # noqa: C416
    receipts = reader.read_receipts(levels, sites, shape.first_day, today)
    places = make_year(shape).stock
    assert len(places) == 240
    for place in places:
        key = next(key for key in levels if key == (place.goods.sku, place.site))
        came = receipts[key].all if key in receipts else []
        opened = reckon_back(levels[key], demand[key].wanted, came, shape.first_day, today, Shortage.BACKORDERS)
        broken = sum(count for _day, count in place.year.lost)
        assert opened.opening_stock == max(place.year.order_up_to - broken, 0), key


def test_nearly_every_item_of_the_year_is_replayed(house: ConsoleHouse, today: date) -> None:
    connectors = house.office.connectors
    report = report_stock(connectors.inventory(), connectors.purchasing(), StockChoice(), today)
    assert len(report.replayed) > 230


def test_the_page_shows_cover_and_replay_with_the_method(admin: Browser) -> None:
    assert PATH in admin.opens("/console/reports")
    page = admin.opens(PATH, site="Prague")
    told = text_of(page)
    for words in (
        "Cover is stock on hand over what left it",
        "every day is lived through twice",
        "less what is reserved, plus the demand and less the receipts",
        "Empty shelves by week",
        "as it was",
        "with the rule",
    ):
        assert words in told, words
    assert page.count('<svg class="chart-marks"') >= 2
    assert 'class="bar-rows"' in page


def test_the_rule_and_what_was_done_stand_side_by_side_in_the_csv(admin: Browser) -> None:
    rows = rows_of(admin.opens(f"{PATH}.csv", table="replay", site="Prague"))
    assert [(row["Site"], row["Currency"], row["Way"]) for row in rows] == [
        ("Prague", "CZK", "as it was"),
        ("Prague", "CZK", "with the rule"),
        ("Prague", "EUR", "as it was"),
        ("Prague", "EUR", "with the rule"),
    ]
    was, then = (sum(int(row["Days short"]) for row in rows[start::2]) for start in (0, 1))
    assert 0 < then < was
    whole = admin.opens(f"{PATH}.csv", site="Prague")
    assert "Cover by class" in whole
    # Made up, and of the demo.
    assert len(rows_of(admin.opens(f"{PATH}.csv", table="items", site="Prague"))) == 120 + 12
    assert admin.client.get(f"{PATH}.csv?table=nothing").status_code == 404


def test_filters_choose_site_class_and_weeks(admin: Browser) -> None:
    rows = rows_of(admin.opens(f"{PATH}.csv", table="items", site="Brno", abc="A", weeks="13"))
    assert {(row["Site"], row["Class"]) for row in rows} == {("Brno", "A")}
    assert "Nothing to show." in text_of(admin.opens(PATH, site="Nowhere"))
    odd = {"abc": "Z", "weeks": "twelve", "shortage": "?"}
    assert admin.opens(f"{PATH}.csv", **odd) == admin.opens(f"{PATH}.csv")
    lost = text_of(admin.opens(PATH, site="Brno", shortage="lost_sales"))
    assert "Customers who are not served buy elsewhere." in lost


@pytest.mark.parametrize("language", ["en", "cs", "hu", "is", "fa", "ru"])
def test_page_and_pdf_speak_every_language(house: ConsoleHouse, language: str) -> None:
    browser = Browser(house, house.admin, language)
    assert "reports.stock." not in browser.opens(PATH, site="Brno")
    answer = browser.client.get(f"{PATH}.pdf?site=Brno")
    assert answer.headers["content-type"] == "application/pdf"
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
    assert "Brno" in text
    assert "reports.stock." not in text


def test_an_item_leads_to_the_explanation_of_its_last_proposal(house: ConsoleHouse, admin: Browser) -> None:
    assert JOB_NAME == NAME
    stock = [one for piece in all_stock(house.office.connectors.inventory()) for one in piece]
    level = next(one for one in stock if one.site == "Brno")
    key = f"{level.item}@{level.site}"
    with house.database.write() as session:
        run = create_run(session, JOB_NAME, {}, "ops@example.com", now=utc_now(), is_dry_run=True)
        record_outcomes(session, run.id, [ItemOutcome(key, key, ItemState.DONE, "proposed")], utc_now())
    [item] = house.items(run).values()
    address = f"/console/runs/{run.id}/items/{item.id}"
    assert f'<a href="{address}"' in admin.opens(PATH, site="Brno")
    assert level.item in admin.opens(address)


def test_a_program_is_told_the_same(house: ApiHouse, admin: Browser) -> None:
    told = house.program(TokenRole.VIEWER).gets("/reports/stock", site="Brno", abc_class="A", weeks=13)
    rows = rows_of(admin.opens(f"{PATH}.csv", table="items", site="Brno", abc="A", weeks="13"))
    assert [row["item"] for row in told["tables"]["items"]] == [row["Product"] for row in rows]
    assert rows
    assert told["filters"] == {"Site": "Brno", "Class": "A", "Weeks replayed": "13", "Whoever is not served": "waits"}


def test_agents_do_not_see_it(house: ConsoleHouse) -> None:
    agent = Browser(house, house.agent)
    for ending in ("", ".csv", ".pdf"):
        assert agent.client.get(PATH + ending).status_code == 403


def test_a_system_that_does_not_answer_is_named(
    house: ApiHouse, admin: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_connectors: Connectors) -> None:
        raise Unavailable("The stock-keeping system does not answer.")

    monkeypatch.setattr(Connectors, "inventory", refuse)
    for ending in ("", ".csv", ".pdf"):
        # Not asked before: what was counted within five minutes is answered whoever is silent.
        answer = admin.client.get(f"{PATH}{ending}?site=Ostrava")
        assert answer.status_code == 502
        assert "The stock-keeping system does not answer." in answer.text
    house.program(TokenRole.VIEWER).is_refused(503, "source_unavailable", "GET", "/reports/stock?site=Ostrava")
