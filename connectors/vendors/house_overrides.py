"""Approved overrides in our own database."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select

from connectors.contracts.overrides import ApprovedOverride
from connectors.database.failures import explain_failures
from connectors.database.models.invoices import InvoiceOverride, OverrideState
from connectors.database.session import Database

KEYS_PER_QUERY = 1_000


class HouseOverrides:
    """Overrides as people gave them in the console, on the command line or over the API."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def approved(self, document_keys: Iterable[str]) -> Mapping[str, Sequence[ApprovedOverride]]:
        keys = sorted(set(document_keys))
        found: defaultdict[str, list[ApprovedOverride]] = defaultdict(list)
        with explain_failures(), self._database.read() as session:
            for start in range(0, len(keys), KEYS_PER_QUERY):
                rows = session.scalars(
                    select(InvoiceOverride)
                    .where(
                        InvoiceOverride.document_key.in_(keys[start : start + KEYS_PER_QUERY]),
                        InvoiceOverride.state == OverrideState.APPROVED.value,
                    )
                    .order_by(InvoiceOverride.id)
                )
                for row in rows:
                    found[row.document_key].append(_read(row))
        return dict(found)


def _read(row: InvoiceOverride) -> ApprovedOverride:
    return ApprovedOverride(
        row.code, row.place, row.found, row.expected, row.reason, row.requested_by, row.decided_by or ""
    )
