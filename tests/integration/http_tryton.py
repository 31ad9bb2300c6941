"""Tryton in the fault suite: a contract after the other read through faults, and what is written there counted."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import pytest

from connectors.contracts.contacts import all_contacts
from connectors.contracts.inventory import ItemSite
from connectors.contracts.orders import Address
from connectors.http.client import Timeouts
from connectors.vendors.memory_people import MemoryPeople
from connectors.vendors.tryton.catalogue import TrytonCatalogue
from connectors.vendors.tryton.contacts import TrytonContacts
from connectors.vendors.tryton.inventory import TrytonInventory
from connectors.vendors.tryton.orders import TrytonOrders
from connectors.vendors.tryton.people import TrytonPeople
from connectors.vendors.tryton.purchasing import TrytonPurchasing
from connectors.vendors.tryton.session import TrytonSession
from tests.contract.test_purchasing import INVOICE, ORDER, REQUEST, _order_of
from tests.fixtures.faulty_gateway import Answer, FaultyGateway, Request, System, passed_to
from tests.fixtures.tryton_books import TrytonBooks
from tests.fixtures.tryton_server import ACCOUNT, TrytonServer
from tests.integration.http_trial import Subject, Trial, Writer

DAY = date(2026, 11, 2)
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
SALE = "ORD-2026-0117"
# Logging in, and asking who we are.
SIGNS_IN = 2
HOME = Address("Lange Gasse 8", "Ulm", "89073", "DE")


@dataclass
class ByHeart:
    """Answers that a real server gave once: the suite asks the same hundreds of times."""

    server: System
    known: dict[str, Answer] = field(default_factory=dict)

    def __call__(self, request: Request) -> Answer:
        call = json.loads(request.body)
        asked = json.dumps([request.path, call["method"], call["params"]])
        if asked not in self.known:
            self.known[asked] = self.server(request)
        answer = self.known[asked]
        return replace(answer, body=json.dumps(json.loads(answer.body) | {"id": call["id"]}).encode())


def uncompressed(system: System) -> System:
    def ask(request: Request) -> Answer:
        headers = {name: value for name, value in request.headers.items() if name != "accept-encoding"}
        answer = system(replace(request, headers=headers))
        return Answer(answer.status, answer.body)

    return ask


def session_of(trial: Trial) -> TrytonSession:
    secrets = (ACCOUNT.password,)
    return TrytonSession(lambda authenticate: trial.client(authenticate=authenticate, secrets=secrets), ACCOUNT)


def read_inventory(session: TrytonSession) -> Any:
    inventory = TrytonInventory(session, lambda: NOW)
    return inventory.find_stock([ItemSite("STOOL", "MAIN")]), inventory.find_terms(["STOOL"])


def read_orders(session: TrytonSession) -> Any:
    orders = TrytonOrders(session)
    return orders.undelivered_orders(), orders.orders_of("emma@example.com")


def read_people(session: TrytonSession) -> Any:
    people = TrytonPeople(session, MemoryPeople(), lambda: NOW)
    return people.find_employees(None, "monthly", DAY, DAY), people.time_entries(["E4"], DAY, DAY)


def read_purchasing(session: TrytonSession) -> Any:
    purchasing = TrytonPurchasing(session)
    return purchasing.open_orders([ORDER.supplier]), purchasing.awaited_orders(["STOOL"])


READINGS: Mapping[str, Callable[[TrytonSession], Any]] = {
    "catalogue": lambda session: TrytonCatalogue(session, lambda: NOW).list_products(),
    "contacts": lambda session: [one.name for piece in all_contacts(TrytonContacts(session), 1) for one in piece],
    "inventory": read_inventory,
    "orders": read_orders,
    "people": read_people,
    "purchasing": read_purchasing,
}


def fill(server: TrytonServer) -> None:
    """A supplier's order, goods, a customer's order that is packed, and a day's work."""
    server.restore()
    books = TrytonBooks(server.session())
    books.order(ORDER)
    books.stock("STOOL", 20, DAY)
    books.order_point("STOOL", ORDER.supplier, 10, 40)
    shipment = books.confirm(books.sale(SALE, "Emma Novak", "emma@example.com", DAY, {"STOOL": 2}))
    books.ship(shipment, "assign_force", "pick", "pack")
    books.worked(books.employee("E4", "Sam Shop"), DAY, timedelta(hours=7))


