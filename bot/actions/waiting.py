"""What a customer who waits for a person is told: their place, or when people are back."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.actions.opening_hours import describe_now
from bot.services.business_hours import BusinessHours


class Waiting:
    def __init__(self, hours: BusinessHours) -> None:
        self._hours = hours

    def describe(self, place: int) -> Sequence[Mapping[str, Any]]:
        """Lines for `{waiting:list}` in a response. Without a calendar somebody is always there."""
        calendar, now = self._hours.calendar(), self._hours.now()
        if not calendar.week or calendar.closes_at(now) is not None:
            return [{"key": "handoff_place", "place": place}]
        return [*describe_now(calendar, now), {"key": "handoff_later"}]
