"""Which way our mail goes: the connected mail server, else that of the settings, else a folder."""

from collections.abc import Callable

from connectors.contracts.mail import Mail, Mailer
from connectors.errors import NotFound
from connectors.settings import Settings
from connectors.vendors.folder_mail import FolderMailer
from connectors.vendors.smtp_mail import SmtpMailer, SmtpServer

MAILBOX = "mailbox"


def create_mailer(settings: Settings, connected: Callable[[], Mailer] | None = None) -> Mailer:
    """The mailer of these settings; nothing is connected yet.

    `connected` raises NotFound as long as no mail server is connected; once there is one, mail goes through it.
    """
    mailer = _create_from_settings(settings)
    return mailer if connected is None else ConnectedMailer(connected, mailer)


class ConnectedMailer:
    """Asks for each mail which way it goes, because a connection may be added, changed or paused at any time."""

    def __init__(self, connected: Callable[[], Mailer], otherwise: Mailer) -> None:
        self._connected = connected
        self._otherwise = otherwise

    def send(self, mail: Mail) -> None:
        self._find().send(mail)

    def check(self) -> str:
        return self._find().check()

    def _find(self) -> Mailer:
        try:
            return self._connected()
        except NotFound:
            return self._otherwise


def _create_from_settings(settings: Settings) -> Mailer:
    if settings.smtp_host is None:
        return FolderMailer(settings.data_dir / MAILBOX, settings.mail_from)
    password = settings.smtp_password.get_secret_value() if settings.smtp_password else None
    server = SmtpServer(settings.smtp_host, settings.smtp_port, settings.smtp_security, settings.smtp_user, password)
    return SmtpMailer(server, settings.mail_from)
