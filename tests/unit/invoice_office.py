"""A small company in memory for the tests of invoice matching: one order, an inbox, and what the engine does."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from automations.engine.job import ItemOutcome, JobContext, JobWork
from automations.engine.parameters import check_parameters
from automations.jobs.invoice_matching import JOB
from connectors.contracts.purchasing import PurchaseOrder, PurchaseOrderLine, PurchaseOrderState
from connectors.registry import Connectors
from connectors.vendors.memory_documents import MemoryDocuments
from connectors.vendors.memory_overrides import MemoryOverrides
from connectors.vendors.memory_purchasing import MemoryPurchasing

NOW = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"


def ubl(
    number: str = "A-1",
    quantity: str = "10",
    price: str = "40.00",
    *,
    day: str = "2026-11-10",
    order: str = "PO-1",
    supplier: str = "Acme s.r.o.",
    currency: str = "EUR",
    total: str | None = None,
    credit: bool = False,
    line_order: str = "",
    item: str = "",
    uom: str = "H87",
    note: str = "",
) -> bytes:
    """An invoice of one line without tax. With an item it names that, and else line 1 of its order."""
    net = str(Decimal(quantity) * Decimal(price))
    kind, quantity_name = ("CreditNote", "CreditedQuantity") if credit else ("Invoice", "InvoicedQuantity")
    reference = f"<a:OrderReference><b:ID>{order}</b:ID></a:OrderReference>" if order else ""
    note = f"<b:Note>{note}</b:Note>" if note else ""
    issued = f"<b:IssueDate>{day}</b:IssueDate>" if day else ""
    item = f"<a:BuyersItemIdentification><b:ID>{item}</b:ID></a:BuyersItemIdentification>" if item else ""
    on_line = f"<a:OrderReference><b:ID>{line_order}</b:ID></a:OrderReference>" if line_order else ""
    return f"""<{kind} xmlns="urn:oasis:names:specification:ubl:schema:xsd:{kind}-2" xmlns:a="{CAC}" xmlns:b="{CBC}">
      <b:ID>{number}</b:ID>{issued}{note}<b:DocumentCurrencyCode>{currency}</b:DocumentCurrencyCode>
      {reference}<a:AccountingSupplierParty><a:Party><a:PartyLegalEntity>
        <b:RegistrationName>{supplier}</b:RegistrationName></a:PartyLegalEntity></a:Party></a:AccountingSupplierParty>
      <a:LegalMonetaryTotal><b:LineExtensionAmount currencyID="{currency}">{net}</b:LineExtensionAmount>
        <b:TaxExclusiveAmount currencyID="{currency}">{net}</b:TaxExclusiveAmount>
        <b:TaxInclusiveAmount currencyID="{currency}">{total or net}</b:TaxInclusiveAmount>
        <b:PayableAmount currencyID="{currency}">{total or net}</b:PayableAmount></a:LegalMonetaryTotal>
      <a:{kind}Line><b:ID>1</b:ID><b:{quantity_name} unitCode="{uom}">{quantity}</b:{quantity_name}>
        <b:LineExtensionAmount currencyID="{currency}">{net}</b:LineExtensionAmount>
        {"" if item else f"<a:OrderLineReference><b:LineID>1</b:LineID>{on_line}</a:OrderLineReference>"}
        <a:Item><b:Name>Lamp</b:Name>{item}</a:Item>
        <a:Price><b:PriceAmount currencyID="{currency}">{price}</b:PriceAmount></a:Price></a:{kind}Line>
    </{kind}>""".encode()


@dataclass
class Office:
    """A company with one order over 100 lamps at 40 EUR, and an inbox."""

    source: MemoryDocuments = field(default_factory=MemoryDocuments)
    purchasing: MemoryPurchasing = field(default_factory=MemoryPurchasing)
    overrides: MemoryOverrides = field(default_factory=MemoryOverrides)
    earlier: dict[str, ItemOutcome] = field(default_factory=dict)

    def start(self, *, dry_run: bool = False, now: datetime = NOW, **parameters: Any) -> JobWork:
        connectors = Connectors.in_memory(
            purchasing=self.purchasing, documents={"supplier-invoices": self.source}, overrides=self.overrides
        )
        checked = check_parameters(JOB, parameters)
        return JOB.start(
            JobContext("run", dry_run, checked, connectors, lambda: now, earlier=lambda _keys: dict(self.earlier))
        )

    def run(self, *, dry_run: bool = False, now: datetime = NOW, **parameters: Any) -> list[ItemOutcome]:
        """What the engine does, in batches of two."""
        work = self.start(dry_run=dry_run, now=now, **parameters)
        keys = list(work.plan())
        outcomes: list[ItemOutcome] = []
        for start in range(0, len(keys), 2):
            batch = work.decide(keys[start : start + 2])
            outcomes += batch
            if not dry_run:
                work.apply(batch)
        if not dry_run:
            self.earlier.update((outcome.key, outcome) for outcome in outcomes)
        return outcomes

    def billed(self) -> Decimal:
        return self.purchasing.find_orders(["PO-1"])["PO-1"].lines[0].billed


def open_office() -> Office:
    """100 lamps at 40 EUR ordered, 60 received."""
    line = PurchaseOrderLine("1", "LAMP", Decimal(100), "H87", Decimal("40.00"), received=Decimal(60))
    order = PurchaseOrder("PO-1", "Acme s.r.o.", "EUR", date(2026, 10, 1), PurchaseOrderState.OPEN, (line,))
    return Office(purchasing=MemoryPurchasing([order]))


def words(outcomes: Sequence[ItemOutcome]) -> dict[str, str]:
    return {outcome.detail["file"]: outcome.outcome for outcome in outcomes}


def codes(outcome: ItemOutcome) -> set[str]:
    return {reason.code for reason in outcome.reasons}


def received_order(number: str = "PO-2", item: str = "VASE", price: str = "25.00", quantity: int = 8) -> PurchaseOrder:
    """All of it received."""
    line = PurchaseOrderLine("1", item, Decimal(quantity), "H87", Decimal(price), received=Decimal(quantity))
    return PurchaseOrder(number, "Acme s.r.o.", "EUR", date(2026, 10, 1), PurchaseOrderState.OPEN, (line,))
