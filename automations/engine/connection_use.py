"""Which connections a run asks, and whether other runs leave it a place there. The caller owns the transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from automations.engine.job import JobDefinition
from connectors.connections.info import read_connections, serving
from connectors.database.models.work import Run, RunState
from connectors.database.session import wait_in_line

# The parameter in which a run names the connection that it uses of a contract.
CONNECTION_PARAMETER = "connection"


class ConnectionsBusyError(Exception):
    """Other runs have all the places of these connections; the run has to wait for its turn."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(f"Other runs use {', '.join(names)} as much as its limit allows.")
        self.names = tuple(names)


@dataclass(frozen=True, slots=True)
class ConnectionUse:
    """A connection that a run asks, and how many runs may do so at once; None = any number."""

    name: str
    max_concurrent_runs: int | None = None


def connections_of(session: Session, job: JobDefinition, parameters: Mapping[str, Any]) -> list[ConnectionUse]:
    """The connection that the run names, or the one that serves, of each contract that its job uses."""
    if not job.uses:
        return []
    connections, wanted = read_connections(session), parameters.get(CONNECTION_PARAMETER)
    uses = {}
    for contract in job.uses:
        named = [info for info in connections if contract in info.contracts and info.name == wanted]
        used = named[0] if named else serving(contract, connections)
        if used is not None:
            uses[used.name] = ConnectionUse(used.name, used.max_concurrent_runs)
    return list(uses.values())


def take_places(session: Session, run: Run, uses: Sequence[ConnectionUse]) -> None:
    """Let the run have a place at each connection; it keeps them for as long as it is running.

    Raises:
        ConnectionsBusyError: others have them all.
    """
    run.connections = [use.name for use in uses]
    limits = {use.name: use.max_concurrent_runs for use in uses if use.max_concurrent_runs is not None}
    if not limits:
        return
    wait_in_line(session, "places at connections")
    others = session.scalars(select(Run.connections).where(Run.state == RunState.RUNNING, Run.id != run.id)).all()
    busy = [name for name, limit in limits.items() if sum(name in used for used in others) >= limit]
    if busy:
        raise ConnectionsBusyError(busy)
