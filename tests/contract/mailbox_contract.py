"""What every mailbox must do; a subclass gives the mailbox and a way to let a message arrive in its inbox."""

import threading
from collections.abc import Callable
from email.message import EmailMessage
from queue import Queue
from threading import Event

import pytest

from connectors.contracts.mailbox import INBOX, Mailbox
from connectors.errors import NotFound
from tests.fixtures.letters import letter

Deliver = Callable[[EmailMessage], None]
FOLDER = "Účtárna/Došlé & přečtené · بایگانی"


def subjects(mailbox: Mailbox, folder: str = INBOX, after: str | None = None) -> list[str]:
    return [mail.subject for mail in mailbox.read_mails(folder, after)]


class MailboxContract:
    """Its fixtures are `mailbox` and `deliver`."""

    @pytest.fixture
    def mailbox(self) -> Mailbox:
        raise NotImplementedError

    @pytest.fixture
    def deliver(self) -> Deliver:
        raise NotImplementedError

    def test_a_mail_arrives_as_it_was_written_in_every_script(self, mailbox: Mailbox, deliver: Deliver) -> None:
        written = letter(
            "Faktura · فاکتور · Счёт · Reikningur þ",
            "Dobrý den,\nfaktura je v příloze. صورتحساب پیوست است.",
            "Žofie Říhová <zofie@example.cz>",
            files=[("faktura č. 872 · فاکتور.xml", "<účet/>".encode()), ("Scan.pdf", b"%PDF-\x00\xff")],
        )
        deliver(written)
        (mail,) = mailbox.read_mails(INBOX)
        assert (mail.sender_name, mail.sender, mail.recipients) == (
            "Žofie Říhová",
            "zofie@example.cz",
            ("help@lumen-oak.example",),
        )
        assert (mail.subject, mail.text) == (written["Subject"], written.get_body().get_content().strip())  # type: ignore[union-attr]
        assert [(file.name, file.media_type, file.content) for file in mail.attachments] == [
            ("faktura č. 872 · فاکتور.xml", "application/xml", "<účet/>".encode()),
            ("Scan.pdf", "application/pdf", b"%PDF-\x00\xff"),
        ]
        assert mail.message_id == written["Message-ID"]
        assert mail.sent_at == written["Date"].datetime

    def test_mails_come_in_the_order_of_arrival_and_only_what_is_new(self, mailbox: Mailbox, deliver: Deliver) -> None:
        for number in range(3):
            deliver(letter(f"mail {number}"))
        first, second, third = mailbox.read_mails(INBOX)
        assert [first.subject, second.subject, third.subject] == ["mail 0", "mail 1", "mail 2"]
        assert subjects(mailbox, after=second.id) == ["mail 2"]
        assert subjects(mailbox, after=third.id) == []
        deliver(letter("mail 3"))
        assert subjects(mailbox, after=third.id) == ["mail 3"]

    def test_a_thread_is_known_by_what_was_answered_oldest_first(self, mailbox: Mailbox, deliver: Deliver) -> None:
        question = letter("Where is it?")
        answer = letter("Re: Where is it?", answers=[question["Message-ID"]])
        thanks = letter("Re: Where is it?", answers=[question["Message-ID"], answer["Message-ID"]])
        for each in (question, answer, thanks):
            deliver(each)
        assert [mail.answers for mail in mailbox.read_mails(INBOX)] == [
            (),
            (question["Message-ID"],),
            (question["Message-ID"], answer["Message-ID"]),
        ]

    def test_a_mail_can_be_moved_into_a_folder_of_any_name_which_is_made(
        self, mailbox: Mailbox, deliver: Deliver
    ) -> None:
        deliver(letter("stays"))
        deliver(letter("goes"))
        _, goes = mailbox.read_mails(INBOX)
        for _ in range(2):
            mailbox.move(goes.id, INBOX, FOLDER)
        assert (subjects(mailbox), subjects(mailbox, FOLDER)) == (["stays"], ["goes"])
        assert FOLDER in mailbox.list_folders()

    def test_named_mails_are_found_as_long_as_they_lie_there(self, mailbox: Mailbox, deliver: Deliver) -> None:
        for number in range(3):
            deliver(letter(f"mail {number}"))
        ids = [mail.id for mail in mailbox.read_mails(INBOX)]
        mailbox.move(ids[0], INBOX, "Archive")
        assert [mail.subject for mail in mailbox.find_mails(INBOX, [ids[2], ids[0]])] == ["mail 2"]
        assert list(mailbox.find_mails(INBOX, [])) == []

    def test_a_note_of_ours_can_be_put_beside(self, mailbox: Mailbox) -> None:
        mailbox.add("Quarantine", letter("Why it lies here").as_bytes())
        assert subjects(mailbox, "Quarantine") == ["Why it lies here"]

    def test_a_folder_that_is_not_there_is_named(self, mailbox: Mailbox) -> None:
        with pytest.raises(NotFound, match="No such") as raised:
            list(mailbox.read_mails("No such"))
        assert INBOX in raised.value.reason

    def test_waiting_ends_as_soon_as_a_mail_arrives(self, mailbox: Mailbox, deliver: Deliver) -> None:
        deliver(letter("old"))
        (old,) = mailbox.read_mails(INBOX)
        timer = threading.Timer(0.3, deliver, (letter("new"),))
        timer.start()
        assert mailbox.wait(INBOX, old.id, 60, Event())
        timer.join()
        assert subjects(mailbox, after=old.id) == ["new"]

    def test_what_came_before_the_waiting_is_not_waited_for(self, mailbox: Mailbox, deliver: Deliver) -> None:
        assert not mailbox.wait(INBOX, None, 0, Event())
        deliver(letter("already there"))
        assert mailbox.wait(INBOX, None, 0, Event())

    def test_waiting_can_be_stopped(self, mailbox: Mailbox) -> None:
        stop = Event()
        answers: Queue[bool] = Queue()
        threading.Thread(target=lambda: answers.put(mailbox.wait(INBOX, None, 600, stop)), daemon=True).start()
        timer = threading.Timer(0.2, stop.set)
        timer.start()
        assert answers.get(timeout=20) is False
        timer.join()

    def test_it_can_be_tried(self, mailbox: Mailbox, deliver: Deliver) -> None:
        deliver(letter())
        assert "1 mail" in mailbox.check()
