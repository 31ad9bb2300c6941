"""Czech payroll from gross to net, for one month of one employment; the figures of the law are data."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import StrEnum

from connectors.money import ZERO, round_money

HUNDRED = Decimal(100)
CROWN = Decimal(1)
THIRD = 3
ONE = Decimal(1)


class ContractKind(StrEnum):
    """Employment, and the two agreements outside it: on work activity (DPČ) and to perform work (DPP)."""

    EMPLOYMENT = "employment"
    WORK_ACTIVITY = "DPC"
    PERFORM_WORK = "DPP"


@dataclass(frozen=True, slots=True)
class CzechLaw:
    """Rates in percent, amounts in CZK a month; None where the law of the year knows no such thing.

    The bonus for children compares with the minimum wage at the beginning of the year, whatever it is by now.
    """

    tax_rate_percent: Decimal
    higher_rate_percent: Decimal | None
    higher_rate_from: Decimal | None
    taxes_employer_premiums: bool
    solidarity_rate_percent: Decimal | None
    solidarity_from: Decimal | None
    withholding_limit: Decimal
    withholding_limit_agreement: Decimal
    withholding_includes_limit: bool
    taxpayer_relief: Decimal
    disability_reliefs: tuple[Decimal, Decimal, Decimal]
    student_relief: Decimal
    child_reliefs: tuple[Decimal, ...]
    least_bonus: Decimal
    most_bonus: Decimal | None
    minimum_wage: Decimal
    minimum_wage_of_january: Decimal
    bonus_income_share_of_minimum_wage: Decimal
    health_rate_percent: Decimal
    health_most_yearly: Decimal | None
    social_employee_rate_percent: Decimal
    social_employer_rate_percent: Decimal
    social_most_yearly: Decimal
    agreement_to_perform_insured: Decimal
    agreement_to_perform_includes_limit: bool
    agreement_on_activity_insured: Decimal


@dataclass(frozen=True, slots=True)
class PremiumBases:
    """What premiums were paid of, in CZK."""

    health: Decimal = ZERO
    social: Decimal = ZERO


NOTHING_SO_FAR = PremiumBases()


@dataclass(frozen=True, slots=True)
class CzechEmployee:
    """One month of somebody. `disability`: first or second degree, third degree, holder of a severe-disability card.

    `so_far` are the bases of the earlier months of the year, which the yearly maximums are compared with.
    `health_minimum_share`: the part of the month's calendar days for which the minimum base of health insurance holds.
    """

    contract: ContractKind
    gross: Decimal
    has_signed_declaration: bool
    has_health_minimum: bool = True
    claims_taxpayer_relief: bool = False
    children: int = 0
    disability: tuple[bool, bool, bool] = (False, False, False)
    is_student: bool = False
    so_far: PremiumBases = NOTHING_SO_FAR
    health_minimum_share: Decimal = ONE


@dataclass(frozen=True, slots=True)
class Premiums:
    """Bases and premiums. `health_earned` is the part of the health base that was earned: beyond it, up to the minimum
    base, the employee pays alone.
    """

    health_base: Decimal = ZERO
    health_earned: Decimal = ZERO
    social_base: Decimal = ZERO
    health: Decimal = ZERO
    social: Decimal = ZERO
    employer_health: Decimal = ZERO
    employer_social: Decimal = ZERO

    @property
    def employer(self) -> Decimal:
        return self.employer_health + self.employer_social


@dataclass(frozen=True, slots=True)
class Tax:
    """The advance with what leads to it, or `withheld` instead."""

    base: Decimal = ZERO
    before_reliefs: Decimal = ZERO
    taxpayer_reliefs: Decimal = ZERO
    after_reliefs: Decimal = ZERO
    child_relief: Decimal = ZERO
    advance: Decimal = ZERO
    bonus: Decimal = ZERO
    withheld: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class CzechPay:
    gross: Decimal
    premiums: Premiums
    tax: Tax

    @property
    def net(self) -> Decimal:
        paid = self.premiums.health + self.premiums.social + self.tax.advance + self.tax.withheld
        return self.gross - paid + self.tax.bonus


def pay_czech(employee: CzechEmployee, law: CzechLaw) -> CzechPay:
    """Premiums first; then the tax that is withheld, or the advance with reliefs and bonus."""
    premiums = _premiums(employee, law)
    taxed = employee.gross + (premiums.employer if law.taxes_employer_premiums else ZERO)
    tax = _withhold(taxed, law) if _is_withheld(employee, law) else _advance(employee, taxed, law)
    return CzechPay(employee.gross, premiums, tax)


def _premiums(employee: CzechEmployee, law: CzechLaw) -> Premiums:
    if not _is_insured(employee, law):
        return Premiums()
    gross = employee.gross
    own_base = _below_most(gross, employee.so_far.health, law.health_most_yearly)
    # The employer pays two thirds of what is earned; the employee the rest, up to the minimum base.
    on_earned = _percent_up(own_base, law.health_rate_percent)
    employer_health = on_earned - _up(own_base * law.health_rate_percent / HUNDRED / THIRD)
    least_base = round_money(law.minimum_wage * employee.health_minimum_share)
    health_base = max(own_base, least_base) if employee.has_health_minimum else own_base
    social_base = _below_most(gross, employee.so_far.social, law.social_most_yearly)
    return Premiums(
        health_base=health_base,
        health_earned=own_base,
        social_base=social_base,
        health=_percent_up(health_base, law.health_rate_percent) - employer_health,
        social=_percent_up(social_base, law.social_employee_rate_percent),
        employer_health=employer_health,
        employer_social=_percent_up(social_base, law.social_employer_rate_percent),
    )


def _below_most(gross: Decimal, so_far: Decimal, most_yearly: Decimal | None) -> Decimal:
    """What is left of the year's maximum, where there is one."""
    return gross if most_yearly is None else min(gross, max(most_yearly - so_far, ZERO))


