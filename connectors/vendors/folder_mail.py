"""Mail that is written into a folder, one file a mail: the mailbox of the demonstration company."""

import os
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from connectors.contracts.mail import Mail
from connectors.errors import Unavailable
from connectors.vendors.mail_message import build_message


class FolderMailer:
    """Writes `<time>-<id>.eml` files that every mail program opens; only the owner of the folder can read them."""

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder = folder
        self._sender = sender

    def send(self, mail: Mail) -> None:
        message = build_message(mail, self._sender)
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid4().hex[:8]}"
        unfinished = self._folder / f"{name}.part"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            unfinished.touch(mode=0o600)
            unfinished.write_bytes(message.as_bytes())
            unfinished.rename(self._folder / f"{name}.eml")
        except OSError as error:
            raise Unavailable(f"The mailbox folder {self._folder} cannot be written: {error.strerror}.") from error

    def check(self) -> str:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable(f"The mailbox folder {self._folder} cannot be made: {error.strerror}.") from error
        if not os.access(self._folder, os.W_OK):
            raise Unavailable(f"The mailbox folder {self._folder} cannot be written.")
        count = len(list(self._folder.glob("*.eml")))
        return f"The mailbox folder {self._folder} holds {count} mails."
