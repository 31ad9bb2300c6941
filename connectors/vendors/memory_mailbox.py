"""A mailbox in memory, for tests and trials."""

from collections.abc import Iterator, Sequence
from itertools import count
from threading import Condition, Event

from connectors.contracts.mailbox import INBOX, ReceivedMail
from connectors.errors import NotFound
from connectors.mail_reading import read_mail

_LOOK_SECONDS = 0.05


class MemoryMailbox:
    """Folders of messages that live as long as this object."""

    def __init__(self) -> None:
        self._folders: dict[str, dict[int, bytes]] = {INBOX: {}}
        self._numbers = count(1)
        self._changed = Condition()

    def deliver(self, message: bytes, folder: str = INBOX) -> None:
        """Let a message (RFC 5322) arrive."""
        with self._changed:
            self._folders.setdefault(folder, {})[next(self._numbers)] = message
            self._changed.notify_all()

    def list_folders(self) -> Sequence[str]:
        return sorted(self._folders)

    def read_mails(self, folder: str, after: str | None = None) -> Iterator[ReceivedMail]:
        for number, message in list(self._find(folder).items()):
            if number > int(after or 0):
                yield read_mail(message, str(number))

    def find_mails(self, folder: str, mail_ids: Sequence[str]) -> Iterator[ReceivedMail]:
        return (mail for mail in self.read_mails(folder) if mail.id in mail_ids)

    def move(self, mail_id: str, folder: str, to: str) -> None:
        message = self._find(folder).pop(int(mail_id), None)
        if message is not None:
            self.deliver(message, to)

    def add(self, folder: str, message: bytes) -> None:
        self.deliver(message, folder)

    def wait(self, folder: str, after: str | None, seconds: float, stop: Event) -> bool:
        def is_over() -> bool:
            return stop.is_set() or self._has_newer(folder, after)

        with self._changed:
            while seconds > 0 and not is_over():
                self._changed.wait(min(seconds, _LOOK_SECONDS))
                seconds -= _LOOK_SECONDS
        return self._has_newer(folder, after)

    def check(self) -> str:
        return f"{len(self._folders[INBOX])} mails lie in memory."

    def _has_newer(self, folder: str, after: str | None) -> bool:
        return max(self._find(folder), default=0) > int(after or 0)

    def _find(self, folder: str) -> dict[int, bytes]:
        if folder not in self._folders:
            raise NotFound(f"There is no folder {folder!r}. There are: {', '.join(self.list_folders())}.")
        return self._folders[folder]
