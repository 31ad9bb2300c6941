"""Connections: tried before they are saved, sealed, paused, and unable to write where that is forbidden."""

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from connectors.connections.desk import ConnectionChangedError
from connectors.connections.draft import DraftError
from connectors.database.models.mail import MailboxPosition, MailDocument
from connectors.database.models.people import AuditEntry
from connectors.database.models.work import Connection, ConnectionChoice, ConnectionStretch
from connectors.database.session import Database
from connectors.errors import AuthFailed, NotFound, Rejected, Unavailable
from connectors.mailbox_position import keep_position
from connectors.secrets import Secrets, rotate
from tests.integration.connection_house import (
    ADMIN,
    KEY,
    LEAD,
    NOON,
    PASSWORD,
    URL,
    ConnectionHouse,
    draft,
)

pytestmark = pytest.mark.integration

NEW_KEY = "n" * 32


@pytest.fixture
def house(database: Database) -> ConnectionHouse:
    return ConnectionHouse(database)


def rows(house: ConnectionHouse) -> list[Connection]:
    with house.database.read() as session:
        return list(session.scalars(select(Connection).order_by(Connection.created_at, Connection.name)))


def entries(house: ConnectionHouse) -> list[AuditEntry]:
    with house.database.read() as session:
        return list(session.scalars(select(AuditEntry).order_by(AuditEntry.id)))


def test_a_connection_is_saved_when_the_system_has_answered(house: ConnectionHouse) -> None:
    assert house.add() == f"{URL} answers."
    (row,) = rows(house)
    assert (row.contracts, row.settings, row.health) == (["orders", "leads"], {"url": URL}, "good")
    assert house.connectors.leads().create_lead(LEAD) == "L1"


def test_what_does_not_answer_is_not_saved(house: ConnectionHouse) -> None:
    with pytest.raises(AuthFailed, match="enter the right one"):
        house.add(settings={"url": URL, "password": "wrong"})
    house.system.error = Unavailable("The machine is off.")
    with pytest.raises(Unavailable):
        house.add()
    assert (rows(house), entries(house)) == ([], [])


def test_a_secret_stands_nowhere_but_sealed(house: ConnectionHouse) -> None:
    with capture_logs() as logged:
        house.add()
        house.desk.change(draft(settings={"url": URL, "password": ""}, is_read_only=True), 1, ADMIN)
        house.desk.pause("live", ADMIN)
        (row,) = rows(house)
        told = [str(vars(row)), repr(house.connectors.list_connections()), repr(draft())]
        house.desk.remove("live", ADMIN)
    told += [str(logged), *(str(vars(entry)) for entry in entries(house))]
    assert URL in told[0]
    assert [one for one in told if PASSWORD in one] == []
    actions = [entry.action for entry in entries(house)]
    assert actions == ["connection.create", "connection.change", "connection.pause", "connection.remove"]


def test_a_key_can_be_changed_and_the_connection_goes_on(house: ConnectionHouse) -> None:
    house.add()
    house.use_key(NEW_KEY, KEY)
    assert house.connectors.check("live") == f"{URL} answers."
    with house.database.write() as session:
        assert rotate(session, Secrets(NEW_KEY, [KEY])) == 1
    house.use_key(NEW_KEY)
    assert house.connectors.check("live") == f"{URL} answers."


def test_where_the_key_is_lost_the_secret_is_entered_again(house: ConnectionHouse) -> None:
    house.add()
    house.use_key(NEW_KEY)
    with pytest.raises(AuthFailed, match="TWINOFFICE_PREVIOUS_SECRET_KEYS"):
        house.connectors.orders()
    with pytest.raises(DraftError) as raised:
        house.desk.change(draft(settings={"url": URL}), 1, ADMIN)
    assert raised.value.problems == {"s.password": "required"}
    with pytest.raises(AuthFailed, match="TWINOFFICE_PREVIOUS_SECRET_KEYS"):
        house.desk.resume("live", ADMIN)
    house.desk.change(draft(), 1, ADMIN)
    assert house.connectors.check("live") == f"{URL} answers."


def test_a_change_is_tried_only_where_it_can_break_something(house: ConnectionHouse) -> None:
    house.add()
    house.system.error = Unavailable("The machine is off.")
    assert house.desk.change(draft(settings={"url": URL}, is_read_only=True), 1, ADMIN) == ""
    with pytest.raises(Unavailable):
        house.desk.change(draft(settings={"url": URL, "password": "other"}), 2, ADMIN)
    assert [(row.is_read_only, row.version) for row in rows(house)] == [(True, 2)]


def test_nobody_overwrites_what_another_admin_saved_meanwhile(house: ConnectionHouse) -> None:
    house.add()
    house.desk.change(draft(networks="10.1.0.0/16"), 1, ADMIN)
    with pytest.raises(ConnectionChangedError):
        house.desk.change(draft(networks="10.2.0.0/16"), 1, "other@example.com")
    assert rows(house)[0].networks == ["10.1.0.0/16"]


