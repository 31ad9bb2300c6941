"""What the fault suite needs of an HTTP connector: how it is made for a test, what it reads, what it writes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from connectors.http.client import Authenticate, HttpClient, Limits, Timeouts
from connectors.http.reach import Allowed, Reach
from tests.fixtures.faulty_gateway import Fault, FaultyGateway, System
from tests.fixtures.patience import Patience

LOOPBACK = Allowed(Reach.LOOPBACK)
# A busy machine needs its time; what is silent or drips for good is waited for no longer than it must be.
TIMEOUTS = Timeouts(connect=2.0, read=5.0, call=60.0)
SHORT = {Fault.PAUSED: Timeouts(2.0, 0.3, 60.0), Fault.SLOWED: Timeouts(2.0, 0.3, 1.0)}
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


def trial_of(gateway: FaultyGateway, fault: Fault = Fault.DROPPED) -> Trial:
    """How a connector meets this fault."""
    return Trial(gateway.url, timeouts=SHORT.get(fault, TIMEOUTS))


@dataclass(frozen=True, slots=True)
class Subject:
    """A contract of an HTTP connector under test.

    `system` is the system that it reads, in this process or a real server. `reader` makes the connector and gives what
    reads at least two pages or lists through it. No log and no reason may show `secret`. `signs_in` is how many
    requests go before the first of the contract: those are another subject's.
    """

    system: Callable[[pytest.FixtureRequest], System]
    reader: Callable[[Trial], Callable[[], Any]]
    secret: str
    signs_in: int = 0


@dataclass(frozen=True, slots=True)
class Writer:
    """A write of an HTTP connector under test.

    `system` begins anew each time. `write` makes the connector and gives the write, always with the same key. `count`
    says how many records of the kind there are over there afterwards.
    """

    system: Callable[[pytest.FixtureRequest], System]
    write: Callable[[Trial], Callable[[], Any]]
    count: Callable[[pytest.FixtureRequest], int]
