"""Lists of a REST interface as rows: where they are, what their fields are called, how their pages follow."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import quote

from connectors.errors import NotFound, Rejected
from connectors.http.client import HttpClient
from connectors.http.paging import Paging, read_pages
from connectors.json_path import MISSING, JsonPath, parse_path
from connectors.records import FieldError, Record, RecordReader, show
from connectors.vendor import PreviewRow

# What a mapping names besides fields: the list in an answer, the record in an answer with one, the items of an order.
ROWS, RECORD, ITEMS = "rows", "record", "items"
ITEM_PREFIX = "item_"
CONSTANT = "="
WHOLE = JsonPath("$", ())
_PLACES = frozenset({ROWS, RECORD, ITEMS})
LONGEST_PREVIEW, DEEPEST_PREVIEW, MOST_IN_PREVIEW = 120, 6, 200


class RestMapping:
    """Where the fields of a record stand; a value that begins with "=" is the same in every row (`=EUR`).

    Names are those of RecordReader: `address_city` is the city of the address, `names_cs` the Czech name.
    """

    def __init__(self, written: Mapping[str, str], words: Mapping[str, Mapping[str, str]] | None = None) -> None:
        """`words` lead, field by field, from what the system writes (in lower case) to what we call it.

        Raises Rejected for what is no path.
        """
        self.written = {field: text.strip() for field, text in written.items() if text.strip()}
        self._words = words or {}
        self._constants = {field: text[1:] for field, text in self.written.items() if text.startswith(CONSTANT)}
        self._paths = {field: parse_path(text) for field, text in self.written.items() if not text.startswith(CONSTANT)}
        inner = {
            field.removeprefix(ITEM_PREFIX): text
            for field, text in self.written.items()
            if field.startswith(ITEM_PREFIX)
        }
        self._items = RestMapping(inner) if inner else None

    def values(self, source: Any) -> dict[str, Any]:
        """What is mapped, under our names; None where the row has nothing."""
        found = {field: self._find(field, source) for field in self.written if field not in _PLACES}
        for field, words in self._words.items():
            written = found.get(field)
            found[field] = words.get(str(written).strip().lower(), written)
        return found

    def value(self, field: str, source: Any) -> Any:
        """As it stands there; None where it is missing or not mapped."""
        return self._find(field, source) if field in self.written else None

    def read(self, reader: RecordReader[Record], source: Any, name: str, **given: Any) -> Record:
        """Raises Rejected for a row that is no such record; `name` is what the row is called."""
        try:
            return reader.read(self.values(source), **given)
        except FieldError as error:
            place = self.written.get(error.field, "not mapped")
            raise Rejected(
                f"{name}, field {error.field} ({place}): {error.problem} Correct the mapping, or the data there."
            ) from error

    def items(self, reader: RecordReader[Record], source: Any, name: str) -> tuple[Record, ...]:
        """The items inside a row; none where the mapping names no list of them."""
        path = self._paths.get(ITEMS)
        found = None if path is None else path.find(source)
        if path is None or self._items is None or found is None:
            return ()
        if not isinstance(found, list):
            raise Rejected(f"{name}: there is no list of items at {path.written}; correct the mapping.")
        inner = self._items
        return tuple(inner.read(reader, item, f"{name}, an item") for item in found)

    def rows(self, document: Any, where: str) -> Sequence[Any]:
        """The list in an answer; raises Rejected when there is none, and says where (`orders of shop.example`)."""
        path = self._paths.get(ROWS, WHOLE)
        found = path.find(document)
        if not isinstance(found, list):
            raise Rejected(f"{where}: there is no list at {path.written}; correct where the mapping looks for rows.")
        return found

    def records(self, document: Any) -> Sequence[Any]:
        """The one record of an answer, or those of a list where it has one."""
        found = self._paths.get(RECORD, WHOLE).find(document)
        listed = self._paths.get(ROWS, WHOLE).find(document)
        if isinstance(listed, list):
            return listed
        return [found] if isinstance(found, dict) else []

    def _find(self, field: str, source: Any) -> Any:
        if field in self._constants:
            return self._constants[field]
        found = self._paths[field].find(source)
        return None if found is MISSING else found


@dataclass(frozen=True, slots=True)
class RestList:
    """A list of the interface. `path` may hold {places}; `key` are the fields that tell its rows apart, if any do."""

    name: str
    path: str
    mapping: RestMapping
    key: tuple[str, ...]

    def require_configured(self) -> None:
        """Raises Rejected when the connection does not say where the list is."""
        if not self.path or not self.mapping.written:
            raise Rejected(f"This connection names no address and no mapping for {self.name}; fill both in.")


class RestSource:
    """Reads lists page by page through one client."""

    def __init__(self, client: HttpClient, host: str, paging: Paging) -> None:
        self._client = client
        self.host = host
        self._paging = paging

    def pages(
        self, wanted: RestList, places: Mapping[str, str] | None = None, params: Mapping[str, Any] | None = None
    ) -> Iterator[Sequence[Any]]:
        """The rows as they are over there; raises what the client, the paging and the mapping raise."""
        wanted.require_configured()
        return read_pages(
            self._client,
            fill_in(wanted.path, places or {}),
            lambda document: wanted.mapping.rows(document, f"{wanted.name} of {self.host}"),
            lambda row: key_of(wanted, row),
            self._paging,
            params,
        )

    def first_page(self, wanted: RestList, places: Mapping[str, str] | None = None) -> Sequence[Any]:
        return next(self.pages(wanted, places), ())

    def records(self, path: str, mapping: RestMapping, places: Mapping[str, str]) -> Sequence[Any]:
        """What the address of one record answers; raises NotFound as the system says."""
        return mapping.records(self._client.get(fill_in(path, places)).json())

    def preview(
        self, wanted: RestList, limit: int, read: Callable[[Any], object], places: Mapping[str, str] | None = None
    ) -> Sequence[PreviewRow]:
        """Real rows beside what the mapping makes of them, and why `read` makes no record of one, if it does not."""
        document = self._client.get(fill_in(wanted.path, places or {}), self._paging.first_params()).json()
        try:
            rows = wanted.mapping.rows(document, f"{wanted.name} of {self.host}")
        except Rejected as error:
            return [PreviewRow(_flatten(document), problem=error.reason)]
        return [_preview(wanted.mapping, row, read) for row in rows[:limit]]


def key_of(wanted: RestList, source: Any) -> str:
    """By what a row is told apart from others; raises Rejected when it has nothing of the kind."""
    parts = [str(wanted.mapping.value(field, source) or "") for field in wanted.key]
    if not all(parts):
        raise Rejected(
            f"A row of {wanted.name} has no {' or '.join(wanted.key)}; correct the mapping, or the data there."
        )
    return "\x1f".join(parts)


def fill_in(path: str, places: Mapping[str, str]) -> str:
    """A path with its {places} filled, each quoted for an address.

    Raises NotFound for what no address can carry: `..` would lead out of its place, and nothing quotes it.
    """
    for name, value in places.items():
        if value in (".", ".."):
            raise NotFound(f"There is nothing called {value!r}.")
        path = path.replace("{" + name + "}", quote(value, safe=""))
    return path


def _shown(values: Mapping[str, Any]) -> dict[str, Any]:
    return {field: _short(value) for field, value in values.items() if not field.startswith(ITEM_PREFIX)}


def _preview(mapping: RestMapping, row: Any, read: Callable[[Any], object]) -> PreviewRow:
    problem = ""
    try:
        read(row)
    except Rejected as error:
        problem = error.reason
    return PreviewRow(_flatten(row), _shown(mapping.values(row)), problem)


def _flatten(document: Any) -> dict[str, Any]:
    """The first values of a document by their paths, as a mapping would name them; lists by their first element."""
    return dict(islice(_leaves(document, "$", DEEPEST_PREVIEW), MOST_IN_PREVIEW))


def _leaves(document: Any, path: str, depth: int) -> Iterator[tuple[str, Any]]:
    if depth and isinstance(document, dict) and document:
        for name, value in document.items():
            yield from _leaves(value, f"{path}{_step(name)}", depth - 1)
    elif depth and isinstance(document, list) and document:
        yield from _leaves(document[0], f"{path}[0]", depth - 1)
    else:
        yield path, _short(document)


def _step(name: str) -> str:
    return f".{name}" if name.replace("-", "_").isidentifier() else f"['{name}']"


def _short(value: Any) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    return show(value, LONGEST_PREVIEW)
