"""What every action needs from Rasa's tracker: which conversation, which turn, what was done last."""

from collections.abc import Mapping
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from bot.conversations.turn import conversation_of

Events = list[dict[str, Any]]


def conversation_id(tracker: Tracker) -> str:
    return conversation_of(tracker.sender_id)


def turn_key(tracker: Tracker) -> str:
    """Names the customer's message that is being served, for effects that must happen once."""
    seq = tracker.latest_message.get("metadata", {}).get("seq", 0)
    return f"{tracker.sender_id}:{seq}"


def intent_of(tracker: Tracker) -> str | None:
    intent: str | None = tracker.latest_message.get("intent", {}).get("name")
    return intent


def utter(dispatcher: CollectingDispatcher, key: str, **arguments: Any) -> None:
    """Say a response key; the text is made by the NLG callback in the customer's language."""
    dispatcher.utter_message(response=key, **arguments)


def previous_actions(tracker: Tracker) -> list[str]:
    """Names of the actions of the turn before this one, listening left out."""
    turns: list[list[str]] = [[]]
    for event in tracker.events:
        if event["event"] == "user":
            turns.append([])
        elif event["event"] == "action" and event["name"] not in {"action_listen", "action_session_start"}:
            turns[-1].append(event["name"])
    return turns[-2] if len(turns) > 1 else []


def last_words(tracker: Tracker) -> list[Mapping[str, Any]]:
    """What the assistant said after the customer's message before this one, as Rasa's bot events."""
    turns: list[list[Mapping[str, Any]]] = [[]]
    for event in tracker.events:
        if event["event"] == "user":
            turns.append([])
        elif event["event"] == "bot" and event.get("text"):
            turns[-1].append(event)
    return turns[-2] if len(turns) > 1 else []


def slots(tracker: Tracker) -> Mapping[str, Any]:
    current: Mapping[str, Any] = tracker.current_slot_values()
    return current
