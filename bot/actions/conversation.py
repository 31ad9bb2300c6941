"""Actions about the conversation itself: language, a person, a yes, and not understanding."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.dialogue import Events, conversation_id, last_words, previous_actions, slots, utter
from bot.actions.tickets import FORM_SLOTS
from bot.conversations.ownership import hand_over
from bot.conversations.store import lock_conversation
from bot.texts import Texts
from connectors.database.session import Database

OFFERS_OF_A_PERSON = frozenset({"action_not_understood"})
# What is said when the answer to a form's question was none.
EXPLANATIONS = {
    "order_number": "utter_need_order_number",
    "email": "utter_need_email",
    "ticket_confirmed": "utter_need_yes_or_no",
}


class ActionHandOver(Action):
    """Puts the conversation into the queue; what the customer wrote is there for the agent to read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def name(self) -> str:
        return "action_hand_over"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        with self._database.write() as session:
            place = hand_over(session, lock_conversation(session, conversation_id(tracker)), "asked_for_a_person")
        utter(dispatcher, "hand_over", place=place)
        return [ActiveLoop(None)]


class ActionAffirm(Action):
    """A yes means a person where one was just offered; otherwise there was nothing to agree to."""

    def __init__(self, hand_over_action: ActionHandOver) -> None:
        self._hand_over = hand_over_action

    def name(self) -> str:
        return "action_affirm"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        if explain_question(dispatcher, tracker):
            return []
        if OFFERS_OF_A_PERSON.intersection(previous_actions(tracker)):
            return self._hand_over.run(dispatcher, tracker, domain)
        utter(dispatcher, "utter_what_next")
        return []


class ActionNotUnderstood(Action):
    """Asks once for other words, then offers a person."""

    def name(self) -> str:
        return "action_not_understood"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        if explain_question(dispatcher, tracker):
            return []
        failed_before = self.name() in previous_actions(tracker)
        utter(dispatcher, "offer_person" if failed_before else "not_understood")
        return []


class ActionOutOfScope(Action):
    """Says what the assistant is for."""

    def name(self) -> str:
        return "action_out_of_scope"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        if not explain_question(dispatcher, tracker):
            utter(dispatcher, "utter_out_of_scope")
        return []


class ActionRepeat(Action):
    """Says once more what the assistant said last, buttons included."""

    def name(self) -> str:
        return "action_repeat"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        last = last_words(tracker)
        for words in last:
            dispatcher.utter_message(text=words["text"], buttons=(words.get("data") or {}).get("buttons") or [])
        if not last:
            utter(dispatcher, "utter_what_next")
        return []


class ActionRestart(Action):
    """Forgets what was collected and begins anew; Rasa's own action of this name would say nothing."""

    def name(self) -> str:
        return "action_restart"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        utter(dispatcher, "utter_restart")
        return [ActiveLoop(None), *(SlotSet(name, None) for name in (*FORM_SLOTS, "order_number", "email"))]


def explain_question(dispatcher: CollectingDispatcher, tracker: Tracker) -> bool:
    """In a form, say what an answer to the open question looks like; the form then asks it again."""
    key = EXPLANATIONS.get(slots(tracker).get("requested_slot") or "")
    if not tracker.active_loop_name or key is None:
        return False
    utter(dispatcher, key)
    return True


class ActionChangeLanguage(Action):
    """Speaks the language that the message names, or asks which."""

    def __init__(self, database: Database, texts: Texts) -> None:
        self._database = database
        self._texts = texts

    def name(self) -> str:
        return "action_change_language"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        language = next(tracker.get_latest_entity_values("language"), None) or self._texts.language_asked_for(
            tracker.latest_message.get("text") or ""
        )
        if language is None or not self._texts.supports(language):
            buttons = [
                {"title": known.name, "payload": f'/change_language{{"language":"{code}"}}'}
                for code, known in self._texts.languages.items()
            ]
            dispatcher.utter_message(response="language_ask", choices=buttons)
            return []
        with self._database.write() as session:
            conversation = lock_conversation(session, conversation_id(tracker))
            conversation.language = language
            conversation.is_language_chosen = True
        utter(dispatcher, "language_changed")
        return []
