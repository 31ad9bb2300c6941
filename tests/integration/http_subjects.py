"""The HTTP connectors that the fault suite is run over. To join: one line in SUBJECTS."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.contracts.contacts import all_contacts
from connectors.contracts.orders import Order, OrderItem, OrderState
from connectors.database.session import Database
from connectors.http.authentication import ApiKey
from connectors.http.client import Authenticate, HttpClient, Limits, Timeouts
from connectors.http.reach import Allowed, Reach
from connectors.vendor import Setup
from connectors.vendors import rest
from connectors.vendors.rest_orders import RestOrders
from connectors.vendors.tryton.contacts import TrytonContacts
from connectors.vendors.tryton.session import TrytonSession
from tests.fixtures.faulty_gateway import System, passed_to
from tests.fixtures.patience import Patience
from tests.fixtures.rest_shop import PAGING, SECRET, SETTINGS, SIGNING_IN, shop_of_orders
from tests.fixtures.tryton_server import ACCOUNT as TRYTON_ACCOUNT

ORDER = Order(
    "ORD-2026-0001", "emma@example.com", "Emma Novak", date(2026, 11, 2), OrderState.PAID,
    (OrderItem("LAMP", "Oak lamp", Decimal(1), Decimal("129.95")),), Decimal("129.95"), "EUR",
)  # fmt: skip
ORDERS = [replace(ORDER, number=f"ORD-2026-{number:04}") for number in range(1, 8)]
LOOPBACK = Allowed(Reach.LOOPBACK)
TIMEOUTS = Timeouts(connect=2.0, read=0.3, call=60.0)
LIMITS = Limits(failures_to_open=5, answer_bytes=1024 * 1024)


@dataclass(frozen=True, slots=True)
class Trial:
    """How a connector is made for a test: which gateway, which clock, how long it waits."""

    url: str
    patience: Patience = field(default_factory=Patience)
    timeouts: Timeouts = TIMEOUTS
    limits: Limits = LIMITS

    def client(self, **options: Any) -> HttpClient:
        """The client of a connector under test."""
        return self.client_of(self.url, **options)

    def client_of(self, address: str, authenticate: Authenticate | None = None, **options: Any) -> HttpClient:
        """A client of another address than the gateway's own, for example of one that gives out tokens."""
        return HttpClient(
            address,
            reach=LOOPBACK,
            authenticate=authenticate,
            timeouts=self.timeouts,
            limits=self.limits,
            now=self.patience.now,
            wait=self.patience.wait,
            chance=lambda: 1.0,
            **options,
        )


@dataclass(frozen=True, slots=True)
class Subject:
    """An HTTP connector under test.

    `system` is the system that it reads, in this process or `passed_to` a real server. `reader` makes the connector and
    gives what reads a list of several pages through it. No log and no reason may show `secret`.
    """

    system: Callable[[pytest.FixtureRequest], System]
    reader: Callable[[Trial], Callable[[], Any]]
    secret: str


def rest_orders(paging: str, signing_in: str = "bearer") -> Subject:
    def reader(trial: Trial) -> Callable[[], Any]:
        settings = SETTINGS | PAGING[paging] | SIGNING_IN[signing_in] | {"page_size": 3, "base_url": trial.url}
        settings |= {"token_url": f"{trial.url}token"}
        setup = Setup("shop", Database("sqlite://"), settings, LOOPBACK, Path("var"))
        orders = rest.connect("orders", setup, trial.client_of, trial.patience.now)
        assert isinstance(orders, RestOrders)
        return orders.undelivered_orders

    return Subject(
        lambda _request: shop_of_orders(ORDERS, paging=paging, signing_in=signing_in, most_rows=3),
        reader,
        SECRET,
    )


def tryton_contacts() -> Subject:
    """A real server stands behind the gateway; it needs longer for an answer than one that knows it by heart."""

    def reader(trial: Trial) -> Callable[[], Any]:
        patient = replace(trial, timeouts=replace(trial.timeouts, read=max(trial.timeouts.read, 2.0)))
        session = TrytonSession(lambda authenticate: patient.client(authenticate=authenticate), TRYTON_ACCOUNT)
        contacts = TrytonContacts(session)
        return lambda: [contact.name for piece in all_contacts(contacts, 1) for contact in piece]

    return Subject(
        lambda request: passed_to(request.getfixturevalue("tryton_server").address),
        reader,
        TRYTON_ACCOUNT.password,
    )


SUBJECTS: Mapping[str, Subject] = {
    "rest by page": rest_orders("page"),
    "rest by offset": rest_orders("offset"),
    "rest by cursor": rest_orders("cursor"),
    "rest by link": rest_orders("link"),
    "rest with tokens": rest_orders("page", "client_credentials"),
    "tryton": tryton_contacts(),
}


def payments_client(trial: Trial) -> HttpClient:
    """A connector that writes; it is nothing but the client."""
    return trial.client(authenticate=ApiKey(SECRET))
