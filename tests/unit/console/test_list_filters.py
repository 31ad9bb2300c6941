"""The filters of the lists, as they stand in an address."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.console.list_filters import ItemList, RunList
from connectors.database.models.work import ItemState, RunState

PRAGUE = ZoneInfo("Europe/Prague")


def test_days_are_those_of_the_company_and_the_last_one_counts_in_full() -> None:
    wanted = RunList(since="2026-10-25", until="2026-10-25").wanted(PRAGUE)
    assert wanted.since == datetime(2026, 10, 24, 22, tzinfo=UTC)
    assert wanted.until == datetime(2026, 10, 25, 23, tzinfo=UTC)


def test_what_means_nothing_does_not_limit() -> None:
    wanted = ItemList(state="lost", mode="maybe", since="yesterday", until="9999-12-31", owner="  ").wanted(PRAGUE)
    assert wanted == ItemList().wanted(PRAGUE)


@pytest.mark.parametrize(("mode", "is_dry_run"), [("dry", True), ("real", False), ("", None)])
def test_dry_and_real_runs_are_told_apart(mode: str, is_dry_run: bool | None) -> None:
    assert RunList(mode=mode).wanted(PRAGUE).is_dry_run is is_dry_run


def test_states_are_read() -> None:
    assert RunList(state="failed").wanted(PRAGUE).state is RunState.FAILED
    assert ItemList(state="waiting").wanted(PRAGUE).state is ItemState.WAITING


def test_the_address_of_a_view_leaves_the_place_in_the_list_out() -> None:
    wanted = ItemList(owner="procurement", title=" Sklo & syn ", older_than="41")
    assert wanted.address == "owner=procurement&title=Sklo+%26+syn"
    assert wanted.place.older_than == "41"
    assert wanted.is_on
    assert not ItemList(older_than="41").is_on
