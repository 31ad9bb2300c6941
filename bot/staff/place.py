"""Where an agent is in the inbox: view, search, label and open conversation; all of it stands in the address."""

from dataclasses import dataclass, replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Query

# `now` is what there is to do: who waits, and one's own conversations.
VIEWS = ("now", "mine", "waiting", "team", "bot", "all", "snoozed", "mentions", "closed")
# Those that never list a conversation that is the assistant's alone.
WORK_VIEWS = frozenset({"now", "mine", "waiting", "team", "snoozed"})
MAX_SEARCH = 100


@dataclass(frozen=True, slots=True)
class Place:
    """`search` replaces the view's list by what is found; `label` keeps only conversations that carry it."""

    view: str = VIEWS[0]
    conversation_id: str | None = None
    is_complete: bool = False
    search: str = ""
    label: int | None = None

    @property
    def lists_talks(self) -> bool:
        """Whether it may list what customers and the assistant say to each other."""
        return bool(self.search) or self.view not in WORK_VIEWS

    @property
    def query(self) -> str:
        """The address's part after the path, as long as it says something."""
        return self.query_of(self.view)

    def query_with(self, label: int) -> str:
        """The same place with only this label, or with all again."""
        return replace(self, label=None if self.label == label else label).query

    def query_of(self, view: str) -> str:
        """The same place in another view, which ends a search."""
        said = {
            "view": view if view != VIEWS[0] or self.search else None,
            "q": self.search if view == self.view else None,
            "label": self.label,
            "complete": "true" if self.is_complete else None,
        }
        written = urlencode({name: value for name, value in said.items() if value})
        return f"?{written}" if written else ""


def read_place(
    conversation_id: str | None = None,
    view: Annotated[str, Query(max_length=20)] = VIEWS[0],
    complete: bool = False,
    q: Annotated[str, Query(max_length=MAX_SEARCH)] = "",
    label: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> Place:
    known = view if view in VIEWS else VIEWS[0]
    return Place(known, conversation_id, complete, " ".join(q.replace("\0", " ").split()), label)


At = Annotated[Place, Depends(read_place)]
