"""Files as systems: what a folder or an SFTP server serves, and the settings that say how tables in it are read."""

from collections.abc import Mapping
from typing import Any

from connectors.contracts.names import CATALOGUE, DOCUMENTS
from connectors.tables.reading import TableReading, table_settings
from connectors.vendor import Setting, SettingKind
from connectors.vendors.folder_documents import FolderDocuments
from connectors.vendors.mapped_documents import INVOICE_TABLE, MappedDocuments
from connectors.vendors.sftp_documents import SftpDocuments
from connectors.vendors.table_catalogue import PRODUCT_TABLE, TableCatalogue

FILE_CONTRACTS = (DOCUMENTS, CATALOGUE)
FILE_SETTINGS = (
    Setting("files", SettingKind.TEXT, default="*"),
    *table_settings(tuple(dict.fromkeys((*INVOICE_TABLE.fields, *PRODUCT_TABLE.fields)))),
)


def serve_files(
    contract: str, files: FolderDocuments | SftpDocuments, settings: Mapping[str, Any]
) -> MappedDocuments | TableCatalogue:
    """The connector of a contract over the files of a place."""
    if contract == CATALOGUE:
        return TableCatalogue(files, TableReading.from_settings(settings, PRODUCT_TABLE))
    return MappedDocuments(files, TableReading.from_settings(settings, INVOICE_TABLE))
