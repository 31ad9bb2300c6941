"""Response keys become text in the customer's language, with dates, amounts and digits of its locale."""

from decimal import Decimal
from pathlib import Path

import pytest

from bot.texts import Button, Texts, format_day
from connectors.settings import PROJECT_ROOT
from tests.fixtures.days import TODAY

TEXTS = Texts(PROJECT_ROOT / "data")
EURO = {"amount": "1234.50", "currency": "EUR"}


@pytest.fixture
def small_texts(tmp_path: Path) -> Texts:
    """Two languages with the texts of one test each."""
    for code, locale, digits in (("en", "en_GB", "latn"), ("fa", "fa_IR", "arabext")):
        folder = tmp_path / code
        folder.mkdir()
        about = f"name: {code}\nlocale: {locale}\nnumbering_system: {digits}\ndirection: ltr\nnamed: [Name{code}]\n"
        (folder / "language.yml").write_text(about)
        (folder / "terms").mkdir()
        (folder / "responses").mkdir()
        (folder / "terms" / "orders.yml").write_text("shipped: on its way\nday: {one: '{n} day', other: '{n} days'}\n")
        (folder / "responses" / "talk.yml").write_text(
            "day: {text: 'On {day:date}'}\nmoney: {text: '{total:money}'}\nnumber: {text: '{n:number}'}\n"
            "term: {text: '{state:term}'}\nline: {text: '- {name}'}\nlist: {text: \"Lines:\\n{lines:list}\\nEnd\"}\n"
            "time: {text: '{at:time}'}\ncount: {text: '{n:plural.day}'}\n"
            "raw: {text: '{words}'}\nbuttons: {text: Choose, buttons: [{title: Yes!, payload: /affirm}]}\n"
        )
    return Texts(tmp_path)


@pytest.mark.parametrize(
    ("language", "key", "arguments", "text"),
    [
        ("en", "day", {"day": "2026-11-21"}, "On 21 November 2026"),
        ("fa", "day", {"day": "2026-11-21"}, "On ۳۰ آبان ۱۴۰۵"),
        ("en", "money", {"total": EURO}, "€1,234.50"),
        ("fa", "money", {"total": EURO}, "\u200e€\u00a0۱٬۲۳۴٫۵۰"),
        ("en", "number", {"n": "1.5"}, "1.5"),
        ("en", "number", {"n": Decimal("1234567")}, "1,234,567"),
        ("fa", "number", {"n": 12}, "۱۲"),
        ("en", "time", {"at": "09:30"}, "09:30"),
        ("fa", "time", {"at": "09:30"}, "۹:۳۰"),
        ("en", "count", {"n": 1}, "1 day"),
        ("en", "count", {"n": "1200"}, "1,200 days"),
        ("fa", "count", {"n": 1}, "۱ day"),
        ("en", "term", {"state": "shipped"}, "on its way"),
        (
            "en",
            "list",
            {"lines": [{"key": "line", "name": "a"}, {"key": "line", "name": "b"}]},
            "Lines:\n- a\n- b\nEnd",
        ),
        ("en", "list", {"lines": []}, "Lines:\nEnd"),
    ],
)
def test_values_are_written_as_in_the_locale(
    small_texts: Texts, language: str, key: str, arguments: dict[str, object], text: str
) -> None:
    assert small_texts.render(key, language, arguments).text == text


@pytest.mark.parametrize(
    ("language", "amount"), [("en", "€1,234.50"), ("cs", "1\u00a0234,50\u00a0€"), ("fa", "\u200e€\u00a0۱٬۲۳۴٫۵۰")]
)
def test_an_amount_is_written_as_each_of_our_languages_does(language: str, amount: str) -> None:
    order = {"number": "ORD-1", "ordered_on": "2026-11-21", "state": "paid", "items": [], "delivery": []}
    assert amount in TEXTS.render("order_status", language, {**order, "total": EURO}).text


