"""Fills an empty Tryton database with a small company: runs in Tryton's own environment, before the server starts."""

import datetime
import sys
from decimal import Decimal
from typing import Any

from proteus import Model, config
from trytond.modules.account.tests.tools import create_chart, create_fiscalyear, create_tax, get_accounts
from trytond.modules.account_invoice.tests.tools import set_fiscalyear_invoice_sequences
from trytond.modules.company.tests.tools import create_company, get_company
from trytond.modules.currency.tests.tools import get_currency

COMPANY = "Haus und Holz GmbH"
YEARS = (2024, 2025, 2026)
VAT = Decimal("0.19")
# What the account of a connection needs: it orders, bills, reads stock and time, and manages no users.
GROUPS = (
    "Account Product Administration",
    "Accounting",
    "Employee Administration",
    "Party Administration",
    "Product Administration",
    "Purchase",
    "Purchase Administrator",
    "Purchase Request",
    "Purchase Requisition",
    "Purchase Requisition Approval",
    "Sales",
    "Sales Administrator",
    "Stock",
    "Stock Administration",
    "Stock Cancellation",
    "Stock Force Assignment",
    "Timesheet Administration",
)


def seed(settings: str) -> None:
    """`settings` is the path of the server's configuration file; its database is called erp."""
    config.set_trytond(database="erp", config_file=settings)
    create_company(currency=get_currency("EUR"))
    company = get_company()
    company.party.name = COMPANY
    company.party.save()
    get_currency("HUF")
    _keep_books(company)
    for code, name in (("CZ", "Czechia"), ("DE", "Germany"), ("HU", "Hungary")):
        Model.get("country.country")(code=code, name=name).save()
    _name_warehouses()
    _hire(company)


def _keep_books(company: Any) -> None:
    create_chart(company)
    for year in YEARS:
        days = (datetime.date(year, 1, 1), datetime.date(year, 12, 31))
        fiscal_year = create_fiscalyear(company, today=days)
        fiscal_year.start_date, fiscal_year.end_date = days
        fiscal_year.name = str(year)
        set_fiscalyear_invoice_sequences(fiscal_year)
        fiscal_year.click("create_period")
    tax = create_tax(VAT, company)
    tax.name = tax.description = "VAT 19 %"
    tax.save()
    accounts = get_accounts(company)
    category = Model.get("product.category")(name="Goods", accounting=True)
    category.account_expense, category.account_revenue = accounts["expense"], accounts["revenue"]
    category.supplier_taxes.append(tax)
    category.customer_taxes.append(Model.get("account.tax")(tax.id))
    category.save()


def _name_warehouses() -> None:
    location = Model.get("stock.location")
    (main,) = location.find([("type", "=", "warehouse")])
    main.name, main.code = "Main warehouse", "MAIN"
    main.save()
    for code, name in (("SOUTH", "Southern warehouse"), ("PRG", "Prague"), ("BRQ", "Brno")):
        site = location(name=name, code=code, type="warehouse")
        for part in ("input", "output", "storage"):
            place = location(name=f"{name} {part}", code=f"{code}-{part[:3].upper()}", type="storage")
            place.save()
            setattr(site, f"{part}_location", place)
        site.save()


def _hire(company: Any) -> None:
    """The clerk in whose name purchase requisitions are written, and the account of the connection."""
    clerk = Model.get("party.party")(name="Twinoffice")
    clerk.save()
    employee = Model.get("company.employee")(party=clerk, company=company)
    employee.save()
    user = Model.get("res.user")(name="Twinoffice", login="twinoffice")
    user.password = "a-password-of-tests-2026"
    user.companies.append(company)
    user.company = company
    user.employees.append(employee)
    user.employee = employee
    for group in Model.get("res.group").find([("name", "in", GROUPS)]):
        user.groups.append(group)
    user.save()


if __name__ == "__main__":
    seed(sys.argv[1])
