"""When people are told that something is wrong, and that it is right again: once each, and never a storm."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from connectors.database.models.alerts import AlertKind

# What goes wrong and right all the time is told so often within this time, and then only if it stays wrong.
FLAPPING_WITHIN = timedelta(hours=1)
FLAPPING_TIMES = 3


class Sight(StrEnum):
    """`gone`: there is nothing to look at any more, which is neither wrong nor a recovery."""

    WRONG = "wrong"
    FINE = "fine"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Key:
    """What an alert is about: at most one of them is open for each key."""

    kind: AlertKind
    subject: str


@dataclass(frozen=True, slots=True)
class Sighting:
    """What was seen at a moment. `cause` names the occurrence: the same cause again is no news."""

    key: Key
    sight: Sight
    at: datetime
    job: str
    cause: str = ""
    run_id: str | None = None
    facts: Mapping[str, str | int | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Known:
    """An open alert as it is recorded; `is_told` says whether anybody has heard of it."""

    cause: str
    is_told: bool


class Step(StrEnum):
    """What happens to an alert. `tell` is the late news of one that was held back."""

    OPEN = "open"
    REPEAT = "repeat"
    TELL = "tell"
    RECOVER = "recover"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class Change:
    """`is_news`: people are to be told. `sighting` is None where nothing new was seen."""

    key: Key
    step: Step
    is_news: bool
    sighting: Sighting | None = None


def changes(known: Mapping[Key, Known], sightings: Sequence[Sighting], held: frozenset[Key]) -> list[Change]:
    """What becomes of the alerts after these sightings, the oldest first.

    About a key that is held nobody hears that something is wrong; whoever has heard so hears of the recovery in any
    case, and whoever has not does not.
    """
    alerts = dict(known)
    made: list[Change] = []
    for sighting in sightings:
        change = _change(alerts.get(sighting.key), sighting, is_held=sighting.key in held)
        if change is None:
            continue
        made.append(change)
        if change.step is Step.OPEN:
            alerts[sighting.key] = Known(sighting.cause, change.is_news)
        elif change.step is Step.REPEAT:
            alerts[sighting.key] = replace(alerts[sighting.key], cause=sighting.cause)
        else:
            del alerts[sighting.key]
    late = [key for key, alert in alerts.items() if not alert.is_told and key not in held]
    return [*made, *(Change(key, Step.TELL, True) for key in late)]


def _change(alert: Known | None, sighting: Sighting, *, is_held: bool) -> Change | None:
    if sighting.sight is Sight.WRONG:
        if alert is None:
            return Change(sighting.key, Step.OPEN, not is_held, sighting)
        return Change(sighting.key, Step.REPEAT, False, sighting) if alert.cause != sighting.cause else None
    if alert is None:
        return None
    if sighting.sight is Sight.FINE:
        return Change(sighting.key, Step.RECOVER, alert.is_told, sighting)
    return Change(sighting.key, Step.DROP, False, sighting)


def is_held(silenced_until: datetime | None, told: Sequence[datetime], now: datetime) -> bool:
    """Whether nobody is to be told now: somebody asked for quiet, or it was told too often just before."""
    if silenced_until is not None and silenced_until > now:
        return True
    return sum(moment > now - FLAPPING_WITHIN for moment in told) >= FLAPPING_TIMES


def is_wanted(
    kinds: Sequence[str], jobs: Sequence[str], tells_recovery: bool, kind: str, job: str, *, is_recovery: bool
) -> bool:
    """Whether a channel with these choices is told; no jobs mean all of them, and what is of no job concerns each."""
    return kind in kinds and (not jobs or not job or job in jobs) and (tells_recovery or not is_recovery)
