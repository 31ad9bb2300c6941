"""Net pay as credit transfers (pain.001.001.09): SEPA in euro, domestic in crowns; who is paid otherwise, and why."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from schwifty import BIC, IBAN
from schwifty.exceptions import SchwiftyException
from sepaxml import SepaTransfer
from sepaxml.validation import ValidationError

from automations.rules.payroll.slip import TAXES_BY_PROVIDER
from connectors.contracts.people import Employee, Payslip, PayslipState

SCHEMA = "pain.001.001.09"
EURO = "EUR"
# Other currencies that banks take in this format between accounts of one country: ISO 4217 → country of its IBANs.
DOMESTIC = {"CZK": "CZ"}
TRANSFER_CURRENCIES = (EURO, *DOMESTIC)
CENTS = Decimal(100)
# A single SEPA transfer is below a billion euro; of a wage in crowns nobody needs more.
LARGEST_AMOUNT = Decimal("999999999.99")
# A later day of payment is a slip of the pen; no bank takes an earlier one than today.
PAID_AHEAD_AT_MOST = timedelta(days=366)


class LeftOut(StrEnum):
    """Why somebody's net pay is not in the file; the provider pays those who are not paid yet."""

    ALREADY_PAID = "ALREADY_PAID"
    ALREADY_TAKEN = "ALREADY_TAKEN"
    OTHER_CURRENCY = "OTHER_CURRENCY"
    TAXES_NOT_DEDUCTED = "TAXES_NOT_DEDUCTED"
    NOTHING_TO_PAY = "NOTHING_TO_PAY"
    TOO_MUCH = "TOO_MUCH"
    NO_BANK_ACCOUNT = "NO_BANK_ACCOUNT"
    BAD_IBAN = "BAD_IBAN"
    FOREIGN_ACCOUNT = "FOREIGN_ACCOUNT"
    BAD_BIC = "BAD_BIC"


class PayerError(ValueError):
    """The account that is to pay cannot; the text says what is wrong and what to write."""


@dataclass(frozen=True, slots=True)
class Payer:
    """Whose account pays, on which day, and the wages of which currency: EUR by SEPA, CZK inside the country."""

    name: str
    iban: str
    bic: str
    pays_on: date
    currency: str = EURO


@dataclass(frozen=True, slots=True)
class SepaFile:
    """`xml` is None where nobody can be paid so; `paid` and `left_out` are employees' ids.

    `message_id` is the same whenever the same slips are written, so that a bank sees that it has the file already.
    """

    xml: bytes | None
    message_id: str
    paid: Sequence[str]
    left_out: Sequence[tuple[str, LeftOut]]
    total: Decimal


def left_out_reason(employee: Employee, slip: Payslip) -> LeftOut | None:
    """Why this net pay cannot be transferred in any file; None where it can."""
    if slip.state is PayslipState.PAID:
        return LeftOut.ALREADY_PAID
    if slip.currency not in TRANSFER_CURRENCIES:
        return LeftOut.OTHER_CURRENCY
    if TAXES_BY_PROVIDER in slip.notes:
        return LeftOut.TAXES_NOT_DEDUCTED
    if slip.net <= 0:
        return LeftOut.NOTHING_TO_PAY
    if slip.net > LARGEST_AMOUNT:
        return LeftOut.TOO_MUCH
    if not (employee.iban or "").strip():
        return LeftOut.NO_BANK_ACCOUNT
    if not _is_iban(employee.iban or ""):
        return LeftOut.BAD_IBAN
    if not _is_of_country(employee.iban or "", slip.currency):
        return LeftOut.FOREIGN_ACCOUNT
    return LeftOut.BAD_BIC if employee.bic and not _is_bic(employee.bic) else None


def write_sepa(
    slips: Iterable[tuple[Employee, Payslip]], payer: Payer, today: date, taken: Collection[str] = ()
) -> SepaFile:
    """One batch of the slips in the payer's currency, valid against the schema of the standard.

    `taken` are ids of slips that stand in an earlier file. Raises PayerError.
    """
    _check_payer(payer)
    _check_day(payer.pays_on, today)
    paid: list[tuple[Employee, Payslip]] = []
    left_out: list[tuple[str, LeftOut]] = []
    for employee, slip in slips:
        reason = left_out_reason(employee, slip)
        if reason is None and slip.currency != payer.currency:
            reason = LeftOut.OTHER_CURRENCY
        if reason is None and slip.id in taken:
            reason = LeftOut.ALREADY_TAKEN
        if reason is None:
            paid.append((employee, slip))
        else:
            left_out.append((employee.id, reason))
    message_id = _message_id([slip for _employee, slip in paid])
    return SepaFile(
        _write(paid, payer, message_id) if paid else None,
        message_id,
        [employee.id for employee, _slip in paid],
        left_out,
        sum((slip.net for _employee, slip in paid), Decimal(0)),
    )


