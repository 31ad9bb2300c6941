"""Mail that we send."""

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Attachment:
    name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Mail:
    """A plain-text mail to one person. `text` may hold a secret, so it is never shown in logs.

    Mails with the same `key` are the same mail sent again, and carry the same Message-ID. One that `is_right_to_left`
    carries its text a second time as HTML, because plain text cannot say so.
    """

    to: str
    subject: str
    text: str = field(repr=False)
    attachments: tuple[Attachment, ...] = ()
    key: str | None = None
    is_right_to_left: bool = False


class Mailer(Protocol):
    """Whatever takes mail from us.

    Raises:
        Unavailable: it cannot be reached or is busy; try again later.
        AuthFailed: it refuses our name or password.
        Rejected: it will never take this mail, for example because the address is wrong.
    """

    def send(self, mail: Mail) -> None:
        """Hand over one mail; returns when the other side has taken responsibility for it."""
        ...

    def check(self) -> str:
        """Whether it would take mail now, as far as that can be told without sending any; says so in a sentence."""
        ...
