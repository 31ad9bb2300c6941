"""Charts on paper: the marks that `bot/console` has computed for pages, in millimetres."""

from collections.abc import Sequence
from decimal import Decimal

from fpdf import FPDF
from fpdf.enums import Align

from bot.console.charts import BOTTOM, HEIGHT, Chart, Series
from bot.console.row_charts import Row, RowChart
from bot.pages.paper import FONT, GREY

# The colours of the light page.
TONES = {
    "good": (47, 154, 102),
    "accent": (91, 127, 230),
    "busy": (150, 172, 240),
    "warm": (221, 148, 32),
    "bad": (209, 71, 63),
    "soft": (154, 166, 179),
    "rest": (221, 227, 234),
}
LINE_GREY = (221, 227, 234)
TEXT_SIZE, TEXT_MM = 7.5, 4.0
CHART_MM, AXIS_MM = 44.0, 22.0
ROW_MM, NAME_SHARE, TEXT_SHARE = 6.0, 0.34, 0.16


def draw_chart(pdf: FPDF, chart: Chart | RowChart, *, is_rtl: bool) -> None:
    """Draw below the present place, which moves below the chart."""
    pdf.set_font(FONT, "", TEXT_SIZE)
    pdf.set_text_color(*GREY)
    shown = chart.mirrored() if is_rtl else chart
    if len(shown.series) > 1:
        _draw_legend(pdf, shown.series, is_rtl=is_rtl)
    if isinstance(shown, RowChart):
        for row in shown.bars:
            _draw_row(pdf, row, is_rtl=is_rtl)
    else:
        _draw_columns(pdf, shown, is_rtl=is_rtl)
    pdf.set_text_color(0, 0, 0)
    # A table paints its cells with whatever colour was left here.
    pdf.set_fill_color(0)
    pdf.set_draw_color(0)


def _draw_legend(pdf: FPDF, series: Sequence[Series], *, is_rtl: bool) -> None:
    x, y = (pdf.l_margin + pdf.epw if is_rtl else pdf.l_margin), pdf.get_y()
    for one in series:
        width = pdf.get_string_width(one.name) + 2
        start = x - 3 if is_rtl else x
        pdf.set_fill_color(*TONES[one.tone])
        pdf.rect(start, y + 0.8, 2.4, 2.4, style="F")
        pdf.set_xy(start - width - 1 if is_rtl else start + 3.4, y)
        pdf.cell(width, TEXT_MM, one.name, align=Align.R if is_rtl else Align.L)
        x += -(width + 8) if is_rtl else width + 8
    pdf.set_xy(pdf.l_margin, y + TEXT_MM + 2)


def _draw_row(pdf: FPDF, row: Row, *, is_rtl: bool) -> None:
    """The name, the bar, and its figure, in the direction of reading."""
    left, width = pdf.l_margin, pdf.epw
    name_mm, text_mm = width * NAME_SHARE, width * TEXT_SHARE
    bar_mm = width - name_mm - text_mm
    y = pdf.get_y()
    if pdf.will_page_break(ROW_MM):
        pdf.add_page()
        y = pdf.get_y()
    name_x, bar_x, text_x = (
        (left + text_mm + bar_mm, left + text_mm, left) if is_rtl else (left, left + name_mm, left + name_mm + bar_mm)
    )
    pdf.set_xy(name_x, y)
    pdf.cell(name_mm - 2, ROW_MM, _clipped(pdf, row.name, name_mm - 4), align=Align.R if is_rtl else Align.L)
    for piece in row.pieces:
        pdf.set_fill_color(*TONES[piece.tone])
        pdf.rect(bar_x + _share(bar_mm, piece.x), y + 1, _share(bar_mm, piece.width), ROW_MM - 2, style="F")
    pdf.set_xy(text_x, y)
    pdf.cell(text_mm, ROW_MM, row.text, align=Align.L if is_rtl else Align.R)
    pdf.set_xy(left, y + ROW_MM)


def _draw_columns(pdf: FPDF, chart: Chart, *, is_rtl: bool) -> None:
    top, left = pdf.get_y(), pdf.l_margin + (0 if is_rtl else AXIS_MM)
    width, scale = pdf.epw - AXIS_MM, CHART_MM / HEIGHT
    pdf.set_draw_color(*LINE_GREY)
    for tick in chart.ticks:
        y = top + float(tick.y) * scale
        pdf.line(left, y, left + width, y)
        pdf.set_xy(left + width + 1 if is_rtl else pdf.l_margin, y - TEXT_MM / 2)
        pdf.cell(AXIS_MM - 2, TEXT_MM, tick.text, align=Align.R if not is_rtl else Align.L)
    for bar in chart.bars:
        pdf.set_fill_color(*TONES[bar.tone])
        x, bar_width = left + _share(width, bar.x), _share(width, bar.width)
        pdf.rect(x, top + float(bar.y) * scale, bar_width, float(bar.height) * scale, style="F")
    for one in chart.segments:
        pdf.set_draw_color(*TONES[one.tone])
        start, end = left + _share(width, one.x1), left + _share(width, one.x2)
        pdf.line(start, top + float(one.y1) * scale, end, top + float(one.y2) * scale)
    for label in chart.labels:
        half = pdf.get_string_width(label.text) / 2 + 2
        pdf.set_xy(left + _share(width, label.x) - half, top + (BOTTOM + 4) * scale)
        pdf.cell(2 * half, TEXT_MM, label.text, align=Align.C)
    pdf.set_xy(pdf.l_margin, top + CHART_MM + 2)


def _share(width: float, percent: Decimal) -> float:
    return width * float(percent) / 100


def _clipped(pdf: FPDF, text: str, width: float) -> str:
    """The text as far as it fits."""
    if pdf.get_string_width(text) <= width:
        return text
    kept = text
    while kept and pdf.get_string_width(kept + "…") > width:
        kept = kept[:-1]
    return kept.rstrip() + "…"