def test_a_name_belongs_to_one_connection(house: ConnectionHouse) -> None:
    house.add()
    with pytest.raises(DraftError) as raised:
        house.add()
    assert raised.value.problems == {"name": "taken"}


def test_a_read_only_connection_writes_nothing_not_even_for_work_that_began_before(house: ConnectionHouse) -> None:
    house.add()
    leads, orders = house.connectors.leads(), house.connectors.orders()
    leads.create_lead(LEAD)
    house.desk.change(draft(is_read_only=True), None, ADMIN)
    for writer in (leads, house.connectors.leads()):
        with pytest.raises(Rejected, match="read-only"):
            writer.create_lead(LEAD)
    with pytest.raises(NotFound, match="no order"):
        orders.find_order("S-1")
    assert house.system.written == ["live: Twelve lamps"]


def test_a_paused_connection_serves_nobody_until_it_works(house: ConnectionHouse) -> None:
    house.add()
    leads = house.connectors.leads()
    house.desk.pause("live", ADMIN)
    for ask in (house.connectors.orders, lambda: leads.create_lead(LEAD)):
        with pytest.raises(Unavailable, match="paused"):
            ask()
    house.system.error = Unavailable("The machine is off.")
    with pytest.raises(Unavailable, match="off"):
        house.desk.resume("live", ADMIN)
    assert rows(house)[0].is_paused
    house.system.error = None
    assert house.desk.resume("live", ADMIN) == f"{URL} answers."
    house.connectors.leads().create_lead(LEAD)
    assert house.system.written == ["live: Twelve lamps"]


def test_of_two_companies_the_chosen_one_serves(house: ConnectionHouse) -> None:
    house.add("prague", contracts=("leads",))
    house.passes(minutes=1)
    house.add("vienna", contracts=("leads", "orders"))
    house.connectors.leads().create_lead(LEAD)
    house.desk.choose({"leads": "vienna"}, ADMIN)
    house.desk.choose({"leads": "vienna"}, ADMIN)
    house.connectors.leads().create_lead(LEAD)
    assert house.system.written == ["prague: Twelve lamps", "vienna: Twelve lamps"]
    house.desk.change(draft("vienna", contracts=("orders",)), None, ADMIN)
    house.connectors.leads().create_lead(LEAD)
    assert house.system.written[-1] == "prague: Twelve lamps"
    chosen = [entry for entry in entries(house) if entry.action == "connection.choose"]
    assert [(entry.before, entry.after) for entry in chosen] == [({"connection": None}, {"connection": "vienna"})]
    with pytest.raises(NotFound):
        house.desk.choose({"leads": "vienna"}, ADMIN)


def test_a_paused_connection_is_not_replaced_by_another_company(house: ConnectionHouse) -> None:
    house.add("prague")
    house.passes(minutes=1)
    house.add("vienna")
    house.desk.pause("prague", ADMIN)
    with pytest.raises(Unavailable, match="'prague' is paused"):
        house.connectors.leads()


def test_a_removed_connection_leaves_nothing_behind(house: ConnectionHouse) -> None:
    house.add()
    house.add("live:2")
    house.desk.choose({"orders": "live"}, ADMIN)
    with house.database.write() as session:
        for name in ("live", "live:2"):
            keep_position(session, f"{name}:answers", "INBOX", "7:1000", NOON)
            kept = {"folder": "INBOX", "mail_id": "7:1000", "place": 1, "name": "RE-1.xml", "checksum": "c"}
            session.add(MailDocument(connection=name, **kept))
    house.desk.remove("live", ADMIN)
    with house.database.read() as session:
        assert [row.name for row in session.scalars(select(Connection))] == ["live:2"]
        assert session.scalars(select(ConnectionChoice)).all() == []
        assert len(session.scalars(select(ConnectionStretch)).all()) == 1
        assert [row.reader for row in session.scalars(select(MailboxPosition))] == ["live:2:answers"]
        assert [row.connection for row in session.scalars(select(MailDocument))] == ["live:2"]
    with pytest.raises(NotFound):
        house.desk.remove("live", ADMIN)


def test_a_mapping_is_seen_on_real_rows_before_it_is_saved(house: ConnectionHouse) -> None:
    settings = {"url": URL, "password": PASSWORD, "fields": {"number": "no", "total": "amount"}}
    wanted = house.desk.check(draft(contracts=("orders",), settings=settings))
    found = house.desk.preview(wanted, rows=3)
    assert [row.source["no"] for row in found] == ["S-1", "S-2", "S-3"]
    assert found[0].mapped == {"number": "S-1", "total": None}
    assert rows(house) == []
