"""The pages on which admins set up the chat: form, texts, theme, files, web sites, proactive messages, hours."""

import re
from datetime import time

import pytest
from sqlalchemy import select

from automations.rules.business_calendar import Stretch
from bot.channels.setup_model import MEGABYTE
from bot.services.opening_hours import change_week, edition_of, read_week
from connectors.database.models.service import OpeningHours
from tests.integration.console_house import Browser, ConsoleHouse, text_of

pytestmark = pytest.mark.integration

CHANNELS = "/console/channels"
WEB = f"{CHANNELS}/web"
SCRIPT = '<script>alert("x")</script>'
FIELD = {"name": "email", "kind": "email", "label.en": "Your e-mail", "label.cs": "Váš e-mail", "is_required": "true"}
MESSAGE = {"name": "hello", "path": "/cart", "seconds": "15", "times": "2", "days": "7", "is_on": "true"}
DAYS_OFF = {f"{end}.{day}.{number}": "" for end in ("opens", "closes") for day in range(7) for number in range(4)}


def save(house: ConsoleHouse, admin: Browser, page: str, /, **fields: str) -> str:
    """The page after saving with the present version; where it was refused, that page."""
    _setup, version = house.office.setups.read_web()
    answer = admin.client.post(
        f"{WEB}/{page}", data={"csrf_token": admin.csrf_token, "version": str(version), **fields}
    )
    if answer.status_code != 303:
        assert answer.status_code in (409, 422), answer.text
        return str(answer.text)
    return admin.opens(str(answer.headers["location"]))


@pytest.mark.parametrize("language", ["en", "cs", "hu", "is", "fa", "ru"])
def test_every_page_opens_empty_and_filled_in_every_language(house: ConsoleHouse, language: str) -> None:
    browser = Browser(house, house.admin, language)
    paths = [CHANNELS, f"{CHANNELS}/hours", f"{CHANNELS}/telegram"]
    paths += [f"{WEB}/{name}" for name in ("theme", "texts", "form", "field", "proactive", "message", "files", "sites")]
    for path in paths:
        browser.opens(path)
    save(house, browser, "field", **FIELD)
    save(house, browser, "message", **MESSAGE, **{"text.en": "Can we help?"})
    save(house, browser, "sites", origins="https://shop.example")
    for path in [*paths, f"{WEB}/field?name=email", f"{WEB}/message?name=hello"]:
        browser.opens(path)


def test_agents_may_not_set_up_channels(house: ConsoleHouse) -> None:
    agent = Browser(house, house.agent)
    assert agent.client.get(CHANNELS).status_code == 403
    assert agent.posts(f"{WEB}/sites", version="0", origins="https://evil.example").status_code == 403
    assert house.office.setups.read_web()[0].allowed_origins == ()


def test_a_question_is_added_changed_moved_and_removed(house: ConsoleHouse, admin: Browser) -> None:
    assert "Your e-mail" in save(house, admin, "field", **FIELD)
    save(house, admin, "field", **(FIELD | {"name": "note", "kind": "long_text", "label.en": "Note"}))
    save(house, admin, "field/move", name="note", to="up")
    setup, _version = house.office.setups.read_web()
    assert [one.name for one in setup.pre_chat] == ["note", "email"]
    save(house, admin, "field", **(FIELD | {"old_name": "email", "label.en": "Mail"}))
    assert house.office.setups.read_web()[0].pre_chat[1].labels == {"en": "Mail", "cs": "Váš e-mail"}
    asked = admin.opens(f"{WEB}/field/delete?name=note")
    assert "Remove this question?" in asked
    assert "What you wrote in Čeština · English will be deleted" in text_of(asked)
    save(house, admin, "field/delete", name="note")
    assert len(house.office.setups.read_web()[0].pre_chat) == 2
    save(house, admin, "field/delete", name="note", confirmed="yes")
    assert [one.name for one in house.office.setups.read_web()[0].pre_chat] == ["email"]
    assert len(house.audited("channel.change")) == 5


def test_a_question_that_cannot_be_asked_is_explained_and_what_was_typed_stays(
    house: ConsoleHouse, admin: Browser
) -> None:
    page = save(
        house, admin, "field", name="topic", kind="choice", **{"label.en": SCRIPT, "choices.en": "", "is_required": ""}
    )
    assert "The answers in English are missing." in page
    assert "&lt;script&gt;alert" in page
    assert SCRIPT not in page
    save(house, admin, "field", **FIELD)
    assert "This name is already in use." in save(house, admin, "field", **FIELD)
    assert admin.client.get(f"{WEB}/field?name=gone").status_code == 404


