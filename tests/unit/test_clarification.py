"""What the assistant asks about a message that it did not understand."""

from typing import Any

import pytest

from bot.actions.clarification import TERM_OF_INTENT, guesses_to_offer, read_clarification_rules
from connectors.settings import DATA_FOLDER
from tests.fixtures.front_office import TEXTS
from tests.fixtures.intents import domain_intents

RULES = read_clarification_rules(DATA_FOLDER / "shared" / "clarification.yml")


def ranking(*guesses: tuple[str, float]) -> list[dict[str, Any]]:
    return [{"name": name, "confidence": confidence} for name, confidence in (("nlu_fallback", 0.5), *guesses)]


@pytest.mark.parametrize(
    ("guesses", "offered"),
    [
        (
            [("refund_status", 0.4), ("refund_request", 0.3), ("cancel_order", 0.1)],
            ["refund_status", "refund_request"],
        ),
        ([("refund_status", 0.4), ("thank", 0.3), ("cancel_order", 0.1)], ["refund_status", "cancel_order"]),
        ([("greet", 0.4), ("refund_status", 0.26)], ["refund_status"]),
        ([("refund_status", 0.24), ("refund_request", 0.23)], []),
        ([("out_of_scope", 0.4)], []),
        ([], []),
    ],
)
def test_the_two_best_guesses_are_offered_when_the_best_is_good_enough(
    guesses: list[tuple[str, float]], offered: list[str]
) -> None:
    assert guesses_to_offer(ranking(*guesses), RULES) == offered


@pytest.mark.parametrize("language", sorted(TEXTS.languages))
def test_whatever_may_be_offered_has_a_word(language: str) -> None:
    words = {term.removeprefix(TERM_OF_INTENT) for term in TEXTS.languages[language].terms}
    assert domain_intents() - RULES.never_offered - words == set()


def test_nothing_is_withheld_that_nobody_can_mean() -> None:
    assert RULES.never_offered - domain_intents() == set()
