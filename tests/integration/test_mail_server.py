"""Mail over real servers: dovecot keeps and serves it, aiosmtpd takes it; there and back, with what can go wrong."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
from imap_tools.idle import IdleManager
from sqlalchemy import select

from bot.mail_intake import MailIntake
from bot.mail_queue import MailQueue
from bot.mail_watch import MailWatch
from connectors.contracts.mail import Attachment, Mail
from connectors.contracts.mailbox import INBOX, Mailbox
from connectors.contracts.names import DOCUMENTS, MAILBOX
from connectors.database.models.mail import MailState, OutgoingMail
from connectors.database.session import Database
from connectors.errors import AuthFailed, Rejected, Unavailable
from connectors.http.reach import Allowed, Reach
from connectors.registry import Connectors
from connectors.secrets import Secrets
from connectors.vendor import Setup
from connectors.vendors import imap
from connectors.vendors.imap_mailbox import ImapMailbox
from connectors.vendors.imap_session import ImapServer
from connectors.vendors.mail_documents import MailDocuments
from connectors.vendors.mail_reach import ANYWHERE
from connectors.vendors.smtp_mail import SmtpMailer
from tests.contract.mailbox_contract import Deliver, MailboxContract, subjects
from tests.fixtures.letters import INVOICE, PDF_WITHOUT_INVOICE, letter
from tests.fixtures.mail_server import HOST, NOWHERE, PASSWORD, MailServer
from tests.fixtures.post_office import trust
from tests.unit.invoice_office import open_office, ubl, words

pytestmark = pytest.mark.integration
SENDER = "Lumen & Oak <help@lumen-oak.example>"


@pytest.fixture(scope="session")
def server(post_office: MailServer) -> MailServer:
    return post_office


@pytest.fixture
def mailbox(imap_mailbox: ImapMailbox) -> ImapMailbox:
    return imap_mailbox


@pytest.fixture
def mailer(server: MailServer) -> SmtpMailer:
    return SmtpMailer(server.smtp, SENDER, trust())


class TestImapMailbox(MailboxContract):
    @pytest.fixture
    def mailbox(self, server: MailServer, account: str) -> Mailbox:
        return ImapMailbox(server.imap(account), trust=trust())

    @pytest.fixture
    def deliver(self, server: MailServer, account: str) -> Deliver:
        return lambda message: server.deliver(account, message.as_bytes())


@pytest.mark.parametrize("security", ["tls", "starttls", "none"])
def test_a_mailbox_is_reached_whatever_protects_the_way(server: MailServer, account: str, security: str) -> None:
    assert "0 mails" in ImapMailbox(server.imap(account, security), trust=trust()).check()


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_server_that_nobody_vouches_for_gets_no_password(server: MailServer, account: str, security: str) -> None:
    with pytest.raises(Unavailable, match="certificate"):
        ImapMailbox(server.imap(account, security)).check()


def test_a_wrong_password_is_said_to_be_wrong_and_never_shown(server: MailServer, account: str) -> None:
    for wrong in ("wrong-secret", "chybné-heslo"):
        with pytest.raises(AuthFailed, match=account) as raised:
            ImapMailbox(server.imap(account, password=wrong), trust=trust()).check()
        assert wrong not in raised.value.reason
        assert wrong not in repr(server.imap(account, password=wrong))


def test_a_server_that_is_not_there_is_named_with_what_to_check(server: MailServer, account: str) -> None:
    away = replace(server.imap(account), port=1)
    with pytest.raises(Unavailable, match=f"{HOST}:1"):
        ImapMailbox(away).check()
    with pytest.raises(Unavailable, match="leads nowhere"):
        ImapMailbox(replace(away, host="no-such-host.invalid")).check()
    with pytest.raises(Unavailable, match=r"\(tls\).*Check host, port and security"):
        ImapMailbox(replace(server.imap(account), port=server.plain_port), trust=trust()).check()


@pytest.mark.parametrize("make", ["imap", "smtp"])
def test_a_private_address_from_a_form_is_called_only_where_the_admin_allows_it(
    server: MailServer, account: str, make: str
) -> None:
    def check(allowed: Allowed) -> str:
        if make == "imap":
            return ImapMailbox(server.imap(account), allowed, trust()).check()
        return SmtpMailer(server.smtp, SENDER, trust(), allowed).check()

    with pytest.raises(Rejected, match="private network"):
        check(Allowed(Reach.PUBLIC))
    assert check(Allowed(Reach.PUBLIC, networks=("127.0.0.0/8",))).endswith(".")
    assert check(ANYWHERE).endswith(".")


def test_mail_to_a_public_address_does_not_leave_the_house_in_plain_text() -> None:
    with pytest.raises(Rejected, match="choose tls or starttls"):
        ImapMailbox(ImapServer("8.8.8.8", 143, "none", "shop", "secret")).check()


def test_a_mail_of_ours_arrives_with_its_letters_and_files(
    account: str, mailer: SmtpMailer, mailbox: ImapMailbox
) -> None:
    pdf = Attachment("účet č. 1 · صورتحساب.pdf", "application/pdf", b"%PDF-\x00\xff")
    mailer.send(Mail(account, "Váš účet · صورتحساب شما", "Dobrý den.\nسلام", (pdf,), thread="TCK-000001"))
    (mail,) = mailbox.read_mails(INBOX)
    assert (mail.subject, mail.text, mail.sender) == (
        "Váš účet · صورتحساب شما",
        "Dobrý den.\nسلام",
        "help@lumen-oak.example",
    )
    assert mail.attachments == (pdf,)
    assert mail.answers == ("<TCK-000001@lumen-oak.example>",)
    assert mail.is_automatic


def test_reading_leaves_a_mail_unread(server: MailServer, account: str, mailbox: ImapMailbox) -> None:
    server.deliver(account, letter().as_bytes())
    list(mailbox.read_mails(INBOX))
    assert "1 of them unread" in mailbox.check()


def test_a_folder_with_new_numbers_is_read_again_and_nothing_is_lost(
    server: MailServer, account: str, mailbox: ImapMailbox
) -> None:
    server.deliver(account, letter("one").as_bytes())
    (one,) = mailbox.read_mails(INBOX)
    validity, _, uid = one.id.partition(".")
    assert subjects(mailbox, after=f"{int(validity) - 1}.{uid}") == ["one"]
    assert list(mailbox.find_mails(INBOX, [f"{int(validity) - 1}.{uid}"])) == []
    mailbox.move(f"{int(validity) - 1}.{uid}", INBOX, "Archive")
    assert subjects(mailbox) == ["one"]


def test_a_mail_that_is_too_large_is_read_without_its_content(
    server: MailServer, account: str, mailbox: ImapMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.mail_reading.MAX_MAIL_BYTES", 10_000)
    monkeypatch.setattr("connectors.vendors.imap_mailbox.MAX_MAIL_BYTES", 10_000)
    server.deliver(account, letter("large", files=[("a.xml", b"x" * 20_000)]).as_bytes())
    server.deliver(account, letter("small").as_bytes())
    large, small = mailbox.read_mails(INBOX)
    assert (large.subject, large.attachments, large.text) == ("large", (), "")
    assert large.refusal is not None
    assert (small.subject, small.refusal) == ("small", None)


def test_new_mail_is_told_at_once(
    server: MailServer, account: str, mailbox: ImapMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It arrives while we wait for news of it: nobody looks again before the time is over."""
    monkeypatch.setattr("connectors.vendors.imap_mailbox.LOOK_SECONDS", 60)
    listen = IdleManager.poll
    waits: list[float] = []

    def deliver_and_listen(idle: IdleManager, timeout: float | None) -> list[bytes]:
        server.deliver(account, letter().as_bytes())
        began = time.monotonic()
        heard: list[bytes] = listen(idle, timeout)
        waits.append(time.monotonic() - began)
        return heard

    monkeypatch.setattr(IdleManager, "poll", deliver_and_listen)
    assert mailbox.wait(INBOX, None, 60, Event())
    assert [seconds < 5 for seconds in waits] == [True]


