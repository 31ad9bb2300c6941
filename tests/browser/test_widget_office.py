"""Whether anybody is there: closed, back at …, a holiday by its name, and a page that stays open meanwhile."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chat_house import ChatHouse, texts
from tests.browser.waiting import wait_until
from tests.browser.widget_page import NewContext, expect_answer_after, open_chat, part, visit, write

pytestmark = pytest.mark.browser

LANGUAGES = ["en", "cs", "hu", "is", "fa", "ru"]
# The demo company works in Prague: from nine to six, on Saturdays to one.
SUNDAY = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
MONDAY_AT_NINE = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
MONDAY_AT_SIX = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
CHRISTMAS = datetime(2026, 12, 25, 10, 0, tzinfo=UTC)
MINUTE = 60_000


def in_words(page: Page, at: datetime, language: str) -> str:
    """As the visitor's browser says it, the weekday and the time there; Icelandic it does not know."""
    format_it = """([at, locale]) => {
      const time = { hour: "numeric", minute: "2-digit" };
      const isKnown = Intl.DateTimeFormat.supportedLocalesOf(locale).length;
      const words = new Intl.DateTimeFormat(isKnown ? locale : "nb", { ...(isKnown && { weekday: "long" }), ...time });
      return (isKnown ? "" : "mánudagur ") + words.format(new Date(at));
    }"""
    return str(page.evaluate(format_it, [at.isoformat(), texts(language)["locale"]]))


def test_a_language_that_the_browser_does_not_know_gets_our_words_for_its_days_and_months(
    new_context: NewContext, house: ChatHouse
) -> None:
    context = new_context(timezone_id="Europe/Prague")
    context.add_init_script(
        "const known = Intl.DateTimeFormat.supportedLocalesOf;"
        "Intl.DateTimeFormat.supportedLocalesOf = (wish) => wish === 'is-IS' ? [] : known(wish);"
    )
    context.clock.install(time=SUNDAY)
    with house.at(SUNDAY):
        page = visit(context, house.url, "is")
        open_chat(page)
        expect(part(page, "office")).to_contain_text("mánudagur 9:00")
        write(page, "Góðan dag")
        expect_answer_after(page, "Góðan dag")
        expect(part(page, "message").last.locator("time")).to_have_text(re.compile(r"^\d\d?:\d\d$"))
        part(page, "menu").click()
        part(page, "menu-conversations").click()
        expect(part(page, "view")).to_contain_text(re.compile(r"\d+\. [a-zá-ú]{3,} 20\d\d"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_outside_office_hours_the_customer_reads_when_somebody_is_back_and_can_write(
    new_context: NewContext, house: ChatHouse, language: str
) -> None:
    context = new_context(timezone_id="Europe/Lisbon")
    context.clock.install(time=SUNDAY)
    with house.at(SUNDAY):
        page = visit(context, house.url, language)
        open_chat(page)
        known = texts(language)
        moment = in_words(page, MONDAY_AT_NINE, language)
        assert "8" in moment or "۸" in moment, "a visitor in Lisbon reads the time there"
        expect(part(page, "office")).to_have_text(
            f"{known['offline_text']} {known['office_back'].replace('{back}', moment)}"
        )
        write(page, "Are you there?")
        expect_answer_after(page, "Are you there?")


@pytest.mark.parametrize(("language", "name"), [("en", "Christmas Day"), ("cs", "1. svátek vánoční")])
def test_a_holiday_is_called_by_its_name(new_context: NewContext, house: ChatHouse, language: str, name: str) -> None:
    with house.at(CHRISTMAS):
        page = visit(new_context(), house.url, language)
        open_chat(page)
        expect(part(page, "office")).to_contain_text(f"{name}. {texts(language)['offline_text']}")


def test_the_companys_own_offline_message_goes_before_ours(new_context: NewContext, house: ChatHouse) -> None:
    with house.at(SUNDAY), house.set_up(texts={"en": {"offline_text": "We <b>sleep</b>."}}):
        page = visit(new_context(), house.url)
        open_chat(page)
        expect(part(page, "office")).to_contain_text("We <b>sleep</b>.")


def test_a_page_that_stays_open_notices_when_the_office_opens_and_when_it_closes(
    new_context: NewContext, house: ChatHouse
) -> None:
    context = new_context()
    context.clock.install(time=SUNDAY)
    with house.at(SUNDAY):
        page = visit(context, house.url)
        open_chat(page)
        expect(part(page, "office")).to_be_visible()
    with house.at(MONDAY_AT_NINE):
        context.clock.fast_forward("13:01:00")
        expect(part(page, "office")).to_be_hidden()
    with house.at(MONDAY_AT_SIX):
        context.clock.fast_forward("09:01:00")
        expect(part(page, "office")).to_be_visible()


def test_whoever_opens_the_chat_reads_how_it_is_now_and_not_how_it_was_when_the_page_was_loaded(
    new_context: NewContext, house: ChatHouse
) -> None:
    with house.at(SUNDAY):
        page = visit(new_context(), house.url)
    with house.at(MONDAY_AT_NINE):
        open_chat(page)
        expect(part(page, "office")).to_be_hidden()
        part(page, "close").click()
    with house.at(MONDAY_AT_SIX):
        open_chat(page)
        expect(part(page, "office")).to_be_visible()


def test_a_clock_that_runs_ahead_does_not_ask_again_and_again(new_context: NewContext, house: ChatHouse) -> None:
    context = new_context()
    context.clock.install(time=MONDAY_AT_SIX)
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url) if "/chat/config" in request.url else None)
    with house.at(SUNDAY):
        page = visit(context, house.url)
        for _ in range(5):
            context.clock.run_for(MINUTE)
        wait_until(page, lambda: len(asked) >= 2, "what the office does is asked again")
        assert len(asked) <= 12


def test_what_stands_above_the_messages_is_not_read_out_again_with_each_of_them(
    new_context: NewContext, house: ChatHouse
) -> None:
    with house.at(SUNDAY):
        page = visit(new_context(), house.url)
        open_chat(page)
        expect(part(page, "office")).to_be_visible()
        part(page, "office").evaluate(
            "line => { window.changes = 0; new MutationObserver(() => { changes += 1; })"
            ".observe(line, {childList: true, characterData: true, subtree: true}); }"
        )
        write(page, "Hello")
        expect_answer_after(page, "Hello")
        assert page.evaluate("changes") == 0
