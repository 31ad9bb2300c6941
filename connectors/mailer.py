"""Which way our mail goes: through the SMTP server of the settings, or into a folder where there is none."""

from connectors.contracts.mail import Mailer
from connectors.settings import Settings
from connectors.vendors.folder_mail import FolderMailer
from connectors.vendors.smtp_mail import SmtpMailer, SmtpServer

MAILBOX = "mailbox"


def create_mailer(settings: Settings) -> Mailer:
    """The mailer of these settings; nothing is connected yet."""
    if settings.smtp_host is None:
        return FolderMailer(settings.data_dir / MAILBOX, settings.mail_from)
    password = settings.smtp_password.get_secret_value() if settings.smtp_password else None
    server = SmtpServer(settings.smtp_host, settings.smtp_port, settings.smtp_security, settings.smtp_user, password)
    return SmtpMailer(server, settings.mail_from)
