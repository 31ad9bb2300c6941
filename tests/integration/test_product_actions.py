"""What is said about goods, through the private listener: facts, choices, word when they are back, and offers."""

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import delete, select

from bot.office import Office
from connectors.database.models.people import AuditEntry
from connectors.database.models.service import StockWatch
from connectors.database.models.work import Connection
from tests.fixtures.product_calls import ABOUT, ABOUT_NAMED, AVAILABILITY, PRICE, QUESTION, ask, asked, facts, payloads
from tests.fixtures.rasa_calls import act, followed_by, keys, slots_set, text_of
from tests.fixtures.trackers import said, tracker_of

pytestmark = pytest.mark.integration


def demand(office: Office) -> list[tuple[str, str]]:
    with office.database.read() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "product.asked"))
        return [(entry.object_id, entry.detail["availability"]) for entry in entries]


def watched(office: Office) -> list[str]:
    with office.database.read() as session:
        return list(session.scalars(select(StockWatch.sku)))


def test_a_product_in_stock_is_told_with_its_price(rasa: TestClient, office: Office, sender: str) -> None:
    answer = ask(rasa, sender, asked("do you have the round vase?", AVAILABILITY))
    assert facts(answer) == ["stock_in", "product_price"]
    assert slots_set(answer) == {"product": "VASE-ROUND"}
    assert "€28.00" in text_of(rasa, answer, sender)
    assert demand(office) == []


def test_the_last_pieces_are_counted(rasa: TestClient, sender: str) -> None:
    answer = ask(rasa, sender, asked("the glass pendant lamp?", AVAILABILITY))
    assert facts(answer)[0] == "stock_few"
    assert "2 pieces left" in text_of(rasa, answer, sender)


def test_more_than_there_is_is_said(rasa: TestClient, sender: str) -> None:
    answer = ask(rasa, sender, asked("12 Tove stools in stock?", AVAILABILITY, quantity="12"))
    assert facts(answer) == ["stock_not_enough", "product_price", "product_total"]
    assert answer["responses"][0]["facts"][0] == {"key": "stock_not_enough", "stock": "9", "quantity": "12"}


def test_what_is_sold_out_comes_with_its_date_and_with_what_there_is_instead(
    rasa: TestClient, office: Office, sender: str
) -> None:
    answer = ask(rasa, sender, asked("is the soy candle there?", AVAILABILITY))
    assert facts(answer)[:3] == ["stock_expected", "product_price", "stock_alternatives"]
    assert answer["responses"][0]["facts"][0]["expected_on"] == "2026-12-04"
    watch, first, *_ = payloads(answer)
    assert watch == {"intent": AVAILABILITY, "product": "CANDLE-SOY", "wish": "watch"}
    assert first == {"intent": AVAILABILITY, "product": "CANDLE-PILLAR"}
    assert demand(office) == [("CANDLE-SOY", "out_of_stock")]


def test_what_is_sold_out_and_not_on_order_has_no_date(rasa: TestClient, sender: str) -> None:
    assert facts(ask(rasa, sender, asked("is the tall vase there?", AVAILABILITY)))[0] == "stock_out"


def test_several_products_are_offered_as_buttons_that_ask_the_same(rasa: TestClient, sender: str) -> None:
    answer = ask(rasa, sender, asked("price of 3 candles", PRICE, quantity="3"))
    assert keys(answer) == ["product_which"]
    assert {choice["product"] for choice in payloads(answer)} >= {"CANDLE-BEES", "CANDLE-PILLAR", "CANDLE-SOY"}
    assert all(choice["intent"] == PRICE and choice["quantity"] == "3" for choice in payloads(answer))


def test_a_pressed_button_says_all_of_the_question(rasa: TestClient, sender: str) -> None:
    pressed = asked('/price_or_offer{"product": "CANDLE-BEES"}', PRICE, product="CANDLE-BEES", quantity="3")
    answer = ask(rasa, sender, pressed)
    assert facts(answer) == ["product_price", "product_total", "stock_in"]
    assert answer["responses"][0]["facts"][1]["total"] == {"amount": "22.50", "currency": "EUR"}


def test_two_products_that_are_named_are_both_told(rasa: TestClient, sender: str) -> None:
    message = asked("is the tray or the cushion there", AVAILABILITY)
    message["entities"] = [
        {"entity": "product", "value": "OAK-TRAY", "start": 7, "end": 11},
        {"entity": "product", "value": "CUSHION-WOOL", "start": 19, "end": 26},
    ]
    assert keys(ask(rasa, sender, message)) == ["product_facts"] * 2


