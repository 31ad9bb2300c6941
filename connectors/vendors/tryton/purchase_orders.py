"""Purchases of Tryton as purchase orders: what was ordered, what its moves received, what its invoices bill."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from connectors.contracts.purchasing import PurchaseOrder, PurchaseOrderLine, PurchaseOrderState, ReceivedGoods
from connectors.money import ZERO
from connectors.vendors.tryton.failures import expecting_known_shapes
from connectors.vendors.tryton.session import Domain, Record, TrytonSession, at, many
from connectors.vendors.tryton.units import Units, plain

STATES: Mapping[str, PurchaseOrderState] = {
    "draft": PurchaseOrderState.DRAFT,
    "quotation": PurchaseOrderState.DRAFT,
    "confirmed": PurchaseOrderState.OPEN,
    "processing": PurchaseOrderState.OPEN,
    "done": PurchaseOrderState.CLOSED,
    "cancelled": PurchaseOrderState.CANCELLED,
}
OPEN_STATES = [state for state, ours in STATES.items() if ours is PurchaseOrderState.OPEN]
# States in which an invoice counts as billed.
BILLED_STATES = frozenset({"validated", "posted", "paid"})
HUNDRED = Decimal(100)

_LINE_FIELDS = (
    "sequence",
    "type",
    "product.code",
    "product.type",
    "product.account_category.name",
    "description",
    "quantity",
    "unit",
    "unit_price",
    "amount",
    "taxes.rate",
    "taxes.type",
    "moves.quantity",
    "moves.unit.id",
    "moves.state",
    "moves.effective_date",
    "moves.from_location.type",
    "moves.to_location.type",
    "invoice_lines.quantity",
    "invoice_lines.unit.id",
    "invoice_lines.amount",
    "invoice_lines.invoice.state",
    "requests.origin",
)
ORDER_FIELDS = (
    "number",
    "party.name",
    "currency.code",
    "purchase_date",
    "state",
    "reference",
    "delivery_date",
    "warehouse.code",
    "warehouse.name",
    *(f"lines.{name}" for name in _LINE_FIELDS),
)


class PurchaseBook:
    """Reads purchases with all that hangs on them, a few hundred with one question."""

    def __init__(self, session: TrytonSession, units: Units) -> None:
        self._session = session
        self._units = units

    def find(self, domain: Domain) -> Iterator[PurchaseOrder]:
        """The purchases that have a number; those without were never quoted."""
        numbered = [domain, ["number", "!=", None], ["company", "=", self._session.company()]]
        for page in self._session.pages("purchase.purchase", numbered, ORDER_FIELDS):
            with expecting_known_shapes():
                keys = self._request_keys(page)
                yield from [self._read(record, keys) for record in page]

    def receipts(self, items: Sequence[str], first: date, last: date) -> Iterator[ReceivedGoods]:
        """What came of these items in these days, move by move."""
        domain = [
            ["product.code", "in", list(items)],
            ["moves.state", "=", "done"],
            ["moves.effective_date", ">=", first],
            ["moves.effective_date", "<=", last],
            ["purchase.company", "=", self._session.company()],
        ]
        fields = (
            "product.code",
            "unit",
            "purchase.purchase_date",
            "purchase.warehouse.code",
            "purchase.warehouse.name",
            *(name for name in _LINE_FIELDS if name.startswith("moves.")),
        )
        for record in self._session.all("purchase.line", domain, fields):
            with expecting_known_shapes():
                yield from [one for one in self._read_receipts(record) if first <= one.received_on <= last]

    def _read_receipts(self, record: Record) -> Iterator[ReceivedGoods]:
        for move in _received_moves(record):
            yield ReceivedGoods(
                at(record, "product.code"),
                site_of(record["purchase."]),
                self._units.code(record["unit"]),
                at(record, "purchase.purchase_date"),
                move["effective_date"],
                plain(self._units.convert(Decimal(move["quantity"]), at(move, "unit.id"), record["unit"])),
            )

    def _request_keys(self, page: Sequence[Record]) -> Mapping[str, str]:
        """By origin of a purchase request the key that it was put with."""
        origins = {
            request["origin"]
            for record in page
            for line in many(record, "lines")
            for request in many(line, "requests")
            if (request["origin"] or "").startswith("purchase.requisition.line,")
        }
        if not origins:
            return {}
        ids = sorted(int(origin.partition(",")[2]) for origin in origins)
        lines = self._session.all("purchase.requisition.line", [["id", "in", ids]], ["requisition.description"])
        return {
            f"purchase.requisition.line,{line['id']}": key_of(at(line, "requisition.description")) or ""
            for line in lines
        }

    def _read(self, record: Record, keys: Mapping[str, str]) -> PurchaseOrder:
        lines = order_lines(record)
        return PurchaseOrder(
            number=record["number"],
            supplier=at(record, "party.name") or "",
            currency=at(record, "currency.code"),
            ordered_on=record["purchase_date"] or date.min,
            state=STATES[record["state"]],
            lines=tuple(self._read_line(str(place), line, keys) for place, line in enumerate(lines, 1)),
            expected_on=record["delivery_date"],
            supplier_reference=record["reference"] or None,
            site=site_of(record),
        )

    def _read_line(self, place: str, line: Record, keys: Mapping[str, str]) -> PurchaseOrderLine:
        units, unit = self._units, line["unit"]
        billed = [one for one in many(line, "invoice_lines") if at(one, "invoice.state") in BILLED_STATES]
        billed_amount = sum((Decimal(one["amount"]) for one in billed), ZERO)
        request_keys = [key for request in many(line, "requests") if (key := keys.get(request["origin"] or ""))]
        what = {
            "line": place,
            "item": at(line, "product.code") or "",
            "description": line["description"] or "",
            "tax_percent": _tax_percent(line),
            "billed_amount": billed_amount,
            "item_group": at(line, "product.account_category.name"),
            "request_key": request_keys[0] if request_keys else None,
        }
        if is_service(line):
            amount = Decimal(line["amount"])
            return PurchaseOrderLine(quantity=ZERO, uom="", unit_price=ZERO, amount=amount, **what)
        received = plain(_sum_received(units, line))
        return PurchaseOrderLine(
            quantity=plain(line["quantity"]),
            uom=units.code(unit),
            unit_price=plain(line["unit_price"]),
            received=received,
            # Tryton takes in what it received; goods that fail a check go back as a return.
            accepted=received,
            billed=plain(sum_units(units, billed, unit)),
            **what,
        )


def order_lines(record: Record) -> Sequence[Record]:
    """The lines that order something, in the order in which Tryton shows them: the first is line 1."""
    lines = [line for line in many(record, "lines") if line["type"] == "line"]
    # Lines that nobody moved have no sequence and stand by age after those that have one.
    return sorted(lines, key=lambda line: (line["sequence"] is None, line["sequence"] or 0, line["id"]))


def is_service(line: Record) -> bool:
    """Nothing can be received of it, so it is ordered by amount."""
    return line["product."] is None or at(line, "product.type") == "service"


def site_of(record: Record) -> str:
    """What a purchase's warehouse is called: its code, or its name where it has none."""
    return at(record, "warehouse.code") or at(record, "warehouse.name") or ""


