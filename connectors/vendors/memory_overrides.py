"""Approved overrides in memory, for tests and trials."""

from collections.abc import Iterable, Mapping, Sequence

from connectors.contracts.overrides import ApprovedOverride


class MemoryOverrides:
    """Overrides that live as long as this object."""

    def __init__(self) -> None:
        self._approved: dict[str, list[ApprovedOverride]] = {}

    def add(self, document_key: str, override: ApprovedOverride) -> None:
        self._approved.setdefault(document_key, []).append(override)

    def withdraw(self, document_key: str) -> None:
        del self._approved[document_key]

    def approved(self, document_keys: Iterable[str]) -> Mapping[str, Sequence[ApprovedOverride]]:
        return {key: self._approved[key] for key in document_keys if key in self._approved}
