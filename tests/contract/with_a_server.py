"""Vendors whose real server is needed: their contract suite runs in tests/integration, and a test sees to it."""

from collections.abc import Mapping, Sequence

# By contract and vendor: the file of tests/integration that runs the suite of the contract over it.
TESTED_WITH_A_SERVER: Mapping[str, Mapping[str, str]] = {
    "documents": {"sftp": "test_sftp_documents.py"},
    "catalogue": {"sftp": "test_sftp_documents.py", "tryton": "test_tryton_sales.py"},
    "contacts": {"tryton": "test_tryton_sales.py"},
    "inventory": {"tryton": "test_tryton_inventory.py"},
    "orders": {"tryton": "test_tryton_sales.py"},
    "people": {"tryton": "test_tryton_people.py"},
    "purchasing": {"tryton": "test_tryton_purchasing.py"},
    "mailbox": {"imap": "test_mail_server.py"},
}


def tested_with_a_server(contract: str) -> set[str]:
    return set(TESTED_WITH_A_SERVER.get(contract, {}))


def files_with_a_server() -> Sequence[str]:
    return sorted({file for vendors in TESTED_WITH_A_SERVER.values() for file in vendors.values()})
