"""Mail that we send."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from connectors.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file with its name, its media type (`application/pdf`) and its bytes."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Mail:
    """A plain-text mail to one person. `text` may hold a secret, so it is never shown in logs.

    Mails with the same `key` are the same mail sent again, and carry the same Message-ID. One that `is_right_to_left`
    carries its text a second time as HTML, because plain text cannot say so. Mails of one `thread` (a name such as a
    ticket's number) stand together in the mail program of whoever gets them, and answers to them name it. `about` says
    in our lists what it is for; it is not sent any more once it is older than `useful_for`.
    """

    to: str
    subject: str
    text: str = field(repr=False)
    attachments: tuple[Attachment, ...] = ()
    key: str | None = None
    is_right_to_left: bool = False
    thread: str | None = None
    about: str = ""
    useful_for: timedelta | None = None


class UnconfirmedError(Unavailable):
    """The other side had all of a mail and did not say what became of it: sent again, it may arrive twice."""


class Mailer(Protocol):
    """Whatever takes mail from us.

    Raises:
        Unavailable: it cannot be reached or is busy; try again later.
        UnconfirmedError: maybe it took the mail.
        AuthFailed: it refuses our name or password.
        Rejected: it will never take this mail, for example because the address is wrong.
    """

    def send(self, mail: Mail) -> None:
        """Hand over one mail; returns when the other side has taken responsibility for it."""
        ...

    def check(self) -> str:
        """Whether it would take mail now, as far as that can be told without sending any; says so in a sentence."""
        ...
