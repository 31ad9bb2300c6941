"""Lists whose entries have a name each: one replaced, added, moved or left out. Nothing is changed in place."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar


class Named(Protocol):
    """A question of the form before a chat, or a message said unasked."""

    @property
    def name(self) -> str: ...


Entry = TypeVar("Entry", bound=Named)


def put(entries: Sequence[Entry], name: str, entry: Entry | Mapping[str, Any]) -> list[Any]:
    """The entry of this name replaced; where there is none, the new one comes last."""
    known = [one.name for one in entries]
    if name not in known:
        return [*entries, entry]
    return [entry if one.name == name else one for one in entries]


def leave_out(entries: Sequence[Entry], name: str) -> list[Entry]:
    return [one for one in entries if one.name != name]


def move(entries: Sequence[Entry], name: str, by: int) -> list[Entry]:
    """The entry of this name so many places further down (up where negative), but not out of the list."""
    names = [one.name for one in entries]
    if name not in names:
        return list(entries)
    at = names.index(name)
    rest = leave_out(entries, name)
    to = min(max(at + by, 0), len(rest))
    return [*rest[:to], entries[at], *rest[to:]]
