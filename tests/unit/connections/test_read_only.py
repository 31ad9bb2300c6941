"""In read-only mode nothing can be written, whatever method somebody thinks of."""

from typing import Any

import pytest

from connectors.connections.guard import GuardedConnector
from connectors.contracts.names import CONTRACTS, READ_OF_ALL
from connectors.errors import AuthFailed, NotFound, Rejected, Unavailable

# All ways in which this product changes other systems: a new method of a contract is either added here or read-only.
WRITES = {
    "orders": {"cancel_order", "change_address", "change_quantity"},
    "catalogue": set(),
    "returns": {"request_return"},
    "sales_invoices": set(),
    "leads": {"create_lead"},
    "purchasing": {"post_document", "put_request", "withdraw_request", "send_order"},
    "payables": {"propose_payment"},
    "inventory": set(),
    "people": {"save_payslip"},
    "contacts": set(),
    "tickets": {"open_ticket", "add_message", "close_ticket"},
    "documents": {"archive", "quarantine"},
    "mail": {"send"},
    "mailbox": {"move", "add"},
}


def methods_of(protocol: type) -> set[str]:
    return {name for name, value in vars(protocol).items() if callable(value) and not name.startswith("_")}


@pytest.mark.parametrize("contract", sorted(CONTRACTS))
def test_every_method_of_a_contract_is_known_to_read_or_to_write(contract: str) -> None:
    of_contract = CONTRACTS[contract]
    reads = of_contract.reads - READ_OF_ALL
    assert reads | WRITES[contract] == methods_of(of_contract.protocol) - READ_OF_ALL
    assert not reads & WRITES[contract]


class _Shelf:
    """A system that counts what is done to it."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.engine = "something that could be written with"
        self.error: Exception | None = None

    def look(self) -> str:
        self._fail()
        return "book"

    def list_books(self) -> Any:
        yield "book"
        self._fail()

    def burn(self) -> None:
        self.done.append("burn")

    def _fail(self) -> None:
        if self.error is not None:
            raise self.error


def guarded(shelf: _Shelf, *, is_read_only: bool, heard: list[str] | None = None) -> Any:
    def require_writable() -> None:
        if is_read_only:
            raise Rejected("read-only")

    def hear() -> None:
        if heard is not None:
            heard.append("failure")

    return GuardedConnector(shelf, frozenset({"look", "list_books"}), require_writable, None, hear)


def test_reading_goes_through_and_writing_is_refused() -> None:
    shelf = _Shelf()
    reader = guarded(shelf, is_read_only=True)
    assert reader.look() == "book"
    with pytest.raises(Rejected):
        reader.burn()
    assert shelf.done == []
    guarded(shelf, is_read_only=False).burn()
    assert shelf.done == ["burn"]


@pytest.mark.parametrize("name", ["engine", "_fail", "__dict__x", "done"])
def test_there_is_no_way_around_the_methods_of_the_contract(name: str) -> None:
    with pytest.raises(AttributeError):
        getattr(guarded(_Shelf(), is_read_only=True), name)


@pytest.mark.parametrize("error", [Unavailable("away"), AuthFailed("refused")])
def test_a_system_that_fails_is_heard_also_in_the_middle_of_a_list(error: Exception) -> None:
    shelf = _Shelf()
    heard: list[str] = []
    shelf.error = error
    reader = guarded(shelf, is_read_only=False, heard=heard)
    with pytest.raises(type(error)):
        reader.look()
    with pytest.raises(type(error)):
        list(reader.list_books())
    assert heard == ["failure", "failure"]


def test_a_record_that_is_not_there_is_no_failure_of_the_system() -> None:
    shelf = _Shelf()
    heard: list[str] = []
    shelf.error = NotFound("no such book")
    with pytest.raises(NotFound):
        guarded(shelf, is_read_only=False, heard=heard).look()
    assert heard == []
