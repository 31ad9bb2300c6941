"""What nobody expects of a connected system: data that a connector stumbles over, another address."""

from typing import Any

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from automations.alerts.connection_checks import ConnectionChecks
from connectors.connections.desk import ConnectionDesk
from connectors.connections.draft import ConnectionDraft
from connectors.connections.health import Try, read_stretches, record_try
from connectors.database.models.people import AuditEntry
from connectors.database.models.work import Connection
from connectors.database.session import Database
from connectors.errors import Rejected, Unavailable
from connectors.registry import VENDORS, Connectors
from connectors.secrets import Secrets
from connectors.vendor import Setting, SettingKind, Setup, Vendor
from tests.integration.connection_house import ADMIN, KEY, NOON, PASSWORD, URL, ConnectionHouse, draft

pytestmark = pytest.mark.integration

SURPRISES = [OverflowError("date out of range"), RecursionError("too deep"), KeyError("password"), OSError("gone")]


@pytest.fixture
def house(database: Database) -> ConnectionHouse:
    return ConnectionHouse(database)


def saved(house: ConnectionHouse, name: str = "live") -> Connection:
    with house.database.read() as session:
        return session.scalars(select(Connection).where(Connection.name == name)).one()


@pytest.mark.parametrize("surprise", SURPRISES, ids=lambda error: type(error).__name__)
def test_a_connector_that_stumbles_fails_alone_and_the_others_are_tried_on(
    house: ConnectionHouse, surprise: Exception
) -> None:
    for name in ("prague", "vienna"):
        house.add(name)
    house.passes(hours=1)
    house.system.error = surprise
    with capture_logs() as logged:
        assert ConnectionChecks(house.database, house.connectors, lambda: house.now).look() == 2
    assert [saved(house, name).health for name in ("prague", "vienna")] == ["failing", "failing"]
    with house.database.read() as session:
        (newest, _) = read_stretches(session, saved(house, "prague").id, 9)
    assert type(surprise).__name__ in newest.sentence
    assert [line["event"] for line in logged].count("connector_fault") == 2
    house.system.error = None
    assert house.connectors.check("prague") == f"{URL} answers."


def test_a_draft_that_a_connector_stumbles_over_is_refused_in_words(house: ConnectionHouse) -> None:
    house.system.error = ValueError("Port could not be cast to integer value")
    checked = house.desk.check(draft())
    for ask in (house.desk.try_out, house.desk.preview):
        with pytest.raises(Rejected, match="ValueError"), capture_logs():
            ask(checked)


def test_what_was_opened_for_a_trial_is_closed_whether_it_worked_or_not(house: ConnectionHouse) -> None:
    checked = house.desk.check(draft())
    house.desk.try_out(checked)
    assert house.system.closed == 2
    house.desk.preview(checked)
    assert house.system.closed == 4
    house.system.error = Unavailable("The machine is off.")
    with pytest.raises(Unavailable):
        house.desk.try_out(checked)
    assert house.system.closed == 5


def test_a_connector_that_was_replaced_or_removed_is_closed(house: ConnectionHouse) -> None:
    house.add()
    house.connectors.orders()
    house.system.closed = 0
    with house.database.write() as session:
        session.scalars(select(Connection)).one().networks = ["10.0.0.0/8"]
    house.connectors.orders()
    assert house.system.closed == 1
    house.desk.remove("live", ADMIN)
    house.connectors.list_connections()
    assert house.system.closed == 2


def test_a_draft_does_not_touch_what_the_live_connection_shares(house: ConnectionHouse) -> None:
    house.add()
    assert house.system.tried == ["", ""]
    house.connectors.check("live")
    assert house.system.tried[2:] == ["live", "live"]


def test_a_try_that_began_before_a_newer_one_says_nothing_any_more(house: ConnectionHouse) -> None:
    house.add()
    house.passes(seconds=30)
    house.connectors.check("live")
    late = Try("It hung for a minute.", NOON, house.now - NOON, Unavailable("It hung for a minute."))
    with house.database.write() as session:
        record_try(session, saved(house).id, late)
    assert (saved(house).health, saved(house).health_since) == ("good", NOON)


def test_a_check_of_many_contracts_ends_in_time(house: ConnectionHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    house.add()
    moments = iter([0.0, 0.0, 0.0, 500.0, 500.0])
    monkeypatch.setattr("connectors.connections.stored.monotonic", lambda: next(moments))
    house.system.tried.clear()
    with pytest.raises(Unavailable, match="slow"):
        house.connectors.check("live")
    assert house.system.tried == ["live"]


def addresses(vendor: Vendor) -> list[Setting]:
    return [setting for setting in vendor.settings if setting.leads_somewhere]


@pytest.mark.parametrize("name", sorted(name for name, vendor in VENDORS.items() if addresses(vendor)))
def test_the_audit_log_says_where_a_connection_leads_and_led_before(database: Database, name: str) -> None:
    """For every vendor: with its own settings, whatever they are called."""
    house = ConnectionHouse(database)
    real = VENDORS[name]
    vendor = Vendor(name, real.contracts, _Agreeable, real.settings)
    connectors = Connectors(database, Secrets(KEY), now=lambda: NOON, vendors={name: vendor})
    desk = ConnectionDesk(connectors.workshop)
    desk.add(_filled(vendor, "old"), ADMIN)
    desk.change(_filled(vendor, "evil"), None, ADMIN)
    with house.database.read() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "connection.change")).one()
    assert entry.before is not None
    assert entry.after is not None
    for setting in addresses(vendor):
        if setting.kind in (SettingKind.ADDRESS, SettingKind.HOST, SettingKind.TEXT):
            assert f"old-{setting.name.replace('_', '-')}.example.com" in str(entry.before)
            assert f"evil-{setting.name.replace('_', '-')}.example.com" in str(entry.after)
    assert PASSWORD not in str(entry.after)


class _Agreeable:
    def __init__(self, _contract: str, setup: Setup) -> None:
        self._setup = setup

    def check(self) -> str:
        return "It answers."


def _filled(vendor: Vendor, place: str) -> ConnectionDraft:
    """Every setting filled in, addresses with a host that begins with `place`."""
    written: dict[str, Any] = {}
    for setting in vendor.settings:
        host = f"{place}-{setting.name.replace('_', '-')}.example.com"
        written[setting.name] = {
            SettingKind.ADDRESS: f"https://{host}/api",
            SettingKind.HOST: host,
            SettingKind.SECRET: PASSWORD,
            SettingKind.CHOICE: (setting.choices or ("",))[0 if place == "old" else -1],
            SettingKind.NUMBER: setting.default,
            SettingKind.MAPPING: None,
        }.get(setting.kind, host)
    return ConnectionDraft("live", vendor.name, vendor.contracts, written)
