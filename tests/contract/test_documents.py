"""What every source of documents must do, run over every vendor of the registry; then what a folder must do beside."""

import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from connectors.contracts.documents import Document, DocumentSource
from connectors.database.base import Base
from connectors.database.session import Database
from connectors.einvoice.reader import MAX_BYTES
from connectors.errors import Rejected, Unavailable
from connectors.registry import vendors_of
from connectors.vendor import Setup
from connectors.vendors.folder import VENDOR
from connectors.vendors.folder_documents import FolderDocuments
from connectors.vendors.mail_documents import MailDocuments
from connectors.vendors.memory_documents import MemoryDocuments
from connectors.vendors.memory_mailbox import MemoryMailbox
from connectors.vendors.settling import Settling
from tests.contract.with_a_server import tested_with_a_server
from tests.fixtures.letters import letter

Deliver = Callable[[str, bytes], None]


def _make_folder(tmp_path: Path) -> tuple[DocumentSource, Deliver]:
    def deliver(name: str, content: bytes) -> None:
        (tmp_path / name).write_bytes(content)

    return FolderDocuments(tmp_path, Settling(0)), deliver


def _make_memory(_tmp_path: Path) -> tuple[DocumentSource, Deliver]:
    source = MemoryDocuments()

    def deliver(name: str, content: bytes) -> None:
        source.add(name, content)

    return source, deliver


def _make_mail(tmp_path: Path) -> tuple[DocumentSource, Deliver]:
    """Over a mailbox in memory; tests/integration/test_mail_server.py has one on a real server."""
    mailbox, database = MemoryMailbox(), Database(f"sqlite:///{tmp_path / 'test.sqlite'}")
    Base.metadata.create_all(database.engine)

    def deliver(name: str, content: bytes) -> None:
        mailbox.deliver(letter(files=[(name, content)]).as_bytes())

    return MailDocuments(mailbox, database, "invoices"), deliver


MAKERS = {"folder": _make_folder, "imap": _make_mail, "memory": _make_memory}


def test_every_vendor_of_the_registry_is_tested_here() -> None:
    assert set(vendors_of("documents")) - tested_with_a_server("documents") == set(MAKERS)


