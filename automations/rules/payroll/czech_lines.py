"""The lines of a slip that Czech law adds: rounding of the wage, insurance, tax, and what the employer pays on top."""

from collections.abc import Iterable, Iterator
from decimal import ROUND_CEILING, Decimal

from automations.rules.payroll.country import CountryRules
from automations.rules.payroll.czech import (
    ONE,
    ContractKind,
    CzechEmployee,
    CzechLaw,
    CzechPay,
    PremiumBases,
    pay_czech,
)
from automations.rules.payroll.figures import read_figure, show
from automations.rules.payroll.periods import Period
from connectors.contracts.people import PAYABLE_STATES, SICKNESS, Absence, LineKind, Payslip, PayslipLine, TaxFacts
from connectors.money import ZERO

HEALTH, SOCIAL = "health_insurance", "social_insurance"
EMPLOYER_HEALTH, EMPLOYER_SOCIAL = "employer_health", "employer_social"
# Where the law says how a line is rounded.
_ROUNDINGS = {
    HEALTH: "rounding_health",
    EMPLOYER_HEALTH: "rounding_health",
    SOCIAL: "rounding_social",
    EMPLOYER_SOCIAL: "rounding_social",
    "withholding_tax": "rounding_withholding",
    "tax_advance": "rounding_tax",
}
UP_TO_CROWN, DOWN_TO_CROWN, CENTS = "up_to_crown", "down_to_crown", "cents"


def round_wage(gross: Decimal, rules: CountryRules) -> PayslipLine | None:
    """What is added so that the wage is whole crowns (262/2006 § 142 (2)); nothing where it is."""
    added = gross.to_integral_value(ROUND_CEILING) - gross
    if not added or gross < 0:
        return None
    return PayslipLine(
        "wage_rounding",
        LineKind.EARNING,
        added,
        "wage_rounding",
        figures={"gross": format(gross, "f")},
        rounding=UP_TO_CROWN,
        law=rules.law("rounding_wage"),
    )


def bases_so_far(slips: Iterable[Payslip], period: Period) -> PremiumBases:
    """What the slips of the year before this period paid premiums of."""
    bases = {HEALTH: ZERO, SOCIAL: ZERO}
    for slip in slips:
        is_before = slip.first.year == period.first.year and slip.last < period.first
        for line in slip.lines if is_before and slip.state in PAYABLE_STATES else ():
            if line.code in bases:
                bases[line.code] += read_figure(line.figures, "base") or ZERO
    return PremiumBases(bases[HEALTH], bases[SOCIAL])


def least_base_share(period: Period, held: Iterable[Period], absences: Iterable[Absence]) -> Decimal:
    """The part of the month's calendar days on which somebody was employed and not ill (592/1992 § 3 (9))."""
    employed = {day for days in held for day in days}
    ill = {
        day
        for absence in absences
        if absence.kind == SICKNESS and (common := period.common(Period(absence.first, absence.last)))
        for day in common
        if day != absence.half_day_on
    }
    return Decimal(len(employed - ill)) / len(list(period))


def czech_lines(
    kind: ContractKind,
    gross: Decimal,
    facts: TaxFacts,
    so_far: PremiumBases,
    rules: CountryRules,
    health_minimum_share: Decimal = ONE,
) -> Iterator[PayslipLine]:
    """Deductions by law from this month's gross; a tax bonus is a deduction below zero."""
    if rules.czech is None:
        return
    pay = pay_czech(
        CzechEmployee(
            kind,
            gross,
            has_signed_declaration=facts.has_signed_declaration,
            has_health_minimum=facts.has_health_minimum,
            health_minimum_share=health_minimum_share,
            claims_taxpayer_relief=facts.claims_taxpayer_relief,
            children=facts.children,
            disability=facts.disability,
            is_student=facts.is_student,
            so_far=so_far,
        ),
        rules.czech,
    )
    yield from _insurance(pay, rules.czech, rules)
    yield from _tax(pay, rules.czech, rules)


def _insurance(pay: CzechPay, law: CzechLaw, rules: CountryRules) -> Iterator[PayslipLine]:
    premiums = pay.premiums
    of_health = {"base": show(premiums.health_base), "percent": show(law.health_rate_percent)}
    if premiums.health_base > premiums.health_earned:
        figures = of_health | {"earned": show(premiums.health_earned), "employer": show(premiums.employer_health)}
        yield from _premium(HEALTH, premiums.health, "health_insurance_least", figures, rules, "health_least_base")
    else:
        yield from _premium(HEALTH, premiums.health, "health_insurance", of_health, rules, "health_rate_percent")
    own, by_employer = law.social_employee_rate_percent, law.social_employer_rate_percent
    figures = {"base": show(premiums.social_base), "percent": show(own)}
    yield from _premium(SOCIAL, premiums.social, "percent_of_base", figures, rules, "social_employee_rate_percent")
    figures = {"base": show(premiums.health_earned), "percent": show(law.health_rate_percent)}
    yield from _premium(
        EMPLOYER_HEALTH, premiums.employer_health, EMPLOYER_HEALTH, figures, rules, "health_rate_percent"
    )
    figures = {"base": show(premiums.social_base), "percent": show(by_employer)}
    yield from _premium(
        EMPLOYER_SOCIAL, premiums.employer_social, "percent_of_base", figures, rules, "social_employer_rate_percent"
    )


def _premium(
    code: str, amount: Decimal, rule: str, figures: dict[str, str], rules: CountryRules, law: str
) -> Iterator[PayslipLine]:
    kind = LineKind.EMPLOYER if code in (EMPLOYER_HEALTH, EMPLOYER_SOCIAL) else LineKind.DEDUCTION
    if amount:
        yield _line(code, amount, rule, figures, rules, law, kind)


def _tax(pay: CzechPay, law: CzechLaw, rules: CountryRules) -> Iterator[PayslipLine]:
    tax = pay.tax
    if tax.withheld:
        figures = {"base": show(tax.base), "percent": show(law.tax_rate_percent)}
        yield _line(
            "withholding_tax",
            tax.withheld,
            "percent_of_base",
            figures,
            rules,
            "tax_rate_percent",
            rounding=DOWN_TO_CROWN,
        )
    if tax.before_reliefs:
        figures = {
            "base": show(tax.base),
            "before_reliefs": show(tax.before_reliefs),
            "reliefs": show(tax.taxpayer_reliefs),
            "child_relief": show(tax.child_relief),
        }
        yield _line("tax_advance", tax.advance, "tax_less_reliefs", figures, rules, "tax_rate_percent")
    if tax.bonus:
        figures = {"minimum_wage": show(law.minimum_wage_of_january), "after_reliefs": show(tax.after_reliefs)}
        yield _line("tax_bonus", -tax.bonus, "child_bonus", figures, rules, "child_reliefs", rounding=CENTS)


def _line(
    code: str,
    amount: Decimal,
    rule: str,
    figures: dict[str, str],
    rules: CountryRules,
    law: str,
    kind: LineKind = LineKind.DEDUCTION,
    rounding: str = UP_TO_CROWN,
) -> PayslipLine:
    return PayslipLine(
        code,
        kind,
        amount + ZERO,
        rule,
        figures=figures,
        rounding=rounding,
        law="; ".join(filter(None, (rules.law(law), rules.law(_ROUNDINGS.get(code, ""))))),
    )
