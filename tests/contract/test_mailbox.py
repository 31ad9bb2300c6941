"""The contract of mailboxes, run over the one in memory; tests/integration/test_mail_server.py runs it over IMAP."""

import pytest

from connectors.contracts.mailbox import Mailbox
from connectors.registry import vendors_of
from connectors.vendors.memory_mailbox import MemoryMailbox
from tests.contract.mailbox_contract import Deliver, MailboxContract
from tests.contract.with_a_server import tested_with_a_server


def test_every_vendor_of_the_registry_is_tested() -> None:
    assert set(vendors_of("mailbox")) - tested_with_a_server("mailbox") == {"memory"}


class TestMemoryMailbox(MailboxContract):
    @pytest.fixture
    def mailbox(self) -> Mailbox:
        return MemoryMailbox()

    @pytest.fixture
    def deliver(self, mailbox: Mailbox) -> Deliver:
        assert isinstance(mailbox, MemoryMailbox)
        return lambda message: mailbox.deliver(message.as_bytes())