# Invoices


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'test.sqlite'}")
    OutgoingMail.metadata.create_all(database.engine)
    yield database
    database.close()


def test_an_invoice_that_arrives_as_an_attachment_is_offered_once_and_its_mail_put_aside(
    server: MailServer, account: str, mailbox: ImapMailbox, database: Database
) -> None:
    source = MailDocuments(mailbox, database, "invoices")
    good, bad = ("RE-1.xml", INVOICE.read_bytes()), ("broken.xml", b"<html>")
    server.deliver(account, letter("Invoice", files=[good]).as_bytes())
    server.deliver(account, letter("Another", files=[bad]).as_bytes())
    server.deliver(account, letter("For people").as_bytes())
    invoice, broken = source.list_documents()
    assert (invoice.name, invoice.content) == good
    again = MailDocuments(mailbox, database, "invoices")
    for _ in range(2):
        again.archive(invoice)
        again.quarantine(broken, "It is a web page.")
    assert list(again.list_documents()) == []
    assert subjects(mailbox) == ["For people"]
    assert subjects(mailbox, "Archive") == ["Invoice"]
    note, mail = sorted(mailbox.read_mails("Quarantine"), key=lambda each: each.subject == "Another")
    assert (note.text, mail.subject) == ("broken.xml\nIt is a web page.", "Another")
    assert "Documents are taken from INBOX." in source.check()


