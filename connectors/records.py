"""Making records of contracts from rows of named values, however another system writes numbers, dates and states."""

import json
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, ClassVar, Generic, Protocol, TypeVar, Union, get_args, get_origin, get_type_hints

_SHOWN_CHARACTERS = 40
# Written out in full, 1e999999999 would fill the memory.
MOST_DIGITS = 300
_TRUE, _FALSE = frozenset({"1", "t", "true", "y", "yes"}), frozenset({"0", "f", "false", "n", "no"})


class _Dataclass(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


Record = TypeVar("Record", bound=_Dataclass)


class FieldError(ValueError):
    """A value is missing or does not fit; `field` is the column, `problem` a sentence for a person."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


@dataclass(frozen=True, slots=True)
class _Column:
    """How one field is read. `names` are the columns without which it cannot be; an optional one may be None."""

    field: str
    names: frozenset[str]
    is_required: bool
    has_default: bool
    read: Callable[[Mapping[str, Any]], Any]


class RecordReader(Generic[Record]):
    """Reads records of one kind from rows of columns that are named like its fields.

    A record within a record is read from columns that begin with the name of its field (`address_city`) and is left
    out when all of them are empty. A mapping is read by key (`names_cs`), or from one column that holds it as JSON.
    A tuple of words is a list, a JSON array, or one text with commas. An empty value stands for the default, an empty
    text for itself where there is none. Times without a zone are UTC.
    """

    def __init__(self, record: type[Record], given: frozenset[str] = frozenset()) -> None:
        """`given` are fields that do not come from the row but from whoever reads it."""
        self._record = record
        self._columns = tuple(_columns(record, given, prefix=""))

    @property
    def required(self) -> frozenset[str]:
        """The columns that every row must have."""
        return frozenset[str]().union(*(column.names for column in self._columns if column.is_required))

    def read(self, values: Mapping[str, Any], **given: Any) -> Record:
        """Raises FieldError when a value is missing or does not fit."""
        return _build(self._record, self._columns, values, given)


def _build(
    record: type[Record], columns: tuple[_Column, ...], values: Mapping[str, Any], given: Mapping[str, Any]
) -> Record:
    found = dict(given)
    for column in columns:
        value = column.read(values)
        if value is not None:
            found[column.field] = value
        elif column.is_required:
            name = min(column.names, default=column.field)
            raise FieldError(name, "this column is missing or empty, and cannot be left out.")
        elif not column.has_default:
            found[column.field] = None
    return record(**found)


def _columns(record: type[Any], given: frozenset[str], prefix: str) -> list[_Column]:
    hints = get_type_hints(record)
    return [_column(field, hints[field.name], prefix) for field in fields(record) if field.name not in given]


def _column(field: Field[Any], hint: Any, prefix: str) -> _Column:
    name, kind = prefix + field.name, _without_none(hint)
    has_default = field.default is not MISSING or field.default_factory is not MISSING
    is_required = not has_default and kind is hint
    if get_origin(kind) in (Mapping, _abstract(Mapping)):
        return _Column(field.name, frozenset(), False, True, _mapping_reader(name, _value_reader(get_args(kind)[1])))
    if isinstance(kind, type) and is_dataclass(kind):
        within = tuple(_columns(kind, frozenset(), f"{name}_"))
        names = frozenset[str]().union(*(column.names for column in within if column.is_required))
        return _Column(field.name, names, is_required, has_default, _record_reader(kind, within, f"{name}_"))
    may_be_blank = is_required and kind is str
    reader = _single_reader(name, _value_reader(kind), may_be_blank=may_be_blank)
    return _Column(field.name, frozenset({name}), is_required, has_default, reader)


def _abstract(kind: Any) -> Any:
    return get_origin(kind[str, Any])


def _without_none(hint: Any) -> Any:
    """The type of a field that may be None, without the None."""
    if get_origin(hint) not in (Union, types.UnionType):
        return hint
    (kind,) = (each for each in get_args(hint) if each is not type(None))
    return kind


def _single_reader(name: str, read: Callable[[Any], Any], *, may_be_blank: bool) -> Callable[[Mapping[str, Any]], Any]:
    def read_one(values: Mapping[str, Any]) -> Any:
        value = values.get(name)
        return "" if may_be_blank and value == "" else _read_value(name, value, read)

    return read_one


def _mapping_reader(name: str, read: Callable[[Any], Any]) -> Callable[[Mapping[str, Any]], Any]:
    prefix = f"{name}_"

    def read_all(values: Mapping[str, Any]) -> Any:
        found = {key.removeprefix(prefix): value for key, value in values.items() if key.startswith(prefix)}
        whole = _read_value(name, values.get(name), _read_document)
        pairs = {**(whole or {}), **found}.items()
        return {key: one for key, value in pairs if (one := _read_value(f"{prefix}{key}", value, read)) is not None}

    return read_all


def _record_reader(record: type[Any], columns: tuple[_Column, ...], prefix: str) -> Callable[[Mapping[str, Any]], Any]:
    def read_within(values: Mapping[str, Any]) -> Any:
        is_there = any(
            value not in (None, "") and value is not False for name, value in values.items() if name.startswith(prefix)
        )
        return _build(record, columns, values, {}) if is_there else None

    return read_within


def _read_value(name: str, value: Any, read: Callable[[Any], Any]) -> Any:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        return read(value)
    except (ValueError, InvalidOperation, TypeError) as error:
        raise FieldError(name, f"{show(value, _SHOWN_CHARACTERS)!r} cannot be read; expected is {error}.") from error
    except RecursionError as error:
        raise FieldError(name, "this is nested too deeply to be read.") from error


def show(value: Any, most: int) -> str:
    """The beginning of what a system gave, for a person; lists in lists without end are no more than that."""
    try:
        return str(value)[:most]
    except RecursionError:
        return "…"


def _value_reader(kind: Any) -> Callable[[Any], Any]:
    if get_origin(kind) is tuple:
        return _tuple_reader(_value_reader(get_args(kind)[0]))
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return _state_reader(kind)
    return _READERS[kind]


def _tuple_reader(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def read_each(value: Any) -> Any:
        parts = value
        if isinstance(value, str):
            parts = _read_json(value) if value.lstrip().startswith("[") else value.split(",")
        return tuple(read(part) for part in parts)

    return read_each


def _read_json(value: str) -> Any:
    try:
        return json.loads(value, parse_float=Decimal)
    except json.JSONDecodeError:
        raise ValueError('JSON like ["a", "b"] or {"en": "Bowl"}') from None


def _read_document(value: Any) -> Mapping[str, Any]:
    found = _read_json(value) if isinstance(value, str) else value
    if not isinstance(found, Mapping):
        raise ValueError('a JSON object like {"en": "Bowl"}')
    return found


def _state_reader(kind: type[StrEnum]) -> Callable[[Any], Any]:
    def read_state(value: Any) -> Any:
        try:
            return kind(str(value).strip().lower())
        except ValueError:
            raise ValueError(f"one of {', '.join(kind)}") from None

    return read_state


def _read_text(value: Any) -> str:
    return format(_read_decimal(value), "f") if isinstance(value, Decimal) else str(value).strip()


def _read_decimal(value: Any) -> Decimal:
    """A float is taken as it is printed: what a database rounds to a float was a decimal once."""
    written = str(value).strip()
    try:
        number = Decimal(written)
    except InvalidOperation:
        raise ValueError("a number like 1234.50") from None
    # Python reads 1_000 as a thousand; whoever wrote it may have meant something else.
    if isinstance(value, bool) or "_" in written or not number.is_finite():
        raise ValueError("a number like 1234.50")
    if abs(number.adjusted()) > MOST_DIGITS:
        raise ValueError(f"a number of at most {MOST_DIGITS} digits")
    return number


def _read_whole(value: Any) -> int:
    number = _read_decimal(value)
    if number != number.to_integral_value():
        raise ValueError("a whole number")
    return int(number)


def _read_switch(value: Any) -> bool:
    word = str(value).strip().lower()
    if word not in _TRUE | _FALSE:
        raise ValueError("true or false")
    return word in _TRUE


def _read_moment(value: Any) -> datetime:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("a time like 2026-11-22T09:30:00+01:00") from None


def _read_day(value: Any) -> date:
    if isinstance(value, datetime):
        return value.date()
    try:
        return value if isinstance(value, date) else datetime.fromisoformat(str(value).strip()).date()
    except ValueError:
        raise ValueError("a day like 2026-11-22") from None


_READERS: Mapping[Any, Callable[[Any], Any]] = {
    str: _read_text,
    Decimal: _read_decimal,
    int: _read_whole,
    bool: _read_switch,
    datetime: _read_moment,
    date: _read_day,
}
