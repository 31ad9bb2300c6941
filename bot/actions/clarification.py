"""Not understanding: first what may have been meant, then a ticket or a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rasa_sdk.events import FollowupAction

from bot.actions.dialogue import Events, Talk, TalkAction
from bot.actions.knowledge import ArticleAnswers
from bot.actions.product_facts import ANSWER, is_about_goods
from bot.services.returns import read_return_number
from bot.understanding.data_files import read_yaml

DID_YOU_MEAN, REPHRASE = "did_you_mean", "not_understood"
OFFER, STILL_NOT = "offer_person", "not_understood_again"
FAILURES = frozenset({DID_YOU_MEAN, REPHRASE, OFFER, STILL_NOT})
# Pressing it is one failure more: it means what not being understood means.
SOMETHING_ELSE = {"term": "something_else", "payload": "/nlu_fallback"}
TERM_OF_INTENT = "intent."
# The form that a return's number alone asks for.
REFUND_STATUS = "refund_status_form"


@dataclass(frozen=True, slots=True)
class ClarificationRules:
    """See data/shared/clarification.yml."""

    least_confidence: float
    most_guesses: int
    never_offered: frozenset[str]


def read_clarification_rules(file: Path) -> ClarificationRules:
    data = read_yaml(file)
    return ClarificationRules(data["least_confidence"], data["most_guesses"], frozenset(data["never_offered"]))


def guesses_to_offer(ranking: Sequence[Mapping[str, Any]], rules: ClarificationRules) -> list[str]:
    """The best guesses that are worth asking about, the best first; none when even that is too unsure."""
    known = [guess for guess in ranking if guess["name"] not in rules.never_offered]
    if not known or known[0]["confidence"] < rules.least_confidence:
        return []
    return [guess["name"] for guess in known[: rules.most_guesses]]


class ActionNotUnderstood(TalkAction):
    """Asks what was meant or for other words, then offers a ticket or a person; what comes after is a handoff rule.

    Before all that, the help articles may clearly know the answer.
    """

    action_name = "action_not_understood"

    def __init__(self, answers: ArticleAnswers, rules: ClarificationRules) -> None:
        self._answers = answers
        self._rules = rules

    def act(self, talk: Talk) -> Events:
        if read_return_number(talk.text):
            return [FollowupAction(REFUND_STATUS)]
        if is_about_goods(talk):
            return [FollowupAction(ANSWER)]
        if not self._answers.answer_if_sure(talk):
            self.ask(talk)
        # It is also what Rasa does when no rule fits; without this it would do it again and again.
        return [FollowupAction("action_listen")]

    def ask(self, talk: Talk) -> None:
        failures = _failures_before(talk)
        guesses = guesses_to_offer(talk.ranking, self._rules)
        if failures:
            talk.say(OFFER if failures == 1 else STILL_NOT)
        elif guesses:
            choices = [{"term": TERM_OF_INTENT + name, "payload": f"/{name}"} for name in guesses]
            talk.say(DID_YOU_MEAN, choices=[*choices, SOMETHING_ELSE])
        else:
            talk.say(REPHRASE)


class ActionDeny(TalkAction):
    """A no to what may have been meant is something else; otherwise there was nothing to refuse."""

    action_name = "action_deny"

    def __init__(self, not_understood: ActionNotUnderstood) -> None:
        self._not_understood = not_understood

    def act(self, talk: Talk) -> Events:
        if DID_YOU_MEAN in talk.responses_before(1):
            self._not_understood.ask(talk)
        else:
            talk.say("utter_what_next")
        return []


def _failures_before(talk: Talk) -> int:
    """How many of the last messages in a row were not understood."""
    turns = 0
    while FAILURES.intersection(talk.responses_before(turns + 1)):
        turns += 1
    return turns
