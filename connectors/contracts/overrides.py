"""Holds of supplier documents that two people have let pass."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ApprovedOverride:
    """One hold of one document, by its code, place and the two figures that the people saw, with who they were."""

    code: str
    place: str
    found: str
    expected: str
    reason: str
    requested_by: str
    approved_by: str


class Overrides(Protocol):
    """Where approved overrides are kept.

    Raises:
        Unavailable: it cannot be reached.
    """

    def approved(self, document_keys: Iterable[str]) -> Mapping[str, Sequence[ApprovedOverride]]:
        """By the key that a document is posted with; documents without any are missing in the answer."""
        ...