def test_invoices_of_a_mailbox_are_matched_posted_and_held_as_those_of_a_folder_are(
    server: MailServer, account: str, mailbox: ImapMailbox, database: Database
) -> None:
    company = open_office()
    source = MailDocuments(mailbox, database, "supplier-invoices")
    company.source = source  # type: ignore[assignment]
    server.deliver(account, letter("Ten lamps", files=[("A-1.xml", ubl("A-1"))]).as_bytes())
    server.deliver(account, letter("Too dear", files=[("A-2.xml", ubl("A-2", price="60.00"))]).as_bytes())
    server.deliver(account, letter("A picture", files=[("scan.pdf", PDF_WITHOUT_INVOICE)]).as_bytes())
    assert words(company.run()) == {"A-1.xml": "matched", "A-2.xml": "held", "scan.pdf": "refused"}
    assert (subjects(mailbox), subjects(mailbox, "Archive")) == (["Too dear"], ["Ten lamps"])
    assert sorted(subjects(mailbox, "Quarantine")) == ["A picture", "scan.pdf"]
    assert company.billed() == 10
    server.deliver(account, letter("Once more", files=[("A-1.xml", ubl("A-1"))]).as_bytes())
    company.run()
    assert company.billed() == 10
    assert subjects(mailbox) == ["Too dear"]


def test_the_vendor_makes_both_contracts_from_the_settings_of_a_form(
    server: MailServer, account: str, database: Database
) -> None:
    settings = {
        "host": HOST,
        "port": server.plain_port,
        "security": "none",
        "user": account,
        "password": PASSWORD,
        "intake": "INBOX",
        "archive": "Done",
        "quarantine": "Bad",
    }
    setup = Setup("invoices", database, settings, Reach.LOOPBACK)
    server.deliver(account, letter(files=[("RE-1.xml", INVOICE.read_bytes())]).as_bytes())
    source, mailbox = imap.VENDOR.make(DOCUMENTS, setup), imap.VENDOR.make(MAILBOX, setup)
    (document,) = source.list_documents()
    source.archive(document)
    assert "Done" in mailbox.list_folders()
    assert PASSWORD not in repr(setup)
    with pytest.raises(Rejected, match="private network"):
        imap.VENDOR.make(MAILBOX, replace(setup, reach=Reach.PUBLIC)).check()


# There and back


def test_a_mail_that_nobody_takes_at_the_other_end_comes_back_and_is_known(
    server: MailServer, account: str, mailbox: ImapMailbox, database: Database
) -> None:
    sender = SmtpMailer(server.smtp, account, trust())
    queue = MailQueue(database, sender, Secrets("s" * 32))
    queue.send(Mail(f"gone@{NOWHERE}", "Reminder", "Please pay.", about="reminder:FV-1"))
    queue.send(Mail(f"somebody{account}", "Reminder", "Please pay.", about="reminder:FV-2"))
    intake = MailIntake(database, account)
    assert intake.read_new("office", mailbox, INBOX) == 1
    assert intake.read_new("office", mailbox, INBOX) == 0
    with database.read() as session:
        states = {row.about: (row.state, row.reason) for row in session.scalars(select(OutgoingMail))}
    assert states["reminder:FV-2"] == (MailState.SENT, None)
    state, reason = states["reminder:FV-1"]
    assert state == MailState.BOUNCED
    assert reason is not None
    assert "5.1.1" in reason


def test_the_watch_reads_a_mail_when_it_arrives_and_stops_when_asked(
    server: MailServer, account: str, mailbox: ImapMailbox, database: Database
) -> None:
    queue = MailQueue(database, SmtpMailer(server.smtp, account, trust()), Secrets("s" * 32))
    watch = MailWatch(Connectors.in_memory(mailbox=mailbox), MailIntake(database, account))
    watch.start()
    try:
        queue.send(Mail(f"gone@{NOWHERE}", "Reminder", "Please pay.", about="reminder:FV-1"))
        until = time.monotonic() + 90
        while _state(database) != MailState.BOUNCED and time.monotonic() < until:
            time.sleep(0.1)
    finally:
        began = time.monotonic()
        watch.stop()
    assert _state(database) == MailState.BOUNCED
    assert time.monotonic() - began < 20


def _state(database: Database) -> str:
    with database.read() as session:
        return session.scalars(select(OutgoingMail.state)).one()
