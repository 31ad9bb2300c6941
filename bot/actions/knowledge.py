"""Answers from the help articles: a passage with a link, the short text of a topic, or an honest no."""

from collections.abc import Mapping

from bot.actions.dialogue import Events, Talk, TalkAction
from bot.actions.greeting import language_of
from bot.services.knowledge import Answer, Knowledge, article_path, shorten
from connectors.database.session import Database

# What is said in general, when a message asks for nothing in particular.
SHORT_TEXTS: Mapping[str, str] = {
    "delivery_info": "utter_delivery_info",
    "payment_methods": "utter_payment_methods",
    "refund_policy": "utter_refund_policy",
}
# Nothing but these articles is about such a message, and even they may not settle it; people can.
NEEDS_PEOPLE: Mapping[str, str] = {"partnership": "business-customers", "payment_problem": "payment"}


class ArticleAnswers:
    """Says what the help articles know."""

    def __init__(self, database: Database, knowledge: Knowledge, public_base_url: str) -> None:
        self._database = database
        self._knowledge = knowledge
        self._base_url = public_base_url

    def find(self, talk: Talk) -> Answer | None:
        """The passage that answers the customer's message; a pressed button has no words to search for."""
        if talk.text.startswith("/"):
            return None
        return self._knowledge.search(talk.text, language_of(self._database, talk.conversation_id))

    def say(self, talk: Talk, answer: Answer) -> None:
        language = language_of(self._database, talk.conversation_id)
        url = self._base_url + article_path(language, answer.slug, answer.heading)
        talk.say("knowledge_answer", passage=shorten(answer.text), title=answer.title, url=url)

    def answer_if_sure(self, talk: Talk) -> bool:
        """Answer a message that was not understood otherwise; False, and nothing said, unless the passage fits well."""
        answer = self.find(talk)
        if answer is None or not answer.is_sure:
            return False
        self.say(talk, answer)
        return True


class ActionAnswerQuestion(TalkAction):
    """Answers a question about the shop."""

    action_name = "action_answer_question"

    def __init__(self, answers: ArticleAnswers) -> None:
        self._answers = answers

    def act(self, talk: Talk) -> Events:
        intent = talk.intent or ""
        answer = self._answers.find(talk)
        short = SHORT_TEXTS.get(intent)
        if answer is not None and NEEDS_PEOPLE.get(intent) not in {None, answer.slug}:
            answer = None
        if answer is not None and (answer.is_sure or short is None):
            self._answers.say(talk, answer)
            if intent in NEEDS_PEOPLE:
                talk.say("knowledge_offer")
        else:
            talk.say(short or "knowledge_none")
        return []
