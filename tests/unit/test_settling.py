"""A file is taken when two looks some seconds apart saw the same, whatever the clock of its machine says."""

import os
from pathlib import Path

import pytest

from connectors.vendors.folder_documents import FolderDocuments
from connectors.vendors.settling import Settling, settling_of
from tests.fixtures.settling import Clock, ThenHappens

HALF, WHOLE = b"supplier;number\nAcme;1", b"supplier;number\nAcme;1\nAcme;2\n"
SECONDS = 5


def inbox(folder: Path, clock: Clock) -> FolderDocuments:
    return FolderDocuments(folder, Settling(SECONDS, clock.now, clock.wait))


def contents(folder: FolderDocuments) -> list[bytes]:
    return [document.content for document in folder.list_documents()]


@pytest.mark.parametrize("written_at", [0, 1_800_000_000, 4_000_000_000])
def test_a_file_that_is_still_uploaded_is_left_for_the_next_run(tmp_path: Path, written_at: int) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(HALF)
    os.utime(file, (written_at, written_at))

    def goes_on() -> None:
        file.write_bytes(WHOLE)
        os.utime(file, (written_at, written_at))

    clock = Clock(goes_on)
    folder = inbox(tmp_path, clock)
    assert contents(folder) == []
    clock.passes(SECONDS)
    assert contents(folder) == [WHOLE]


def test_a_file_of_the_same_size_that_is_written_to_is_another(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b"\0" * len(WHOLE))
    os.utime(file, (1, 1))
    assert contents(inbox(tmp_path, Clock(lambda: file.write_bytes(WHOLE)))) == []


def test_one_wait_is_enough_for_all_files_and_known_ones_need_none(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_bytes(name.encode())
    clock = Clock()
    folder = inbox(tmp_path, clock)
    assert (contents(folder), clock.waits) == ([b"a.csv", b"b.csv"], 1)
    assert (contents(folder), clock.waits) == ([b"a.csv", b"b.csv"], 1)
    (tmp_path / "c.csv").write_bytes(b"c.csv")
    assert (contents(folder), clock.waits) == ([b"a.csv", b"b.csv", b"c.csv"], 2)


def test_an_empty_folder_is_not_waited_for(tmp_path: Path) -> None:
    clock = Clock()
    assert (contents(inbox(tmp_path, clock)), clock.waits) == ([], 0)


def test_whoever_asks_for_the_latest_price_list_waits_only_where_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "prices-1.csv").write_bytes(b"1")
    clock = Clock()
    folder = inbox(tmp_path, clock)

    def latest() -> bytes:
        found = folder.latest(lambda name: name.startswith("prices"))
        assert found is not None
        return found.content

    assert (latest(), clock.waits) == (b"1", 1)
    (tmp_path / "prices-2.csv").write_bytes(b"2")
    assert (latest(), clock.waits) == (b"1", 1)
    clock.passes(SECONDS)
    assert (latest(), clock.waits) == (b"2", 1)


def test_a_file_that_changes_while_it_is_read_is_left_for_the_next_run(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(HALF)
    (tmp_path / "b.csv").write_bytes(WHOLE)
    grows = ThenHappens(lambda: (tmp_path / "a.csv").write_bytes(WHOLE + HALF))
    assert contents(FolderDocuments(tmp_path, grows)) == [WHOLE]


def test_files_that_wait_are_counted_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(HALF)
    clock = Clock()
    assert inbox(tmp_path, clock).check() == f"1 documents wait in {tmp_path}."
    assert clock.waits == 0


def test_connectors_of_one_place_share_what_they_saw() -> None:
    assert settling_of("/srv/drop/*") is settling_of("/srv/drop/*")
    assert settling_of("/srv/drop/*") is not settling_of("/srv/drop/*.xml")
