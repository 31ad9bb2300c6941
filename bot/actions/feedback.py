"""Feedback: stars and perhaps a few words, asked for when something was done, kept once for each stretch."""

import re
from typing import Any

from bot.actions.dialogue import BETWEEN_ACTIONS, Events, Talk, TalkAction, finish
from bot.actions.forms import TaskForm
from bot.actions.greeting import as_choices
from bot.conversations.stars import BEST, WORST, read_stars, star_buttons
from bot.services.ratings import LOW, Ratings
from bot.understanding.normaliser import normalise

OWN_SLOTS = ("rating", "rating_comment", "rated_stretch")
# So many words of praise or blame are the comment themselves.
TELLING_WORDS = 8
# Nothing was done for a customer with whom only this was exchanged.
SMALL_TALK = frozenset(
    {
        "action_greet", "action_goodbye", "action_not_understood", "action_out_of_scope", "action_change_language",
        "action_repeat", "action_restart", "action_affirm", "utter_thank", "utter_help", "utter_bot_challenge",
        "utter_what_next", "utter_cancelled",
    }
)  # fmt: skip
_SCORE = re.compile(rf"(?<!\d)[{WORST}-{BEST}](?!\d)")
_REFUSALS = frozenset({"skip", "deny", "cancel"})


def read_score(text: str) -> int | None:
    """Stars, or one digit of any script from 1 to 5, whatever else an answer to the question says."""
    scores = set(_SCORE.findall(normalise(text)))
    return read_stars(text) or (int(scores.pop()) if len(scores) == 1 else None)


def stretch_of(talk: Talk) -> int:
    """The bot session that the conversation is in."""
    return int(talk.tracker.sender_id.partition(".")[2])


class RatingForm(TaskForm):
    form = "rating_form"
    questions = ("rating", "rating_comment")
    triggers = frozenset({"feedback"})
    explanations = {"rating": "utter_need_rating"}  # noqa: RUF012 - as in TaskForm

    def slots_of_task(self) -> tuple[str, ...]:
        return OWN_SLOTS

    def act(self, talk: Talk) -> Events:
        if talk.requested == "rating" and talk.intent in _REFUSALS and read_score(talk.text) is None:
            talk.say("rating_skipped")
            return self.stop()
        return self.take_answers(talk)

    def read_answers(self, talk: Talk) -> dict[str, Any]:
        answers: dict[str, Any] = {}
        if (score := self._score(talk)) is not None:
            answers["rating"] = str(score)
        if stretch := talk.entity("stretch"):
            answers["rated_stretch"] = stretch
        if (comment := self._comment(talk)) is not None:
            answers["rating_comment"] = comment
        return answers

    def _score(self, talk: Talk) -> int | None:
        if given := talk.entity("rating"):
            return read_score(given)
        return read_score(talk.text) if talk.requested == "rating" else None

    def _comment(self, talk: Talk) -> str | None:
        """The words about it; empty when there are to be none."""
        if talk.requested == "rating_comment" and not talk.entity("rating"):
            return "" if talk.intent in _REFUSALS else self.own_words(talk)
        is_told = talk.requested is None and len(talk.text.split()) >= TELLING_WORDS
        return talk.text if is_told and not talk.text.startswith("/") else None


class ActionAskRating(TalkAction):
    action_name = "action_ask_rating"

    def act(self, talk: Talk) -> Events:
        talk.say("rating_ask", choices=as_choices(star_buttons()))
        return []


class ActionRate(TalkAction):
    """Keeps the rating and says thanks; whoever is unhappy is offered a person."""

    action_name = "action_rate"

    def __init__(self, ratings: Ratings) -> None:
        self._ratings = ratings

    def act(self, talk: Talk) -> Events:
        score = talk.slots.get("rating")
        if score is not None:
            stretch = int(talk.slots.get("rated_stretch") or stretch_of(talk))
            self._ratings.rate(talk.conversation_id, stretch, int(score), talk.slots.get("rating_comment") or None)
            talk.say("rating_low" if int(score) <= LOW else "rating_thanks")
        return finish(talk, *OWN_SLOTS)


class ActionGoodbye(TalkAction):
    """Says goodbye, and asks once how it was, if anything was done."""

    action_name = "action_goodbye"

    def __init__(self, ratings: Ratings) -> None:
        self._ratings = ratings

    def act(self, talk: Talk) -> Events:
        talk.say("utter_goodbye")
        done = [event["name"] for event in talk.tracker.events if event["event"] == "action"]
        is_first = self.action_name not in done
        if is_first and _is_something(done) and not self._ratings.is_rated(talk.conversation_id, stretch_of(talk)):
            talk.say("rating_ask", choices=as_choices(star_buttons(stretch_of(talk))))
        return []


def _is_something(actions: list[str]) -> bool:
    told = (name for name in actions if name.startswith(("action_", "utter_")) and not name.startswith("utter_ask_"))
    return any(name not in SMALL_TALK | BETWEEN_ACTIONS for name in told)