def test_a_near_name_is_asked_back(rasa: TestClient, sender: str) -> None:
    answer = ask(rasa, sender, asked("do you have a blue bowl", AVAILABILITY))
    assert keys(answer) == ["product_near"]
    assert {"MUG-BLUE", "BOWL-WHITE"} <= {choice["product"] for choice in payloads(answer)}


def test_an_unknown_product_is_said_and_kept_for_the_back_office(rasa: TestClient, office: Office, sender: str) -> None:
    assert keys(ask(rasa, sender, asked("do you sell rugs", AVAILABILITY))) == ["product_unknown"]
    assert keys(ask(rasa, sender, asked("how much is a sofa", PRICE))) == ["product_prices"]
    assert demand(office) == [("rugs", "unknown"), ("sofa", "unknown")]


def test_a_listed_product_that_is_no_longer_sold_is_unknown(rasa: TestClient, office: Office, sender: str) -> None:
    message = asked("is the teapot there", AVAILABILITY, named="teapot", product="TEAPOT-OLD")
    assert keys(ask(rasa, sender, message)) == ["product_unknown"]
    assert demand(office) == [("TEAPOT-OLD", "unknown")]


def test_it_is_the_product_that_was_talked_about(rasa: TestClient, sender: str) -> None:
    answer = ask(rasa, sender, asked("and how much is it?", PRICE), product="OAK-TRAY")
    assert slots_set(answer) == {"product": "OAK-TRAY"}


def test_another_product_is_not_taken_for_the_one_before(rasa: TestClient, sender: str) -> None:
    assert keys(ask(rasa, sender, asked("do you sell rugs", AVAILABILITY), product="OAK-TRAY")) == ["product_unknown"]


def test_a_question_without_a_product_asks_which_one(rasa: TestClient, sender: str) -> None:
    answer = ask(rasa, sender, asked("let me know when it is back", AVAILABILITY))
    assert followed_by(answer) == ["product_form"]
    assert slots_set(answer) == {"asked_about": "product_availability watch", "asked_product": None}


def test_the_question_is_answered_when_the_product_is_named(rasa: TestClient, office: Office, sender: str) -> None:
    slots = {"asked_about": "product_availability watch", "asked_product": "the tall vase"}
    answer = act(rasa, ABOUT_NAMED, tracker_of(sender, said("the tall vase", "nlu_fallback"), slots))
    assert keys(answer) == ["stock_watch_set"]
    assert slots_set(answer) == {"product": "VASE-TALL", "asked_about": None, "asked_product": None}
    assert watched(office) == ["VASE-TALL"]


def test_an_answer_that_names_nothing_is_not_asked_again(rasa: TestClient, sender: str) -> None:
    slots = {"asked_about": AVAILABILITY, "asked_product": "that one"}
    answer = act(rasa, ABOUT_NAMED, tracker_of(sender, said("that one", "nlu_fallback"), slots))
    assert keys(answer) == ["product_unknown"]
    assert followed_by(answer) == []


def test_a_product_form_that_was_left_answers_nothing(rasa: TestClient, sender: str) -> None:
    assert keys(act(rasa, ABOUT_NAMED, tracker_of(sender, said("cancel", "cancel")))) == []


def test_a_question_about_a_product_is_answered_with_its_description(rasa: TestClient, sender: str) -> None:
    answer = ask(rasa, sender, asked("is the soy candle vegan", QUESTION))
    assert facts(answer)[0] == "product_description"
    assert keys(answer)[-1] == "product_more_answers"


def test_a_question_that_names_no_product_is_left_to_people(rasa: TestClient, office: Office, sender: str) -> None:
    assert keys(ask(rasa, sender, asked("what thread count are the sheets", QUESTION))) == ["utter_colleague_helps"]
    assert demand(office) == []


def test_a_product_in_words_that_were_not_understood_is_still_answered(rasa: TestClient, sender: str) -> None:
    message = asked("the oak tray??", "nlu_fallback")
    message["intent_ranking"] += [{"name": "repeat", "confidence": 0.2}, {"name": PRICE, "confidence": 0.1}]
    assert facts(ask(rasa, sender, message)) == ["product_price", "stock_in"]


@pytest.mark.parametrize(
    ("entities", "guess", "before", "is_about_goods"),
    [
        ({"product": "OAK-TRAY"}, "repeat", (), True),
        ({}, PRICE, (ABOUT,), True),
        ({}, PRICE, (), False),
        ({}, "repeat", (ABOUT,), False),
    ],
)
def test_what_was_not_understood_but_is_about_goods_is_answered_as_such(
    rasa: TestClient,
    sender: str,
    entities: dict[str, str],
    guess: str,
    before: tuple[str, ...],
    is_about_goods: bool,
) -> None:
    message = asked("hm, and?", "nlu_fallback", **entities)
    message["intent_ranking"].append({"name": guess, "confidence": 0.2})
    answer = act(rasa, "action_not_understood", tracker_of(sender, message, actions_before=before))
    assert (followed_by(answer) == [ABOUT]) is is_about_goods


