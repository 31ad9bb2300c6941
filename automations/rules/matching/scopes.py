"""Limits for a supplier, an item or a group of goods, before those of the company."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from automations.rules.matching.policy import MatchingPolicy


@dataclass(frozen=True, slots=True)
class Scope:
    """For whom the settings are: what is None does not narrow it, so `Scope(settings)` is the company itself."""

    settings: Mapping[str, object]
    supplier: str | None = None
    item: str | None = None
    item_group: str | None = None

    def holds_for(self, supplier: str, item: str | None, item_group: str | None) -> bool:
        return (
            (self.supplier is None or _plain(self.supplier) == _plain(supplier))
            and self.item in (None, item)
            and self.item_group in (None, item_group)
        )

    @property
    def rank(self) -> tuple[bool, bool, bool]:
        """Sorts supplier + item before supplier, item, group of goods, company."""
        return self.supplier is None, self.item is None, self.item_group is None


def scoped_policy(company: Mapping[str, object], scopes: Iterable[Scope]) -> MatchingPolicy:
    """The company's policy, which finds narrower ones by itself (`MatchingPolicy.narrowed`).

    For each kind of limit the narrowest scope that sets it wins as a whole: supplier + item, supplier, item, group of
    goods, company.

    Raises:
        ValueError: a setting is unknown or has no valid value, in whatever scope.
    """
    ordered = sorted(scopes, key=lambda scope: scope.rank)
    for scope in ordered:
        MatchingPolicy.from_settings(scope.settings)
    of_all = [scope.settings for scope in ordered if scope.rank == (True, True, True)]
    policy = MatchingPolicy.from_settings(*of_all, company)
    narrow = [scope for scope in ordered if scope.rank != (True, True, True)]
    return replace(policy, narrower=_Narrower(narrow, [*of_all, company])) if narrow else policy


class _Narrower:
    """Answers each question once: a run has many lines of few suppliers and items."""

    def __init__(self, scopes: Sequence[Scope], company: Sequence[Mapping[str, object]]) -> None:
        self._scopes = scopes
        self._company = company
        self._known: dict[tuple[int, ...], MatchingPolicy] = {}
        self._answers: dict[tuple[str, str | None, str | None], MatchingPolicy] = {}

    def __call__(self, supplier: str, item: str | None, item_group: str | None) -> MatchingPolicy:
        question = (supplier, item, item_group)
        if question not in self._answers:
            holding = [place for place, scope in enumerate(self._scopes) if scope.holds_for(*question)]
            self._answers[question] = self._policy_of(tuple(holding))
        return self._answers[question]

    def _policy_of(self, places: tuple[int, ...]) -> MatchingPolicy:
        if places not in self._known:
            settings = [self._scopes[place].settings for place in places]
            self._known[places] = MatchingPolicy.from_settings(*settings, *self._company)
        return self._known[places]


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())
