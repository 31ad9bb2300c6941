"""What an invoice is held for: the causes of matching, arithmetic and duplicates as reasons a person can act on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from automations.engine.job import Reason
from automations.invoices.ledger import LookAlike
from automations.rules.duplicates import DuplicatePolicy, DuplicateReason, describe_incoming
from automations.rules.matching.holds import Hold, HoldReason
from connectors.contracts.documents import Invoice
from connectors.einvoice.arithmetic import ArithmeticFinding

MAX_TEXT_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Finding:
    """A hold found outside the matching, with the reason that tells more than the hold can."""

    hold: Hold
    reason: Reason


def find_arithmetic(findings: Iterable[ArithmeticFinding]) -> list[Finding]:
    """One finding per broken rule of EN 16931; `where` names the rule."""
    return [
        _finding(HoldReason.ARITHMETIC, "ARITHMETIC", broken.stated, broken.expected, where=broken.rule)
        for broken in findings
    ]


def find_duplicates(invoice: Invoice, look_alikes: Sequence[LookAlike], policy: DuplicatePolicy) -> list[Finding]:
    """One finding per likeness; `where` names the other document."""
    own = describe_incoming(invoice)
    findings = []
    for look_alike in look_alikes:
        other = look_alike.other
        where = f"{other.number} ({other.id})"
        for reason in look_alike.reasons:
            is_number = reason is DuplicateReason.SAME_NUMBER
            found, expected = (own.number, other.number) if is_number else (own.total, other.total)
            limit = policy.near_amount_percent if reason is DuplicateReason.NEAR_AMOUNT_AND_DATE else None
            findings.append(_finding(HoldReason.DUPLICATE, reason.value, found, expected, where=where, limit=limit))
    return findings


def find_missing_fields(invoice: Invoice) -> list[Finding]:
    """What the law wants on an invoice and nobody can post it without; `where` names term and rule of EN 16931.

    Number, supplier and currency are not looked for: without them a file is refused by its reader. Lines are missing
    only where the profile has none (Factur-X MINIMUM and BASIC WL): what was billed cannot be compared then.
    """
    missing = ["BT-2 (BR-03)"] if invoice.issue_date is None else []
    if invoice.gross_total is None and invoice.payable is None:
        missing.append("BT-112 (BR-14)")
    if not invoice.lines:
        missing.append("BG-25 (BR-16)")
    return [_finding(HoldReason.FIELD_MISSING, "FIELD_MISSING", None, None, where=term) for term in missing]


def find_future_date(invoice: Invoice, today: date) -> list[Finding]:
    """A document of a day to come is no document yet: it would be paid, and counted as late, by a wrong day."""
    if invoice.issue_date is None or invoice.issue_date <= today:
        return []
    found, expected = invoice.issue_date.isoformat(), today.isoformat()
    return [_finding(HoldReason.ISSUED_IN_FUTURE, "ISSUED_IN_FUTURE", found, expected, where=None)]


def find_block(reason: str | None) -> list[Finding]:
    """The supplier is blocked in the purchasing system; its reason is what was found."""
    if reason is None:
        return []
    return [_finding(HoldReason.SUPPLIER_BLOCKED, "SUPPLIER_BLOCKED", reason, None, where=None)]


def reasons_of(holds: Sequence[Hold], findings: Sequence[Finding]) -> list[tuple[Hold, Reason]]:
    """All holds with the reasons that people see, those of the document itself first."""
    known = {id(finding.hold) for finding in findings}
    matching = [(hold, _reason_of(hold)) for hold in holds if id(hold) not in known]
    return [*((finding.hold, finding.reason) for finding in findings), *matching]


def _reason_of(hold: Hold) -> Reason:
    return Reason(
        code=hold.reason.value,
        owner=hold.owner.value,
        found=show(hold.found),
        expected=show(hold.expected),
        limit=show(hold.limit),
        where=show(hold.order_line),
    )


def show(value: Decimal | str | None) -> str | None:
    """A figure or text for a report, clipped: a hostile file can hold megabytes in one field."""
    if value is None:
        return None
    text = value if isinstance(value, str) else format(value, "f")
    return text if len(text) <= MAX_TEXT_LENGTH else text[: MAX_TEXT_LENGTH - 1] + "…"


def _finding(
    kind: HoldReason,
    code: str,
    found: Decimal | str | None,
    expected: Decimal | str | None,
    *,
    where: str | None,
    limit: Decimal | None = None,
) -> Finding:
    hold = Hold(kind, found=found, expected=expected, limit=limit)
    reason = Reason(
        code=code,
        owner=hold.owner.value,
        found=show(found),
        expected=show(expected),
        limit=show(limit),
        where=show(where),
    )
    return Finding(hold, reason)
