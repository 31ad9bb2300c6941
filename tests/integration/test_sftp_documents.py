"""Documents and products on a real OpenSSH server: the suites of both contracts, and every way in which it can fail."""

import os
from pathlib import Path
from threading import Thread
from threading import enumerate as enumerate_threads
from typing import Any

import paramiko
import pytest

from connectors.contracts.catalogue import Catalogue
from connectors.contracts.documents import DocumentSource
from connectors.database.session import Database
from connectors.einvoice.reader import MAX_BYTES
from connectors.errors import Unavailable
from connectors.http.reach import Reach
from connectors.vendor import Setup
from connectors.vendors.mapped_documents import MappedDocuments
from connectors.vendors.settling import Settling
from connectors.vendors.sftp import VENDOR
from connectors.vendors.sftp_documents import SftpDocuments
from connectors.vendors.sftp_session import SftpServer
from connectors.vendors.table_catalogue import TableCatalogue
from tests.contract.test_catalogue import (  # noqa: F401 - the suite of the contract
    BOWL,
    VASE,
    test_a_product_comes_back_with_all_that_is_known_of_it,
    test_all_products_are_listed_by_sku,
    test_an_unknown_article_is_said_to_be_unknown,
)
from tests.contract.test_documents import (  # noqa: F401 - the suite of the contract
    Deliver,
    deliver,
    source,
    test_a_newer_document_of_the_same_name_stays,
    test_a_quarantined_document_is_not_offered_again,
    test_an_archived_document_is_not_offered_again,
    test_documents_come_by_name_with_their_bytes_and_checksum,
)
from tests.fixtures.product_workbook import product_workbook
from tests.fixtures.settling import Clock, ThenHappens
from tests.fixtures.sftp_server import OpenSshServer, files_in, open_documents
from tests.unit.invoice_office import Office, open_office, ubl

pytestmark = pytest.mark.integration


@pytest.fixture
def made(sftp_inbox: SftpDocuments, tmp_path: Path) -> tuple[DocumentSource, Deliver]:
    def deliver_file(name: str, content: bytes) -> None:
        (tmp_path / name).write_bytes(content)

    return sftp_inbox, deliver_file


@pytest.fixture
def catalogue(sftp_inbox: SftpDocuments, tmp_path: Path) -> Catalogue:
    content, reading = product_workbook([VASE, BOWL])
    (tmp_path / "products-2026-11-01.xlsx").write_bytes(b"not opened: the last by name counts")
    (tmp_path / "products-2026-11-22.xlsx").write_bytes(content)
    return TableCatalogue(sftp_inbox, reading)


# Putting aside


def test_files_of_one_name_stand_side_by_side_with_their_reasons(sftp_inbox: SftpDocuments, tmp_path: Path) -> None:
    for content in (b"1", b"2"):
        (tmp_path / "a.xml").write_bytes(content)
        (document,) = sftp_inbox.list_documents()
        sftp_inbox.quarantine(document, f"důvod {content.decode()}")
    (tmp_path / "a.xml").write_bytes(b"3")
    (document,) = sftp_inbox.list_documents()
    sftp_inbox.archive(document)
    assert files_in(tmp_path) == {
        "archive/a.xml": b"3",
        "quarantine/a.xml": b"1",
        "quarantine/a.xml.reason.txt": "důvod 1\n".encode(),
        "quarantine/a~1.xml": b"2",
        "quarantine/a~1.xml.reason.txt": "důvod 2\n".encode(),
    }


