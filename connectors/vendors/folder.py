"""A folder of this machine or of a mounted share: supplier documents, and products in a table."""

from pathlib import Path

from connectors.errors import Rejected
from connectors.vendor import Setting, SettingKind, Setup, Vendor
from connectors.vendors.files import FILE_CONTRACTS, FILE_SETTINGS, serve_files
from connectors.vendors.folder_documents import FolderDocuments
from connectors.vendors.mapped_documents import MappedDocuments
from connectors.vendors.settling import settling_of
from connectors.vendors.table_catalogue import TableCatalogue


def _make(contract: str, setup: Setup) -> MappedDocuments | TableCatalogue:
    path = setup.settings.get("path")
    if not isinstance(path, str) or not path:
        raise Rejected("The connection has no folder: set its setting `path`.")
    pattern = setup.settings.get("files") or "*"
    files = FolderDocuments(Path(path), settling_of(f"{path}/{pattern}"), pattern)
    return serve_files(contract, files, setup.settings)


VENDOR = Vendor("folder", FILE_CONTRACTS, _make, (Setting("path", SettingKind.FOLDER), *FILE_SETTINGS))
