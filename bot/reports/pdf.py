"""A report as a PDF in one of our languages, from left to right or from right to left."""

from collections.abc import Sequence

from bot.pages.catalogue import Translator
from bot.pages.formats import Formats
from bot.pages.paper import BLACK, GREY, LINE_MM, Colour, Paper
from bot.reports.cells import told
from bot.reports.pdf_charts import draw_chart
from bot.reports.report import Drawing, Report, Table
from bot.texts import Language

# Shaping the letters of a longer table takes minutes; whoever needs every row takes the CSV file.
MOST_ROWS = 500
# From so many columns on, a page lies on its side.
LANDSCAPE_COLUMNS = 7
NARROWEST, WIDEST = 6, 34
CHART_MM = 52


def print_report(report: Report, language: Language, translate: Translator, formats: Formats) -> bytes:
    return _Sheets(report, language, translate, formats).render()


class _Sheets:
    def __init__(self, report: Report, language: Language, translate: Translator, formats: Formats) -> None:
        self._report = report
        self._translate = translate
        self._formats = formats
        widest = max((len(table.columns) for table in report.tables), default=0)
        is_landscape = widest >= LANDSCAPE_COLUMNS
        self._paper = Paper(report.title, language, report.made_at, is_landscape=is_landscape, foot=self._foot)

    def render(self) -> bytes:
        self._print_head()
        for drawing in self._report.charts:
            self._print_chart(drawing)
        for table in self._report.tables:
            self._print_table(table)
        return self._paper.render()

    def _foot(self, number: int) -> str:
        return f"{self._report.title} – {self._translate('reports.page', number=self._formats.number(number))}"

    def _print_head(self) -> None:
        self._line(self._report.title, size=18, style="B", height=10)
        made = self._translate("reports.made", moment=self._formats.moment(self._report.made_at))
        self._line(made, size=9, colour=GREY)
        for name, value in self._report.filters:
            self._line(f"{name}: {value}", size=9, colour=GREY)
        self._paper.gap(2)
        for note in self._report.notes:
            self._line(note, size=9)
        self._paper.gap()

    def _print_chart(self, drawing: Drawing) -> None:
        if drawing.chart.is_empty:
            return
        self._paper.keep_together(CHART_MM + 2 * LINE_MM)
        self._line(drawing.title, size=11, style="B", height=7)
        draw_chart(self._paper.pdf, drawing.chart, is_rtl=self._paper.is_rtl)
        self._paper.gap()

    def _print_table(self, table: Table) -> None:
        self._paper.keep_together(5 * LINE_MM)
        self._line(table.title, size=11, style="B", height=8)
        if table.note:
            self._line(table.note, size=9, colour=GREY)
        if not table.rows:
            self._line(table.empty, size=9)
            self._paper.gap()
            return
        self._print_rows(table)
        left_out = len(table.rows) - MOST_ROWS
        if left_out > 0:
            self._line(self._translate("reports.rows_left_out", count=self._formats.number(left_out)), size=9)
        self._paper.gap()

    def _print_rows(self, table: Table) -> None:
        head = [column.title for column in table.columns]
        rows = [[told(cell, self._formats) for cell in row] for row in table.rows[:MOST_ROWS]]
        figures = [column.is_figure for column in table.columns]
        self._paper.table([head, *rows], column_widths([head, *rows]), figures, height=4.6)
        self._paper.gap(2)

    def _line(self, text: str, style: str = "", size: int = 10, height: float = 5, colour: Colour = BLACK) -> None:
        self._paper.line(text, style=style, size=size, height=height, colour=colour)


def column_widths(rows: Sequence[Sequence[str]]) -> list[int]:
    """A share of the width for each column, by its longest text within limits."""
    longest = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [min(max(length, NARROWEST), WIDEST) for length in longest]
