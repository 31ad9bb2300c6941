"""How an audit entry reads: who it was in words, what it was about and where that is, and what changed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from bot.console.words import Words
from connectors.database.models.people import AuditEntry

ACTION_TEXTS, OBJECT_TEXTS, FIELD_TEXTS = "console.audit.action.", "console.audit.object.", "console.audit.field."
_CUSTOMER, _TOKEN = "contact:", "token:"
# Where an object has a page of its own; {id} and what the entry's detail says.
_PATHS = {
    "run": "/console/runs/{id}",
    "run_item": "/console/runs/{run}/items/{id}",
    "schedule": "/console/jobs/{job}/schedules/{id}",
    "attachment": "/staff/conversations/{conversation}",
    "conversation": "/staff/conversations/{id}",
    "ticket": "/staff/tickets/{id}",
    "model": "/console/models",
    "api_token": "/console/tokens",
    "channel": "/console/channels",
    "opening_hours": "/console/channels/hours",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of a change, as text; None says that the field was not there."""

    name: str
    before: str | None
    after: str | None


class EntryWords:
    """The words for entries in the language of a page; what has none is shown as the code that it is."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def actor(self, actor: str) -> str:
        if actor.startswith(_CUSTOMER):
            return self._words.text("console.audit.customer")
        if actor.startswith(_TOKEN):
            prefix, _blank, name = actor.removeprefix(_TOKEN).partition(" ")
            return self._words.text("console.audit.token", name=name, prefix=prefix)
        return self._words.text_or(f"console.starter.{actor}", actor)

    def action(self, action: str) -> str:
        return self._words.text_or(ACTION_TEXTS + action, action)

    def object_type(self, name: str) -> str:
        return self._words.text_or(OBJECT_TEXTS + name, name)

    def field(self, name: str) -> str:
        """The name of a field; of a part of one (`parameters.level`) its beginning is translated."""
        first, dot, rest = name.partition(".")
        return self._words.text_or(FIELD_TEXTS + first, first) + dot + rest

    def value(self, value: object) -> str:
        if value is None or value == "":
            return self._words.text("console.not_set")
        if isinstance(value, bool):
            return self._words.text("console.yes" if value else "console.no")
        if isinstance(value, list):
            return ", ".join(self.value(one) for one in value) or self._words.text("console.not_set")
        if isinstance(value, Mapping):
            return ", ".join(f"{name}: {self.value(one)}" for name, one in value.items())
        return str(value)

    def differences(self, entry: AuditEntry) -> Sequence[Difference]:
        """Field by field what was and what became; nested settings are told one by one."""
        before, after = dict(_flat(entry.before or {})), dict(_flat(entry.after or {}))
        return [
            Difference(
                name,
                self.value(before[name]) if name in before else None,
                self.value(after[name]) if name in after else None,
            )
            for name in {**before, **after}
            if name not in before or name not in after or before[name] != after[name]
        ]

    def actions(self) -> Sequence[tuple[str, str]]:
        """The actions that have words, in the order of the words."""
        return self._choices(ACTION_TEXTS)

    def object_types(self) -> Sequence[tuple[str, str]]:
        return self._choices(OBJECT_TEXTS)

    def _choices(self, beginning: str) -> Sequence[tuple[str, str]]:
        found = [(key.removeprefix(beginning), text) for key, text in self._words.beginning_with(beginning)]
        return sorted(found, key=lambda one: one[1].casefold())


def object_path(entry: AuditEntry) -> str | None:
    """The page of what an entry is about, if there is one."""
    facts = {name: quote(str(value), safe="") for name, value in entry.detail.items()}
    try:
        return _PATHS[entry.object_type].format(**facts | {"id": quote(entry.object_id, safe="")})
    except KeyError:
        return None


def _flat(fields: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in fields.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value
