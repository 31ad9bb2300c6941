"""The public help pages: every article in every language, the search box, and addresses that do not exist."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from bot.application import create_application
from bot.knowledge.articles import Library
from bot.office import build_office
from bot.pages.help import SEARCHES_PER_MINUTE
from connectors.settings import DATA_FOLDER, Settings
from tests.fixtures.fresh_databases import give_tables

pytestmark = pytest.mark.integration

LIBRARY = Library(DATA_FOLDER)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder: Path = tmp_path_factory.mktemp("help")
    office = build_office(Settings(_env_file=None, data_dir=folder, rasa_url="http://127.0.0.1:9"))
    give_tables(office.database)
    office.knowledge.refresh()
    with TestClient(create_application(office, has_engine=False), follow_redirects=False) as client:
        yield client


@pytest.mark.parametrize("language", LIBRARY.languages)
def test_every_article_has_a_page_with_all_its_sections(browser: TestClient, language: str) -> None:
    listed = browser.get(f"/help/{language}").text
    direction = "rtl" if language == "fa" else "ltr"
    for article in LIBRARY.articles(language):
        assert f'href="/help/{language}/{article.slug}"' in listed
        page = browser.get(f"/help/{language}/{article.slug}")
        assert page.status_code == 200
        assert f'<html lang="{language}" dir="{direction}">' in page.text
        assert page.text.count("<h2 id=") == len(article.passages)


def test_a_question_in_the_search_box_leads_to_the_section(browser: TestClient) -> None:
    page = browser.get("/help/cs", params={"q": "jak dlouho platí dárkový poukaz"})
    assert 'href="/help/cs/gift-cards-and-discounts#jak-dlouho-poukaz-plati"' in page.text


def test_a_question_without_an_answer_says_so_and_echoes_nothing_dangerous(browser: TestClient) -> None:
    page = browser.get("/help/en", params={"q": '"><script>alert(1)</script>'})
    assert page.status_code == 200
    assert "We found no article about that" in page.text
    assert "<script>alert" not in page.text


@pytest.mark.parametrize(
    ("address", "leads_to"),
    [("/help/en/no-such", "/help/en"), ("/help/xx/payment", "/help"), ("/help/xx", "/help"), ("/help", "/help/hu")],
)
def test_an_address_that_does_not_exist_leads_to_the_help(browser: TestClient, address: str, leads_to: str) -> None:
    answer = browser.get(address, headers={"Accept-Language": "hu"})
    assert answer.status_code == 307
    assert answer.headers["location"] == leads_to


def test_searches_cannot_be_made_without_end_while_reading_goes_on(browser: TestClient) -> None:
    # A slow machine takes long enough for some more.
    tries = (browser.get("/help/en", params={"q": "returns"}) for _ in range(3 * SEARCHES_PER_MINUTE))
    refused = next(answer for answer in tries if answer.status_code != 200)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) >= 1
    assert refused.json()["detail"]["code"] == "too_many_searches"
    assert browser.get("/help/en").status_code == 200
    assert browser.get("/help/en/returns").status_code == 200
