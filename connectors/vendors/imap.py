"""An account on an IMAP server as a connected system: its mails, and the documents that are attached to them."""

from typing import Any

from connectors.contracts.mailbox import INBOX
from connectors.contracts.names import DOCUMENTS, MAILBOX
from connectors.http.reach import Allowed
from connectors.vendor import Setting, SettingKind, Setup, Vendor
from connectors.vendors.imap_mailbox import ImapMailbox
from connectors.vendors.imap_session import ImapServer
from connectors.vendors.mail_documents import ARCHIVE, QUARANTINE, MailDocuments, MailFolders


def _make(contract: str, setup: Setup) -> Any:
    given = setup.settings
    server = ImapServer(given["host"], int(given["port"]), given["security"], given["user"], given["password"])
    mailbox = ImapMailbox(server, setup.reach if isinstance(setup.reach, Allowed) else Allowed(setup.reach))
    if contract == MAILBOX:
        return mailbox
    folders = MailFolders(
        given.get("intake", INBOX), given.get("archive", ARCHIVE), given.get("quarantine", QUARANTINE)
    )
    return MailDocuments(mailbox, setup.database, setup.connection, folders)


VENDOR = Vendor(
    "imap",
    (DOCUMENTS, MAILBOX),
    _make,
    (
        Setting("host", SettingKind.HOST),
        Setting("port", SettingKind.NUMBER, 993, minimum=1, maximum=65535, is_destination=True),
        Setting("security", SettingKind.CHOICE, "tls", choices=("tls", "starttls", "none"), is_destination=True),
        Setting("user", SettingKind.TEXT),
        Setting("password", SettingKind.SECRET),
        Setting("intake", SettingKind.TEXT, INBOX, is_required=False),
        Setting("archive", SettingKind.TEXT, ARCHIVE, is_required=False),
        Setting("quarantine", SettingKind.TEXT, QUARANTINE, is_required=False),
    ),
)
