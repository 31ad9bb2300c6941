"""Charts whose bars lie: a row for each name, for names that are too long to stand below a column."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from bot.console.charts import Series, Tell

_PLACE = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a lying bar: `x` and `width` in percent of the longest."""

    x: Decimal
    width: Decimal
    tone: str


@dataclass(frozen=True, slots=True)
class Row:
    """`text` is the sum of the row in words, `texts` each figure of it, and `tip` says them when pointed at."""

    name: str
    text: str
    texts: Sequence[str]
    pieces: Sequence[Piece]
    tip: str


@dataclass(frozen=True, slots=True)
class RowChart:
    series: Sequence[Series]
    bars: Sequence[Row]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to see: no figure, or zeros alone."""
        return not any(figure for one in self.series for figure in one.figures)

    @property
    def rows(self) -> Sequence[tuple[str, Sequence[str]]]:
        """For the table that says the same in words."""
        return [(row.name, row.texts) for row in self.bars]

    def mirrored(self) -> "RowChart":
        """The chart as read from right to left."""
        return replace(self, bars=[replace(row, pieces=[_mirrored(one) for one in row.pieces]) for row in self.bars])


def lying_bars(names: Sequence[str], series: Sequence[Series], tell: Tell) -> RowChart:
    """A row per name; the series follow each other in it. Figures are zero or more, None is none."""
    rows = [[Decimal(one.figures[place] or 0) for one in series] for place in range(len(names))]
    longest = max((sum(figures, Decimal(0)) for figures in rows), default=Decimal(0))
    return RowChart(
        series, [_row(name, figures, series, longest, tell) for name, figures in zip(names, rows, strict=True)]
    )


def _row(name: str, figures: Sequence[Decimal], series: Sequence[Series], longest: Decimal, tell: Tell) -> Row:
    pieces: list[Piece] = []
    before = Decimal(0)
    for one, figure in zip(series, figures, strict=True):
        if figure:
            x, width = ((100 * part / longest).quantize(_PLACE) for part in (before, figure))
            pieces.append(Piece(x, width, one.tone))
        before += figure
    texts = [tell(figure) for figure in figures]
    tip = "\n".join([name, *(f"{one.name}: {text}" for one, text in zip(series, texts, strict=True))])
    return Row(name, tell(before), texts, pieces, tip)


def _mirrored(piece: Piece) -> Piece:
    return replace(piece, x=100 - piece.x - piece.width)
