"""Checking the parameters that somebody gave a job against what the job declares."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from automations.engine.job import JobDefinition, Parameter, ParameterType
from automations.rules.amounts import InvalidAmountsError, read_amounts, write_amounts

TRUE_WORDS = frozenset({"true", "yes", "on", "1"})
FALSE_WORDS = frozenset({"false", "no", "off", "0"})


# More than any amount, percentage or quantity needs, and little enough to be shown and counted with.
MAX_DIGITS = 15


@dataclass(frozen=True, slots=True)
class ParameterProblem:
    """What is wrong with one parameter, as a sentence for the person who set it."""

    name: str
    sentence: str


class ParameterError(ValueError):
    """At least one parameter is unknown, of the wrong type or out of range; `problems` names each."""

    def __init__(self, problems: tuple[ParameterProblem, ...]) -> None:
        super().__init__(" ".join(problem.sentence for problem in problems))
        self.problems = problems


class _WrongValueError(ValueError):
    """Why one value does not do; the text goes on after the parameter's label."""


def check_parameters(job: JobDefinition, given: Mapping[str, Any]) -> dict[str, Any]:
    """The job's parameters, typed and complete: defaults filled in, decimals as Decimal, None for "not set".

    Forms and the command line give text, so text is read for every type; an empty text means "not set".
    Raises ParameterError naming every unknown, mistyped or out-of-range parameter.
    """
    known = {parameter.name: parameter for parameter in job.parameters}
    problems = [
        ParameterProblem(name, f"{name!r} is not a parameter of {job.name}; it has {_listed(known)}.")
        for name in given
        if name not in known
    ]
    values: dict[str, Any] = {}
    for parameter in job.parameters:
        try:
            values[parameter.name] = _read(parameter, given.get(parameter.name, parameter.default))
        except _WrongValueError as error:
            problems.append(ParameterProblem(parameter.name, f"{parameter.label} ({parameter.name}) {error}."))
    if problems:
        raise ParameterError(tuple(problems))
    return values


def storable_parameters(values: Mapping[str, Any]) -> dict[str, Any]:
    """Checked values as JSON can hold them: decimals and dates as text, exactly as they were given."""
    return {name: str(value) if isinstance(value, Decimal | date) else value for name, value in values.items()}


def _listed(known: Mapping[str, Parameter]) -> str:
    return ", ".join(known) or "none"


def _read(parameter: Parameter, value: object) -> object:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    return _READERS[parameter.type](parameter, value)


def _read_text(parameter: Parameter, value: object) -> str:
    if not isinstance(value, str):
        raise _WrongValueError(f"must be text, not {value!r}")
    try:
        return value if parameter.check is None else parameter.check(value)
    except ValueError as error:
        raise _WrongValueError(f"cannot be read: {error}") from None


def _read_integer(parameter: Parameter, value: object) -> int:
    # True is an int to Python and never what an admin means by a number.
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise _WrongValueError(f"must be a whole number, not {value!r}")
    try:
        number = int(value)
    except ValueError:
        raise _WrongValueError(f"must be a whole number, not {value!r}") from None
    _check_range(parameter, Decimal(number))
    return number


def _read_decimal(parameter: Parameter, value: object) -> Decimal:
    # A float is refused: 0.1 is no longer one tenth by the time it gets here.
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise _WrongValueError(f"must be a number written as text, not {value!r}")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise _WrongValueError(f"must be a number, not {value!r}") from None
    if not number.is_finite():
        raise _WrongValueError(f"must be a number, not {value!r}")
    if abs(number.adjusted()) > MAX_DIGITS or len(number.as_tuple().digits) > MAX_DIGITS:
        raise _WrongValueError(f"must be a number of at most {MAX_DIGITS} digits, not {str(value)[:40]!r}")
    _check_range(parameter, number)
    return number


def _read_boolean(_parameter: Parameter, value: object) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word not in TRUE_WORDS | FALSE_WORDS:
        raise _WrongValueError(f"must be yes or no, not {value!r}")
    return word in TRUE_WORDS


def _read_choice(parameter: Parameter, value: object) -> str:
    if not isinstance(value, str) or value not in parameter.choices:
        raise _WrongValueError(f"must be one of {', '.join(parameter.choices)}, not {value!r}")
    return value


def _read_date(parameter: Parameter, value: object) -> date:
    if isinstance(value, datetime) or not isinstance(value, str | date):
        raise _WrongValueError(f"must be a date like 2026-11-30, not {value!r}")
    try:
        day = value if isinstance(value, date) else date.fromisoformat(value.strip())
    except ValueError:
        raise _WrongValueError(f"must be a date like 2026-11-30, not {value!r}") from None
    if isinstance(parameter.minimum, date) and day < parameter.minimum:
        raise _WrongValueError(f"must not be before {parameter.minimum}, not {day}")
    if isinstance(parameter.maximum, date) and day > parameter.maximum:
        raise _WrongValueError(f"must not be after {parameter.maximum}, not {day}")
    return day


def _read_amounts(_parameter: Parameter, value: object) -> str:
    """Amounts by currency stay text, written one way."""
    if not isinstance(value, str):
        raise _WrongValueError(f"must be amounts with their currency, like EUR 1000, CZK 25000, not {value!r}")
    try:
        return write_amounts(read_amounts(value))
    except InvalidAmountsError as error:
        raise _WrongValueError(f"cannot be read: {error}") from None


def _check_range(parameter: Parameter, number: Decimal) -> None:
    unit = f" {parameter.unit}" if parameter.unit else ""
    # A date cannot limit a number.
    if isinstance(parameter.minimum, int | Decimal) and number < parameter.minimum:
        raise _WrongValueError(f"must be at least {parameter.minimum}{unit}, not {number}")
    if isinstance(parameter.maximum, int | Decimal) and number > parameter.maximum:
        raise _WrongValueError(f"must be at most {parameter.maximum}{unit}, not {number}")


_READERS: dict[ParameterType, Callable[[Parameter, object], object]] = {
    ParameterType.TEXT: _read_text,
    ParameterType.INTEGER: _read_integer,
    ParameterType.DECIMAL: _read_decimal,
    ParameterType.BOOLEAN: _read_boolean,
    ParameterType.CHOICE: _read_choice,
    ParameterType.DATE: _read_date,
    ParameterType.AMOUNTS: _read_amounts,
}