def sum_units(units: Units, records: Sequence[Record], unit: int | None) -> Decimal:
    """Quantities of moves or invoice lines, in one unit."""
    return sum((units.convert(Decimal(one["quantity"]), at(one, "unit.id"), unit) for one in records), ZERO)


# What a description that we wrote begins with, so that people see whose record it is.
MARK = "Twinoffice "
SEPARATOR = " | "


def key_of(description: str | None) -> str | None:
    """The idempotency key that a record of ours was made with; None for anybody else's."""
    if not description or not description.startswith(MARK):
        return None
    return description.removeprefix(MARK).split(SEPARATOR)[0]


def _received_moves(line: Record) -> Sequence[Record]:
    done = [move for move in many(line, "moves") if move["state"] == "done"]
    return [move for move in done if at(move, "from_location.type") == "supplier"]


def _sum_received(units: Units, line: Record) -> Decimal:
    """What came less what went back."""
    done = [move for move in many(line, "moves") if move["state"] == "done"]
    returned = [move for move in done if at(move, "to_location.type") == "supplier"]
    return sum_units(units, _received_moves(line), line["unit"]) - sum_units(units, returned, line["unit"])


def _tax_percent(line: Record) -> Decimal | None:
    """The rates together; None where a tax is a fixed amount."""
    taxes = many(line, "taxes")
    if any(tax["type"] != "percentage" for tax in taxes):
        return None
    return plain(sum((Decimal(tax["rate"]) for tax in taxes), ZERO) * HUNDRED)
