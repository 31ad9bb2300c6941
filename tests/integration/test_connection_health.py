"""How connections fare: tried in turn, logged once, told once, and remembered."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from automations.alerts.connection_checks import ConnectionChecks
from connectors.connections.health import read_stretches
from connectors.database.models.work import Connection
from connectors.database.session import Database
from connectors.errors import AuthFailed, RateLimited, Unavailable
from connectors.registry import Connectors
from connectors.secrets import Secrets
from tests.integration.alert_house import MAIL, AlertHouse
from tests.integration.connection_house import ADMIN, KEY, NOON, ConnectionHouse

pytestmark = pytest.mark.integration


@pytest.fixture
def house(database: Database) -> ConnectionHouse:
    return ConnectionHouse(database)


def stretches(house: ConnectionHouse, name: str = "live") -> list[tuple[str, int, str]]:
    with house.database.read() as session:
        row = session.scalars(select(Connection).where(Connection.name == name)).one()
        return [(one.health, one.times, one.kind) for one in read_stretches(session, row.id, 50)]


def test_a_failure_is_logged_once_and_its_recovery_once(house: ConnectionHouse) -> None:
    house.add()
    with capture_logs() as logged:
        house.system.error = Unavailable("The machine is off.")
        for _ in range(3):
            house.passes(minutes=1)
            with pytest.raises(Unavailable):
                house.connectors.check("live")
        house.system.error = None
        for _ in range(2):
            house.passes(minutes=1)
            house.connectors.check("live")
    assert [line["event"] for line in logged] == ["connection_failing", "connection_recovered"]
    assert stretches(house) == [("good", 2, ""), ("failing", 3, "unavailable"), ("good", 1, "")]


def test_people_are_told_once_that_it_fails_and_once_that_it_works_again(
    house: ConnectionHouse, tmp_path: Path
) -> None:
    alerts = AlertHouse(house.database, tmp_path)
    alerts.add_channel()
    checks = ConnectionChecks(house.database, house.connectors, lambda: house.now)
    house.now = alerts.now
    house.add()
    house.system.error = AuthFailed("The system does not know this password; enter the right one.")
    for _ in range(20):
        house.passes(minutes=1)
        alerts.now = house.now
        checks.look()
        alerts.sweep()
    assert alerts.subjects == ["live: the connection fails"]
    assert "enter the right one" in alerts.mailer.sent[0].text
    assert "/console/connections/live" in alerts.mailer.sent[0].text
    house.system.error = None
    for _ in range(20):
        house.passes(minutes=1)
        alerts.now = house.now
        checks.look()
        alerts.sweep()
    assert alerts.subjects == ["live: the connection fails", "live: the connection works again"]
    assert [(alert.kind, alert.subject, alert.ending) for alert in alerts.alerts()] == [
        ("connection_failing", "live", "recovered")
    ]
    assert {mail.to for mail in alerts.mailer.sent} == {MAIL}


@pytest.mark.parametrize("end", ["pause", "remove"])
def test_nobody_hears_more_of_a_connection_that_was_paused_or_removed(
    house: ConnectionHouse, tmp_path: Path, end: str
) -> None:
    alerts = AlertHouse(house.database, tmp_path)
    alerts.add_channel()
    house.add()
    house.system.error = Unavailable("The machine is off.")
    with pytest.raises(Unavailable):
        house.connectors.check("live")
    alerts.sweep()
    getattr(house.desk, end)("live", ADMIN)
    alerts.sweep()
    assert [alert.ending for alert in alerts.alerts()] == ["gone"]
    assert len(alerts.subjects) == 1


def test_a_failing_call_lets_the_connection_be_tried_at_the_next_look(house: ConnectionHouse) -> None:
    house.add()
    checks = ConnectionChecks(house.database, house.connectors, lambda: house.now)
    house.passes(seconds=5)
    assert checks.look() == 0
    house.system.error = Unavailable("The machine is off.")
    with pytest.raises(Unavailable):
        house.connectors.orders().find_order("S-1")
    assert checks.look() == 1
    assert stretches(house)[0] == ("failing", 1, "unavailable")


def test_a_call_that_failed_by_chance_is_no_failure_of_the_connection(house: ConnectionHouse) -> None:
    house.add()
    checks = ConnectionChecks(house.database, house.connectors, lambda: house.now)
    house.system.error = Unavailable("The network hiccuped.")
    with pytest.raises(Unavailable):
        house.connectors.orders().find_order("S-1")
    house.system.error = None
    house.passes(seconds=5)
    assert checks.look() == 1
    assert stretches(house) == [("good", 2, "")]


def test_a_system_that_asks_for_patience_fares_as_before(house: ConnectionHouse) -> None:
    house.add()
    house.system.error = RateLimited("Slowly, please.", 30)
    with pytest.raises(RateLimited):
        house.connectors.check("live")
    assert stretches(house) == [("good", 1, "")]


def test_each_connection_is_tried_by_one_of_all_processes(house: ConnectionHouse) -> None:
    for name in ("prague", "vienna"):
        house.add(name)
    house.system.tried.clear()
    house.passes(hours=1)
    together = Barrier(3, timeout=10)

    def look() -> int:
        connectors = Connectors(house.database, Secrets(KEY), now=lambda: house.now, vendors=house.vendors)
        checks = ConnectionChecks(house.database, connectors, lambda: house.now)
        together.wait()
        return checks.look()

    with ThreadPoolExecutor(3) as processes:
        looks = [processes.submit(look) for _ in range(3)]
    assert sum(each.result() for each in looks) == 2
    assert sorted(house.system.tried) == sorted(["prague", "vienna"] * 2)


def test_paused_connections_and_our_own_database_are_not_tried(house: ConnectionHouse) -> None:
    house.add()
    house.desk.pause("live", ADMIN)
    with house.database.write() as session:
        session.add(Connection(name="shop", contracts=["returns"], vendor="house"))
    house.passes(hours=1)
    assert ConnectionChecks(house.database, house.connectors, lambda: house.now).look() == 0


def test_the_history_does_not_grow_for_ever(house: ConnectionHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.connections.health.STRETCHES_KEPT", 3)
    house.add()
    for round_ in range(4):
        house.passes(minutes=1)
        house.system.error = None if round_ % 2 else Unavailable("off")
        if house.system.error:
            with pytest.raises(Unavailable):
                house.connectors.check("live")
        else:
            house.connectors.check("live")
    assert [health for health, _times, _kind in stretches(house)] == ["good", "failing", "good"]
    with house.database.read() as session:
        assert session.scalars(select(Connection.health_since)).one() == NOON.replace(minute=4)
