"""Which column of a table fills which field of ours: the declared mapping, applied row by row."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from connectors.tables.cell_form import CellError, CellForm
from connectors.tables.table import Table, TableError, TableRow

# A field may also be the same in every row: its mapping is then the value after an equals sign (`=EUR`).
CONSTANT = "="


@dataclass(frozen=True, slots=True)
class Target:
    """The fields that a table can fill. What is in `numbers` or `days` is read as such, the rest stays text."""

    fields: tuple[str, ...]
    required: frozenset[str]
    numbers: frozenset[str] = frozenset()
    days: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class MappedRow:
    """A row of the file under our names; `problem` says why it cannot be used, and is empty when it can."""

    row: TableRow
    values: Mapping[str, str]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Columns:
    """`mapping` leads from our fields to columns, or to values like `=EUR`. A field that it leaves out is filled from
    the column of its own name, if there is one."""

    target: Target
    mapping: Mapping[str, str] = field(default_factory=dict)
    form: CellForm = field(default_factory=CellForm)

    @property
    def names(self) -> frozenset[str]:
        """What the columns that fill our fields may be called, in small letters."""
        wanted = (" ".join(self.mapping.get(name, "").split()) or name for name in self.target.fields)
        return frozenset(name.casefold() for name in wanted if not name.startswith(CONSTANT))

    def apply(self, table: Table) -> Iterator[MappedRow]:
        """All rows, each with its values or its problem.

        Raises:
            TableError: the table has not the columns that the mapping names, or that every row needs.
        """
        sources = self.sources_in(table.columns)
        for row in table.rows:
            yield self._apply(row, sources)

    def sources_in(self, columns: Sequence[str]) -> Mapping[str, str]:
        """By field the column of this table, or the value with its equals sign. Raises TableError."""
        by_name = {name.casefold(): name for name in columns}
        sources: dict[str, str] = {}
        unknown: list[str] = []
        for name in self.target.fields:
            wanted = " ".join(self.mapping.get(name, "").split())
            if wanted.startswith(CONSTANT):
                sources[name] = wanted
            elif wanted and wanted.casefold() not in by_name:
                unknown.append(wanted)
            elif found := by_name.get((wanted or name).casefold()):
                sources[name] = found
        missing = sorted(self.target.required - set(sources))
        if unknown or missing:
            raise TableError(_tell_columns(unknown, missing, columns))
        return sources

    def _apply(self, row: TableRow, sources: Mapping[str, str]) -> MappedRow:
        values: dict[str, str] = {}
        problems: list[str] = []
        for name, source in sources.items():
            cell = source[1:].strip() if source.startswith(CONSTANT) else row.cells.get(source)
            try:
                values[name] = self._read(name, cell)
            except CellError as error:
                problems.append(f"{source}: {error}")
                continue
            if not values[name] and name in self.target.required:
                problems.append(f"{source}: empty, and {name} is needed")
        return MappedRow(row, values, "; ".join(problems))

    def _read(self, name: str, cell: Any) -> str:
        if name in self.target.numbers:
            return self.form.number(cell)
        if name in self.target.days:
            return self.form.day(cell)
        if isinstance(cell, bool):
            return "true" if cell else "false"
        if isinstance(cell, Decimal):
            return format(cell, "f")
        return "" if cell is None else str(cell).strip()


def _tell_columns(unknown: Sequence[str], missing: Sequence[str], columns: Sequence[str]) -> str:
    told = [f"there is no column {', '.join(map(repr, unknown))}"] if unknown else []
    told += [f"no column is mapped to {', '.join(missing)}"] if missing else []
    there = ", ".join(map(repr, columns[:20]))
    return f"The table does not fit the mapping: {'; '.join(told)}. It has {there}. Correct the mapping or the file."
