"""A report as a PDF in one of our languages, from left to right or from right to left."""

from collections.abc import Callable, Sequence

from fpdf import FPDF, XPos, YPos
from fpdf.enums import Align
from fpdf.fonts import FontFace

from bot.pages.catalogue import Translator
from bot.pages.formats import Formats
from bot.reports.cells import told
from bot.reports.pdf_charts import draw_chart
from bot.reports.report import Drawing, Report, Table
from bot.services.invoice_pdf import FONT, FONTS, GREY, LINE_MM, MARGIN_MM, SHADE
from bot.texts import Language

# Shaping the letters of a longer table takes minutes; whoever needs every row takes the CSV file.
MOST_ROWS = 500
# From so many columns on, a page lies on its side.
LANDSCAPE_COLUMNS = 7
NARROWEST, WIDEST = 6, 34
CHART_MM = 52


def print_report(report: Report, language: Language, translate: Translator, formats: Formats) -> bytes:
    return _Sheets(report, language, translate, formats).render()


class _Paper(FPDF):
    """A4 with the number of the page at its foot."""

    def __init__(self, orientation: str, foot: Callable[[int], str]) -> None:
        super().__init__(orientation=orientation, format="A4")
        self._foot = foot

    def footer(self) -> None:
        self.set_y(-12)
        self.set_font(FONT, "", 8)
        self.set_text_color(*GREY)
        self.cell(0, 6, self._foot(self.page_no()), align=Align.C)
        self.set_text_color(0, 0, 0)


class _Sheets:
    def __init__(self, report: Report, language: Language, translate: Translator, formats: Formats) -> None:
        self._report = report
        self._translate = translate
        self._formats = formats
        self._is_rtl = language.direction == "rtl"
        self._start, self._end = (Align.R, Align.L) if self._is_rtl else (Align.L, Align.R)
        widest = max((len(table.columns) for table in report.tables), default=0)
        self._pdf = _Paper("landscape" if widest >= LANDSCAPE_COLUMNS else "portrait", self._foot)
        self._pdf.add_font(FONT, "", FONTS / "DejaVuSans.ttf")
        self._pdf.add_font(FONT, "B", FONTS / "DejaVuSans-Bold.ttf")
        self._pdf.set_text_shaping(use_shaping_engine=True)
        self._pdf.set_margin(MARGIN_MM)
        self._pdf.set_auto_page_break(auto=True, margin=MARGIN_MM)
        self._pdf.set_title(report.title)
        self._pdf.set_lang(language.locale.replace("_", "-"))
        # The same report gives the same file.
        self._pdf.set_creation_date(report.made_at)

    def render(self) -> bytes:
        self._pdf.add_page()
        self._print_head()
        for drawing in self._report.charts:
            self._print_chart(drawing)
        for table in self._report.tables:
            self._print_table(table)
        return bytes(self._pdf.output())

    def _foot(self, number: int) -> str:
        return f"{self._report.title} – {self._translate('reports.page', number=self._formats.number(number))}"

    def _print_head(self) -> None:
        self._line(self._report.title, size=18, style="B", height=10)
        made = self._translate("reports.made", moment=self._formats.moment(self._report.made_at))
        self._line(made, size=9, color=GREY)
        for name, value in self._report.filters:
            self._line(f"{name}: {value}", size=9, color=GREY)
        self._pdf.ln(2)
        for note in self._report.notes:
            self._line(note, size=9)
        self._pdf.ln(LINE_MM)

    def _print_chart(self, drawing: Drawing) -> None:
        if drawing.chart.is_empty:
            return
        if self._pdf.will_page_break(CHART_MM + 2 * LINE_MM):
            self._pdf.add_page()
        self._line(drawing.title, size=11, style="B", height=7)
        draw_chart(self._pdf, drawing.chart, is_rtl=self._is_rtl)
        self._pdf.ln(LINE_MM)

    def _print_table(self, table: Table) -> None:
        if self._pdf.will_page_break(5 * LINE_MM):
            self._pdf.add_page()
        self._line(table.title, size=11, style="B", height=8)
        if table.note:
            self._line(table.note, size=9, color=GREY)
        if not table.rows:
            self._line(table.empty, size=9)
            self._pdf.ln(LINE_MM)
            return
        self._print_rows(table)
        left_out = len(table.rows) - MOST_ROWS
        if left_out > 0:
            self._line(self._translate("reports.rows_left_out", count=self._formats.number(left_out)), size=9)
        self._pdf.ln(LINE_MM)

    def _print_rows(self, table: Table) -> None:
        head = [column.title for column in table.columns]
        rows = [[told(cell, self._formats) for cell in row] for row in table.rows[:MOST_ROWS]]
        aligns = [self._end if column.is_figure else self._start for column in table.columns]
        widths = column_widths([head, *rows])
        if self._is_rtl:
            head, rows = head[::-1], [row[::-1] for row in rows]
            aligns, widths = aligns[::-1], widths[::-1]
        self._pdf.set_font(FONT, "", 8)
        with self._pdf.table(
            col_widths=tuple(widths),
            text_align=tuple(aligns),
            borders_layout="HORIZONTAL_LINES",
            headings_style=FontFace(emphasis="BOLD", fill_color=SHADE),
            line_height=4.6,
            padding=1,
        ) as printed:
            for row in [head, *rows]:
                printed.row(row)
        self._pdf.ln(2)

    def _line(
        self,
        text: str,
        style: str = "",
        size: int = 10,
        height: float = 5,
        color: tuple[int, int, int] = (0, 0, 0),
    ) -> None:
        self._pdf.set_font(FONT, style, size)
        self._pdf.set_text_color(*color)
        self._pdf.multi_cell(0, height, text, align=self._start, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self._pdf.set_text_color(0, 0, 0)


def column_widths(rows: Sequence[Sequence[str]]) -> list[int]:
    """A share of the width for each column, by its longest text within limits."""
    longest = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [min(max(length, NARROWEST), WIDEST) for length in longest]
