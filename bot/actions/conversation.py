"""Actions about the conversation itself: language, a person, a yes, and not understanding."""

from rasa_sdk.events import AllSlotsReset

from bot.actions.clarification import DID_YOU_MEAN, OFFER, STILL_NOT
from bot.actions.dialogue import Events, Talk, TalkAction, close_all_forms
from bot.actions.knowledge import ArticleAnswers
from bot.conversations.ownership import hand_over
from bot.conversations.store import lock_conversation
from bot.handoff.after_turn import DescribeWaiting
from bot.texts import Texts
from connectors.database.session import Database


class ActionHandOver(TalkAction):
    """Puts the conversation into the queue; what the customer wrote is there for the agent to read."""

    action_name = "action_hand_over"

    def __init__(self, database: Database, describe_waiting: DescribeWaiting) -> None:
        self._database = database
        self._describe_waiting = describe_waiting

    def act(self, talk: Talk) -> Events:
        with self._database.write() as session:
            place = hand_over(session, lock_conversation(session, talk.conversation_id), "asked_for_a_person")
        talk.say("hand_over", waiting=self._describe_waiting(place))
        return close_all_forms(talk)


class ActionAffirm(TalkAction):
    """A yes means a person where one was just offered; otherwise there was nothing to agree to."""

    action_name = "action_affirm"

    def __init__(self, hand_over_action: ActionHandOver) -> None:
        self._hand_over = hand_over_action

    def act(self, talk: Talk) -> Events:
        last = talk.responses_before(1)
        if OFFER in last or STILL_NOT in last:
            return self._hand_over.act(talk)
        if DID_YOU_MEAN in last:
            return repeat_last_words(talk)  # to which of the two?
        talk.say("utter_what_next")
        return []


class ActionOutOfScope(TalkAction):
    """Says what the assistant is for, unless the help articles clearly know the answer."""

    action_name = "action_out_of_scope"

    def __init__(self, answers: ArticleAnswers) -> None:
        self._answers = answers

    def act(self, talk: Talk) -> Events:
        if not self._answers.answer_if_sure(talk):
            talk.say("utter_out_of_scope")
        return []


class ActionRepeat(TalkAction):
    """Says once more what the assistant said last, buttons included."""

    action_name = "action_repeat"

    def act(self, talk: Talk) -> Events:
        return repeat_last_words(talk)


def repeat_last_words(talk: Talk) -> Events:
    """A form asks its open question again by itself."""
    last = talk.last_words()
    for words in last[:-1] if talk.requested else last:
        data, about = words.get("data") or {}, (words.get("metadata") or {}).get("metadata") or {}
        metadata = {**about, "is_repeated": True}
        talk.dispatcher.utter_message(text=words["text"], buttons=data.get("buttons") or [], metadata=metadata)
    if not last:
        talk.say("utter_what_next")
    return []


class ActionRestart(TalkAction):
    """Forgets what was collected and begins anew; Rasa's own action of this name would say nothing."""

    action_name = "action_restart"

    def act(self, talk: Talk) -> Events:
        talk.say("utter_restart")
        return [*close_all_forms(talk), AllSlotsReset()]


class ActionChangeLanguage(TalkAction):
    """Speaks the language that the message names, or asks which."""

    action_name = "action_change_language"

    def __init__(self, database: Database, texts: Texts) -> None:
        self._database = database
        self._texts = texts

    def act(self, talk: Talk) -> Events:
        language = talk.entity("language") or self._texts.language_asked_for(talk.text)
        if language is None or not self._texts.supports(language):
            buttons = [
                {"title": known.name, "payload": f'/change_language{{"language":"{code}"}}'}
                for code, known in self._texts.languages.items()
            ]
            talk.say("language_ask", choices=buttons)
            return []
        with self._database.write() as session:
            conversation = lock_conversation(session, talk.conversation_id)
            conversation.language = language
            conversation.is_language_chosen = True
        talk.say("language_changed")
        return []