def test_own_texts_are_by_language_and_the_mark_says_what_is_missing(house: ConsoleHouse, admin: Browser) -> None:
    save(
        house, admin, "texts", language="en", **{"text.heading": "Lumen chat", "text.disclosure": "A machine answers."}
    )
    page = save(house, admin, "texts", language="cs", **{"text.heading": "Chat Lumen"})
    assert "1 of 2" in text_of(page)
    assert "a machine answers" in text_of(page.partition("Missing in this language")[2].partition("</section>")[0])
    assert house.office.setups.read_web()[0].texts["cs"] == {"heading": "Chat Lumen"}
    save(house, admin, "texts", language="cs", **{"text.heading": " "})
    assert "cs" not in house.office.setups.read_web()[0].texts
    assert "This is too long." in save(house, admin, "texts", language="cs", **{"text.heading": "x" * 501})


def test_a_theme_is_kept_only_if_its_words_can_be_read(house: ConsoleHouse, admin: Browser) -> None:
    looks = {"appearance": "dark", "position": "start", "radius": "4"}
    save(house, admin, "theme", **looks, **{"own.accent": "true", "accent": "#7A3E1D"})
    theme = house.office.setups.read_web()[0].theme
    assert (theme.accent, theme.on_accent, theme.appearance, theme.radius) == ("#7a3e1d", None, "dark", 4)
    pale = {"own.accent": "true", "accent": "#ffee00", "own.on_accent": "true", "on_accent": "#ffffff"}
    assert "The text is hard to read on this colour" in save(house, admin, "theme", **looks, **pale)
    save(house, admin, "theme", **looks, accent="#ffee00")
    assert house.office.setups.read_web()[0].theme.accent is None


def test_sites_are_kept_as_origins(house: ConsoleHouse, admin: Browser) -> None:
    pasted = "https://Shop.example/cart?x=1\n\nhttp://localhost:3000/\nhttps://shop.example\n"
    page = save(house, admin, "sites", origins=pasted)
    assert house.office.setups.read_web()[0].allowed_origins == ("https://shop.example", "http://localhost:3000")
    assert "&lt;script src=&#34;http://127.0.0.1:8000/widget.js&#34; async&gt;" in page
    refused = save(house, admin, "sites", origins=f"https://shop.example\n{SCRIPT}")
    assert "not in the right form" in refused
    assert SCRIPT not in refused


def test_files_and_extras_are_chosen(house: ConsoleHouse, admin: Browser) -> None:
    save(house, admin, "files", **{"kind.pdf": "true", "megabytes": "2,5", "has_rating": "true"})
    setup, _version = house.office.setups.read_web()
    assert (setup.file_kinds, setup.largest_file) == (frozenset({"pdf"}), int(2.5 * MEGABYTE))
    assert (setup.has_rating, setup.has_articles) == (True, False)
    for wrong in ("21", "nan", "-1", "much", ""):
        assert "This number is not possible here." in save(house, admin, "files", megabytes=wrong), wrong


def test_a_proactive_message_has_its_pages_time_languages_and_cap(house: ConsoleHouse, admin: Browser) -> None:
    page = save(house, admin, "message", **MESSAGE, **{"text.en": "Can we help?", "text.fa": "کمک می‌خواهید؟"})
    assert "after 15 s · /cart · at most 2× in 7 d" in text_of(page)
    (message,) = house.office.setups.read_web()[0].proactive
    assert set(message.texts) == {"en", "fa"}
    nowhere = MESSAGE | {"path": "cart", "name": "other", "seconds": "ten"}
    refused = text_of(save(house, admin, "message", **nowhere))
    assert "This is not in the right form" in refused
    assert "This number is not possible here." in refused
    assert "Please fill this in." in refused
    save(house, admin, "message", **(MESSAGE | {"old_name": "hello", "is_on": ""}), **{"text.en": "Hi"})
    assert not house.office.setups.read_web()[0].proactive[0].is_on
    save(house, admin, "message/delete", name="hello")
    assert "Remove this message?" in admin.opens(f"{WEB}/message/delete?name=hello")
    save(house, admin, "message/delete", name="hello", confirmed="yes")
    assert house.office.setups.read_web()[0].proactive == ()


def test_of_two_admins_who_change_the_same_the_second_is_told(house: ConsoleHouse, admin: Browser) -> None:
    _setup, version = house.office.setups.read_web()
    assert admin.posts(f"{WEB}/sites", version=str(version), origins="https://one.example").status_code == 303
    answer = admin.posts(f"{WEB}/sites", version=str(version), origins="https://two.example")
    assert answer.status_code == 409
    assert "Somebody else has changed this in the meantime." in answer.text
    assert house.office.setups.read_web()[0].allowed_origins == ("https://one.example",)


