"""Knowing which engine processes are alive on PostgreSQL, also after the server has dropped a connection."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from automations.engine.leases import AdvisoryLeases
from connectors.database.session import Database

pytestmark = pytest.mark.integration


@pytest.fixture
def server(postgresql_url: str) -> Iterator[Database]:
    opened = Database(postgresql_url)
    yield opened
    opened.close()


@pytest.fixture
def mine(server: Database) -> Iterator[AdvisoryLeases]:
    leases = AdvisoryLeases(server.engine)
    leases.hold("mine")
    yield leases
    leases.release()


@pytest.fixture
def observer(server: Database) -> Iterator[AdvisoryLeases]:
    leases = AdvisoryLeases(server.engine)
    leases.hold("observer")
    yield leases
    leases.release()


def drop_connections(server: Database) -> None:
    with server.engine.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )


def test_a_process_is_dead_when_its_lock_is_free(mine: AdvisoryLeases, observer: AdvisoryLeases) -> None:
    assert not observer.is_dead("mine")
    assert observer.is_dead("never-existed")
    mine.release()
    assert observer.is_dead("mine")


def test_asking_whether_a_process_is_dead_keeps_no_lock(observer: AdvisoryLeases, mine: AdvisoryLeases) -> None:
    assert observer.is_dead("gone")
    assert mine.is_dead("gone")


def test_a_lock_that_the_server_dropped_is_taken_again(
    server: Database, mine: AdvisoryLeases, observer: AdvisoryLeases
) -> None:
    drop_connections(server)
    mine.hold("mine")
    observer.hold("observer")
    assert not observer.is_dead("mine")
