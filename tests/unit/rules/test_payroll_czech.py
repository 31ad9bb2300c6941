"""Czech months from gross to net, in 2013 and 2026: every figure follows from the law's own numbers."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.payroll.czech_law import UnknownYearError, czech_law, read_year
from automations.rules.payroll.czech import ContractKind, CzechEmployee, PremiumBases, pay_czech

YEARS = [2013, 2026]


def signed(gross: int, **known: object) -> CzechEmployee:
    """Somebody who signed the declaration and claims the taxpayer's relief."""
    return CzechEmployee(ContractKind.EMPLOYMENT, Decimal(gross), True, claims_taxpayer_relief=True, **known)  # type: ignore[arg-type]


def unsigned(gross: int, contract: ContractKind = ContractKind.EMPLOYMENT) -> CzechEmployee:
    return CzechEmployee(contract, Decimal(gross), False, has_health_minimum=False)


def test_an_average_month_of_2026() -> None:
    pay = pay_czech(signed(40_000), czech_law(2026, 1))
    # 15 % of 40 000 less 2 570; 4.5 % and 7.1 %; employer 9 % and 24.8 %
    assert (pay.tax.advance, pay.premiums.health, pay.premiums.social) == (3430, 1800, 2840)  # type: ignore[comparison-overlap]
    assert (pay.net, pay.premiums.employer) == (31_930, 13_520)  # type: ignore[comparison-overlap]


def test_what_exceeds_three_average_wages_is_taxed_higher_in_2026() -> None:
    tax = pay_czech(signed(150_000), czech_law(2026, 1)).tax
    # 15 % of 146 901 and 23 % of 3 099, up to a crown
    assert tax.before_reliefs == Decimal(22_748)


@pytest.mark.parametrize(
    ("so_far", "base"), [(0, 1_242_432), (1_000_000, 242_432), (1_242_431, 1), (1_242_432, 0), (1_500_000, 0)]
)
def test_of_a_year_no_more_is_insured_than_its_maximum(so_far: int, base: int) -> None:
    employee = signed(2_000_000, so_far=PremiumBases(social=Decimal(so_far)))
    assert pay_czech(employee, czech_law(2013, 1)).premiums.social_base == base


def test_children_count_more_the_more_there_are_in_2026() -> None:
    tax = pay_czech(signed(22_400, children=4), czech_law(2026, 1)).tax
    # 15 % of 22 400 less 2 570 is 790; children 1 267 + 1 860 + 2 * 2 320
    assert (tax.child_relief, tax.bonus) == (790, 6977)  # type: ignore[comparison-overlap]


@pytest.mark.parametrize(
    ("year", "gross", "has_bonus"),
    [(2013, 4000, True), (2013, 3999, False), (2026, 11_200, True), (2026, 11_199, False)],
)
def test_the_bonus_is_for_whoever_earns_half_the_minimum_wage(year: int, gross: int, has_bonus: bool) -> None:
    assert bool(pay_czech(signed(gross, children=1), czech_law(year, 1)).tax.bonus) is has_bonus


def test_the_minimum_wage_rose_in_august_2013() -> None:
    bases = [pay_czech(signed(7800), czech_law(2013, month)).premiums.health_base for month in (7, 8)]
    assert bases == [8000, 8500]


@pytest.mark.parametrize(
    ("year", "contract", "gross", "is_insured"),
    [
        (2013, ContractKind.PERFORM_WORK, 10_000, False),
        (2013, ContractKind.PERFORM_WORK, 10_001, True),
        (2026, ContractKind.PERFORM_WORK, 11_999, False),
        (2026, ContractKind.PERFORM_WORK, 12_000, True),
        (2013, ContractKind.WORK_ACTIVITY, 2499, False),
        (2013, ContractKind.WORK_ACTIVITY, 2500, True),
        (2026, ContractKind.WORK_ACTIVITY, 4499, False),
        (2026, ContractKind.WORK_ACTIVITY, 4500, True),
    ],
)
def test_agreements_are_insured_from_their_limit(
    year: int, contract: ContractKind, gross: int, is_insured: bool
) -> None:
    assert bool(pay_czech(unsigned(gross, contract), czech_law(year, 1)).premiums.social) is is_insured


@pytest.mark.parametrize(
    ("year", "contract", "gross", "withheld"),
    [
        (2013, ContractKind.EMPLOYMENT, 5000, 1005),
        (2013, ContractKind.EMPLOYMENT, 5001, 0),
        (2026, ContractKind.EMPLOYMENT, 4499, 674),
        (2026, ContractKind.EMPLOYMENT, 4500, 0),
        (2026, ContractKind.PERFORM_WORK, 11_999, 1799),
        (2026, ContractKind.PERFORM_WORK, 12_000, 0),
    ],
)
def test_small_pay_without_declaration_is_taxed_by_withholding(
    year: int, contract: ContractKind, gross: int, withheld: int
) -> None:
    tax = pay_czech(unsigned(gross, contract), czech_law(year, 1)).tax
    assert tax.withheld == withheld
    assert (tax.advance == 0) is (withheld > 0)


def test_solidarity_and_the_ceiling_of_social_insurance_in_2013() -> None:
    pay = pay_czech(signed(1_809_964), czech_law(2013, 1))
    assert pay.premiums.social_base == Decimal(1_242_432)
    assert pay.tax.before_reliefs == Decimal(461_975)


def test_without_declaration_there_is_no_relief() -> None:
    tax = pay_czech(
        CzechEmployee(ContractKind.EMPLOYMENT, Decimal(20_000), False, claims_taxpayer_relief=True, children=2),
        czech_law(2026, 1),
    ).tax
    assert (tax.taxpayer_reliefs, tax.child_relief, tax.bonus) == (0, 0, 0)  # type: ignore[comparison-overlap]


grosses = st.integers(0, 3_000_000).map(Decimal)


@given(st.sampled_from(YEARS), grosses, st.integers(0, 6), st.booleans(), st.sampled_from(ContractKind))
def test_nothing_is_lost_between_gross_and_net(
    year: int, gross: Decimal, children: int, has_signed: bool, contract: ContractKind
) -> None:
    pay = pay_czech(CzechEmployee(contract, gross, has_signed, False, True, children), czech_law(year, 1))
    tax, premiums = pay.tax, pay.premiums
    assert pay.net + tax.advance + tax.withheld + premiums.health + premiums.social == gross + tax.bonus
    assert tax.before_reliefs == tax.taxpayer_reliefs + tax.child_relief + tax.advance
    assert all(figure == int(figure) >= 0 for figure in (tax.advance, tax.withheld, tax.bonus, premiums.employer))
    assert not (tax.withheld and tax.advance)


@given(st.sampled_from(YEARS), st.integers(10_000, 2_000_000))
def test_a_hundred_crowns_more_never_leave_less(year: int, gross: int) -> None:
    law = czech_law(year, 1)
    assert pay_czech(signed(gross + 100), law).net >= pay_czech(signed(gross), law).net


@pytest.mark.parametrize("year", YEARS)
def test_every_figure_names_its_law(year: int) -> None:
    assert all(entry["law"] for entry in read_year(year).values())


def test_a_year_that_nobody_wrote_down_is_named_with_those_there_are() -> None:
    with pytest.raises(UnknownYearError, match=r"CZ in 1999 is not known; years known: 2013, 2026"):
        czech_law(1999, 1)
