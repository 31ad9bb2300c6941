"""When the assistant brings in a person by itself: the shipped rules, and what a rule may say."""

from decimal import Decimal
from pathlib import Path

import pytest

from bot.handoff.rules import Amount, Exchange, Facts, decide, read_rules
from bot.pages.catalogue import Catalogue
from bot.texts import Texts
from connectors.settings import DATA_FOLDER

RULES = read_rules(DATA_FOLDER / "shared" / "handoff.yml")

FINE = Exchange(frozenset({"opening_hours"}), frozenset({"opening_hours"}))
LOST = Exchange(frozenset({"nlu_fallback"}), frozenset({"not_understood"}))
UNSURE = Exchange(frozenset({"nlu_fallback"}), frozenset({"did_you_mean"}))
OFFERED = Exchange(frozenset({"nlu_fallback"}), frozenset({"offer_person"}))
REFUSED = Exchange(frozenset({"inform"}), frozenset({"order_refused"}))
ANGRY = Exchange(frozenset({"order_status"}), frozenset({"utter_ask_order_number"}), is_angry=True)
REFUND = Exchange(frozenset({"refund_request"}), frozenset({"utter_ask_order_number"}))
COMPLAINT = Exchange(frozenset({"complaint"}), frozenset({"utter_colleague_helps"}))


@pytest.mark.parametrize(
    ("exchanges", "reason"),
    [
        ([], None),
        ([FINE], None),
        ([LOST, OFFERED], None),
        ([UNSURE, OFFERED, LOST], "not_understood"),
        ([UNSURE, FINE, OFFERED, LOST], None),
        ([REFUSED, REFUSED, REFUSED, REFUSED], None),
        ([ANGRY], None),
        ([ANGRY, ANGRY], "anger"),
        ([ANGRY, FINE, ANGRY], "anger"),
        ([ANGRY, ANGRY, FINE], None),
        ([ANGRY, FINE, FINE, FINE, FINE, FINE, ANGRY], None),
        ([REFUSED, ANGRY], "anger"),
        ([ANGRY, REFUSED], None),
        ([COMPLAINT], None),
        ([COMPLAINT, REFUSED], None),
        ([COMPLAINT, REFUSED, LOST], "topic"),
    ],
)
def test_a_person_comes_when_talk_gets_nowhere(exchanges: list[Exchange], reason: str | None) -> None:
    assert decide(Facts(exchanges), RULES) == reason


@pytest.mark.parametrize(
    ("exchanges", "amount", "currency", "reason"),
    [
        ([REFUND], "1000.01", "EUR", "money"),
        ([REFUND], "1000", "EUR", None),
        ([REFUND, FINE], "1000.01", "EUR", "money"),
        ([FINE], "1000.01", "EUR", None),
        ([REFUND], "25000.01", "CZK", "money"),
        ([REFUND], "1000.01", "CZK", None),
        ([REFUND], "999999", "XXX", None),
        ([COMPLAINT], "5000", "EUR", "money"),
    ],
)
def test_a_person_decides_about_much_money(
    exchanges: list[Exchange], amount: str, currency: str, reason: str | None
) -> None:
    assert decide(Facts(exchanges, [Amount(Decimal(amount), currency)]), RULES) == reason


def test_a_task_that_waits_for_its_yes_is_finished_first() -> None:
    assert decide(Facts([ANGRY, ANGRY], is_confirming=True), RULES) is None
    assert decide(Facts([ANGRY, ANGRY]), RULES) == "anger"


def test_the_first_rule_that_fits_counts() -> None:
    furious = Exchange(LOST.intents, LOST.responses, is_angry=True)
    assert decide(Facts([furious, furious, furious]), RULES) == "not_understood"


def test_an_unknown_condition_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "handoff.yml"
    handoffs = "[{reason: moon, full_moon: 1}]"
    file.write_text(f"{{recent_messages: 6, not_understood: [], not_helped: [], handoffs: {handoffs}}}")
    with pytest.raises(TypeError, match="full_moon"):
        read_rules(file)


def test_every_key_and_every_reason_has_its_text() -> None:
    for language in Texts(DATA_FOLDER).languages.values():
        keys = RULES.not_understood | RULES.not_helped | {f"handoff_{rule.reason}" for rule in RULES.rules}
        assert keys - language.responses.keys() == set()
    reasons = {f"inbox.reason.{rule.reason}" for rule in RULES.rules}
    assert reasons - set(Catalogue(DATA_FOLDER).texts["en"]) == set()
