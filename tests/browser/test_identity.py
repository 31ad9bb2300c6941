"""The shop's page tells the widget who the customer is: greeted by name, another customer, nobody, and not yet."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from bot.texts import Texts
from connectors.database.base import utc_now
from connectors.settings import PROJECT_ROOT
from tests.browser.chat_house import ChatHouse
from tests.browser.test_widget_on_pages import visit_shop
from tests.browser.waiting import wait_until
from tests.browser.widget_page import (
    NewContext,
    chat,
    expect_answer_after,
    messages,
    open_chat,
    part,
    visit,
    write,
)
from tests.fixtures.signed import EMMA, identity_of

pytestmark = pytest.mark.browser

TEXTS = Texts(PROJECT_ROOT / "data")
LIAM = {"sub": "customer-8", "email": "liam.oconnor@example.com", "name": "Liam O'Connor"}


def sign_in(page: Page, person: dict[str, Any] | None) -> None:
    page.evaluate("token => Twinoffice.setUser(token)", identity_of(person, utc_now()) if person else None)


def welcome(person: dict[str, Any], language: str = "en") -> str:
    return TEXTS.render("welcome_known", language, {"name": person["name"]}).text


def test_a_signed_customer_is_greeted_by_name(new_context: NewContext, product_url: str) -> None:
    page = visit(new_context(), product_url)
    sign_in(page, EMMA)
    open_chat(page)
    expect(messages(page, "bot").first).to_contain_text(welcome(EMMA))
    expect(part(page, "buttons").get_by_role("button").first).to_contain_text("ORD-")


def test_a_token_on_the_script_is_as_good(new_context: NewContext, product_url: str) -> None:
    def sign(route: Route) -> None:
        answer = route.fetch()
        signed = f'src="/widget.js" data-identity="{identity_of(EMMA, utc_now())}"'
        route.fulfill(response=answer, body=answer.text().replace('src="/widget.js"', signed))

    context = new_context()
    context.route(f"{product_url.rstrip('/')}/?lang=en", sign)
    page = visit(context, product_url)
    open_chat(page)
    expect(messages(page, "bot").first).to_contain_text(welcome(EMMA))


def test_an_anonymous_conversation_goes_on_after_signing_in_and_ends_with_another_customer(
    new_context: NewContext, product_url: str
) -> None:
    page = visit(new_context(), product_url)
    open_chat(page)
    write(page, "Hello there")
    expect_answer_after(page, "Hello there")
    with page.expect_response(lambda response: response.url.endswith("/api/chat/identity")) as answer:
        sign_in(page, EMMA)
    assert answer.value.status == 200
    expect(messages(page, "customer").filter(has_text="Hello there")).to_be_visible()
    sign_in(page, LIAM)
    expect(messages(page, "bot").first).to_contain_text(welcome(LIAM))
    expect(messages(page, "customer")).to_have_count(0)


def test_every_tab_goes_on_after_signing_in_and_who_copied_the_session_before_does_not(
    new_context: NewContext, product_url: str
) -> None:
    context, elsewhere = new_context(), new_context()
    page, tab = visit(context, product_url), visit(context, product_url)
    for one in (page, tab):
        open_chat(one)
    write(page, "Hello there")
    expect_answer_after(page, "Hello there")
    copy = page.evaluate("localStorage.getItem('twinoffice-chat')")
    elsewhere.add_init_script(f"if (!localStorage.length) localStorage.setItem('twinoffice-chat', {json.dumps(copy)})")
    thief = visit(elsewhere, product_url)
    open_chat(thief)
    expect(messages(thief, "customer").filter(has_text="Hello there")).to_be_visible()
    sign_in(page, EMMA)
    expect(thief.locator("twinoffice-chat [data-notice=session-lost]")).to_be_visible()
    for one, text in ((page, "For our eyes only"), (tab, "Nobody else may read this")):
        write(one, text)
        expect_answer_after(one, text)
        expect(one.locator("twinoffice-chat [data-notice=session-lost]")).to_have_count(0)
    expect(messages(page, "customer")).to_have_count(3)
    expect(messages(thief, "customer")).to_have_count(0)


@pytest.mark.parametrize("leaves", ["setUser(null)", "reset()"])
def test_who_signs_out_leaves_no_token_behind(new_context: NewContext, product_url: str, leaves: str) -> None:
    page = visit(new_context(), product_url)
    sign_in(page, EMMA)
    open_chat(page)
    expect(messages(page, "bot").first).to_contain_text(welcome(EMMA))
    token = page.evaluate("JSON.parse(localStorage.getItem('twinoffice-chat')).token")
    with page.expect_response(lambda response: response.url.endswith("/api/chat/sign-out")) as answer:
        page.evaluate(f"Twinoffice.{leaves}")
    assert answer.value.status == 204
    headers = {"Authorization": f"Bearer {token}"}
    assert page.request.get(f"{product_url.rstrip('/')}/api/chat/messages", headers=headers).status == 401


def test_signing_out_counts_though_the_page_is_left_at_once(new_context: NewContext, house: ChatHouse) -> None:
    """On a page of another origin, where the browser first asks whether it may send."""
    page, _ = visit_shop(new_context(), house)
    sign_in(page, EMMA)
    open_chat(page)
    token = page.evaluate("JSON.parse(localStorage.getItem('twinoffice-chat')).token")
    page.evaluate("Twinoffice.setUser(null); location = 'about:blank'")
    page.wait_for_url("about:blank")
    messages_url, headers = f"{house.url}/api/chat/messages", {"Authorization": f"Bearer {token}"}
    wait_until(page, lambda: page.request.get(messages_url, headers=headers).status == 401, "the token is ended")


@pytest.mark.parametrize("is_open", [True, False])
def test_who_signs_out_in_one_tab_is_signed_out_in_all(
    new_context: NewContext, product_url: str, *, is_open: bool
) -> None:
    context = new_context()
    page, tab = visit(context, product_url), visit(context, product_url)
    for one in (page, tab):
        sign_in(one, EMMA)
    open_chat(tab)
    expect(messages(tab, "bot").first).to_contain_text(welcome(EMMA))
    if is_open:
        open_chat(page)
        expect(messages(page, "bot").first).to_contain_text(welcome(EMMA))
    sign_in(page, None)
    usual = TEXTS.render("welcome", "en").text
    expect(messages(tab, "bot").first).to_contain_text(usual)
    before = tab.evaluate("localStorage.getItem('twinoffice-chat')")
    part(tab, "menu").click()
    part(tab, "menu-new-conversation").click()
    tab.wait_for_function("before => localStorage.getItem('twinoffice-chat') !== before", arg=before)
    write(tab, "Not Emma any more")
    expect_answer_after(tab, "Not Emma any more")
    expect(messages(tab, "bot").first).to_contain_text(usual)
    if not is_open:
        open_chat(page)
    expect(messages(page, "customer")).to_have_text([re.compile("Not Emma any more")])
    expect(messages(page, "bot").first).to_contain_text(usual)


def test_what_waits_to_be_sent_is_not_sent_as_the_next_customer(new_context: NewContext, product_url: str) -> None:
    context = new_context()
    page, tab = visit(context, product_url), visit(context, product_url)
    for one in (page, tab):
        sign_in(one, EMMA)
    open_chat(tab)
    expect(messages(tab, "bot").first).to_contain_text(welcome(EMMA))
    tab.route(
        "**/api/chat/messages", lambda route: route.abort() if route.request.method == "POST" else route.continue_()
    )
    write(tab, "Only for Emma's chat")
    expect(messages(tab, "customer")).to_have_attribute("data-status", "failed")
    part(tab, "composer").fill("half a sen")
    sign_in(page, None)
    expect(messages(tab, "bot").first).to_contain_text(TEXTS.render("welcome", "en").text)
    expect(part(tab, "composer")).to_have_value("")
    tab.unroute_all()
    sign_in(tab, LIAM)
    write(tab, "Liam is here")
    expect_answer_after(tab, "Liam is here")
    expect(messages(tab, "customer")).to_have_count(1)
    assert "Only for Emma" not in str(tab.evaluate("JSON.stringify(localStorage)"))


def test_who_signs_out_before_the_chat_has_begun_gets_none_of_theirs(new_context: NewContext, product_url: str) -> None:
    context = new_context()
    waiting: list[Route] = []
    context.route("**/api/chat/sessions", lambda route: route.continue_() if waiting else waiting.append(route))
    page = visit(context, product_url)
    sign_in(page, EMMA)
    part(page, "launcher").click()
    wait_until(page, lambda: bool(waiting), "the session is asked for")
    expect(chat(page)).to_have_attribute("data-connection", "connecting")
    sign_in(page, None)
    waiting[0].continue_()
    expect(messages(page, "bot").first).to_contain_text(TEXTS.render("welcome", "en").text)


def test_signing_out_takes_the_conversation_off_the_screen(new_context: NewContext, product_url: str) -> None:
    page = visit(new_context(), product_url)
    sign_in(page, EMMA)
    open_chat(page)
    expect(messages(page, "bot").first).to_contain_text(welcome(EMMA))
    sign_in(page, None)
    usual = TEXTS.render("welcome", "en").text
    expect(messages(page, "bot").first).to_contain_text(usual)


@pytest.mark.parametrize("language", sorted(TEXTS.languages))
def test_where_an_identity_is_required_the_widget_asks_to_sign_in_and_then_begins(
    new_context: NewContext, product_url: str, language: str
) -> None:
    def refuse_strangers(route: Route) -> None:
        if (route.request.post_data_json or {}).get("identity"):
            route.continue_()
            return
        refusal = {"detail": {"code": "identity_required", "message": "Sign in first."}}
        route.fulfill(status=403, body=json.dumps(refusal), content_type="application/json")

    context = new_context()
    context.route("**/api/chat/sessions", refuse_strangers)
    page = visit(context, product_url, language)
    part(page, "launcher").click()
    texts = json.loads((PROJECT_ROOT / "data" / language / "widget.json").read_text(encoding="utf-8"))
    notice = page.locator("twinoffice-chat [data-notice=identity-required]")
    expect(notice).to_contain_text(texts["notice_identity_required"])
    expect(chat(page)).to_have_attribute("data-connection", "idle")
    sign_in(page, EMMA)
    expect(messages(page, "bot").first).to_contain_text(welcome(EMMA, language))
    expect(notice).to_have_count(0)
