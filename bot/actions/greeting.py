"""Greeting: a customer who proved who they are by name, and with what they wait for as the first buttons."""

from collections.abc import Iterable
from typing import Any

from bot.actions.dialogue import Events, Talk, TalkAction
from bot.services.customers import Customers
from bot.services.greeting import matter_buttons
from bot.texts import Button, Texts
from connectors.database.models.conversation import Conversation
from connectors.database.session import Database


class ActionGreet(TalkAction):
    action_name = "action_greet"

    def __init__(self, database: Database, texts: Texts, customers: Customers) -> None:
        self._database = database
        self._texts = texts
        self._customers = customers

    def act(self, talk: Talk) -> Events:
        matters = self._customers.open_matters(talk.conversation_id)
        if matters is None:
            talk.say("utter_greet")
            return []
        language = language_of(self._database, talk.conversation_id)
        usual = self._texts.render("utter_greet", language).buttons
        choices = as_choices([*matter_buttons(self._texts, language, matters), *usual])
        if matters.name:
            talk.say("greet_known", name=matters.name, choices=choices)
        else:
            talk.say("utter_greet", choices=choices)
        return []


def as_choices(buttons: Iterable[Button]) -> list[dict[str, Any]]:
    """Buttons as `Talk.say` takes them."""
    return [{"title": button.title, "payload": button.payload} for button in buttons]


def language_of(database: Database, conversation_id: str) -> str:
    with database.read() as session:
        return session.get_one(Conversation, conversation_id).language
