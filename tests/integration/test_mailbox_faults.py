"""A mail server that lacks something, refuses a mail, goes away or renumbers its mails: nothing is lost or doubled."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from imap_tools.idle import IdleManager
from imap_tools.mailbox import BaseMailBox
from sqlalchemy import select

from bot.mail_intake import MailIntake
from bot.mail_watch import MailWatch
from connectors.contracts.mailbox import INBOX
from connectors.contracts.tickets import NewTicket, TicketAuthor
from connectors.database.models.mail import MailDocument, OutgoingMail, TicketMail
from connectors.database.session import Database
from connectors.errors import RateLimited, Unavailable
from connectors.registry import Connectors
from connectors.vendors import imap_mailbox as under_test
from connectors.vendors.house_tickets import HouseTickets
from connectors.vendors.imap_mailbox import ImapMailbox
from connectors.vendors.imap_session import visit
from connectors.vendors.mail_documents import MailDocuments, MailFolders
from connectors.vendors.mail_reach import ANYWHERE
from tests.contract.mailbox_contract import subjects
from tests.fixtures.letters import INVOICE, letter
from tests.fixtures.mail_server import MailServer
from tests.fixtures.post_office import trust

pytestmark = pytest.mark.integration
Change = Callable[[BaseMailBox], None]
ARRIVES_WITHIN = 60.0


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'test.sqlite'}")
    OutgoingMail.metadata.create_all(database.engine)
    yield database
    database.close()


@pytest.fixture
def at_each_visit(monkeypatch: pytest.MonkeyPatch) -> Callable[[Change], None]:
    """Change what every further visit to the server finds."""

    def change_each(change: Change) -> None:
        @contextmanager
        def changed(*where: Any) -> Iterator[BaseMailBox]:
            with visit(*where) as box:
                change(box)
                yield box

        monkeypatch.setattr(under_test, "visit", changed)

    return change_each


def without(*capabilities: str) -> Change:
    def change(box: BaseMailBox) -> None:
        assert {"MOVE", "UIDPLUS", "IDLE"} <= set(box.client.capabilities)
        box.client.capabilities = tuple(each for each in box.client.capabilities if each not in capabilities)

    return change


def answering(uid: str, answer: tuple[str, list[bytes | None]]) -> Change:
    """Whenever this mail is fetched, alone or among others."""

    def change(box: BaseMailBox) -> None:
        ask = box.client.uid

        def instead(command: str, *words: str) -> Any:
            if command != "FETCH" or uid not in words[0].split(","):
                return ask(command, *words)
            others = [each for each in words[0].split(",") if each != uid]
            return ask(command, ",".join(others), *words[1:]) if others and answer[0] == "OK" else answer

        box.client.uid = instead  # type: ignore[method-assign]

    return change


def uid_of(mail_id: str) -> str:
    return mail_id.partition(".")[2]


def mark_deleted(post_office: MailServer, account: str, mail_id: str) -> None:
    """What a person does whose mail program waits with the rest."""
    with visit(post_office.imap(account), ANYWHERE, trust()) as box:
        box.folder.set(INBOX)
        box.client.uid("STORE", uid_of(mail_id), "+FLAGS", r"(\Deleted)")


def all_uids(post_office: MailServer, account: str) -> list[str]:
    with visit(post_office.imap(account), ANYWHERE, trust()) as box:
        box.folder.set(INBOX)
        return box.uids("ALL")


@pytest.mark.parametrize(("missing", "left"), [([], 2), (["MOVE"], 2), (["MOVE", "UIDPLUS"], 3)])
def test_a_mail_is_moved_whatever_the_server_can_do_and_those_that_a_person_deleted_stay(
    post_office: MailServer,
    account: str,
    imap_mailbox: ImapMailbox,
    at_each_visit: Callable[[Change], None],
    missing: list[str],
    left: int,
) -> None:
    for subject in ("stays", "marked", "goes"):
        post_office.deliver(account, letter(subject).as_bytes())
    _, marked, goes = imap_mailbox.read_mails(INBOX)
    mark_deleted(post_office, account, marked.id)
    at_each_visit(without(*missing))
    for _ in range(2):
        imap_mailbox.move(goes.id, INBOX, "Archive")
    assert (subjects(imap_mailbox), subjects(imap_mailbox, "Archive")) == (["stays"], ["goes"])
    assert list(imap_mailbox.find_mails(INBOX, [goes.id])) == []
    assert len(all_uids(post_office, account)) == left


@pytest.mark.parametrize("answer", [("NO", [b"[CORRUPTION] This item is broken."]), ("OK", [None]), ("NO", [b"Sorry"])])
def test_a_mail_that_the_server_does_not_hand_over_is_stepped_over_and_told(
    post_office: MailServer,
    account: str,
    imap_mailbox: ImapMailbox,
    database: Database,
    at_each_visit: Callable[[Change], None],
    answer: tuple[str, list[bytes | None]],
) -> None:
    for subject in ("before", "broken", "after"):
        post_office.deliver(account, letter(subject, files=[(f"{subject}.xml", INVOICE.read_bytes())]).as_bytes())
    _, broken, _ = imap_mailbox.read_mails(INBOX)
    at_each_visit(answering(uid_of(broken.id), answer))
    assert [(mail.subject, mail.refusal is None) for mail in imap_mailbox.read_mails(INBOX)] == [
        ("before", True),
        ("", False),
        ("after", True),
    ]
    intake = MailIntake(database, "help@lumen-oak.example")
    assert intake.read_new("office", imap_mailbox, INBOX) == 3
    assert not imap_mailbox.wait(INBOX, intake.position("office", INBOX), 0, Event())
    documents = MailDocuments(imap_mailbox, database, "invoices").list_documents()
    assert [(each.name, each.refusal is None) for each in documents] == [
        ("after.xml", True),
        ("before.xml", True),
        ("mail.eml", False),
    ]


@pytest.mark.parametrize(("said", "error"), [(b"[UNAVAILABLE] Later", Unavailable), (b"[LIMIT] Slower", RateLimited)])
def test_a_server_that_is_busy_is_not_taken_for_one_with_a_broken_mail(
    post_office: MailServer,
    account: str,
    imap_mailbox: ImapMailbox,
    at_each_visit: Callable[[Change], None],
    said: bytes,
    error: type[Exception],
) -> None:
    post_office.deliver(account, letter().as_bytes())
    (mail,) = imap_mailbox.read_mails(INBOX)
    at_each_visit(answering(uid_of(mail.id), ("NO", [said])))
    with pytest.raises(error):
        list(imap_mailbox.read_mails(INBOX))


# A server that goes away


def test_the_watch_finds_its_way_back_to_a_server_that_went_away_while_it_waited(
    post_office: MailServer,
    account: str,
    imap_mailbox: ImapMailbox,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.mail_watch.PAUSE_SECONDS", 0.2)
    is_listening, listen = Event(), IdleManager.poll

    def tell_and_listen(idle: IdleManager, timeout: float | None) -> list[bytes]:
        is_listening.set()
        heard: list[bytes] = listen(idle, timeout)
        return heard

    monkeypatch.setattr(IdleManager, "poll", tell_and_listen)
    intake = MailIntake(database, account)
    watch = MailWatch(Connectors.in_memory(mailbox=imap_mailbox), intake)
    watch.start()
    try:
        assert is_listening.wait(ARRIVES_WITHIN)
        with post_office.away():
            with pytest.raises(Unavailable):
                imap_mailbox.check()
            post_office.deliver(account, letter("while it was away").as_bytes())
        assert _reaches(intake, "1")
        is_listening.clear()
        assert is_listening.wait(ARRIVES_WITHIN)
        post_office.deliver(account, letter("when it was back").as_bytes())
        assert _reaches(intake, "2")
    finally:
        watch.stop()


def _reaches(intake: MailIntake, uid: str) -> bool:
    until = time.monotonic() + ARRIVES_WITHIN
    while time.monotonic() < until:
        if uid_of(intake.position("mailbox", INBOX) or "") == uid:
            return True
        time.sleep(0.1)
    return False


# A server that numbers its mails anew


def renumber(post_office: MailServer, account: str, folder: str) -> None:
    """As after a move to another server: the same mails under other numbers."""
    with visit(post_office.imap(account), ANYWHERE, trust()) as box:
        box.folder.set(folder)
        messages = [mail.obj.as_bytes() for mail in box.fetch(mark_seen=False)]
        box.folder.set(INBOX)
        box.folder.delete(folder)
        box.folder.create(folder)
        for message in messages:
            box.append(message, folder)


def test_documents_of_mails_with_new_numbers_are_offered_again_and_told_of_once(
    post_office: MailServer, account: str, imap_mailbox: ImapMailbox, database: Database
) -> None:
    source = MailDocuments(imap_mailbox, database, "invoices", MailFolders("Invoices"))
    files = [("a.xml", INVOICE.read_bytes()), ("b.xml", b"<html>")]
    imap_mailbox.add("Invoices", letter("Two", files=files).as_bytes())
    imap_mailbox.add("Invoices", letter("For people").as_bytes())
    good, _ = source.list_documents()
    source.archive(good)
    renumber(post_office, account, "Invoices")
    good, bad = source.list_documents()
    with database.read() as session:
        assert len({row.mail_id for row in session.scalars(select(MailDocument))}) == 1
    source.archive(good)
    source.quarantine(bad, "It is a web page.")
    assert subjects(imap_mailbox, "Invoices") == ["For people"]
    assert sorted(subjects(imap_mailbox, "Quarantine")) == ["Two", "b.xml"]


def test_an_answer_without_a_name_of_its_own_is_written_once_although_its_number_changed(
    post_office: MailServer, account: str, imap_mailbox: ImapMailbox, database: Database
) -> None:
    tickets = HouseTickets(database)
    number = tickets.open_ticket(NewTicket("k", "emma@example.com", "Broken lamp", "It came in two pieces."))
    with database.write() as session:
        session.add(TicketMail(message_id="<first@example.com>", ticket_number=number))
    answer = letter("Re: Broken lamp", "When?", answers=["<first@example.com>"])
    del answer["Message-ID"]
    imap_mailbox.add("Answers", answer.as_bytes())
    intake = MailIntake(database, account)
    assert intake.read_new("office", imap_mailbox, "Answers") == 1
    renumber(post_office, account, "Answers")
    assert intake.read_new("office", imap_mailbox, "Answers") == 1
    said = [message.text for message in tickets.messages_of(number) if message.author is TicketAuthor.CUSTOMER]
    assert said == ["When?"]
