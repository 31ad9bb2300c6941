"""The lines of a slip that Czech law adds: rounding of the wage, insurance, tax, and what the employer pays on top."""

from collections.abc import Iterable, Iterator
from decimal import ROUND_CEILING, Decimal

from automations.rules.payroll.country import CountryRules
from automations.rules.payroll.czech import (
    ContractKind,
    CzechEmployee,
    CzechLaw,
    CzechPay,
    PremiumBases,
    pay_czech,
)
from automations.rules.payroll.periods import Period
from connectors.contracts.people import PAYABLE_STATES, LineKind, Payslip, PayslipLine, TaxFacts
from connectors.money import ZERO

HEALTH, SOCIAL = "health_insurance", "social_insurance"
# Where the law says how a line is rounded.
_ROUNDINGS = {
    HEALTH: "rounding_health",
    SOCIAL: "rounding_social",
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
                bases[line.code] += Decimal(line.figures["base"])
    return PremiumBases(bases[HEALTH], bases[SOCIAL])


def czech_lines(
    kind: ContractKind, gross: Decimal, facts: TaxFacts, so_far: PremiumBases, rules: CountryRules
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
    if premiums.health:
        figures = {"base": _show(premiums.health_base), "percent": _show(law.health_rate_percent)}
        yield _line(HEALTH, premiums.health, "health_insurance", figures, rules, "health_rate_percent")
    if premiums.social:
        figures = {"base": _show(premiums.social_base), "percent": _show(law.social_employee_rate_percent)}
        yield _line(SOCIAL, premiums.social, "percent_of_base", figures, rules, "social_employee_rate_percent")
    if premiums.employer:
        figures = {"base": _show(premiums.social_base), "percent": _show(law.social_employer_rate_percent)}
        yield _line(
            "employer_premiums",
            premiums.employer,
            "employer_premiums",
            figures,
            rules,
            "social_employer_rate_percent",
            LineKind.EMPLOYER,
        )


def _tax(pay: CzechPay, law: CzechLaw, rules: CountryRules) -> Iterator[PayslipLine]:
    tax = pay.tax
    if tax.withheld:
        figures = {"base": _show(pay.gross), "percent": _show(law.tax_rate_percent)}
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
            "base": _show(tax.base),
            "before_reliefs": _show(tax.before_reliefs),
            "reliefs": _show(tax.taxpayer_reliefs),
            "child_relief": _show(tax.child_relief),
        }
        yield _line("tax_advance", tax.advance, "tax_less_reliefs", figures, rules, "tax_rate_percent")
    if tax.bonus:
        figures = {"minimum_wage": _show(law.minimum_wage), "after_reliefs": _show(tax.after_reliefs)}
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


def _show(value: Decimal) -> str:
    return format(value, "f")