def _is_insured(employee: CzechEmployee, law: CzechLaw) -> bool:
    if employee.contract is ContractKind.WORK_ACTIVITY:
        return employee.gross >= law.agreement_on_activity_insured
    if employee.contract is ContractKind.PERFORM_WORK:
        limit = law.agreement_to_perform_insured
        return employee.gross > limit or (law.agreement_to_perform_includes_limit and employee.gross == limit)
    return True


def _is_withheld(employee: CzechEmployee, law: CzechLaw) -> bool:
    is_to_perform = employee.contract is ContractKind.PERFORM_WORK
    limit = law.withholding_limit_agreement if is_to_perform else law.withholding_limit
    is_below = employee.gross < limit or (law.withholding_includes_limit and employee.gross == limit)
    return is_below and not employee.has_signed_declaration


def _withhold(taxed: Decimal, law: CzechLaw) -> Tax:
    """Base and tax are rounded down to whole crowns (586/1992 § 36 (3))."""
    base = taxed.to_integral_value(ROUND_FLOOR)
    return Tax(base=base, withheld=(base * law.tax_rate_percent / HUNDRED).to_integral_value(ROUND_FLOOR))


def _advance(employee: CzechEmployee, taxed: Decimal, law: CzechLaw) -> Tax:
    base = _tax_base(taxed)
    before = _tax_on(base, law) + _solidarity(employee.gross, law)
    claimed = _taxpayer_reliefs(employee, law) if employee.has_signed_declaration else ZERO
    after = max(before - claimed, ZERO)
    for_children = _child_reliefs(employee, law) if employee.has_signed_declaration else ZERO
    child_relief = min(for_children, after)
    return Tax(
        base=base,
        before_reliefs=before,
        taxpayer_reliefs=before - after,
        after_reliefs=after,
        child_relief=child_relief,
        advance=after - child_relief,
        bonus=_bonus(employee.gross, for_children - child_relief, law),
    )


def _tax_base(taxed: Decimal) -> Decimal:
    """Up to whole crowns until a hundred, up to whole hundreds beyond (586/1992 § 38h (1))."""
    return _up(taxed) if taxed <= HUNDRED else _up(taxed / HUNDRED) * HUNDRED


def _tax_on(base: Decimal, law: CzechLaw) -> Decimal:
    if law.higher_rate_percent is None or law.higher_rate_from is None:
        return _percent_up(base, law.tax_rate_percent)
    lower = min(base, law.higher_rate_from) * law.tax_rate_percent
    higher = max(base - law.higher_rate_from, ZERO) * law.higher_rate_percent
    return _up((lower + higher) / HUNDRED)


def _solidarity(gross: Decimal, law: CzechLaw) -> Decimal:
    if law.solidarity_rate_percent is None or law.solidarity_from is None:
        return ZERO
    return _percent_up(max(gross - law.solidarity_from, ZERO), law.solidarity_rate_percent)


def _taxpayer_reliefs(employee: CzechEmployee, law: CzechLaw) -> Decimal:
    own = law.taxpayer_relief if employee.claims_taxpayer_relief else ZERO
    disability = sum(
        (relief for relief, has in zip(law.disability_reliefs, employee.disability, strict=True) if has), ZERO
    )
    return own + disability + (law.student_relief if employee.is_student else ZERO)


def _child_reliefs(employee: CzechEmployee, law: CzechLaw) -> Decimal:
    """Of each child in its order; the last relief holds for all further ones."""
    last = len(law.child_reliefs) - 1
    return sum((law.child_reliefs[min(place, last)] for place in range(employee.children)), ZERO)


def _bonus(gross: Decimal, left: Decimal, law: CzechLaw) -> Decimal:
    """What children's relief exceeds the tax by, for whoever earns enough."""
    if left < law.least_bonus or gross < law.minimum_wage_of_january * law.bonus_income_share_of_minimum_wage:
        return ZERO
    return left if law.most_bonus is None else min(left, law.most_bonus)


def _percent_up(base: Decimal, percent: Decimal) -> Decimal:
    return _up(base * percent / HUNDRED)


def _up(amount: Decimal) -> Decimal:
    """Up to whole crowns."""
    return amount.quantize(CROWN, ROUND_CEILING)
