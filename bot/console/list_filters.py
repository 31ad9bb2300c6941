"""The filters of the lists as they stand in a page's address, and back."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Annotated
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Query

from automations.engine.run_search import ItemFilter, Place, RunFilter
from connectors.database.models.work import ItemState, RunState

DRY, REAL = "dry", "real"
# Far outside of them a day has no moment in another time zone.
YEARS = range(2000, 2200)
Word = Annotated[str, Query(max_length=100)]
Cursor = Annotated[str | None, Query(max_length=100)]
Day = Annotated[str, Query(max_length=10)]


class ListFilter:
    """What the filters of all lists share. A value that means nothing does not limit."""

    def __init__(self, values: Mapping[str, str], older_than: str | None, newer_than: str | None) -> None:
        self.fields = tuple(values)
        self.values = {name: value.strip() for name, value in values.items() if value.strip()}
        self.place = Place(older_than or None, newer_than or None)

    def get(self, name: str) -> str:
        """A field as it stands in the address; empty where it is not set."""
        return self.values.get(name, "")

    @property
    def is_on(self) -> bool:
        return bool(self.values)

    @property
    def address(self) -> str:
        """The filter as an address has it, without a place in the list: what a saved view keeps."""
        return urlencode(self.values)

    @property
    def is_dry_run(self) -> bool | None:
        return {DRY: True, REAL: False}.get(self.values.get("mode", ""))

    def days(self, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
        """From the beginning of the first day to the end of the last, in the company's time."""
        first, last = day_in(self.values.get("since")), day_in(self.values.get("until"))
        return (
            datetime.combine(first, time(), zone) if first else None,
            datetime.combine(last + timedelta(days=1), time(), zone) if last else None,
        )


class RunList(ListFilter):
    """The filter of the list of runs."""

    def __init__(
        self,
        job: Word = "",
        state: Word = "",
        mode: Word = "",
        since: Day = "",
        until: Day = "",
        older_than: Cursor = None,
        newer_than: Cursor = None,
    ) -> None:
        values = {"job": job, "state": state, "mode": mode, "since": since, "until": until}
        super().__init__(values, older_than, newer_than)

    def wanted(self, zone: ZoneInfo) -> RunFilter:
        since, until = self.days(zone)
        state = self.values.get("state", "")
        return RunFilter(
            self.values.get("job"), RunState(state) if state in set(RunState) else None, self.is_dry_run, since, until
        )


class ItemList(ListFilter):
    """The filter of the items of all runs, and of the exceptions among them."""

    def __init__(
        self,
        job: Word = "",
        state: Word = "",
        outcome: Word = "",
        reason: Word = "",
        owner: Word = "",
        mode: Word = "",
        since: Day = "",
        until: Day = "",
        title: Word = "",
        older_than: Cursor = None,
        newer_than: Cursor = None,
    ) -> None:
        values = {
            "job": job,
            "state": state,
            "outcome": outcome,
            "reason": reason,
            "owner": owner,
            "mode": mode,
            "since": since,
            "until": until,
            "title": title.replace("\0", ""),
        }
        super().__init__(values, older_than, newer_than)

    def wanted(self, zone: ZoneInfo, *, is_open: bool = False) -> ItemFilter:
        since, until = self.days(zone)
        state = self.values.get("state", "")
        return ItemFilter(
            job=self.values.get("job"),
            state=ItemState(state) if state in set(ItemState) else None,
            outcome=self.values.get("outcome"),
            reason=self.values.get("reason"),
            owner=self.values.get("owner"),
            is_dry_run=self.is_dry_run,
            since=since,
            until=until,
            title=self.values.get("title"),
            is_open=is_open,
        )


def day_in(text: str | None) -> date | None:
    """The day that a field says; None for one that is empty or names no day of our time."""
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError:
        return None
    return day if day is not None and day.year in YEARS else None