class _Transfers(SepaTransfer):  # type: ignore[misc]  # the library has no types
    """The library names each message at random; this one keeps the name in its settings."""

    def _create_header(self) -> None:
        self.msg_id = self._config["message_id"]
        super()._create_header()


def _write(paid: Iterable[tuple[Employee, Payslip]], payer: Payer, message_id: str) -> bytes:
    transfers = _Transfers(_payer_settings(payer) | {"message_id": message_id}, schema=SCHEMA, clean=True)
    for employee, slip in paid:
        transfers.add_payment(_payment(employee, slip, payer))
    return _export(transfers)


def _message_id(slips: Sequence[Payslip]) -> str:
    """Of the days, the currency and the slips, in the 35 characters of the standard; empty without slips."""
    if not slips:
        return ""
    first, last = min(slip.first for slip in slips), max(slip.last for slip in slips)
    ids = ",".join(sorted(slip.id or slip.employee for slip in slips))
    return f"{first:%y%m%d}{last:%y%m%d}-{slips[0].currency}-{hashlib.sha256(ids.encode()).hexdigest()[:16]}"


def _payer_settings(payer: Payer) -> dict[str, Any]:
    settings = {
        "name": payer.name,
        "IBAN": str(IBAN(payer.iban)),
        "batch": True,
        "currency": payer.currency,
        "domestic": payer.currency in DOMESTIC,
    }
    return settings | ({"BIC": payer.bic.strip().upper()} if payer.bic.strip() else {})


def _payment(employee: Employee, slip: Payslip, payer: Payer) -> dict[str, Any]:
    payment = {
        "name": employee.name,
        "IBAN": str(IBAN(employee.iban or "")),
        "amount": int(slip.net * CENTS),
        "execution_date": payer.pays_on,
        "description": f"{slip.first} - {slip.last} {employee.id}",
        "endtoend_id": f"SLIP-{slip.id}"[:35],
    }
    return payment | ({"BIC": employee.bic.strip().upper()} if employee.bic else {})


def _export(transfer: Any) -> bytes:
    try:
        written: bytes = transfer.export(validate=True)
    except ValidationError as error:
        raise PayerError(f"The file does not follow {SCHEMA}: {error}. Check the payer's name and account.") from error
    return written


def _check_payer(payer: Payer) -> None:
    if not payer.name.strip():
        raise PayerError("The payer has no name; write the company's as the bank knows it.")
    if not _is_iban(payer.iban):
        raise PayerError(f"{payer.iban!r} is no IBAN; write the company's, like DE89 3704 0044 0532 0130 00.")
    if payer.currency not in TRANSFER_CURRENCIES:
        raise PayerError(f"Transfers are made in {' and '.join(TRANSFER_CURRENCIES)}, not in {payer.currency!r}.")
    if not _is_of_country(payer.iban, payer.currency):
        raise PayerError(f"{payer.currency} is paid from an account in {DOMESTIC[payer.currency]}; write that IBAN.")
    if payer.bic.strip() and not _is_bic(payer.bic):
        raise PayerError(f"{payer.bic!r} is no BIC; write the bank's 8 or 11 characters, or leave it out.")


def _check_day(pays_on: date, today: date) -> None:
    if not today <= pays_on <= today + PAID_AHEAD_AT_MOST:
        raise PayerError(f"{pays_on} is no day to pay on; write today, {today}, or a day within a year from now.")


def _is_iban(text: str) -> bool:
    try:
        IBAN(text)
    except SchwiftyException:
        return False
    return True


def _is_of_country(iban: str, currency: str) -> bool:
    return currency not in DOMESTIC or IBAN(iban).country_code == DOMESTIC[currency]


def _is_bic(text: str) -> bool:
    try:
        BIC(text.strip())
    except SchwiftyException:
        return False
    return True
