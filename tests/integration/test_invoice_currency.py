"""An invoice in another currency than its order, as the page of its item tells it."""

from pathlib import Path

import pytest

from tests.integration.console_house import WAIT_SECONDS, Browser, ConsoleHouse, text_of

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("language", ["en", "fa"])
def test_the_item_shows_the_total_at_the_rate_of_the_order_for_information(tmp_path: Path, language: str) -> None:
    house = ConsoleHouse(tmp_path)
    house.engine.start()
    browser = Browser(house, house.admin, language)
    rates = {"mode": "dry", "p.exchange_rates": "2020-01-01 EUR CZK 25"}
    answer = browser.posts("/console/jobs/invoice-matching/runs", **rates)
    run = house.engine.wait(answer.headers["location"].rpartition("/")[2], WAIT_SECONDS)
    (item,) = [item for item in house.items(run).values() if "converted" in item.detail]
    assert "CURRENCY_DIFFERS" in {reason["code"] for reason in item.reasons}
    page = text_of(browser.opens(f"/console/runs/{run.id}/items/{item.id}"))
    assert "converted" not in page
    if language == "en":
        assert "1 EUR = 25 CZK, the rate of 1 Jan 2020; for information only" in page
    house.close()
