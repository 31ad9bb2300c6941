"""What the console calls things: jobs, parameters, reasons, outcomes and figures in the language of a page."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale
from babel.dates import format_timedelta, get_day_names, get_month_names
from babel.numbers import format_currency, format_decimal, format_percent

from automations.engine.discovery import JobCatalogue
from automations.engine.job import JobDefinition, Parameter, ParameterType
from automations.engine.schedules import timing_text
from automations.rules.calendars import PlannedFiring, holiday_name
from automations.rules.duplicates import DuplicateReason
from automations.rules.matching.holds import HoldReason
from automations.rules.payroll.payslips import SlipReason
from automations.rules.timings import WEEKDAYS
from bot.console.payroll_words import PayWords
from bot.console.timing_words import describe_timing
from bot.pages.formats import Formats
from bot.pages.rendering import Pages
from connectors.database.models.understanding import AssistantModel
from connectors.database.models.work import Run

TONES = {
    "running": "badge-accent",
    "waiting_for_approval": "badge-accent",
    "in_progress": "badge-accent",
    "succeeded": "badge-good",
    "succeeded_with_exceptions": "badge-warm",
    "failed": "badge-bad",
    "done": "badge-good",
    "waiting": "badge-accent",
    "exception": "badge-warm",
}
# Reasons whose figures are money: in the order's currency, or in the document's.
ORDER_AMOUNT_REASONS = frozenset(
    {
        HoldReason.PRICE_OVER,
        HoldReason.PRICE_UNDER,
        HoldReason.AMOUNT_OVER_ORDERED,
        HoldReason.LINE_VALUE_OVER,
        HoldReason.HEADER_VALUE_OVER,
        HoldReason.CHARGE_NOT_ORDERED,
        HoldReason.CHARGE_OVER,
    }
)
AMOUNT_REASONS = ORDER_AMOUNT_REASONS | {
    HoldReason.LINE_AMOUNT_WRONG,
    HoldReason.TOTALS_DO_NOT_ADD_UP,
    HoldReason.TAX_DIFFERS,
    HoldReason.ARITHMETIC,
    DuplicateReason.SAME_AMOUNT_AND_DATE,
    DuplicateReason.NEAR_AMOUNT_AND_DATE,
    SlipReason.NEGATIVE_NET,
    SlipReason.VARIANCE_OVER,
}
PERCENT_LIMITS = frozenset({(DuplicateReason.NEAR_AMOUNT_AND_DATE, "limit"), (SlipReason.VARIANCE_OVER, "limit")})
_PLAIN_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,20})?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_EASTERN_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


class Words:
    """The words of one language. What the catalogue does not translate yet is shown as the job's file says it."""

    def __init__(self, pages: Pages, language: str, jobs: JobCatalogue) -> None:
        self._texts: Mapping[str, str] = pages.catalogue.texts[language]
        self._about = pages.languages[language]
        self._translate = pages.catalogue.translator(language)
        self._jobs = jobs

    @property
    def pay(self) -> PayWords:
        """How pay reads."""
        return PayWords(self)

    def text(self, key: str, **values: object) -> str:
        return self._translate(key, **values)

    def known(self, prefix: str) -> Mapping[str, str]:
        """The codes that have words under a prefix, such as every reason, in the order of the alphabet."""
        found = {key.removeprefix(prefix): text for key, text in self._texts.items() if key.startswith(prefix)}
        return dict(sorted((pair for pair in found.items() if "." not in pair[0]), key=lambda pair: pair[1].casefold()))

    def text_or(self, key: str, otherwise: str) -> str:
        """The text of this key, or something else where the language has none."""
        return self._texts.get(key, otherwise)

    def beginning_with(self, beginning: str) -> Iterator[tuple[str, str]]:
        """Keys and texts of one group, also of codes that have a full stop in them."""
        return ((key, text) for key, text in self._texts.items() if key.startswith(beginning))

    def job_title(self, name: str) -> str:
        job = self._jobs.jobs.get(name)
        return self._texts.get(f"console.job.{name}.title", job.title if job else name)

    def job_description(self, job: JobDefinition) -> str:
        return self._texts.get(f"console.job.{job.name}.description", job.description)

    def job_effect(self, job: JobDefinition) -> str:
        """What a real run changes, for the question before it."""
        return self._texts.get(f"console.job.{job.name}.effect", self._texts["console.confirm.effect"])

    def parameter_label(self, job: JobDefinition, parameter: Parameter) -> str:
        return self._texts.get(f"console.job.{job.name}.{parameter.name}.label", parameter.label)

    def parameter_help(self, job: JobDefinition, parameter: Parameter) -> str:
        return self._texts.get(f"console.job.{job.name}.{parameter.name}.help", parameter.help)

    def unit(self, parameter: Parameter) -> str:
        return self._texts.get(f"console.unit.{parameter.unit}", parameter.unit)

    def value(self, parameter: Parameter, value: object) -> str:
        """A parameter's value as a person reads it."""
        if value is None or value == "":
            return self._texts["console.not_set"]
        if parameter.type is ParameterType.BOOLEAN:
            return self._texts["console.yes" if value is True else "console.no"]
        text = self.figure(str(value)) if parameter.type is not ParameterType.TEXT else str(value)
        return f"{text} {self.unit(parameter)}" if parameter.unit else text

    def parameter_problem(self, job: JobDefinition, parameter: Parameter) -> str:
        """What the parameter has to be, as a sentence for the person who set something else."""
        label = self.parameter_label(job, parameter)
        if parameter.type is ParameterType.CHOICE:
            return self._translate("console.error.choice", label=label, choices=", ".join(parameter.choices))
        kind = "whole" if parameter.type is ParameterType.INTEGER else parameter.type.value
        kind = "lines" if parameter.is_long else kind
        if parameter.type not in (ParameterType.INTEGER, ParameterType.DECIMAL):
            return self._translate(f"console.error.{kind}", label=label)
        lowest, highest = parameter.minimum, parameter.maximum
        if lowest is None and highest is None:
            return self._translate(f"console.error.{kind}", label=label)
        span = "from" if highest is None else "to" if lowest is None else "between"
        low, high = ("" if number is None else self.figure(str(number)) for number in (lowest, highest))
        return self._translate(f"console.error.{kind}.{span}", label=label, low=low, high=high)

    def reason(self, code: str) -> str:
        return self._texts.get(f"console.reason.{code}", code)

    def advice(self, code: str) -> str:
        """What the owner of a reason can do about it, or nothing."""
        return self._texts.get(f"console.reason.{code}.advice", "")

    def intent(self, name: str) -> str:
        """What a customer wants who is understood so."""
        return str(self._about.terms.get(f"intent.{name}", name))

    def language(self, code: str) -> str:
        """The name of a customer's language in the language of the page."""
        return str(Locale.parse(self._about.locale).languages.get(code, code))

    def failure(self, model: AssistantModel) -> str:
        """Why a training came to nothing: our words, or what the program said."""
        return self._texts.get(f"console.models.failure.{model.failure}", model.failure or "")

    def share(self, value: float) -> str:
        """A share of 0 to 1 as a percentage with one decimal."""
        about = self._about
        text = format_percent(value, format="#,##0.#%", locale=about.locale, numbering_system=about.numbering_system)
        return self.digits(text)

    def owner(self, owner: str | None) -> str:
        return self._texts.get(f"console.owner.{owner}", owner or self._texts["console.nobody"])

    def outcome(self, job: str, outcome: str) -> str:
        return self._texts.get(f"console.outcome.{job}.{outcome}", outcome)

    def next_step(self, run: Run, outcome: str) -> str:
        """What becomes of an item with this outcome, or nothing where the job has no words for it."""
        return self._texts.get(f"console.next.{run.job}.{outcome}", "")

    def figure_label(self, code: str, name: str) -> str:
        """What `found`, `expected`, `limit` or `where` of this reason is."""
        return self._texts.get(f"console.reason.{code}.{name}", self._texts[f"console.{name}"])

    def reason_figure(self, code: str, name: str, text: str, detail: Mapping[str, Any]) -> str:
        """A figure of a reason, as an amount where the rule compares amounts; `detail` is the item's own."""
        if name == "where" or code not in AMOUNT_REASONS or (code, name) in PERCENT_LIMITS:
            return self.figure(text)
        in_order = code in ORDER_AMOUNT_REASONS
        return self.amount(text, detail.get("order_currency" if in_order else "currency"))

    def is_sentence(self, reason: Mapping[str, str | None]) -> bool:
        """Whether a reason tells what was found in a sentence of its own, with nothing to compare it with."""
        has_figures = any(reason.get(name) for name in ("expected", "limit", "where"))
        return not has_figures and (reason.get("found") or "").rstrip().endswith((".", "!", "?", "…"))

    def starter(self, run: Run | AssistantModel) -> str:
        """Who or what started a run or a training."""
        return self._texts.get(f"console.starter.{run.started_by}", run.started_by)

    def timing(self, timing: Mapping[str, Any]) -> str:
        """When a schedule fires in words, or its line itself when it cannot be read."""
        told = describe_timing(timing, self._translate, self._about.locale)
        return timing_text(timing) if told is None else self.digits(told)

    def country(self, code: str) -> str:
        """The name of a country in the language of the page."""
        return str(Locale.parse(self._about.locale).territories.get(code, code))

    def weekday(self, name: str) -> str:
        """The name of mon … sun."""
        names = get_day_names("wide", context="stand-alone", locale=self._about.locale)
        return str(names[WEEKDAYS.index(name)])

    def month(self, number: int) -> str:
        return str(get_month_names("abbreviated", context="stand-alone", locale=self._about.locale)[number])

    def day_off(self, country: str, planned: PlannedFiring) -> str:
        """The holiday or closure for which a firing is left out, a holiday in the language of the page."""
        day = planned.at.date()
        is_holiday = planned.day_off == holiday_name(country, day, "")
        return (holiday_name(country, day, self._about.code) if is_holiday else None) or planned.day_off or ""

    def cron_problem(self, detail: str) -> str:
        """What is wrong with a cron line; the rule tells the detail in English only."""
        return detail if self._about.code == "en" else f"{self._texts['console.error.cron']} {detail}"

    def firing(self, moment: datetime, timezone: str) -> str:
        """Weekday, day and time of a firing, in the time zone of its schedule."""
        try:
            local = moment.astimezone(ZoneInfo(timezone))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            local = moment
        weekday = get_day_names("abbreviated", locale=self._about.locale)[local.weekday()]
        return f"{weekday} {Formats(self._about, local.tzinfo).moment(local)}"

    def offset(self, moment: datetime) -> str:
        """`UTC+01:00`, which tells the two 02:30 of an autumn night apart."""
        text = moment.strftime("%z")
        return f"UTC{text[:3]}:{text[3:]}"

    def figure(self, text: str | None) -> str:
        """A recorded figure or day with the separators and digits of the language; other text as it is."""
        if text is not None and _DAY.fullmatch(text):
            # Whoever wrote 2026-02-30 reads it again.
            with suppress(ValueError):
                return self.day(text)
        number = _number(text)
        if number is None:
            return text or ""
        about = self._about
        return self.digits(
            format_decimal(
                number,
                locale=about.locale,
                decimal_quantization=False,
                numbering_system=about.numbering_system,
            )
        )

    def amount(self, text: str | None, currency: str | None) -> str:
        """A recorded amount with its currency; no digit of a price is rounded away."""
        number = _number(text)
        if number is None or not currency:
            return self.figure(text)
        about = self._about
        return self.digits(
            format_currency(
                number,
                currency,
                locale=about.locale,
                decimal_quantization=False,
                numbering_system=about.numbering_system,
            )
        )

    def day(self, text: str | None) -> str:
        """A recorded date."""
        return Formats(self._about, None).day(date.fromisoformat(text)) if text else ""

    def measure(self, code: str | None) -> str:
        """A unit of measure: the words for the common codes of UN/ECE Recommendation 20."""
        return self._texts.get(f"console.measure.{code}", code or "")

    def contract(self, name: str) -> str:
        return self._texts.get(f"console.contract.{name}", name)

    def vendor(self, name: str) -> str:
        return self._texts.get(f"console.vendor.{name}", name)

    def elapsed(self, value: timedelta) -> str:
        """`3 seconds`, `2 hours`."""
        shown = max(value, timedelta(seconds=1))
        return self.digits(format_timedelta(shown, granularity="second", threshold=1.5, locale=self._about.locale))

    def digits(self, text: str) -> str:
        return text.translate(_EASTERN_DIGITS) if self._about.numbering_system == "arabext" else text

    def tone(self, state: str) -> str:
        """The class that gives the badge of a run's or item's state its colour."""
        return TONES.get(state, "")


def _number(text: str | None) -> Decimal | None:
    """A figure of ours; what a supplier wrote ("1e99999", a long reference) stays the text that it is."""
    return Decimal(text) if text is not None and _PLAIN_NUMBER.fullmatch(text) else None
