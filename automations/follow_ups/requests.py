"""Notices as effects of items: written into an outcome as JSON, read again, and put into the outbox."""

from collections.abc import Mapping, Sequence
from typing import Any

from automations.engine.job import ItemOutcome, Reason
from automations.engine.outbox import TECHNICAL, apply_each
from connectors.contracts.notices import NoticeKind, NoticeRequest, Notices


def post_requests(notices: Notices, outcomes: Sequence[ItemOutcome]) -> Mapping[str, Reason | str]:
    """Put the notices of these items into the outbox; those that are there already stay as they are."""

    def post(outcome: ItemOutcome) -> None:
        for stored in (outcome.effect or {}).get("notices", ()):
            notices.post(read_request(stored))

    return apply_each(outcomes, post, TECHNICAL)


def read_request(stored: Mapping[str, Any]) -> NoticeRequest:
    kind, causes = NoticeKind(stored["kind"]), tuple(stored.get("causes", ()))
    return NoticeRequest(**{**stored, "kind": kind, "causes": causes})
