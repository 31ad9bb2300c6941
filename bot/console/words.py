"""What the console calls things: jobs, parameters, reasons, outcomes and figures in the language of a page."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_timedelta, get_day_names
from babel.numbers import format_currency, format_decimal

from automations.engine.discovery import JobCatalogue
from automations.engine.job import JobDefinition, Parameter, ParameterType
from automations.rules.cron import CronSchedule, InvalidCronError
from bot.console.cron_words import describe_cron
from bot.pages.formats import Formats
from bot.pages.rendering import Pages
from connectors.database.models.work import Run

TONES = {
    "running": "badge-accent",
    "succeeded": "badge-good",
    "succeeded_with_exceptions": "badge-warm",
    "failed": "badge-bad",
    "done": "badge-good",
    "waiting": "badge-accent",
    "exception": "badge-warm",
}
_EASTERN_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


class Words:
    """The words of one language. What the catalogue does not translate yet is shown as the job's file says it."""

    def __init__(self, pages: Pages, language: str, jobs: JobCatalogue) -> None:
        self._texts: Mapping[str, str] = pages.catalogue.texts[language]
        self._about = pages.languages[language]
        self._translate = pages.catalogue.translator(language)
        self._jobs = jobs

    def text(self, key: str, **values: object) -> str:
        return self._translate(key, **values)

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

    def owner(self, owner: str | None) -> str:
        return self._texts.get(f"console.owner.{owner}", owner or self._texts["console.nobody"])

    def outcome(self, job: str, outcome: str) -> str:
        return self._texts.get(f"console.outcome.{job}.{outcome}", outcome)

    def next_step(self, run: Run, outcome: str) -> str:
        """What becomes of an item with this outcome, or nothing where the job has no words for it."""
        return self._texts.get(f"console.next.{run.job}.{outcome}", "")

    def has_sentence(self, code: str) -> bool:
        """Whether `found` of this reason is a sentence of its own and not a figure to compare."""
        return f"console.reason.{code}.sentence" in self._texts

    def starter(self, run: Run) -> str:
        """Who or what started a run."""
        return self._texts.get(f"console.starter.{run.started_by}", run.started_by)

    def cron(self, cron: str) -> str:
        """The schedule in words, or the line itself when it cannot be read."""
        try:
            schedule = CronSchedule.parse(cron)
        except InvalidCronError:
            return cron
        return self.digits(describe_cron(schedule, self._translate, self._about.locale))

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
        """A recorded figure with the separators and digits of the language; other text as it is."""
        number = _number(text)
        if number is None:
            return text or ""
        return format_decimal(
            number,
            locale=self._about.locale,
            decimal_quantization=False,
            numbering_system=self._about.numbering_system,
        )

    def amount(self, text: str | None, currency: str | None) -> str:
        """A recorded amount with its currency; no digit of a price is rounded away."""
        number = _number(text)
        if number is None or not currency:
            return self.figure(text)
        return format_currency(
            number,
            currency,
            locale=self._about.locale,
            decimal_quantization=False,
            numbering_system=self._about.numbering_system,
        )

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
    try:
        number = Decimal(text or "")
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
