"""Pay files by API: what is written, who is in it, and what of it stands in the audit log."""

import io
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pypdf import PdfReader

from connectors.contracts.people import Payslip, PayslipState
from connectors.database.base import utc_now
from connectors.errors import RateLimited, Unavailable
from connectors.registry import Connectors
from tests.integration.api_house import ApiHouse, Program

pytestmark = pytest.mark.integration

FIRST, LAST = date(2026, 10, 1), date(2026, 10, 31)
DAYS = {"first": f"{FIRST}", "last": f"{LAST}"}
ORDER: dict[str, Any] = {
    **DAYS,
    "name": "Lumen & Oak s.r.o.",
    "iban": "CZ6508000000192000145399",
    "pays_on": f"{utc_now().date() + timedelta(days=3)}",
    "currency": "CZK",
}


def slip(employee: str, net: str, state: PayslipState = PayslipState.APPROVED) -> Payslip:
    return Payslip(employee, FIRST, LAST, "CZK", (), Decimal(net), Decimal(0), Decimal(net), state)


@pytest.fixture
def house(tmp_path: Any) -> Iterator[ApiHouse]:
    """Four slips of October: one to transfer, one paid already, one of nothing, one that is a draft."""
    house = ApiHouse(tmp_path)
    people = house.office.connectors.people()
    for employee, net, state in (
        ("CZ-01", "42856.50", PayslipState.APPROVED),
        ("CZ-02", "30000", PayslipState.PAID),
        ("CZ-03", "0", PayslipState.APPROVED),
        ("CZ-04", "100", PayslipState.DRAFT),
    ):
        people.save_payslip(slip(employee, net, state), employee)
    yield house
    house.close()


@pytest.fixture
def admin(house: ApiHouse) -> Program:
    return house.program()


def taken(house: ApiHouse) -> list[tuple[str, int]]:
    return [(one.after["file"], one.after["slips"]) for one in house.entries("payroll.download") if one.after]


def test_transfers_come_with_who_is_in_them_and_who_is_not(house: ApiHouse, admin: Program) -> None:
    answer = admin.asks("POST", "/payroll/sepa", json=ORDER)
    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert '<InstdAmt Ccy="CZK">42856.50</InstdAmt>' in made["xml"]
    assert made["xml"].count("<CdtTrfTxInf>") == 1
    assert (made["paid"], made["total"], made["currency"]) == (["CZ-01"], "42856.50", "CZK")
    assert {one["employee"]: one["reason"] for one in made["left_out"]} == {
        "CZ-02": "ALREADY_PAID",
        "CZ-03": "NOTHING_TO_PAY",
    }
    assert f"<MsgId>{made['message_id']}</MsgId>" in made["xml"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert taken(house) == [("sepa", 1)]


def test_a_file_that_is_not_made_is_no_download(house: ApiHouse, admin: Program) -> None:
    for wrong in ({"iban": "DE00"}, {"pays_on": "0001-01-01"}, {"currency": "USD"}):
        admin.is_refused(422, "wrong_payer", "POST", "/payroll/sepa", json=ORDER | wrong)
    euro = ORDER | {"currency": "EUR", "iban": "DE89370400440532013000"}
    admin.is_refused(409, "nobody_to_pay", "POST", "/payroll/sepa", json=euro)
    admin.is_refused(422, "wrong_period", "GET", "/payroll/register?first=2026-10-31&last=2026-10-01")
    assert taken(house) == []


def test_a_second_file_of_transfers_is_asked_for_in_so_many_words(house: ApiHouse, admin: Program) -> None:
    first = admin.does("/payroll/sepa", ORDER)
    sentence = admin.is_refused(409, "taken_before", "POST", "/payroll/sepa", json=ORDER)
    assert "took the transfers in CZK of these days" in sentence
    assert taken(house) == [("sepa", 1)]
    again = admin.does("/payroll/sepa", ORDER | {"again": True})
    assert again["message_id"] == first["message_id"]
    assert taken(house) == [("sepa", 1), ("sepa", 1)]


def test_the_register_and_the_providers_file_are_kept_by_no_cache(house: ApiHouse, admin: Program) -> None:
    for path, kind in (("/payroll/register", "register"), ("/payroll/provider-file", "provider")):
        answer = admin.asks("GET", path, params=DAYS)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"
        assert taken(house)[-1] == (kind, 3)


def test_people_who_do_not_answer_are_no_fault_of_ours(
    house: ApiHouse, admin: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(error: Exception) -> None:
        def fail(_connectors: Connectors) -> None:
            raise error

        monkeypatch.setattr(Connectors, "people", fail)

    breaks(Unavailable("The time clock does not answer."))
    for method, path, options in (
        ("GET", "/payroll/register", {"params": DAYS}),
        ("GET", "/payroll/provider-file", {"params": DAYS}),
        ("POST", "/payroll/sepa", {"json": ORDER}),
    ):
        sentence = admin.is_refused(503, "source_unavailable", method, path, **options)
        assert sentence == "The time clock does not answer."
    breaks(RateLimited("Slower, please.", 29.5))
    assert admin.asks("GET", "/payroll/register", params=DAYS).headers["Retry-After"] == "30"
    assert taken(house) == []


def test_purchasing_that_does_not_answer_is_told_by_the_same_word(
    admin: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_connectors: Connectors) -> None:
        raise Unavailable("Purchasing is away.")

    monkeypatch.setattr(Connectors, "purchasing", fail)
    assert admin.is_refused(503, "source_unavailable", "GET", "/drafts") == "Purchasing is away."


def test_the_register_and_a_slip_come_as_files_in_the_language_asked_for(house: ApiHouse, admin: Program) -> None:
    register = admin.asks("GET", f"/payroll/register.csv?first={FIRST}&last={LAST}")
    assert "CZ-01" in register.text
    assert "CZ-04" not in register.text
    for path in ("register.pdf", "slips/CZ-01"):
        answer = admin.asks("GET", f"/payroll/{path}?first={FIRST}&last={LAST}&language=cs")
        assert answer.headers["Content-Type"] == "application/pdf"
        assert answer.headers["Cache-Control"] == "no-store"
        printed = PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()
        assert "Jana Malá" in printed
        assert "Hrubá mzda" in printed
    assert taken(house) == [("register", 3), ("register-pdf", 3), ("payslip-pdf", 1)]


def test_there_is_no_slip_of_a_draft_and_no_language_beyond_the_six(house: ApiHouse, admin: Program) -> None:
    days = f"first={FIRST}&last={LAST}"
    admin.is_refused(404, "no_slip", "GET", f"/payroll/slips/CZ-04?{days}")
    admin.is_refused(422, "unknown_language", "GET", f"/payroll/slips/CZ-01?{days}&language=de")
    assert taken(house) == []
