"""A whole run of payroll on people in memory: two countries, hostile data, a source that fails, and what is saved."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from automations.engine.job import Reason
from automations.engine.parameters import ParameterError
from automations.payroll.countries import known_countries
from automations.payroll.parameters import PeriodError
from connectors.contracts.people import Employee, Payslip, PayslipState, TimeSheetEntry, TimeSource
from connectors.database.models.work import ItemState
from connectors.errors import Unavailable
from connectors.vendors.memory_people import MemoryPeople
from tests.unit.payroll_office import (
    JANA,
    SAM,
    PayOffice,
    amounts,
    by_hour,
    by_hour_in_us,
    codes,
    salary,
    shift,
)

FORTNIGHT: dict[str, Any] = {"frequency": "fortnightly", "first": "2026-10-26"}


@pytest.fixture
def office() -> PayOffice:
    office = PayOffice()
    office.people.add_employee(JANA, salary())
    office.people.add_employee(SAM, by_hour_in_us("20", "fortnightly"))
    office.people.clocked += shift(SAM, (10, 26, 8), 8) + shift(SAM, (10, 27, 8), 8)
    return office


def test_both_countries_are_paid_by_their_own_rules(office: PayOffice) -> None:
    jana = office.run(month="2026-10")["CZ-1"]
    assert (jana.outcome, jana.amount, jana.currency) == ("prepared", Decimal(44000), "CZK")
    assert amounts(jana)["tax_advance"] == "4030"
    sam = office.run(**FORTNIGHT)["US-1"]
    assert (sam.outcome, sam.amount, sam.currency) == ("prepared", Decimal(320), "USD")
    assert sam.detail["slip"]["notes"] == ["TAXES_BY_PROVIDER"]
    assert [slip.employee for slip in office.people.slips] == ["CZ-1", "US-1"]


def test_social_insurance_ends_with_the_yearly_maximum(office: PayOffice) -> None:
    """48 average wages of 2026 are 2 350 416: nine months of 250 000, and 100 416 of the tenth."""
    office.people.terms[0] = salary("250000")
    for month in range(1, 10):
        office.run(month=f"2026-{month:02}")
    october, november = (office.run(month=month)["CZ-1"] for month in ("2026-10", "2026-11"))
    # 7.1 % of 100 416, and 24.8 % of it beside 9 % of the whole wage for health.
    assert (amounts(october)["social_insurance"], amounts(october)["employer_social"]) == ("7130", "24904")
    assert amounts(october)["employer_health"] == "22500"
    assert "social_insurance" not in amounts(november)
    assert amounts(november)["health_insurance"] == "11250"


def test_a_slip_in_another_currency_shows_its_worth_and_is_paid_in_its_own(office: PayOffice) -> None:
    """The rate that counted on 31 October; 44,000.00 / 22."""
    rates = "2026-10-01 USD CZK 22\n2026-11-01 USD CZK 30"
    known = office.run(month="2026-10", approve=False, base_currency="usd", exchange_rates=rates)
    jana = known["CZ-1"]
    assert (jana.currency, jana.detail["gross"]) == ("CZK", "44000.00")
    assert jana.detail["worth"] | {"net": ""} == {
        "gross": "2000.00",
        "net": "",
        "currency": "USD",
        "base": "USD",
        "quote": "CZK",
        "rate": "22",
        "since": "2026-10-01",
    }
    assert "worth" not in office.run(month="2026-10", approve=False, base_currency="usd")["CZ-1"].detail
    paid = office.run(month="2026-10", base_currency="usd", exchange_rates=rates)["CZ-1"]
    assert (paid.amount, [slip.currency for slip in office.people.slips]) == (Decimal(44000), ["CZK"])


def test_what_is_not_approved_is_not_saved(office: PayOffice) -> None:
    office.run(month="2026-10", approve=False)
    assert office.people.slips == []


def test_a_period_that_was_saved_is_left_alone_and_changes_come_as_arrears(office: PayOffice) -> None:
    office.run(month="2026-10")
    office.people.terms[0] = salary("46000")
    again = office.run(month="2026-10")["CZ-1"]
    assert (again.state, again.outcome, again.effect) == (ItemState.SKIPPED, "already-prepared", None)
    november = office.run(month="2026-11")["CZ-1"]
    assert amounts(november)["arrears/base_pay"] == "2000.00"


def test_a_cancelled_slip_makes_room_for_another_of_the_same_days(office: PayOffice) -> None:
    office.run(month="2026-10")
    office.people.slips[0] = replace(office.people.slips[0], state=PayslipState.CANCELLED)
    office.people.terms[0] = salary("46000")
    again = office.run(month="2026-10")["CZ-1"]
    assert again.outcome == "prepared"
    assert [slip.gross for slip in office.people.slips] == [44000, 46000]


def test_days_that_another_slip_pays_are_named(office: PayOffice) -> None:
    other = Payslip("CZ-1", date(2026, 10, 26), date(2026, 11, 8), "CZK", (), Decimal(0), Decimal(0), Decimal(0))
    office.people.save_payslip(other, "x")
    (reason,) = office.run(month="2026-10")["CZ-1"].reasons
    assert (reason.code, reason.owner, reason.where) == ("PERIOD_OVERLAP", "payroll", "2026-10-26 – 2026-10-31")


def test_a_missing_punch_belongs_to_the_manager_and_stops_nobody_else(office: PayOffice) -> None:
    petr = replace(JANA, id="CZ-2", name="Petr")
    office.people.add_employee(petr, by_hour("200", "CZ-2"))
    office.people.clocked.append(shift(petr, (10, 6, 8), 8)[0])
    outcomes = office.run(month="2026-10")
    held = outcomes["CZ-2"]
    assert (held.state, held.owner) == (ItemState.EXCEPTION, "manager")
    assert held.detail["manager_email"] == "petr@example.com"
    assert held.reasons[0] == Reason("MISSING_PUNCH", "manager", found="08:00 in", where="2026-10-06")
    assert outcomes["CZ-1"].outcome == "prepared"


@pytest.mark.parametrize(
    ("changes", "code", "owner"),
    [
        ({"country": "HU"}, "UNKNOWN_YEAR", "payroll"),
        ({"time_zone": "Mars/Olympus"}, "BAD_TERMS", "human_resources"),
        ({"holiday_calendar": "XX"}, "BAD_TERMS", "human_resources"),
        ({"weekly_days_off": (0, 1, 2, 3, 4, 5, 6)}, "BAD_TERMS", "human_resources"),
        ({"iban": None}, "NO_BANK_ACCOUNT", "human_resources"),
    ],
)
def test_an_employee_who_cannot_be_paid_is_held_alone(
    office: PayOffice, changes: dict[str, Any], code: str, owner: str
) -> None:
    office.people.add_employee(replace(JANA, id="CZ-9", **changes), salary("30000", "CZ-9"))
    outcomes = office.run(month="2026-10")
    assert (codes(outcomes["CZ-9"]), outcomes["CZ-9"].owner) == ({code}, owner)
    assert outcomes["CZ-1"].outcome == "prepared"


def test_a_year_whose_law_nobody_wrote_down_holds_everybody_and_says_what_to_add(office: PayOffice) -> None:
    (reason,) = office.run(month="2025-03")["CZ-1"].reasons
    assert reason.code == "UNKNOWN_YEAR"
    assert "2013, 2026" in (reason.found or "")
    office.people.terms[0] = salary(first=date(2012, 1, 1))
    assert amounts(office.run(month="2013-03")["CZ-1"])["social_insurance"] == "2860"  # 6.5 % in 2013


def test_only_the_country_and_the_pay_group_that_were_asked_for_are_paid(office: PayOffice) -> None:
    office.people.add_employee(replace(JANA, id="CZ-8"))
    assert set(office.run(month="2026-10", country="cz")) == {"CZ-1", "CZ-8"}
    assert set(office.run(country="US", **FORTNIGHT)) == {"US-1"}
    assert set(known_countries()) >= {"CZ", "US"}


@pytest.mark.parametrize("wrong", [{"month": "2026-13"}, {"month": "October"}, {"country": "ZZ"}])
def test_a_month_or_country_that_does_not_exist_is_told_before_anything_starts(
    office: PayOffice, wrong: dict[str, Any]
) -> None:
    with pytest.raises(ParameterError):
        office.start(**wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"month": "2026-10", "first": "2026-10-01"},
        {"last": "2026-10-01"},
        {"first": "2026-10-02", "last": "2026-10-01"},
    ],
)
def test_a_contradictory_period_is_refused(office: PayOffice, wrong: dict[str, Any]) -> None:
    with pytest.raises(PeriodError):
        office.start(**wrong)


class HalfDead(MemoryPeople):
    """A source that breaks whenever it is asked about some, and has lost others."""

    def __init__(self, office: PayOffice, breaks_on: set[str], lost: set[str] = frozenset()) -> None:  # type: ignore[assignment]
        super().__init__()
        self.__dict__.update(office.people.__dict__)
        self.breaks_on, self.lost, self.asked = breaks_on, lost, 0

    def employees(self, ids: Iterable[str]) -> Mapping[str, Employee]:
        wanted = list(ids)
        self.asked += 1
        if self.breaks_on & set(wanted):
            raise Unavailable("The time clock does not answer. Try again later.")
        return super().employees([one for one in wanted if one not in self.lost])


def crowd(office: PayOffice, count: int) -> list[str]:
    for number in range(count):
        name = f"E{number:03}"
        office.people.add_employee(replace(JANA, id=name, name=name), salary("30000", name))
    return [f"E{number:03}" for number in range(count)]


def test_a_source_that_times_out_for_one_employee_holds_that_one(office: PayOffice) -> None:
    names = crowd(office, 40)
    source = HalfDead(office, {"E017"}, {"E023"})
    outcomes = {one.key: one for one in office.start(people=source, month="2026-10").decide(names)}
    assert [key for key, one in outcomes.items() if one.outcome != "prepared"] == ["E017", "E023"]
    assert codes(outcomes["E017"]) == {"SOURCE_DID_NOT_ANSWER"}
    assert codes(outcomes["E023"]) == {"EMPLOYEE_UNKNOWN"}
    assert source.asked < 20


def test_a_source_that_is_down_fails_as_a_whole_so_that_the_engine_tries_again(office: PayOffice) -> None:
    names = crowd(office, 40)
    with pytest.raises(Unavailable):
        office.start(people=HalfDead(office, set(names)), month="2026-10").decide(names)


def test_a_save_whose_answer_was_lost_is_found_again(office: PayOffice) -> None:
    work = office.start(month="2026-10")
    outcomes = [one for one in work.decide(["CZ-1"]) if one.effect]
    assert work.read_back(outcomes) == {"CZ-1": None}  # type: ignore[attr-defined]
    saved = work.apply(outcomes)
    assert work.read_back(outcomes) == saved  # type: ignore[attr-defined]
    assert work.apply(outcomes) == saved


def test_two_runs_of_overlapping_days_at_once_save_one_slip(office: PayOffice) -> None:
    sheets = {"time_source": TimeSource.SHEETS}
    office.people.terms[0] = by_hour("200", **sheets)
    office.people.sheets.append(TimeSheetEntry("1", "CZ-1", date(2026, 10, 6), Decimal(200) / 10))
    first, second = office.start(month="2026-10"), office.start(month="2026-10")
    decided = first.decide(["CZ-1"])
    office.people.save_payslip(
        Payslip("CZ-1", date(2026, 10, 31), date(2026, 11, 6), "CZK", (), Decimal(0), Decimal(0), Decimal(0)), "other"
    )
    refusal = second.apply(decided)["CZ-1"]
    assert isinstance(refusal, Reason)
    assert (refusal.code, refusal.owner) == ("EFFECT_REFUSED", "payroll")
