"""What became of the holds of the run before, from what both verdicts have recorded."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from automations.engine.job import ItemOutcome, Reason
from automations.rules.matching.release import HoldPlace, OrderFigures, SeenVerdict, explain_releases

_NAMES = {
    "ordered": "ordered",
    "received": "received",
    "accepted": "accepted",
    "billed": "billed_before",
    "price": "order_price",
}


def describe_releases(
    earlier: ItemOutcome | None, reasons: Sequence[Reason], detail: Mapping[str, Any]
) -> list[dict[str, str | None]]:
    """The holds that are gone since the earlier verdict, as JSON: code, where, change, and the figure that changed."""
    if earlier is None or not earlier.reasons or "settings" not in earlier.detail:
        return []
    passed = frozenset(HoldPlace(each["code"], each["place"]) for each in detail.get("overridden", ()))
    releases = explain_releases(_seen(earlier.reasons, earlier.detail), _seen(reasons, detail), passed)
    return [
        {
            "code": release.hold.code,
            "where": release.hold.place or None,
            "change": release.change.value,
            "before": release.before,
            "after": release.after,
        }
        for release in releases
    ]


def _seen(reasons: Sequence[Reason], detail: Mapping[str, Any]) -> SeenVerdict:
    return SeenVerdict(
        [HoldPlace(reason.code, reason.where or "") for reason in reasons],
        detail.get("order"),
        {line["order_line"]: _figures(line) for line in detail.get("lines", ()) if "order_line" in line},
        detail.get("settings", ""),
    )


def _figures(line: Mapping[str, Any]) -> OrderFigures:
    return OrderFigures(**{name: _number(line.get(recorded)) for name, recorded in _NAMES.items()})


def _number(text: str | None) -> Decimal | None:
    """What was too long to be recorded in full is no figure any more."""
    try:
        return None if text is None else Decimal(text)
    except InvalidOperation:
        return None
