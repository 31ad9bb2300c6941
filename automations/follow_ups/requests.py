"""Notices as effects of items: written into an outcome as JSON, read again, and put into the outbox."""

from collections.abc import Mapping, Sequence
from typing import Any

from automations.engine.job import ItemOutcome, Reason
from automations.engine.outbox import TECHNICAL, apply_each
from connectors.contracts.notices import NoticeKind, NoticeRequest, Notices
from connectors.errors import Rejected

OVERTAKEN = "Part of this was told meanwhile. Nothing was sent; the next run decides anew what is still to be told."


def post_requests(notices: Notices, outcomes: Sequence[ItemOutcome]) -> Mapping[str, Reason | str]:
    """Put the notices of these items into the outbox; those that are there already stay as they are.

    One that was overtaken is refused: part of it was told meanwhile, so the rest of it is not told either.
    """

    def post(outcome: ItemOutcome) -> None:
        for stored in (outcome.effect or {}).get("notices", ()):
            request = read_request(stored)
            if not notices.post(request) and set(request.causes) - notices.told(request.causes).keys():
                raise Rejected(OVERTAKEN)

    return apply_each(outcomes, post, TECHNICAL)


def read_request(stored: Mapping[str, Any]) -> NoticeRequest:
    kind, causes = NoticeKind(stored["kind"]), tuple(stored.get("causes", ()))
    return NoticeRequest(**{**stored, "kind": kind, "causes": causes})
