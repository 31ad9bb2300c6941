"""Mail that is only remembered, for tests and trials."""

from connectors.contracts.mail import Mail
from connectors.errors import Unavailable


class MemoryMailer:
    """Keeps what it was given in `sent`; while `is_down` it takes nothing."""

    def __init__(self) -> None:
        self.sent: list[Mail] = []
        self.is_down = False

    def send(self, mail: Mail) -> None:
        self.check()
        self.sent.append(mail)

    def check(self) -> str:
        if self.is_down:
            raise Unavailable("The mail server does not answer.")
        return f"The memory holds {len(self.sent)} mails."