def test_a_kill_between_file_and_reason_loses_no_reason(sftp_inbox: SftpDocuments, tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(b"1")
    (document,) = sftp_inbox.list_documents()
    (tmp_path / "quarantine").mkdir()
    (tmp_path / "a.xml").rename(tmp_path / "quarantine" / "a.xml")
    sftp_inbox.quarantine(document, "It is empty.")
    assert (tmp_path / "quarantine" / "a.xml.reason.txt").read_text() == "It is empty.\n"


def test_what_is_hidden_half_written_a_link_or_a_folder_is_left_alone(
    sftp_inbox: SftpDocuments, tmp_path: Path
) -> None:
    for name in (".a.xml", "a.xml.part", "b.XML.filepart", "c.tmp"):
        (tmp_path / name).write_bytes(b"half")
    (tmp_path / "folder.xml").mkdir()
    (tmp_path / "link.xml").symlink_to("/etc/passwd")
    assert list(sftp_inbox.list_documents()) == []
    assert sftp_inbox.check() == f"0 documents wait in {tmp_path} on the server."


def test_only_files_that_fit_the_pattern_are_offered(way_in: SftpServer, tmp_path: Path) -> None:
    for name in ("a.xml", "B.XML", "c.csv"):
        (tmp_path / name).write_bytes(b"x")
    documents = open_documents(way_in, tmp_path, "*.xml")
    assert [document.name for document in documents.list_documents()] == ["B.XML", "a.xml"]
    documents.close()


def test_a_file_too_large_to_be_an_invoice_is_not_fetched(sftp_inbox: SftpDocuments, tmp_path: Path) -> None:
    with (tmp_path / "large.xml").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    (document,) = sftp_inbox.list_documents()
    assert (document.content, "20.0 MB" in (document.refusal or "")) == (b"", True)
    sftp_inbox.quarantine(document, document.refusal or "")
    assert (tmp_path / "quarantine" / "large.xml").stat().st_size == MAX_BYTES + 1


def test_a_large_file_arrives_byte_by_byte(sftp_inbox: SftpDocuments, tmp_path: Path) -> None:
    content = bytes(range(256)) * 20_000
    (tmp_path / "large.pdf").write_bytes(content)
    (document,) = sftp_inbox.list_documents()
    assert document.content == content


@pytest.mark.parametrize("name", ["ř" * 125 + ".xml", "no suffix", "faktura č. 1.xml", "فاکتور ۱.xml"])
def test_any_file_name_can_be_put_aside(sftp_inbox: SftpDocuments, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"1")
    (document,) = sftp_inbox.list_documents()
    sftp_inbox.quarantine(document, "It is no XML.")
    sftp_inbox.quarantine(document, "It is no XML.")
    assert sorted(files_in(tmp_path / "quarantine").values()) == [b"1", b"It is no XML.\n"]


def test_a_file_name_that_is_no_text_is_shown_and_moved(sftp_inbox: SftpDocuments, tmp_path: Path) -> None:
    for name in (b"fakt\xfara.xml", b"fakt\xf3ra.xml"):
        with open(os.path.join(os.fsencode(tmp_path), name), "wb") as file:  # noqa: PTH118, PTH123
            file.write(name)
    (tmp_path / "faktura.xml").write_bytes(b"1")
    documents = list(sftp_inbox.list_documents())
    assert [document.name for document in documents] == ["faktura.xml", "fakt\ufffdra.xml", "fakt\ufffdra.xml"]
    for document in documents:
        sftp_inbox.archive(document)
        sftp_inbox.archive(document)
    assert files_in(tmp_path) == {
        "archive/fakt\ufffdra.xml": b"fakt\xf3ra.xml",
        "archive/fakt\ufffdra~1.xml": b"fakt\xfara.xml",
        "archive/faktura.xml": b"1",
    }


# One file that fails


def test_a_file_that_is_taken_away_meanwhile_stops_no_other(way_in: SftpServer, tmp_path: Path) -> None:
    inbox = open_documents(way_in, tmp_path, settling=ThenHappens((tmp_path / "a.xml").unlink))
    for name in ("a.xml", "b.xml"):
        (tmp_path / name).write_bytes(b"x")
    assert [document.name for document in inbox.list_documents()] == ["b.xml"]
    inbox.close()


def test_a_file_that_is_written_to_again_is_left_for_the_next_run(way_in: SftpServer, tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(b"half")
    (tmp_path / "b.xml").write_bytes(b"x")
    inbox = open_documents(way_in, tmp_path, settling=ThenHappens(lambda: (tmp_path / "a.xml").write_bytes(b"whole")))
    assert [document.name for document in inbox.list_documents()] == ["b.xml"]
    inbox.close()


def test_a_file_that_grows_between_two_looks_is_left_for_the_next_run(way_in: SftpServer, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"half")
    os.utime(tmp_path / "a.csv", (0, 0))
    clock = Clock(lambda: (tmp_path / "a.csv").write_bytes(b"whole"))
    inbox = open_documents(way_in, tmp_path, settling=Settling(5, clock.now, clock.wait))
    assert list(inbox.list_documents()) == []
    clock.passes(5)
    assert [document.content for document in inbox.list_documents()] == [b"whole"]
    inbox.close()


def test_a_file_that_the_server_does_not_give_now_is_left_and_stops_no_other(
    sftp_inbox: SftpDocuments, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a server of Windows answers while somebody else has the file open."""
    opens = paramiko.SFTPClient.open

    def open_others(client: paramiko.SFTPClient, path: str, *how: Any) -> paramiko.SFTPFile:
        if path.endswith("a.xml"):
            raise OSError("Failure")
        return opens(client, path, *how)

    monkeypatch.setattr(paramiko.SFTPClient, "open", open_others)
    for name in ("a.xml", "b.xml"):
        (tmp_path / name).write_bytes(b"x")
    assert [document.name for document in sftp_inbox.list_documents()] == ["b.xml"]
    monkeypatch.undo()
    assert [document.name for document in sftp_inbox.list_documents()] == ["a.xml", "b.xml"]


# Exactly once


def test_an_invoice_whose_file_could_not_be_put_away_is_not_posted_again(
    sftp_server: OpenSshServer,
    sftp_inbox: SftpDocuments,
    tmp_path: Path,
) -> None:
    """The server dies between posting and archiving; the next run finds the file again and knows its bytes."""
    office = _office_with(sftp_inbox)
    (tmp_path / "a.xml").write_bytes(ubl("A-1", "10"))
    work = office.start()
    outcomes = work.decide(work.plan())
    with sftp_server.away(), pytest.raises(Unavailable):
        work.apply(outcomes)
    assert len(office.purchasing.posted_documents({"Acme s.r.o."})) == 1
    assert files_in(tmp_path) == {"a.xml": ubl("A-1", "10")}

    assert [outcome.outcome for outcome in office.run()] == ["already-posted"]

    assert len(office.purchasing.posted_documents({"Acme s.r.o."})) == 1
    assert files_in(tmp_path) == {"archive/a.xml": ubl("A-1", "10")}


def test_the_same_bytes_under_another_name_are_taken_in_once(sftp_inbox: SftpDocuments, tmp_path: Path) -> None:
    office = _office_with(sftp_inbox)
    for name in ("a.xml", "copy of a.xml"):
        (tmp_path / name).write_bytes(ubl("A-1", "10"))
    assert [outcome.outcome for outcome in office.run()] == ["matched", "already-posted"]
    (tmp_path / "sent again.xml").write_bytes(ubl("A-1", "10"))
    assert [outcome.outcome for outcome in office.run()] == ["already-posted"]
    assert len(office.purchasing.posted_documents({"Acme s.r.o."})) == 1
    assert sorted(files_in(tmp_path)) == ["archive/a.xml", "archive/copy of a.xml", "archive/sent again.xml"]


def _office_with(sftp_inbox: SftpDocuments) -> Office:
    office = open_office()
    office.source = sftp_inbox  # type: ignore[assignment]
    return office


# The vendor


@pytest.mark.parametrize("contract", ["documents", "catalogue"])
def test_whoever_closes_the_connector_ends_its_session(way_in: SftpServer, tmp_path: Path, contract: str) -> None:
    (tmp_path / "products.csv").write_bytes(b"sku,price,currency,stock\nBOWL,32.40,EUR,2\n")
    database = Database("sqlite://")
    sessions = _sessions()
    connector = VENDOR.make(contract, Setup("glass", database, _settings(way_in, tmp_path), Reach.LOOPBACK))
    assert "1" in connector.check()
    assert _sessions() - sessions
    connector.close()
    for session in _sessions() - sessions:
        session.join(10)
    assert _sessions() <= sessions
    database.close()


def _sessions() -> set[Thread]:
    return {thread for thread in enumerate_threads() if isinstance(thread, paramiko.Transport)}


def _settings(way_in: SftpServer, folder: Path) -> dict[str, Any]:
    return {
        "host": way_in.host,
        "port": way_in.port,
        "user": way_in.user,
        "private_key": way_in.private_key,
        "host_key": way_in.host_key,
        "path": str(folder),
    }


def test_the_vendor_reads_tables_of_suppliers_by_their_mapping(way_in: SftpServer, tmp_path: Path) -> None:
    (tmp_path / "invoices.csv").write_bytes("Dodavatel;Číslo;Kusů;Cena\nSklo s.r.o.;FV-1;2;1 040,50\n".encode())
    database = Database("sqlite://")
    settings = {
        **_settings(way_in, tmp_path),
        "columns": {
            "supplier": "Dodavatel",
            "number": "Číslo",
            "quantity": "Kusů",
            "unit_price": "Cena",
            "currency": "=CZK",
            "description": "=Glass",
        },
    }
    connector = VENDOR.make("documents", Setup("glass", database, settings, Reach.LOOPBACK))
    assert isinstance(connector, MappedDocuments)
    (row,) = connector.preview(5)
    assert (row.source["Cena"], row.mapped["unit_price"], row.problem) == ("1 040,50", "1040.50", "")
    (document,) = connector.list_documents()
    assert b"1040.50" in document.content
    database.close()