@cache
def by_heart(address: str, prepare: Callable[[], None]) -> ByHeart:
    """What the readings ask for is asked for now; nobody else needs the server to be as it is."""
    prepare()
    system = ByHeart(uncompressed(passed_to(address)))
    with FaultyGateway(system).running() as gateway:
        for read in READINGS.values():
            read(session_of(Trial(gateway.url, timeouts=Timeouts())))
    return system


@dataclass(frozen=True)
class _Filled:
    """Equal for the same server, so that it is filled once."""

    address: str
    server: TrytonServer = field(compare=False, repr=False)

    def __call__(self) -> None:
        fill(self.server)


def known_server(request: pytest.FixtureRequest) -> System:
    server: TrytonServer = request.getfixturevalue("tryton_server")
    return by_heart(server.address, _Filled(server.address, server))


def reading(contract: str) -> Subject:
    def reader(trial: Trial) -> Callable[[], Any]:
        session = session_of(trial)
        return lambda: READINGS[contract](session)

    return Subject(known_server, reader, ACCOUNT.password, signs_in=0 if contract == "contacts" else SIGNS_IN)


def prepared(prepare: Callable[[TrytonBooks], None]) -> Callable[[pytest.FixtureRequest], System]:
    def system(request: pytest.FixtureRequest) -> System:
        server: TrytonServer = request.getfixturevalue("tryton_server")
        server.restore()
        prepare(TrytonBooks(server.session()))
        return passed_to(server.address)

    return system


def counted(model: str) -> Callable[[pytest.FixtureRequest], int]:
    def count(request: pytest.FixtureRequest) -> int:
        server: TrytonServer = request.getfixturevalue("tryton_server")
        return len(server.session().search(model, [], ["id"]))

    return count


def wanted_goods(books: TrytonBooks) -> None:
    books.product("MUG")
    books.party(REQUEST.supplier)


def requested_goods(books: TrytonBooks) -> None:
    wanted_goods(books)
    TrytonPurchasing(books.session).put_request(REQUEST)


def ordered_goods(books: TrytonBooks) -> None:
    books.order(ORDER)


def offer(books: TrytonBooks) -> None:
    books.sale(SALE, "Emma Novak", "emma@example.com", DAY, {"STOOL": 2})


def purchasing(trial: Trial) -> TrytonPurchasing:
    return TrytonPurchasing(session_of(trial))


SUBJECTS: Mapping[str, Subject] = {f"tryton {contract}": reading(contract) for contract in READINGS}
WRITERS: Mapping[str, Writer] = {
    "tryton purchasing post_document": Writer(
        prepared(ordered_goods),
        lambda trial: lambda: purchasing(trial).post_document(INVOICE),
        counted("account.invoice"),
    ),
    "tryton purchasing put_request": Writer(
        prepared(wanted_goods),
        lambda trial: lambda: purchasing(trial).put_request(REQUEST),
        counted("purchase.requisition"),
    ),
    "tryton purchasing send_order": Writer(
        prepared(requested_goods),
        lambda trial: lambda: purchasing(trial).send_order(_order_of(REQUEST), "purchase-sending:1"),
        counted("purchase.purchase"),
    ),
    "tryton orders change_address": Writer(
        prepared(offer),
        lambda trial: lambda: TrytonOrders(session_of(trial)).change_address(SALE, HOME, "k"),
        counted("party.address"),
    ),
}
