"""Whether a customer wants to hear from us without having asked."""

from bot.actions.dialogue import Events, Talk, TalkAction
from bot.conversations.store import lock_conversation
from bot.services.notice_wishes import switch_notices
from connectors.database.session import Database


class ActionSwitchNotices(TalkAction):
    """Switches them off or on, as the pressed button says."""

    def __init__(self, database: Database, is_wanted: bool) -> None:
        self.action_name = "action_notices_on" if is_wanted else "action_notices_off"
        self._database = database
        self._is_wanted = is_wanted

    def act(self, talk: Talk) -> Events:
        with self._database.write() as session:
            switch_notices(session, lock_conversation(session, talk.conversation_id).contact, is_wanted=self._is_wanted)
        talk.say("notices_on" if self._is_wanted else "notices_off")
        return []
