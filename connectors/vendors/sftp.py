"""A folder of an SFTP server: supplier documents, and products in a table."""

from connectors.http.reach import Allowed
from connectors.vendor import Setting, SettingKind, Setup, Vendor
from connectors.vendors.files import FILE_CONTRACTS, FILE_SETTINGS, serve_files
from connectors.vendors.mapped_documents import MappedDocuments
from connectors.vendors.settling import settling_of
from connectors.vendors.sftp_documents import SftpDocuments
from connectors.vendors.sftp_session import SftpServer, SftpSession
from connectors.vendors.table_catalogue import TableCatalogue

SETTINGS = (
    Setting("host", SettingKind.HOST),
    Setting("port", SettingKind.NUMBER, default=22, minimum=1, maximum=65_535, is_destination=True),
    Setting("user", SettingKind.TEXT),
    Setting("password", SettingKind.SECRET, is_required=False),
    Setting("private_key", SettingKind.SECRET, is_required=False, is_long=True),
    # Left out, the first test shows it: then it can be compared with what the owner of the server says.
    Setting("host_key", SettingKind.TEXT, is_required=False, is_destination=True),
    Setting("path", SettingKind.TEXT, default="."),
    *FILE_SETTINGS,
)


def _make(contract: str, setup: Setup) -> MappedDocuments | TableCatalogue:
    given = setup.settings
    server = SftpServer(
        given["host"],
        given.get("port") or 22,
        given["user"],
        given.get("host_key") or "",
        given.get("password") or "",
        given.get("private_key") or "",
    )
    allowed = setup.reach if isinstance(setup.reach, Allowed) else Allowed(setup.reach)
    path, pattern = given.get("path") or ".", given.get("files") or "*"
    settling = settling_of(f"sftp://{server.user}@{server}/{path}/{pattern}")
    return serve_files(contract, SftpDocuments(SftpSession(server, allowed), path, settling, pattern), given)


VENDOR = Vendor("sftp", FILE_CONTRACTS, _make, SETTINGS)