def test_a_question_about_discounts_names_no_product(rasa: TestClient, office: Office, sender: str) -> None:
    assert keys(ask(rasa, sender, asked("any student discount?", PRICE), product="OAK-TRAY")) == ["product_prices"]
    assert demand(office) == []


VOUCHERS = {
    "en": "how long is a gift voucher valid",
    "cs": "jak dlouho platí dárkový poukaz",
    "hu": "meddig érvényes az ajándékutalvány",
    "is": "hversu lengi gildir gjafabréf",
    "fa": "کارت هدیه تا کی اعتبار دارد",
    "ru": "сколько действует подарочный сертификат",
}


@pytest.mark.parametrize("intent", [PRICE, QUESTION])
@pytest.mark.parametrize("language", VOUCHERS)
def test_what_an_article_surely_answers_is_not_taken_for_a_product(
    rasa: TestClient, office: Office, language: str, intent: str
) -> None:
    office.knowledge.refresh()
    sender = f"{office.desk.open('web', 'customer', language, '192.0.2.1')}.1"
    answer = ask(rasa, sender, asked(VOUCHERS[language], intent))
    assert keys(answer) == ["knowledge_answer"]
    assert f"/help/{language}/gift-cards-and-discounts" in text_of(rasa, answer, sender)


def test_a_question_about_the_product_before_comes_with_its_description(
    rasa: TestClient, office: Office, sender: str
) -> None:
    office.knowledge.refresh()
    answer = ask(rasa, sender, asked("is it safe in the dishwasher?", QUESTION), product="OAK-TRAY")
    assert keys(answer)[0] == "product_facts"


def test_a_sold_out_product_is_watched_once_and_let_go_again(rasa: TestClient, office: Office, sender: str) -> None:
    wish = asked("let me know when the soy candle is back", AVAILABILITY)
    for _ in range(2):
        answer = ask(rasa, sender, wish)
    assert keys(answer) == ["stock_watch_set"]
    assert watched(office) == ["CANDLE-SOY"]
    (stop,) = payloads(answer)
    assert stop == {"intent": AVAILABILITY, "product": "CANDLE-SOY", "wish": "stop_watching"}
    assert "stock_watched" in facts(ask(rasa, sender, asked("is the soy candle there?", AVAILABILITY)))
    ended = ask(rasa, sender, asked("/x", AVAILABILITY, product="CANDLE-SOY", wish="stop_watching"))
    assert keys(ended) == ["stock_watch_ended"]
    assert "Soy candle" in text_of(rasa, ended, sender)
    assert watched(office) == []


def test_all_watches_end_when_no_product_is_named(rasa: TestClient, office: Office, sender: str) -> None:
    for product in ("the soy candle", "the tall vase"):
        ask(rasa, sender, asked(f"let me know when {product} is back", AVAILABILITY))
    assert keys(ask(rasa, sender, asked("stop notifying me", AVAILABILITY))) == ["stock_watch_ended"]
    assert watched(office) == []
    assert keys(ask(rasa, sender, asked("stop notifying me", AVAILABILITY))) == ["stock_watch_none"]


def test_what_is_in_stock_is_told_and_not_watched(rasa: TestClient, office: Office, sender: str) -> None:
    assert facts(ask(rasa, sender, asked("let me know when the tray is back", AVAILABILITY)))[0] == "stock_in"
    assert watched(office) == []


def test_without_a_catalogue_the_customer_hears_so(rasa: TestClient, office: Office, sender: str) -> None:
    with office.database.write() as session:
        session.execute(delete(Connection).where(Connection.name == "catalogue"))
    assert keys(ask(rasa, sender, asked("is the tray there", AVAILABILITY))) == ["products_unreachable"]
    place = act(rasa, "action_place_order", tracker_of(sender, asked("I want the tray", "place_order")))
    assert keys(place) == ["utter_place_order"]


def test_who_wants_to_order_is_shown_the_page_of_the_product(rasa: TestClient, sender: str) -> None:
    answer = act(rasa, "action_place_order", tracker_of(sender, asked("I want to order the oak tray", "place_order")))
    assert keys(answer) == ["utter_place_order", "product_page"]
    assert answer["responses"][1]["url"].endswith("/#OAK-TRAY")
