"""Whether a customer wants to hear from us without having asked."""

from bot.actions.dialogue import Events, Talk, TalkAction
from bot.conversations.store import lock_conversation
from connectors.database.audit import record_audit
from connectors.database.session import Database


class ActionSwitchNotices(TalkAction):
    """Switches them off or on, as the pressed button says; it concerns the contact, on every channel."""

    def __init__(self, database: Database, is_wanted: bool) -> None:
        self.action_name = "action_notices_on" if is_wanted else "action_notices_off"
        self._database = database
        self._is_wanted = is_wanted

    def act(self, talk: Talk) -> Events:
        with self._database.write() as session:
            contact = lock_conversation(session, talk.conversation_id).contact
            before, contact.accepts_notices = contact.accepts_notices, self._is_wanted
            action = "notices.allow" if self._is_wanted else "notices.refuse"
            record_audit(
                session,
                f"contact:{contact.id}",
                action,
                "contact",
                contact.id,
                before={"accepts_notices": before},
                after={"accepts_notices": self._is_wanted},
            )
        talk.say("notices_on" if self._is_wanted else "notices_off")
        return []
