"""A table as a file holds it: named columns and numbered rows, whatever kind of file it came from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MAX_ROWS = 100_000
MAX_COLUMNS = 200
MAX_CELL_CHARACTERS = 2_000


class TableError(ValueError):
    """A file is no table that can be read; `reason` is a sentence that names cause and next step."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class TableRow:
    """`number` is the row (the line) in the file. `cells` by column: texts, and from Excel also Decimal, date, bool."""

    number: int
    cells: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Table:
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]


def build_table(numbered: Sequence[tuple[int, Sequence[Any]]]) -> Table:
    """From rows of cells, the first of which names the columns. Empty rows and columns without a name are left out.

    Raises:
        TableError: there is no header, a column stands there twice, or the table is too large.
    """
    if not numbered:
        raise TableError("The file has no row with the names of the columns. Ask for it again.")
    (_number, header), *others = numbered
    names = read_names(header)
    columns = tuple(name for name in names if name)
    if not columns or len(header) > MAX_COLUMNS:
        raise TableError(f"The row of names has {len(header)} cells; it must have 1 to {MAX_COLUMNS} names.")
    spelled: set[str] = set()
    for name in columns:
        if name.casefold() in spelled:
            raise TableError(f"The column {name!r} stands in the file twice. Rename one of them.")
        spelled.add(name.casefold())
    if len(others) > MAX_ROWS:
        raise too_many_rows()
    rows = (_build_row(number, names, cells) for number, cells in others)
    return Table(columns, tuple(row for row in rows if row is not None))


def read_names(header: Sequence[Any]) -> list[str]:
    """The names in the row that names the columns, as a mapping spells them; of too many only the first."""
    return [" ".join(str(cell or "").split()) for cell in header[:MAX_COLUMNS]]


def too_many_rows() -> TableError:
    return TableError(f"The file has more than {MAX_ROWS:,} rows. Split it.")


def _build_row(number: int, names: Sequence[str], cells: Sequence[Any]) -> TableRow | None:
    if len(cells) > len(names) and any(_is_filled(cell) for cell in cells[len(names) :]):
        raise TableError(f"Row {number} has more cells than there are columns. Correct it and send the file again.")
    found = {name: _clean(number, name, cell) for name, cell in zip(names, cells, strict=False) if name}
    return TableRow(number, found) if any(_is_filled(cell) for cell in found.values()) else None


def _clean(number: int, name: str, cell: Any) -> Any:
    if not isinstance(cell, str):
        return cell
    if len(cell) > MAX_CELL_CHARACTERS:
        raise TableError(f"Row {number}: {name} is longer than {MAX_CELL_CHARACTERS} characters. Shorten it.")
    return " ".join(cell.split())


def _is_filled(cell: Any) -> bool:
    return cell is not None and cell != ""
