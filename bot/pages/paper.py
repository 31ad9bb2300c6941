"""A document on A4 in the house style and in one of our languages, from left to right or from right to left."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from fpdf import FPDF, XPos, YPos
from fpdf.enums import Align
from fpdf.fonts import FontFace

from bot.texts import Language

FONTS = Path(__file__).parent / "fonts"
FONT = "DejaVu"
MARGIN_MM, LINE_MM = 18, 6
FOOT_MM = 12
BLACK, GREY, SHADE = (0, 0, 0), (90, 90, 90), (242, 239, 233)
Colour = tuple[int, int, int]

# It reports every table of a font that it leaves out.
logging.getLogger("fontTools").setLevel(logging.ERROR)


class Paper:
    """`pdf` is for what is drawn. The same content of the same moment gives the same file."""

    def __init__(
        self,
        title: str,
        language: Language,
        made_at: datetime,
        *,
        is_landscape: bool = False,
        foot: Callable[[int], str] | None = None,
    ) -> None:
        """`foot` makes what stands at the foot of a page of its number."""
        self.is_rtl = language.direction == "rtl"
        self._start, self._end = (Align.R, Align.L) if self.is_rtl else (Align.L, Align.R)
        self.pdf = _Sheets("landscape" if is_landscape else "portrait", foot)
        self.pdf.add_font(FONT, "", FONTS / "DejaVuSans.ttf")
        self.pdf.add_font(FONT, "B", FONTS / "DejaVuSans-Bold.ttf")
        self.pdf.set_text_shaping(use_shaping_engine=True)
        self.pdf.set_margin(MARGIN_MM)
        self.pdf.set_auto_page_break(auto=True, margin=MARGIN_MM)
        self.pdf.set_title(title)
        self.pdf.set_lang(language.locale.replace("_", "-"))
        self.pdf.set_creation_date(made_at)
        self.pdf.add_page()

    def render(self) -> bytes:
        return bytes(self.pdf.output())

    def gap(self, height: float = LINE_MM) -> None:
        self.pdf.ln(height)

    def keep_together(self, height: float) -> None:
        """Begin a new page where so many millimetres do not fit any more."""
        if self.pdf.will_page_break(height):
            self.pdf.add_page()

    def line(
        self,
        text: str,
        *,
        style: str = "",
        size: int = 10,
        height: float = LINE_MM,
        colour: Colour = BLACK,
        is_at_end: bool = False,
    ) -> None:
        """A paragraph; `style` "B" is bold."""
        self.pdf.set_font(FONT, style, size)
        self.pdf.set_text_color(*colour)
        align = self._end if is_at_end else self._start
        self.pdf.multi_cell(0, height, text, align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.pdf.set_text_color(*BLACK)

    def table(
        self,
        rows: Sequence[Sequence[str]],
        widths: Sequence[int],
        figures: Sequence[bool],
        *,
        size: int = 8,
        height: float = LINE_MM - 1,
    ) -> None:
        """The first row is the head. `widths` are shares; `figures` tells the columns that end in line."""
        order = slice(None, None, -1) if self.is_rtl else slice(None)
        aligns = [self._end if is_figure else self._start for is_figure in figures]
        self.pdf.set_font(FONT, "", size)
        with self.pdf.table(
            col_widths=tuple(widths)[order],
            text_align=tuple(aligns)[order],
            borders_layout="HORIZONTAL_LINES",
            headings_style=FontFace(emphasis="BOLD", fill_color=SHADE),
            line_height=height,
            padding=1,
        ) as table:
            for row in rows:
                table.row(list(row)[order])


class _Sheets(FPDF):
    def __init__(self, orientation: str, foot: Callable[[int], str] | None) -> None:
        super().__init__(orientation=orientation, format="A4")
        self._foot = foot

    def footer(self) -> None:
        if self._foot is None:
            return
        self.set_y(-FOOT_MM)
        self.set_font(FONT, "", 8)
        self.set_text_color(*GREY)
        self.cell(0, LINE_MM, self._foot(self.page_no()), align=Align.C)
        self.set_text_color(*BLACK)