@pytest.fixture(params=sorted(MAKERS))
def made(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[DocumentSource, Deliver]:
    return MAKERS[request.param](tmp_path)


@pytest.fixture
def source(made: tuple[DocumentSource, Deliver]) -> DocumentSource:
    return made[0]


@pytest.fixture
def deliver(made: tuple[DocumentSource, Deliver]) -> Deliver:
    return made[1]


def _names(source: DocumentSource) -> list[str]:
    return [document.name for document in source.list_documents()]


def test_documents_come_by_name_with_their_bytes_and_checksum(source: DocumentSource, deliver: Deliver) -> None:
    deliver("b.xml", b"<b/>")
    deliver("a.XML", b"<a/>")
    deliver("c.pdf", b"%PDF")
    documents = list(source.list_documents())
    assert [document.name for document in documents] == ["a.XML", "b.xml", "c.pdf"]
    assert documents[1].content == b"<b/>"
    assert documents[1].checksum == sha256(b"<b/>").hexdigest()
    assert "3" in source.check()


def test_an_archived_document_is_not_offered_again(source: DocumentSource, deliver: Deliver) -> None:
    deliver("a.xml", b"<a/>")
    (document,) = source.list_documents()
    source.archive(document)
    source.archive(document)
    assert _names(source) == []


def test_a_quarantined_document_is_not_offered_again(source: DocumentSource, deliver: Deliver) -> None:
    deliver("a.xml", b"<a/>")
    (document,) = source.list_documents()
    source.quarantine(document, "It is empty.")
    source.quarantine(document, "It is empty.")
    assert _names(source) == []


def test_a_newer_document_of_the_same_name_stays(source: DocumentSource, deliver: Deliver) -> None:
    deliver("a.xml", b"<old/>")
    (old,) = source.list_documents()
    deliver("a.xml", b"<new/>")
    source.archive(old)
    source.quarantine(old, "It was bad.")
    assert [document.content for document in source.list_documents()] == [b"<new/>"]


# A folder


@pytest.fixture
def folder(tmp_path: Path) -> FolderDocuments:
    return FolderDocuments(tmp_path, Settling(0))


def _files(path: Path) -> dict[str, bytes]:
    return {str(file.relative_to(path)): file.read_bytes() for file in sorted(path.rglob("*")) if file.is_file()}


def test_archived_files_of_one_name_stand_side_by_side(folder: FolderDocuments, tmp_path: Path) -> None:
    for content in (b"1", b"2", b"3"):
        (tmp_path / "a.xml").write_bytes(content)
        (document,) = folder.list_documents()
        folder.archive(document)
    assert _files(tmp_path) == {"archive/a.xml": b"1", "archive/a~1.xml": b"2", "archive/a~2.xml": b"3"}


def test_the_reason_lies_beside_each_quarantined_file(folder: FolderDocuments, tmp_path: Path) -> None:
    for content in (b"1", b"2"):
        (tmp_path / "a.xml").write_bytes(content)
        (document,) = folder.list_documents()
        folder.quarantine(document, f"reason of {content.decode()}")
    assert _files(tmp_path) == {
        "quarantine/a.xml": b"1",
        "quarantine/a.xml.reason.txt": b"reason of 1\n",
        "quarantine/a~1.xml": b"2",
        "quarantine/a~1.xml.reason.txt": b"reason of 2\n",
    }


def test_a_kill_between_file_and_reason_loses_no_reason(folder: FolderDocuments, tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(b"1")
    (document,) = folder.list_documents()
    (tmp_path / "quarantine").mkdir()
    (tmp_path / "a.xml").rename(tmp_path / "quarantine" / "a.xml")
    folder.quarantine(document, "It is empty.")
    assert (tmp_path / "quarantine" / "a.xml.reason.txt").read_text() == "It is empty.\n"


def test_hidden_files_and_sub_folders_are_left_alone(folder: FolderDocuments, tmp_path: Path) -> None:
    (tmp_path / ".a.xml.swp").write_bytes(b"half")
    for name in ("archive", "quarantine", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "old.xml").write_bytes(b"<old/>")
    assert _names(folder) == []


def test_links_and_pipes_are_not_followed(folder: FolderDocuments, tmp_path: Path) -> None:
    secret = tmp_path.parent / f"{tmp_path.name}-secret.xml"
    secret.write_bytes(b"secret")
    (tmp_path / "link.xml").symlink_to(secret)
    os.mkfifo(tmp_path / "pipe.xml")
    assert _names(folder) == []
    assert "1 symbolic links are not followed" in folder.check()
    forged = Document("link.xml", sha256(b"secret").hexdigest(), b"")
    folder.archive(forged)
    folder.archive(Document(f"../{secret.name}", forged.checksum, b""))
    assert secret.read_bytes() == b"secret"


def test_a_file_too_large_to_be_an_invoice_is_offered_without_its_content(
    folder: FolderDocuments, tmp_path: Path
) -> None:
    with (tmp_path / "large.xml").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    (document,) = folder.list_documents()
    assert document.content == b""
    assert document.refusal is not None
    assert "20.0 MB" in document.refusal
    folder.quarantine(document, document.refusal)
    assert (tmp_path / "quarantine" / "large.xml").stat().st_size == MAX_BYTES + 1


@pytest.mark.parametrize("name", ["x" * 250 + ".xml", "ř" * 125 + ".xml", "no suffix", "faktura č. 1.xml"])
def test_any_file_name_can_be_put_aside(folder: FolderDocuments, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"1")
    (document,) = folder.list_documents()
    folder.quarantine(document, "It is no XML.")
    folder.quarantine(document, "It is no XML.")
    assert sorted(_files(tmp_path / "quarantine").values()) == [b"1", b"It is no XML.\n"]


def test_a_file_name_that_is_no_text_is_shown_and_moved(folder: FolderDocuments, tmp_path: Path) -> None:
    raw = os.path.join(os.fsencode(tmp_path), b"fakt\xfara.xml")  # noqa: PTH118 - a name in Latin-1
    with open(raw, "wb") as file:  # noqa: PTH123
        file.write(b"1")
    (document,) = folder.list_documents()
    assert document.name == "fakt\ufffdra.xml"
    folder.archive(document)
    assert _files(tmp_path) == {"archive/fakt\ufffdra.xml": b"1"}


def test_a_missing_folder_says_how_to_make_it(tmp_path: Path) -> None:
    missing = FolderDocuments(tmp_path / "inbox", Settling(0))
    for ask in (lambda: list(missing.list_documents()), missing.check):
        with pytest.raises(Unavailable, match=f"mkdir -p {tmp_path / 'inbox'}"):
            ask()


def test_a_folder_that_is_a_file_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "inbox").write_text("")
    with pytest.raises(Unavailable, match="inbox"):
        list(FolderDocuments(tmp_path / "inbox", Settling(0)).list_documents())


def test_a_connection_without_a_folder_says_which_setting_is_missing() -> None:
    database = Database("sqlite://")
    with pytest.raises(Rejected, match="`path`"):
        VENDOR.make("documents", Setup("inbox", database))
    database.close()
