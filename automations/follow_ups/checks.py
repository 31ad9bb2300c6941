"""The checks of the data-quality job: each reads in bulk what its rule needs, from whatever is connected."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from automations.payroll.countries import countries_of_provider
from automations.rules.data_quality import (
    Finding,
    find_incomplete_products,
    find_lost_mails,
    find_missing_accounts,
    find_negative_stock,
    find_old_orders,
    find_orphan_receipts,
    find_unordered_documents,
)
from automations.rules.payroll.periods import Frequency
from connectors.contracts.inventory import Inventory, StockLevel
from connectors.errors import NotFound
from connectors.registry import Connectors

STOCK_PAGE = 5_000


@dataclass(frozen=True, slots=True)
class CheckScope:
    """What is connected, and how far back the checks look."""

    connectors: Connectors
    now: datetime
    open_days: int
    look_back_days: int

    @property
    def today(self) -> date:
        return self.now.date()

    @property
    def since(self) -> date:
        return self.today - timedelta(days=self.look_back_days)


Check = Callable[[CheckScope], Sequence[Finding]]


def run_checks(scope: CheckScope, note_left_out: Callable[[str], None]) -> list[Finding]:
    """All findings by key. A check whose system is not connected is left out and named.

    Raises ConnectorError when a system that is connected does not answer: a part of the picture would make the rest
    look healed.
    """
    findings: list[Finding] = []
    for name, check in CHECKS.items():
        try:
            findings += check(scope)
        except NotFound:
            note_left_out(name)
    by_key = {finding.key: finding for finding in findings}
    return [by_key[key] for key in sorted(by_key)]


def _check_employees(scope: CheckScope) -> Sequence[Finding]:
    people = scope.connectors.people()
    ids = {
        employee
        for frequency in Frequency
        for employee in people.find_employees(None, frequency, scope.today, scope.today)
    }
    return find_missing_accounts(people.employees(sorted(ids)).values(), countries_of_provider())


def _check_orders(scope: CheckScope) -> Sequence[Finding]:
    orders = scope.connectors.purchasing().current_orders(scope.since)
    return [*find_orphan_receipts(orders), *find_old_orders(orders, scope.today, scope.open_days)]


def _check_documents(scope: CheckScope) -> Sequence[Finding]:
    return find_unordered_documents(scope.connectors.purchasing().documents_without_order(scope.since))


def _check_stock(scope: CheckScope) -> Sequence[Finding]:
    return find_negative_stock(_all_stock(scope.connectors.inventory()))


def _check_products(scope: CheckScope) -> Sequence[Finding]:
    products = scope.connectors.catalogue().list_products()
    try:
        inventory = scope.connectors.inventory()
    except NotFound:
        return find_incomplete_products(products, None)
    terms = inventory.find_terms(product.sku for product in products)
    return find_incomplete_products(products, terms, inventory.kits())


def _check_mails(scope: CheckScope) -> Sequence[Finding]:
    since = scope.now - timedelta(days=scope.look_back_days)
    return find_lost_mails(scope.connectors.notices().unsettled_mails(since))


def _all_stock(inventory: Inventory) -> Iterator[StockLevel]:
    page = inventory.list_stock(None, STOCK_PAGE)
    while page:
        yield from page
        page = inventory.list_stock(page[-1].key, STOCK_PAGE)


CHECKS: dict[str, Check] = {
    "employees": _check_employees,
    "orders": _check_orders,
    "documents": _check_documents,
    "stock": _check_stock,
    "products": _check_products,
    "mails": _check_mails,
}
