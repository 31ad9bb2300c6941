"""Mail that arrives, and the mailboxes that keep it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event
from typing import Protocol

from connectors.contracts.mail import Attachment

INBOX = "INBOX"


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What a mail server says became of a mail to `recipient` (RFC 3464).

    `action` is failed, delayed, delivered, relayed or expanded; `status` a code such as 5.1.1, `explanation` the
    server's own words. `original_id` is the Message-ID of the mail that it is about, where the report says so.
    """

    recipient: str
    action: str
    status: str
    explanation: str
    original_id: str | None


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """A mail as it lies in a folder. `id` names it there for as long as it lies there.

    `answers` are the Message-IDs of the mails before it in its thread, oldest first. `text` is what a person reads, of
    an HTML mail without its mark-up. `is_automatic` says that no person wrote it. One that is too large to be read has
    a `refusal` that says so, and neither text nor attachments.
    """

    id: str
    message_id: str
    sender: str
    subject: str
    sender_name: str = ""
    recipients: tuple[str, ...] = ()
    sent_at: datetime | None = None
    text: str = field(default="", repr=False)
    attachments: tuple[Attachment, ...] = ()
    answers: tuple[str, ...] = ()
    reports: tuple[DeliveryReport, ...] = ()
    is_automatic: bool = False
    refusal: str | None = None


class Mailbox(Protocol):
    """The folders of one account. Reading leaves a mail as unread as it was.

    Raises:
        Unavailable: it cannot be reached or is busy; try again later.
        AuthFailed: it refuses our name or password, or does not let us do this.
        NotFound: there is no such folder.
    """

    def list_folders(self) -> Sequence[str]:
        """The names of all folders, as people read them, sorted."""
        ...

    def read_mails(self, folder: str, after: str | None = None) -> Iterator[ReceivedMail]:
        """The mails of a folder in the order in which they arrived; `after` leaves out those up to this one.

        All of them come again where the server has given its folder new numbers.
        """
        ...

    def find_mails(self, folder: str, mail_ids: Sequence[str]) -> Iterator[ReceivedMail]:
        """These mails, as far as they lie there still, in the order in which they arrived."""
        ...

    def move(self, mail_id: str, folder: str, to: str) -> None:
        """Move a mail of `folder`; makes the other folder if need be. One that is not there any more stays away."""
        ...

    def add(self, folder: str, message: bytes) -> None:
        """Put a message of our own (RFC 5322) into a folder, as read; makes the folder if need be."""
        ...

    def wait(self, folder: str, after: str | None, seconds: float, stop: Event) -> bool:
        """Wait until there may be a mail after this one: True as soon as there is, False when the time is over.

        It ends early when `stop` is set.
        """
        ...

    def check(self) -> str:
        """One sentence about what was found when the connection was tried."""
        ...
