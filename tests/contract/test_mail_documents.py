"""Documents out of mails: which attachments count, and what becomes of a mail whose documents go different ways."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.contracts.documents import Document
from connectors.contracts.mailbox import INBOX, ReceivedMail
from connectors.database.session import Database
from connectors.errors import ConnectorError, Rejected, Unavailable
from connectors.vendors.mail_documents import MailDocuments, MailFolders
from connectors.vendors.memory_mailbox import MemoryMailbox
from tests.fixtures.letters import INVOICE, PDF_WITHOUT_INVOICE, letter
from tests.unit.invoice_office import open_office, ubl

XML = INVOICE.read_bytes()


@pytest.fixture
def mailbox() -> MemoryMailbox:
    return MemoryMailbox()


@pytest.fixture
def source(mailbox: MemoryMailbox, database: Database) -> MailDocuments:
    return MailDocuments(mailbox, database, "invoices")


def deliver(mailbox: MemoryMailbox, *files: tuple[str, bytes], subject: str = "Invoice") -> None:
    mailbox.deliver(letter(subject, files=files).as_bytes())


def names(source: MailDocuments) -> list[str]:
    return [document.name for document in source.list_documents()]


def subjects(mailbox: MemoryMailbox, folder: str) -> list[str]:
    return [mail.subject for mail in mailbox.read_mails(folder)] if folder in mailbox.list_folders() else []


def test_invoices_are_offered_and_what_else_people_send_is_not(mailbox: MemoryMailbox, source: MailDocuments) -> None:
    deliver(mailbox, ("a.xml", XML), ("conditions.docx", b"PK"), ("logo.png", b"\x89PNG"), ("lines.CSV", b"a;b"))
    deliver(mailbox, ("scan.pdf", PDF_WITHOUT_INVOICE))
    assert names(source) == ["a.xml", "lines.CSV", "scan.pdf"]


def test_a_picture_of_an_invoice_beside_its_xml_is_left_out(mailbox: MemoryMailbox, source: MailDocuments) -> None:
    deliver(mailbox, ("RE-1.xml", XML), ("RE-1.pdf", PDF_WITHOUT_INVOICE))
    (document,) = source.list_documents()
    source.archive(document)
    assert (subjects(mailbox, INBOX), subjects(mailbox, "Archive")) == ([], ["Invoice"])


def test_a_mail_waits_for_the_last_of_its_documents(mailbox: MemoryMailbox, source: MailDocuments) -> None:
    deliver(mailbox, ("a.xml", XML), ("b.xml", XML + b" "))
    first, second = source.list_documents()
    source.archive(first)
    assert subjects(mailbox, INBOX) == ["Invoice"]
    assert names(source) == ["b.xml"]
    source.archive(second)
    assert subjects(mailbox, "Archive") == ["Invoice"]


def test_one_bad_document_brings_the_mail_into_quarantine_with_the_reason(
    mailbox: MemoryMailbox, source: MailDocuments
) -> None:
    deliver(mailbox, ("a.xml", XML), ("b.xml", b"<html>"))
    good, bad = source.list_documents()
    source.quarantine(bad, "It is a web page.")
    source.archive(good)
    source.archive(good)
    note, mail = mailbox.read_mails("Quarantine")
    assert (note.subject, note.text, mail.subject) == ("b.xml", "b.xml\nIt is a web page.", "Invoice")


def test_the_same_file_in_two_mails_is_one_document(mailbox: MemoryMailbox, source: MailDocuments) -> None:
    deliver(mailbox, ("a.xml", XML))
    deliver(mailbox, ("a.xml", XML), subject="Once more")
    (document,) = source.list_documents()
    source.archive(document)
    assert subjects(mailbox, "Archive") == ["Invoice", "Once more"]


def test_a_mail_that_a_person_moves_back_is_offered_again(mailbox: MemoryMailbox, source: MailDocuments) -> None:
    deliver(mailbox, ("a.xml", b"<html>"))
    (document,) = source.list_documents()
    source.quarantine(document, "It is a web page.")
    (_note, mail) = mailbox.read_mails("Quarantine")
    mailbox.move(mail.id, "Quarantine", INBOX)
    assert names(source) == ["a.xml"]


class Failing(MemoryMailbox):
    """Fails to move mails with `error` as long as there is one."""

    error: ConnectorError | None = None

    def move(self, mail_id: str, folder: str, to: str) -> None:
        if self.error is not None:
            raise self.error
        super().move(mail_id, folder, to)


def test_a_mail_that_could_not_be_moved_is_moved_at_the_next_look_with_one_note(database: Database) -> None:
    mailbox = Failing()
    deliver(mailbox, ("a.xml", b"<html>"))
    source = MailDocuments(mailbox, database, "invoices")
    (document,) = source.list_documents()
    mailbox.error = Unavailable("killed")
    with pytest.raises(Unavailable):
        source.quarantine(document, "It is a web page.")
    mailbox.error = None
    assert names(source) == []
    assert subjects(mailbox, "Quarantine") == ["a.xml", "Invoice"]
    assert subjects(mailbox, INBOX) == []


def test_a_mail_that_cannot_be_moved_keeps_no_other_back(database: Database) -> None:
    mailbox = Failing()
    deliver(mailbox, ("a.xml", XML))
    source = MailDocuments(mailbox, database, "invoices")
    (document,) = source.list_documents()
    mailbox.error = Rejected("The archive is full.")
    with pytest.raises(Rejected):
        source.archive(document)
    deliver(mailbox, ("b.xml", XML))
    assert names(source) == ["b.xml"]


def test_the_job_puts_the_mail_of_a_posted_invoice_away_when_it_goes_on_after_a_failure(database: Database) -> None:
    mailbox, company = Failing(), open_office()
    deliver(mailbox, ("A-1.xml", ubl("A-1")))
    company.source = MailDocuments(mailbox, database, "supplier-invoices")  # type: ignore[assignment]
    work = company.start()
    outcomes = work.decide(list(work.plan()))
    mailbox.error = Unavailable("The mail server went away.")
    with pytest.raises(Unavailable):
        work.apply(outcomes)
    mailbox.error = None
    resumed = company.start()
    resumed.recall(outcomes)
    (reference,) = resumed.read_back(outcomes).values()  # type: ignore[attr-defined]
    assert reference is not None
    assert (subjects(mailbox, INBOX), subjects(mailbox, "Archive")) == ([], ["Invoice"])
    assert company.billed() == 10


def test_of_a_mail_that_a_person_moved_away_nothing_is_told(mailbox: MemoryMailbox, source: MailDocuments) -> None:
    deliver(mailbox, ("a.xml", XML))
    (mail,) = mailbox.read_mails(INBOX)
    (document,) = source.list_documents()
    mailbox.move(mail.id, INBOX, "Mine")
    source.quarantine(document, "It is a web page.")
    assert subjects(mailbox, "Quarantine") == []
    deliver(mailbox, ("b.xml", XML))
    (mail,) = mailbox.read_mails(INBOX)
    assert names(source) == ["b.xml"]
    mailbox.move(mail.id, INBOX, "Mine")
    assert names(source) == []


def test_mails_of_two_folders_with_the_same_numbers_are_two_mails(database: Database) -> None:
    class Renumbered(MemoryMailbox):
        """A server that numbers the mails of each folder from 1."""

        def read_mails(self, folder: str, after: str | None = None) -> Iterator[ReceivedMail]:
            for number, mail in enumerate(super().read_mails(folder), start=1):
                if number > int(after or 0):
                    yield replace(mail, id=str(number))

        def find_mails(self, folder: str, mail_ids: Sequence[str]) -> Iterator[ReceivedMail]:
            return (mail for mail in self.read_mails(folder) if mail.id in mail_ids)

    mailbox = Renumbered()
    mailbox.deliver(letter("Invoice", files=[("a.xml", XML)]).as_bytes())
    mailbox.deliver(letter("Invoice", files=[("b.xml", XML)]).as_bytes(), "Invoices")
    assert names(MailDocuments(mailbox, database, "invoices")) == ["a.xml"]
    other = MailDocuments(mailbox, database, "invoices", MailFolders("Invoices"))
    (document,) = other.list_documents()
    other.quarantine(document, "It is a web page.")
    (note, *_) = mailbox.read_mails("Quarantine")
    assert (document.name, note.subject) == ("b.xml", "b.xml")
    assert names(MailDocuments(mailbox, database, "invoices")) == ["a.xml"]


def test_each_mail_is_read_once_and_again_only_while_a_document_of_it_waits(database: Database) -> None:
    read: list[str] = []

    class Watched(MemoryMailbox):
        def read_mails(self, folder: str, after: str | None = None) -> Iterator[ReceivedMail]:
            return self._note(super().read_mails(folder, after))

        def find_mails(self, folder: str, mail_ids: Sequence[str]) -> Iterator[ReceivedMail]:
            return self._note(mail for mail in MemoryMailbox.read_mails(self, folder) if mail.id in mail_ids)

        def _note(self, mails: Iterable[ReceivedMail]) -> Iterator[ReceivedMail]:
            for mail in mails:
                read.append(mail.subject)
                yield mail

    mailbox = Watched()
    source = MailDocuments(mailbox, database, "invoices")
    deliver(mailbox, subject="For people")
    deliver(mailbox, ("a.xml", XML))
    assert names(source) == names(source) == ["a.xml"]
    assert read == ["For people", "Invoice", "Invoice"]


def test_a_file_too_large_to_be_an_invoice_is_offered_without_its_content(
    mailbox: MemoryMailbox, source: MailDocuments, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.vendors.mail_attachments.MAX_BYTES", 100)
    deliver(mailbox, ("large.xml", b"x" * 101))
    (document,) = source.list_documents()
    assert document.content == b""
    assert "MB are not read" in str(document.refusal)


def test_a_mail_too_large_to_be_read_is_a_document_with_the_reason(
    mailbox: MemoryMailbox, source: MailDocuments, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.mail_reading.MAX_MAIL_BYTES", 100)
    deliver(mailbox, ("a.xml", XML), subject="Invoices of the year")
    (document,) = source.list_documents()
    assert document.name == "Invoices of the year.eml"
    source.quarantine(document, str(document.refusal))
    assert subjects(mailbox, INBOX) == []


def test_two_connections_do_not_know_each_others_mails(mailbox: MemoryMailbox, database: Database) -> None:
    other, source = MemoryMailbox(), MailDocuments(mailbox, database, "invoices")
    for box in (mailbox, other):
        deliver(box, ("a.xml", XML))
    (document,) = source.list_documents()
    source.archive(document)
    assert names(MailDocuments(other, database, "other")) == ["a.xml"]


def test_a_document_of_nobody_changes_nothing(mailbox: MemoryMailbox, source: MailDocuments, tmp_path: Path) -> None:
    deliver(mailbox, ("a.xml", XML))
    source.archive(Document(str(tmp_path / "a.xml"), "0" * 64, b""))
    assert names(source) == ["a.xml"]
