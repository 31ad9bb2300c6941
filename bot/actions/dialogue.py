"""What every action works with: the talk as Rasa's tracker tells it, and a way to say something."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.conversations.turn import conversation_of

Events = list[dict[str, Any]]
# Entities that say how something is said, not what.
NO_NEWS = frozenset({"mood", "language"})
# The one slot that tasks share, and that another task may fill with another order.
ORDER_NUMBER = "order_number"
SURE = 0.7
BETWEEN_ACTIONS = frozenset({"action_listen", "action_session_start", "action_extract_slots"})


@dataclass(frozen=True)
class Talk:
    """One turn of a conversation with the assistant."""

    tracker: Tracker
    dispatcher: CollectingDispatcher

    def say(self, key: str, **arguments: Any) -> None:
        """Say a response key; the text is made by the NLG callback in the customer's language.

        `choices` are buttons ({"title", "payload"}) in place of those of the response.
        """
        self.dispatcher.utter_message(response=key, **arguments)

    @property
    def conversation_id(self) -> str:
        return conversation_of(self.tracker.sender_id)

    @property
    def turn_key(self) -> str:
        """Names the customer's message that is being served, for effects that must happen once."""
        seq = self.tracker.latest_message.get("metadata", {}).get("seq", 0)
        return f"{self.tracker.sender_id}:{seq}"

    @property
    def text(self) -> str:
        return self.tracker.latest_message.get("text") or ""

    @property
    def intent(self) -> str | None:
        name: str | None = self.tracker.latest_message.get("intent", {}).get("name")
        return name

    @property
    def ranking(self) -> Sequence[Mapping[str, Any]]:
        """The guesses at the intent, best first, as {"name", "confidence"}."""
        return self.tracker.latest_message.get("intent_ranking") or ()

    def is_sure(self, confidence: float = SURE) -> bool:
        """Whether the intent is beyond doubt, or at least as likely as this."""
        return bool(self.ranking) and self.ranking[0]["confidence"] >= confidence

    @cached_property
    def slots(self) -> Mapping[str, Any]:
        current: Mapping[str, Any] = self.tracker.current_slot_values()
        return current

    @property
    def requested(self) -> str | None:
        """The slot whose question is open in the active form."""
        return self.slots.get("requested_slot") if self.tracker.active_loop_name else None

    def entity(self, kind: str) -> str | None:
        """The first entity of this kind in the customer's message."""
        value: str | None = next(self.tracker.get_latest_entity_values(kind), None)
        return value

    @cached_property
    def is_served(self) -> bool:
        """Whether something was done about the customer's message already: a form comes back to its open question."""
        done: list[str] = []
        for event in self.tracker.events:
            if event["event"] == "user":
                done = []
            elif event["event"] == "action" and event["name"] not in BETWEEN_ACTIONS:
                done.append(event["name"])
        return bool(set(done) - {self.tracker.active_loop_name})

    def has_news(self) -> bool:
        """Whether the message holds a number, an address, a date, …: it is more than a yes, a no or a wish to stop."""
        entities = self.tracker.latest_message.get("entities") or ()
        return any(entity["entity"] not in NO_NEWS for entity in entities)

    def slot_before(self, slot: str) -> Any:
        """What a slot held before the customer's last message."""
        value = None
        events = list(self.tracker.events)
        last_said = max((place for place, event in enumerate(events) if event["event"] == "user"), default=0)
        for event in events[:last_said]:
            if event["event"] == "slot" and event["name"] == slot:
                value = event["value"]
        return value

    def slot_before_form(self, slot: str) -> Any:
        """What a slot held before the message with which the form that was opened last began."""
        value = before_message = before_form = None
        for event in self.tracker.events:
            if event["event"] == "slot" and event["name"] == slot:
                value = event["value"]
            elif event["event"] == "user":
                before_message = value
            elif event["event"] == "active_loop" and event.get("name"):
                before_form = before_message
        return before_form

    @cached_property
    def opening(self) -> Mapping[str, Any]:
        """The message with which the form that was opened last began, as Rasa's user event."""
        message: Mapping[str, Any] = {}
        opening: Mapping[str, Any] = {}
        for event in self.tracker.events:
            if event["event"] == "user":
                message = event
            elif event["event"] == "active_loop" and event.get("name"):
                opening = message
        return opening

    def previous_actions(self) -> list[str]:
        """Names of the actions of the turn before this one, listening left out."""
        names = [event["name"] for event in self._turn_before("action")]
        return [name for name in names if name not in BETWEEN_ACTIONS]

    def last_words(self) -> list[Mapping[str, Any]]:
        """What the assistant said after the customer's message before this one, as Rasa's bot events."""
        return [event for event in self._turn_before("bot") if event.get("text")]

    def responses_before(self, turns: int) -> list[str]:
        """The keys of what the assistant said to the customer's message so many before this one."""
        said = [(event.get("metadata") or {}).get("metadata") or {} for event in self._turn_before("bot", turns)]
        return [words["response"] for words in said if "response" in words]

    def _turn_before(self, kind: str, turns_ago: int = 1) -> list[Mapping[str, Any]]:
        turns: list[list[Mapping[str, Any]]] = [[]]
        for event in self.tracker.events:
            if event["event"] == "user":
                turns.append([])
            elif event["event"] == kind:
                turns[-1].append(event)
        return turns[-1 - turns_ago] if len(turns) > turns_ago else []

    def open_forms(self) -> list[str]:
        """The forms under way, the one that asks now last; one that was interrupted by another is still open."""
        stack: list[str] = []
        for event in self.tracker.events:
            if event["event"] != "active_loop":
                continue
            name = event.get("name")
            if name is None:
                stack = stack[:-1]
            elif name in stack:
                stack = stack[: stack.index(name) + 1]
            else:
                stack.append(name)
        return stack


class TalkAction(Action, ABC):
    """An action of the assistant: `action_name` is what the rules call it."""

    action_name: str

    def name(self) -> str:
        return self.action_name

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        return self.act(Talk(tracker, dispatcher))

    @abstractmethod
    def act(self, talk: Talk) -> Events:
        """Do it; the answer are events for Rasa's tracker."""


def forget(*slots: str) -> Events:
    return [SlotSet(name, None) for name in slots]


def finish(talk: Talk, *slots: str) -> Events:
    """End a task: forget its slots, and go back to the form that it interrupted, which keeps its order."""
    forms = talk.open_forms()
    if talk.tracker.active_loop_name and forms:
        forms = forms[:-1]  # the task's own form is still open
    events = forget(*slots)
    if not forms:
        return events
    order_before = SlotSet(ORDER_NUMBER, talk.slot_before_form(ORDER_NUMBER))
    return [*events, order_before, FollowupAction(forms[-1])]


def close_all_forms(talk: Talk) -> Events:
    return [ActiveLoop(None) for _ in talk.open_forms() or ("none",)]
