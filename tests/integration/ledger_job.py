"""A job for engine tests with an effect outside: a ledger file that takes an entry per idempotency key."""

import os
import signal
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from automations.engine.discovery import JobCatalogue
from automations.engine.job import ItemOutcome, JobContext, JobDefinition, JobWork, Parameter, ParameterType, Reason
from connectors.database.models.work import ItemState
from connectors.errors import ConnectorError

BATCH_SIZE = 4


@dataclass
class Ledger:
    """The other system. `entries.txt` is its book, `calls.txt` every request it ever got."""

    folder: Path

    def post(self, key: str) -> None:
        """Enter a key; a key that is entered already stays as it is."""
        self._append("calls.txt", key)
        if key not in self.entries():
            self._append("entries.txt", key)

    def entries(self) -> list[str]:
        return self._lines("entries.txt")

    def calls(self) -> list[str]:
        return self._lines("calls.txt")

    def note(self, event: str) -> None:
        self._append("events.txt", event)

    def events(self) -> list[str]:
        return self._lines("events.txt")

    def _append(self, name: str, line: str) -> None:
        with (self.folder / name).open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")

    def _lines(self, name: str) -> list[str]:
        path = self.folder / name
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


@dataclass
class Faults:
    """What goes wrong: a kill at a named moment, and errors that the other system gives, first one first."""

    kill_at: str = ""
    on_plan: list[Exception] = field(default_factory=list)
    on_decide: list[Exception] = field(default_factory=list)
    on_apply: list[Exception] = field(default_factory=list)

    def reach(self, moment: str) -> None:
        if moment == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)


class LedgerWork:
    """Every tenth item is an exception; the others are posted with a running number, which recall continues."""

    def __init__(self, context: JobContext, ledger: Ledger, faults: Faults) -> None:
        self._count = int(context.parameters["items"])
        self._ledger = ledger
        self._faults = faults
        self._posted = 0
        ledger.note("started" if context.scheduled_for is None else f"started for {context.scheduled_for.isoformat()}")

    def plan(self) -> Sequence[str]:
        self._faults.reach("plan")
        _raise_first(self._faults.on_plan)
        return [f"item-{number}" for number in range(self._count)]

    def recall(self, outcomes: Iterable[ItemOutcome]) -> None:
        self._posted += sum(1 for outcome in outcomes if outcome.effect)
        self._ledger.note(f"recalled {self._posted}")

    def decide(self, keys: Sequence[str]) -> Sequence[ItemOutcome]:
        outcomes = [self._decide(key) for key in keys]
        self._faults.reach(f"decided {keys[-1]}")
        _raise_first(self._faults.on_decide)
        return outcomes

    def apply(self, outcomes: Sequence[ItemOutcome]) -> Mapping[str, Reason]:
        for outcome in outcomes:
            assert outcome.effect is not None
            self._faults.reach(f"before {outcome.key}")
            self._ledger.post(f"{outcome.key}={outcome.effect['number']}")
            self._faults.reach(f"after {outcome.key}")
        _raise_first(self._faults.on_apply)
        return {}

    def _decide(self, key: str) -> ItemOutcome:
        self._ledger.note(f"decided {key}")
        if key.endswith("7"):
            reason = Reason("TOO_MUCH", owner="accounts", found="2", expected="1", limit="0")
            return ItemOutcome(key, f"Item {key}", ItemState.EXCEPTION, "held", (reason,), owner="accounts")
        self._posted += 1
        return ItemOutcome(key, f"Item {key}", ItemState.DONE, "posted", effect={"number": self._posted})


def ledger_catalogue(folder: Path, faults: Faults | None = None, **declared: Any) -> JobCatalogue:
    """The catalogue of these tests: the ledger job under two names, so that two jobs can run at once.

    `declared` is what else their declaration says.
    """
    ledger, chosen = Ledger(folder), faults or Faults()

    def start(context: JobContext) -> JobWork:
        return LedgerWork(context, ledger, chosen)

    def job(name: str) -> JobDefinition:
        return JobDefinition(
            name=name,
            title="Post to the ledger",
            description="Posts items to a ledger.",
            item_name="item",
            default_cron="0 6 * * *",
            parameters=(Parameter("items", ParameterType.INTEGER, 40, "Items", "How many", minimum=0, maximum=1000),),
            start=start,
            batch_size=BATCH_SIZE,
            **declared,
        )

    return JobCatalogue({name: job(name) for name in ("ledger", "second_ledger")})


def _raise_first(errors: list[Exception]) -> None:
    if errors:
        raise errors.pop(0)


__all__ = ["ConnectorError", "Faults", "Ledger", "ledger_catalogue"]
