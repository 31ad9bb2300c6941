"""Reading a table from a file as a connection describes it: kind of file, sheet, character set, columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from connectors.tables.cell_form import AUTO, DAY_ORDERS, DECIMAL_SIGNS, ISO, CellForm
from connectors.tables.columns import Columns, MappedRow, Target
from connectors.tables.csv_table import CHARACTER_SETS, UNICODE, read_csv_table
from connectors.tables.excel_table import SIGNATURE, read_excel_table
from connectors.tables.table import Table, TableError
from connectors.vendor import PreviewRow, Setting, SettingKind

CSV_NAMES, EXCEL_NAMES = (".csv", ".tsv"), (".xlsx", ".xlsm")
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
HIGHEST_HEADER_ROW = 100


def is_table_file(name: str) -> bool:
    return PurePath(name).suffix.lower() in CSV_NAMES + EXCEL_NAMES


def table_settings(fields: Sequence[str]) -> tuple[Setting, ...]:
    """What an admin says of the CSV and Excel files of a connection; `fields` are those that columns can fill."""
    return (
        Setting("columns", SettingKind.MAPPING, is_required=False, choices=tuple(fields)),
        Setting("sheet", SettingKind.TEXT, is_required=False),
        Setting("header_row", SettingKind.NUMBER, default=1, minimum=1, maximum=HIGHEST_HEADER_ROW),
        Setting("character_set", SettingKind.CHOICE, default=UNICODE, choices=CHARACTER_SETS),
        Setting("decimal_sign", SettingKind.CHOICE, default=AUTO, choices=DECIMAL_SIGNS),
        Setting("day_order", SettingKind.CHOICE, default=ISO, choices=DAY_ORDERS),
    )


@dataclass(frozen=True, slots=True)
class TableReading:
    """How the tables of a connection are read into the fields of `columns`."""

    columns: Columns
    sheet: str = ""
    header_row: int = 1
    character_set: str = UNICODE

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], target: Target) -> "TableReading":
        form = CellForm(settings.get("decimal_sign") or AUTO, settings.get("day_order") or ISO)
        mapping = {name: source for name, source in (settings.get("columns") or {}).items() if name in target.fields}
        return cls(
            Columns(target, mapping, form),
            settings.get("sheet") or "",
            settings.get("header_row") or 1,
            settings.get("character_set") or UNICODE,
        )

    def table(self, content: bytes) -> Table:
        """Raises TableError."""
        if content.startswith(SIGNATURE):
            return read_excel_table(content, self.sheet, self.header_row)
        if content.startswith(_OLD_EXCEL):
            raise TableError("The file is an old or a protected Excel file. Save it as .xlsx without a password.")
        return read_csv_table(content, self.character_set, self.header_row, self.columns.names)

    def rows(self, content: bytes) -> Sequence[MappedRow]:
        """Raises TableError."""
        return tuple(self.columns.apply(self.table(content)))

    def preview(self, content: bytes, limit: int) -> Sequence[PreviewRow]:
        """The first rows as they stand in the file and as they are read; the same problem on each where the mapping
        does not fit the table. Raises TableError when the file is no table at all."""
        table = self.table(content)
        first = Table(table.columns, table.rows[:limit])
        try:
            mapped = tuple(self.columns.apply(first))
        except TableError as error:
            return tuple(PreviewRow(row.cells, {}, error.reason) for row in first.rows)
        return tuple(PreviewRow(each.row.cells, each.values, each.problem) for each in mapped)
