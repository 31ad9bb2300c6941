"""Posting supplier invoices in Tryton: looked up by key first, drafted, made to add up, posted."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from connectors.contracts.documents import DocumentType
from connectors.contracts.purchasing import BilledLine, DocumentToPost
from connectors.errors import NotFound, Rejected
from connectors.money import round_money
from connectors.vendors.tryton.failures import expecting_known_shapes
from connectors.vendors.tryton.posted_invoices import DRAFT, InvoiceBook
from connectors.vendors.tryton.purchase_orders import MARK, is_service, order_lines
from connectors.vendors.tryton.session import Record, TrytonSession, at, many
from connectors.vendors.tryton.units import Units, plain

INVOICE, LINE = "model.account.invoice", "model.account.invoice.line"
# How far taxes may differ because supplier and Tryton round at other places; beyond it one of them is wrong.
MOST_TAX_ROUNDING = Decimal("0.05")
# Decimals of a price as Tryton is delivered (its setting product.price_decimal).
PRICE_DECIMALS = 4

_ORDER_FIELDS = (
    "party",
    "invoice_party",
    "invoice_address",
    "currency",
    "currency.code",
    "payment_term",
    *(f"lines.{name}" for name in ("sequence", "type", "product.type", "unit", "unit_price", "description", "taxes")),
    "lines.quantity",
)
_INVOICE_FIELDS = (
    "state",
    "reference",
    "invoice_date",
    "currency.code",
    "total_amount",
    "taxes.amount",
    "lines.origin",
    "lines.quantity",
    "lines.amount",
)
_HEADER = ("account", "invoice_address", "payment_term", "journal", "party_tax_identifier")


class InvoicePosting:
    """One document becomes one supplier invoice. Three calls change something; after each a death does no harm.

    A draft that carries our key is taken up where it was left. Drafts that Tryton made of the order by itself give
    way to ours, and Tryton makes them again of what is left to bill.
    """

    def __init__(self, session: TrytonSession, units: Units) -> None:
        self._session = session
        self._units = units
        self._book = InvoiceBook(session)

    def post(self, document: DocumentToPost) -> str:
        """The id of the invoice in Tryton.

        Raises:
            NotFound: the order has no such line.
            Rejected: another document has this key, or Tryton's own figures say something else.
        """
        order = self._find_order(document)
        found = self._book.with_key(document.idempotency_key, _INVOICE_FIELDS)
        if found:
            self._require_same(found[0], document, order)
        invoice_id = found[0]["id"] if found else self._draft(document, order)
        self._remove_late(document, invoice_id)
        if not found or found[0]["state"] == DRAFT:
            self._complete(invoice_id, document, order["id"])
        return str(invoice_id)

    def _find_order(self, document: DocumentToPost) -> Record:
        domain = [["number", "=", document.order_number], ["company", "=", self._session.company()]]
        found = self._session.search("purchase.purchase", domain, _ORDER_FIELDS)
        with expecting_known_shapes():
            known = {str(place) for place in range(1, len(order_lines(found[0])) + 1)} if found else set()
        for line in document.lines:
            if line.order_line not in known:
                raise NotFound(f"Order {document.order_number!r} has no line {line.order_line!r}.")
        if not found:
            raise NotFound(f"There is no order {document.order_number!r}.")
        return found[0]

    def _draft(self, document: DocumentToPost, order: Record) -> int:
        with expecting_known_shapes():
            party = order["invoice_party"] or order["party"]
            header = self._header(party, order)
            lines = [self._line(document, line, order, party) for line in document.lines]
            if document.currency != at(order, "currency.code"):
                raise Rejected(f"Order {document.order_number!r} is in {at(order, 'currency.code')}.")
        values = {
            **header,
            "reference": document.number,
            "description": f"{MARK}{document.idempotency_key}",
            "invoice_date": document.issue_date,
            "lines": [["create", lines]],
        }
        if document.terms.due_on is not None and not header.get("payment_term"):
            values["payment_term_date"] = document.terms.due_on
        created: list[int] = self._session.write(f"{INVOICE}.create", [values])
        return created[0]

    def _header(self, party: int, order: Record) -> dict[str, Any]:
        """As Tryton's own form fills an invoice in once the party is chosen."""
        known = {"type": "in", "company": self._session.company(), "party": party, "currency": order["currency"]}
        filled = self._session.read(f"{INVOICE}.on_change", {**known, "lines": [], "taxes": []}, ["party", "type"])
        header = known | {name: filled[name] for name in _HEADER if filled.get(name) is not None}
        ours = {"invoice_address": order["invoice_address"], "payment_term": order["payment_term"]}
        return header | {name: value for name, value in ours.items() if value is not None}

    def _line(self, document: DocumentToPost, billed: BilledLine, order: Record, party: int) -> dict[str, Any]:
        line = order_lines(order)[int(billed.order_line) - 1]
        sign = -1 if document.type is DocumentType.CREDIT_NOTE else 1
        quantity, price = self._figures(billed, line)
        values = {
            "type": "line",
            "product": at(line, "product.id"),
            "description": line["description"],
            "quantity": float(sign * quantity),
            "unit": line["unit"],
            "unit_price": price,
            "origin": f"purchase.line,{line['id']}",
            "taxes": [["add", list(line["taxes"])]],
        }
        return values | self._account_of(values["product"], party, order["currency"])

    def _account_of(self, product: int | None, party: int, currency: int) -> dict[str, Any]:
        if product is None:
            settings = ["default_category_account_expense"]
            (found,) = self._session.read("model.account.configuration.read", [1], settings)
            return {"account": found[settings[0]]}
        known = {"type": "line", "invoice_type": "in", "company": self._session.company(), "party": party}
        asked = {**known, "product": product, "currency": currency, "taxes": []}
        filled = self._session.read(f"{LINE}.on_change", asked, ["product"])
        return {name: filled[name] for name in ("account", "taxes_deductible_rate")}

    def _figures(self, billed: BilledLine, line: Record) -> tuple[Decimal, Decimal]:
        """Quantity and price whose product is the billed amount.

        Raises:
            Rejected: Tryton's decimals do not reach, and it would keep another net amount than the supplier bills.
        """
        price = Decimal(line["unit_price"])
        quantity = billed.quantity
        if is_service(line):
            quantity = billed.amount / price if price else Decimal(1)
        quantity = round_money(quantity, self._units.digits(line["unit"])) or Decimal(1)
        if round_money(quantity * price) != round_money(billed.amount):
            price = round_money(billed.amount / quantity, PRICE_DECIMALS)
        if round_money(quantity * price) != round_money(billed.amount):
            raise Rejected(
                f"Tryton keeps prices to {PRICE_DECIMALS} decimals: {plain(quantity)} at {plain(price)} are "
                f"{round_money(quantity * price)}, and line {billed.order_line} bills {plain(billed.amount)}. "
                "Post it by hand."
            )
        return quantity, price

    def _require_same(self, found: Record, document: DocumentToPost, order: Record) -> None:
        with expecting_known_shapes():
            places = {line["id"]: str(place) for place, line in enumerate(order_lines(order), 1)}
            kept = (found["reference"], found["invoice_date"], at(found, "currency.code"))
            same_head = kept == (document.number, document.issue_date, document.currency)
            same_total = found["state"] == DRAFT or abs(Decimal(found["total_amount"])) == document.total
            same_lines = _billed_of(found, places) == sorted(
                (line.order_line, round_money(line.amount)) for line in document.lines
            )
        # The party is that of the order, however the supplier writes his own name.
        if not (same_head and same_total and same_lines):
            raise Rejected(f"Another document was already posted with the key {document.idempotency_key!r}.")

    def _remove_late(self, document: DocumentToPost, invoice_id: int) -> None:
        """Take away drafts of this key that Tryton finished after we had given up waiting for them."""
        found = self._book.with_key(document.idempotency_key, ["state"])
        late = [one["id"] for one in found if one["state"] == DRAFT and one["id"] != invoice_id]
        if late:
            self._session.write(f"{INVOICE}.delete", late)

    def _complete(self, invoice_id: int, document: DocumentToPost, order_id: int) -> None:
        self._settle_total(invoice_id, document)
        self._give_way(order_id)
        try:
            self._session.write(f"{INVOICE}.post", [invoice_id])
        except Rejected:
            # What a person has to decide first, such as a number that is there already, leaves no draft of ours.
            self._session.write(f"{INVOICE}.delete", [invoice_id])
            raise

    def _settle_total(self, invoice_id: int, document: DocumentToPost) -> None:
        """Let the tax be what the supplier's rounding makes of it; a greater difference leaves nothing behind."""
        (found,) = self._session.search("account.invoice", [["id", "=", invoice_id]], _INVOICE_FIELDS)
        with expecting_known_shapes():
            total = Decimal(found["total_amount"])
            wanted = -document.total if document.type is DocumentType.CREDIT_NOTE else document.total
            taxes, missing = many(found, "taxes"), wanted - total
        if not missing:
            return
        if abs(missing) > MOST_TAX_ROUNDING or not taxes:
            self._session.write(f"{INVOICE}.delete", [invoice_id])
            raise Rejected(
                f"With the prices and taxes of order {document.order_number!r} Tryton makes {plain(abs(total))} of "
                f"{document.number!r}, which says {plain(document.total)}. Correct the taxes there, or post it by hand."
            )
        changed = {"amount": Decimal(taxes[0]["amount"]) + missing}
        self._session.write(f"{INVOICE}.write", [invoice_id], {"taxes": [["write", [taxes[0]["id"]], changed]]})

    def _give_way(self, order_id: int) -> None:
        """Take away the drafts that nobody but Tryton wrote; it makes them anew of what is left."""
        domain = [["type", "=", "in"], ["state", "=", DRAFT], ["purchases", "=", order_id]]
        untouched = [["reference", "=", None], ["description", "=", None], ["number", "=", None]]
        found = self._session.search("account.invoice", [*domain, *untouched], ["purchases"])
        own = [draft["id"] for draft in found if list(draft["purchases"]) == [order_id]]
        if own:
            self._session.write(f"{INVOICE}.delete", own)


def _billed_of(found: Record, places: Mapping[int, str]) -> Sequence[tuple[str, Decimal]]:
    """Line of the order and amount, for each line of an invoice."""
    billed = []
    for line in many(found, "lines"):
        line_id = int((line["origin"] or ",0").partition(",")[2])
        billed.append((places.get(line_id, ""), abs(Decimal(line["amount"]))))
    return sorted(billed)
