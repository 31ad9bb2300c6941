"""What a report is: notes, charts and tables, described once for page, CSV and PDF."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from bot.console.charts import Chart
from bot.console.row_charts import RowChart


@dataclass(frozen=True, slots=True)
class Money:
    """In a CSV file it is the bare number, so a table with money of several currencies has a column for them."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Link:
    """A text that leads somewhere on the page; on paper it is the text."""

    text: str
    path: str


# None is an empty cell.
Cell = str | int | Decimal | date | Money | Link | None


@dataclass(frozen=True, slots=True)
class Column:
    """`key` names it for programs, `title` for people; figures stand at the end of their column."""

    key: str
    title: str
    is_figure: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """`key` is a word for addresses (`by-supplier`); `empty` is said in place of a table without rows."""

    key: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    empty: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart with its title, a sentence for those who do not see it, and what its columns or rows are."""

    key: str
    title: str
    about: str
    chart: Chart | RowChart
    column_title: str

    @property
    def lies(self) -> bool:
        return isinstance(self.chart, RowChart)


@dataclass(frozen=True, slots=True)
class Report:
    """`key` is a word for addresses and file names, `made_at` aware; `filters` are names and values in words."""

    key: str
    title: str
    made_at: datetime
    notes: Sequence[str]
    charts: Sequence[Drawing]
    tables: Sequence[Table]
    filters: Sequence[tuple[str, str]] = ()

    def table(self, key: str) -> Table | None:
        return next((table for table in self.tables if table.key == key), None)
