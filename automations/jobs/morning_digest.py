"""The job "morning digest": each ops admin is mailed once a day what ran, failed, waits, is late and comes today."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from automations.engine.closures import read_company_days
from automations.engine.job import ItemOutcome, JobContext, JobDefinition, JobWork, Parameter, ParameterType, Reason
from automations.follow_ups.digest_facts import Reader, read_facts, read_readers
from automations.follow_ups.requests import post_requests
from automations.rules.calendars import is_known_country, working_days
from automations.rules.digest import is_sent_on
from connectors.contracts.notices import NoticeKind, NoticeRequest
from connectors.database.models.work import ItemState
from connectors.email_address import normalise_email
from connectors.errors import Rejected

SENT, ALREADY_SENT, NOT_WANTED, DAY_OFF, GONE = "sent", "already-sent", "not-wanted", "day-off", "gone"


class MorningDigest:
    """One item for each ops admin; the same facts for all of them."""

    def __init__(self, context: JobContext) -> None:
        self._notices = context.connectors.notices()
        self._look = context.look
        self._now = context.now()
        self._zone = _read_zone(context.parameters["timezone"])
        self._country = _read_country(context.parameters["country"])
        self._today = self._now.astimezone(self._zone).date()
        wanted_by_none = str(context.parameters["not_to"] or "").replace(",", " ").split()
        self._not_to = {normalise_email(address) for address in wanted_by_none}

    def plan(self) -> Sequence[str]:
        return list(self._readers)

    def recall(self, outcomes: Iterable[ItemOutcome]) -> None:
        """Nothing of one reader depends on another."""

    def decide(self, keys: Sequence[str]) -> Sequence[ItemOutcome]:
        told = self._notices.told(self._key(reader) for reader in self._readers.values())
        company = self._look(read_company_days)
        days = working_days(self._country, company.closed, company.worked)
        outcomes = []
        for key in keys:
            reader = self._readers.get(key)
            if reader is None:
                outcomes.append(ItemOutcome(key, key, ItemState.SKIPPED, GONE))
            elif normalise_email(reader.email) in self._not_to:
                outcomes.append(ItemOutcome(key, reader.name, ItemState.SKIPPED, NOT_WANTED))
            elif not is_sent_on(self._today, days, is_away=reader.is_away):
                outcomes.append(ItemOutcome(key, reader.name, ItemState.SKIPPED, DAY_OFF))
            elif self._key(reader) in told:
                outcomes.append(ItemOutcome(key, reader.name, ItemState.SKIPPED, ALREADY_SENT))
            else:
                outcomes.append(self._send_to(key, reader))
        return outcomes

    def apply(self, outcomes: Sequence[ItemOutcome]) -> Mapping[str, Reason | str]:
        return post_requests(self._notices, outcomes)

    def _send_to(self, key: str, reader: Reader) -> ItemOutcome:
        request = NoticeRequest(
            self._key(reader),
            NoticeKind.MORNING_DIGEST,
            "morning_digest",
            {**self._facts, "name": reader.name, "day": self._today.isoformat()},
            email=reader.email,
            language=reader.language,
            causes=(self._key(reader),),
        )
        return ItemOutcome(
            key,
            reader.name,
            ItemState.DONE,
            SENT,
            detail={"is_calm": self._facts["is_calm"]},
            effect={"notices": [asdict(request)]},
            effect_key=request.idempotency_key,
        )

    def _key(self, reader: Reader) -> str:
        return f"digest:{self._today.isoformat()}:{reader.id}"

    @cached_property
    def _readers(self) -> Mapping[str, Reader]:
        readers: Sequence[Reader] = self._look(lambda session: read_readers(session, self._now))
        return {f"user:{reader.id}": reader for reader in readers}

    @cached_property
    def _facts(self) -> dict[str, Any]:
        facts: dict[str, Any] = self._look(lambda session: read_facts(session, self._now, self._zone))
        return facts


def _read_zone(name: str) -> ZoneInfo:
    if name not in available_timezones():
        raise Rejected(f"{name!r} is no time zone; set the parameter timezone to one like Europe/Prague.")
    return ZoneInfo(name)


def _read_country(code: str | None) -> str | None:
    if code and not is_known_country(code):
        raise Rejected(f"{code!r} has no calendar of holidays; set the parameter country to two letters, like CZ.")
    return code or None


def _start(context: JobContext) -> JobWork:
    return MorningDigest(context)


JOB = JobDefinition(
    name="morning-digest",
    title="Morning digest",
    description=(
        "Mails each ops admin, in their language, what ran and failed, what waits for whom and for how long, what is "
        "late, and what comes today. Once a day, not on days off; one line when nothing needs a look."
    ),
    item_name="reader",
    default_cron="0 7 * * mon-fri",
    parameters=(
        Parameter(
            "timezone",
            ParameterType.TEXT,
            "Europe/Prague",
            "Time zone",
            "In which today begins and ends, like Europe/Prague.",
        ),
        Parameter(
            "country",
            ParameterType.TEXT,
            "CZ",
            "Country",
            "Whose weekends and public holidays are days off, in two letters. Empty: Saturday and Sunday only.",
        ),
        Parameter(
            "not_to",
            ParameterType.TEXT,
            "",
            "Not to",
            "Addresses of admins who do not want the digest, separated by commas.",
        ),
    ),
    start=_start,
)