def edition(admin: Browser) -> str:
    page = admin.opens(f"{CHANNELS}/hours")
    return page.partition('name="edition" value="')[2].partition('"')[0]


def test_hours_of_the_week_are_changed_with_an_audit_entry(house: ConsoleHouse, admin: Browser) -> None:
    times = DAYS_OFF | {"opens.0.0": "09:00", "closes.0.0": "12:00", "opens.0.1": "13:00", "closes.0.1": "17:30"}
    assert admin.posts(f"{CHANNELS}/hours", edition=edition(admin), **times).status_code == 303
    with house.database.read() as session:
        kept = [(row.weekday, row.opens, row.closes) for row in session.scalars(select(OpeningHours))]
    assert kept == [(0, "09:00", "12:00"), (0, "13:00", "17:30")]
    (entry,) = house.audited("opening_hours.change")
    assert (entry.after or {})["monday"] == "09:00-12:00, 13:00-17:30"
    assert 'value="17:30"' in admin.opens(f"{CHANNELS}/hours")


def test_saving_the_form_loses_no_hours_that_were_set_elsewhere(house: ConsoleHouse, admin: Browser) -> None:
    kept = [Stretch(2, time(hour), time(hour + 1)) for hour in (8, 10, 12, 14)]
    with house.database.write() as session:
        change_week(session, kept, edition_of(read_week(session)), "command line")
    page = admin.opens(f"{CHANNELS}/hours")
    fields = dict(re.findall(r'type="time" name="([^"]+)" value="([^"]*)"', page))
    assert len([value for value in fields.values() if value]) == 8
    assert shown_stretches(page) == [1, 1, 4, 1, 1, 1, 1]
    changed = fields | {"opens.0.0": "09:00", "closes.0.0": "17:00"}
    assert admin.posts(f"{CHANNELS}/hours", edition=edition(admin), **changed).status_code == 303
    with house.database.read() as session:
        assert list(read_week(session)) == [Stretch(0, time(9), time(17)), *kept]


def shown_stretches(page: str) -> list[int]:
    """By weekday, how many stretches are to be seen before anybody asks for another."""
    days = page.split('<fieldset class="day">')[1:]
    return [day.count('class="stretch"') - day.count('class="stretch" hidden') for day in days]


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ({"opens.1.0": "09:00"}, "Both times are needed"),
        ({"opens.1.0": "9 o'clock", "closes.1.0": "12:00"}, "Both times are needed"),
        ({"opens.1.0": "09:00", "closes.1.0": "12:00", "opens.1.1": "11:00", "closes.1.1": "13:00"}, "overlap"),
    ],
)
def test_hours_that_cannot_be_are_explained(
    house: ConsoleHouse, admin: Browser, times: dict[str, str], said: str
) -> None:
    answer = admin.posts(f"{CHANNELS}/hours", edition=edition(admin), **(DAYS_OFF | times))
    assert answer.status_code == 422
    assert said in answer.text
    assert house.audited("opening_hours.change") == []


def test_hours_that_somebody_else_changed_are_not_overwritten(admin: Browser) -> None:
    seen = edition(admin)
    monday = DAYS_OFF | {"opens.0.0": "09:00", "closes.0.0": "12:00"}
    assert admin.posts(f"{CHANNELS}/hours", edition=seen, **monday).status_code == 303
    assert admin.posts(f"{CHANNELS}/hours", edition=seen, **DAYS_OFF).status_code == 409


def test_a_coming_holiday_becomes_a_working_day(admin: Browser) -> None:
    page = admin.opens(f"{CHANNELS}/hours")
    assert "Christmas" in page
    day = page.partition('name="first_day" value="')[2].partition('"')[0]
    admin.posts("/console/closures", kind="working", first_day=day, name="We work")
    assert f'value="{day}"' not in admin.opens(f"{CHANNELS}/hours")


def test_the_audit_log_tells_a_change_of_the_chat_in_words(house: ConsoleHouse, admin: Browser) -> None:
    save(house, admin, "sites", origins="https://shop.example")
    save(house, admin, "files", **{"kind.pdf": "true", "megabytes": "5"})
    page = text_of(admin.opens("/console/audit"))
    assert "Channel set up" in page
    entry = house.audited("channel.change")[-1]
    told = text_of(admin.opens(f"/console/audit/{entry.id}"))
    assert "largest file in bytes" in told
    assert "allowed websites" not in told