@pytest.mark.parametrize("words", ["{name}", "{0.__class__}", "%s", "<script>", "{{}}", "{"])
def test_what_a_customer_wrote_is_never_a_template(small_texts: Texts, words: str) -> None:
    assert small_texts.render("raw", "en", {"words": words, "name": "secret"}).text == words


def test_buttons_come_with_the_text(small_texts: Texts) -> None:
    assert small_texts.render("buttons", "en").buttons == (Button("Yes!", "/affirm"),)


@pytest.mark.parametrize(("key", "language"), [("nothing", "en"), ("day", "xx")])
def test_a_text_that_does_not_exist_is_an_error(small_texts: Texts, key: str, language: str) -> None:
    with pytest.raises(KeyError):
        small_texts.render(key, language, {"day": "2026-11-21"})


def test_a_missing_value_is_an_error_and_no_gap(small_texts: Texts) -> None:
    with pytest.raises(KeyError, match="day"):
        small_texts.render("day", "en")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("please speak CZECH", "cs"),
        ("mluvte česky prosím", "cs"),
        ("in English please", "en"),
        ("فارسی صحبت کنید", "fa"),
        ("not English, farsi", "fa"),
        ("where is my order", None),
        ("", None),
    ],
)
def test_the_language_that_a_message_names_is_found(text: str, language: str | None) -> None:
    assert TEXTS.language_asked_for(text) == language


def test_we_speak_the_languages_whose_folders_are_there(small_texts: Texts) -> None:
    assert sorted(small_texts.languages) == ["en", "fa"]
    assert small_texts.supports("fa")
    assert not small_texts.supports("cs")


@pytest.mark.parametrize(
    ("locale", "written"), [("en_GB", "21 November 2026"), ("cs_CZ", "21. listopadu 2026"), ("fa_IR", "۳۰ آبان ۱۴۰۵")]
)
def test_a_day_is_written_in_the_calendar_of_the_locale(locale: str, written: str) -> None:
    assert format_day(TODAY, locale) == written


def test_a_key_in_two_files_of_a_language_is_named(small_texts: Texts, tmp_path: Path) -> None:
    (tmp_path / "en" / "responses" / "more.yml").write_text("raw: {text: again}\n")
    with pytest.raises(ValueError, match=r"talk\.yml: raw stands in another file"):
        small_texts.render("raw", "en")


SKILLS = {
    "en": ["cancel", "address", "returns", "invoices", "in stock", "offer", "opening hours", "tickets", "colleague"],
    "cs": ["zruším", "adresu", "vrácení", "faktur", "skladem", "nabídka", "otevírací", "požadavk", "kolegu"],
    "hu": ["lemondás", "cím", "visszaküldés", "számla", "raktáron", "ajánlat", "nyitvatartás", "bejelentés", "kollég"],
    "is": [
        "afpantað",
        "heimilisfang",
        "vöruskil",
        "reikning",
        "á lager",
        "tilboð",
        "opnunartími",
        "beiðni",
        "fulltrúa",
    ],
    "fa": ["لغو", "نشانی", "مرجوع", "فاکتور", "موجود", "پیشنهاد قیمت", "ساعت کاری", "درخواست پشتیبانی", "همکارم"],
    "ru": [
        "отменить",
        "адрес",
        "возврат",
        "счет",
        "в наличии",
        "предложение",
        "часы работы",
        "обращения",
        "сотрудник",
    ],
}
MOST_LINES = 7


@pytest.mark.parametrize("language", SKILLS)
def test_the_help_names_what_the_assistant_does_and_stays_short(language: str) -> None:
    told = TEXTS.render("utter_help", language).text
    assert [skill for skill in SKILLS[language] if skill not in told] == []
    assert len(told.splitlines()) <= MOST_LINES


@pytest.mark.parametrize("language", SKILLS)
def test_the_welcome_names_more_than_the_state_of_orders(language: str) -> None:
    told = TEXTS.render("welcome", language).text
    returns, invoices = SKILLS[language][2][:5], SKILLS[language][3][:5]
    assert returns in told
    assert invoices in told
