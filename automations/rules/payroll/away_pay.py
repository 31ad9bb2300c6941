"""What hourly contracts pay for working days away: paid absences, and holidays that the law counts as worked."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from automations.rules.payroll.base_pay import ContractDays, daily_hours
from automations.rules.payroll.country import CountryRules, DayKind
from automations.rules.payroll.figures import show, show_days, show_rate
from automations.rules.payroll.hour_pay import HOURS_AT_RATE, pay_at_rate
from automations.rules.payroll.hours import shown_hours
from automations.rules.payroll.periods import Period
from automations.rules.payroll.slip_facts import PaySettings, SlipFacts
from connectors.contracts.people import Absence, LineKind, PayslipLine
from connectors.money import ZERO

PAID_ABSENCE, HOLIDAY_PAY = "paid_absence", "holiday_pay"
EMPLOYMENT = "employment"
ONE = Decimal(1)


def pay_absences(
    facts: SlipFacts, parts: Sequence[ContractDays], rules: CountryRules, settings: PaySettings
) -> Iterator[PayslipLine]:
    """A line for each kind of absence: the paid fraction of the usual hours; of two on one day the less paid counts."""
    for part in parts:
        if part.contract.hour_rate is None:
            continue
        of_day: dict[date, tuple[Decimal, str]] = {}
        for absence, day in _days_away(facts, part.part):
            if facts.day_kind(day) is DayKind.WORKDAY:
                away = ONE - settings.half_day_paid_fraction if day == absence.half_day_on else ONE
                paid = away * (ONE - absence.unpaid_fraction) * daily_hours(part.contract, facts)
                of_day[day] = min(of_day.get(day, (paid, absence.kind)), (paid, absence.kind))
        for kind in sorted({kind for _paid, kind in of_day.values()}):
            hours = sum((paid for paid, name in of_day.values() if name == kind), ZERO)
            yield from _line(PAID_ABSENCE, kind, part, hours, rules.law("paid_absence"))


def pay_holidays(
    facts: SlipFacts, parts: Sequence[ContractDays], worked: Mapping[date, Decimal], rules: CountryRules
) -> Iterator[PayslipLine]:
    """The usual hours that a holiday took away from somebody employed; agreements outside employment have none."""
    if not rules.holidays_are_working_days:
        return
    for part in parts:
        if part.contract.hour_rate is None or part.contract.kind != EMPLOYMENT:
            continue
        usual = daily_hours(part.contract, facts)
        unpaid: dict[date, Decimal] = {}
        for absence, day in _days_away(facts, part.part):
            unpaid[day] = max(unpaid.get(day, ZERO), absence.unpaid_fraction)
        hours = sum(
            (
                max(usual - worked.get(day, ZERO), ZERO) * (ONE - unpaid.get(day, ZERO))
                for day in facts.holidays
                if day in part.part and day.weekday() not in facts.employee.weekly_days_off
            ),
            ZERO,
        )
        yield from _line(HOLIDAY_PAY, "", part, hours, rules.law("holidays_are_working_days"))


def _days_away(facts: SlipFacts, part: Period) -> Iterator[tuple[Absence, date]]:
    for absence in facts.absences:
        for day in part.common(Period(absence.first, absence.last)) or ():
            yield absence, day


def _line(code: str, label: str, part: ContractDays, exact: Decimal, law: str) -> Iterator[PayslipLine]:
    rate, hours = part.contract.hour_rate, shown_hours(exact)
    if rate is None or not hours:
        return
    figures = {"hours": show(hours), "rate": show_rate(rate), **show_days(part.part)}
    amount = pay_at_rate(hours, rate)
    yield PayslipLine(
        code, LineKind.EARNING, amount, HOURS_AT_RATE, label, figures=figures, law=law, quantity=hours, rate=rate
    )
