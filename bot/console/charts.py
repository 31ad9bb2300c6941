"""Charts as marks: pure functions from figures to bars, lines, ticks and labels that `charts.html` draws as SVG.

Across, places are percent of the width, so that a chart fits a phone and a screen without its text being scaled;
upwards they are pixels of HEIGHT. In a page from right to left, time flows from right to left too.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal

HEIGHT = 180
# Room for half a tick's text above the topmost line, and for the labels below the lowest.
TOP, BOTTOM = 8, 156
TICKS = 4
LABELS = 5
GAP_SHARE = Decimal("0.24")
_ROUND = (1, 2, 5)

Figure = Decimal | int
Tell = Callable[[Figure], str]


@dataclass(frozen=True, slots=True)
class Series:
    """One kind of figure over all columns. `tone` names its colour: good, accent, warm, bad, soft.

    None is a column without a figure, which a line skips and a bar leaves empty.
    """

    name: str
    tone: str
    figures: Sequence[Figure | None]

    @property
    def total(self) -> Figure:
        return sum((figure for figure in self.figures if figure is not None), Decimal(0))


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle: `x` and `width` in percent, `y` and `height` in pixels."""

    x: Decimal
    y: Decimal
    width: Decimal
    height: Decimal
    tone: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a line between two columns: `x` in percent, `y` in pixels."""

    x1: Decimal
    y1: Decimal
    x2: Decimal
    y2: Decimal
    tone: str


@dataclass(frozen=True, slots=True)
class Point:
    x: Decimal
    y: Decimal
    tone: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A line across at a round figure, with its text."""

    y: Decimal
    text: str


@dataclass(frozen=True, slots=True)
class Label:
    """A text below a column."""

    x: Decimal
    text: str


@dataclass(frozen=True, slots=True)
class Column:
    """The strip of one column, which tells its figures when somebody points at it."""

    x: Decimal
    width: Decimal
    tip: str


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn, and `rows` for the table that says the same in words: a column's name and each figure."""

    series: Sequence[Series]
    columns: Sequence[Column]
    ticks: Sequence[Tick]
    labels: Sequence[Label]
    rows: Sequence[tuple[str, Sequence[str]]]
    bars: Sequence[Bar] = ()
    segments: Sequence[Segment] = ()
    points: Sequence[Point] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to see: no figure, or zeros alone."""
        return not any(figure for one in self.series for figure in one.figures)

    def mirrored(self) -> "Chart":
        """The chart as read from right to left."""
        return replace(
            self,
            bars=[replace(bar, x=100 - bar.x - bar.width) for bar in self.bars],
            segments=[replace(one, x1=100 - one.x1, x2=100 - one.x2) for one in self.segments],
            points=[replace(point, x=100 - point.x) for point in self.points],
            labels=[replace(label, x=100 - label.x) for label in self.labels],
            columns=[replace(column, x=100 - column.x - column.width) for column in self.columns],
        )


def stacked_bars(names: Sequence[str], series: Sequence[Series], tell: Tell, finest: Figure = 1) -> Chart:
    """A bar per column; the series stand on each other, the first next to zero, those below zero downwards.

    `tell` words a figure; `finest` is the smallest step between two ticks that makes sense.
    """
    columns = [[one.figures[place] or 0 for one in series] for place in range(len(names))]
    scale = _Scale.over([end for figures in columns for end in _ends(figures)], finest)
    drawn: list[Bar] = []
    for place, figures in enumerate(columns):
        reached = {True: Decimal(0), False: Decimal(0)}
        for one, figure in zip(series, figures, strict=True):
            base = reached[figure > 0]
            reached[figure > 0] += figure
            if figure:
                low, high = sorted((base, base + figure))
                drawn.append(_bar(place, len(names), scale, low, high, one.tone))
    return replace(_frame(names, series, scale, tell), bars=drawn)


def bars(names: Sequence[str], one: Series, tell: Tell, finest: Figure = 1) -> Chart:
    """A bar per column."""
    return stacked_bars(names, [one], tell, finest)


def lines(names: Sequence[str], series: Sequence[Series], tell: Tell, finest: Figure = 1) -> Chart:
    """A line per series through the middle of the columns; it breaks where a figure is missing."""
    scale = _Scale.over([figure for one in series for figure in one.figures if figure is not None], finest)
    segments: list[Segment] = []
    points: list[Point] = []
    for one in series:
        last: Point | None = None
        for place, figure in enumerate(one.figures):
            point = None if figure is None else Point(_middle(place, len(names)), scale.y(figure), one.tone)
            if point is not None:
                points.append(point)
                if last is not None:
                    segments.append(Segment(last.x, last.y, point.x, point.y, one.tone))
            last = point
    return replace(_frame(names, series, scale, tell), segments=segments, points=points)


@dataclass(frozen=True, slots=True)
class _Scale:
    """Equal round steps from zero, down as far as the lowest figure and up as far as the highest."""

    step: Decimal
    below: int
    above: int

    @classmethod
    def over(cls, figures: Sequence[Figure], finest: Figure) -> "_Scale":
        all_figures = [Decimal(0), *map(Decimal, figures)]
        lowest, highest = min(all_figures), max(all_figures)
        step = round_step((highest - lowest) / TICKS, finest)
        below, above = (int((side / step).to_integral_value(ROUND_CEILING)) for side in (-lowest, highest))
        return cls(step, below, above if below else max(above, 1))

    @property
    def ticks(self) -> Sequence[Figure]:
        return [self.step * number for number in range(-self.below, self.above + 1)]

    def y(self, figure: Figure) -> Decimal:
        share = (Decimal(figure) / self.step + self.below) / (self.below + self.above)
        return _place(BOTTOM - (BOTTOM - TOP) * share)


def round_step(least: Decimal, finest: Figure = 1) -> Decimal:
    """The smallest of 1, 2, 5, 10, 20, 50 … times `finest` that is not below `least`."""
    power = Decimal(finest)
    while True:
        for factor in _ROUND:
            if factor * power >= least:
                return factor * power
        power *= 10


def label_places(count: int) -> Sequence[int]:
    """Which of `count` columns carry a label: evenly spread, away from both edges where there are many."""
    if count <= LABELS:
        return range(count)
    distance = -(-count // LABELS)
    first = (count - 1 - (LABELS - 1) * distance) // 2 if (LABELS - 1) * distance < count else distance // 2
    return range(max(first, 0), count, distance)


def _ends(figures: Sequence[Figure]) -> tuple[Figure, Figure]:
    """How far a column reaches below and above zero."""
    below = sum((figure for figure in figures if figure < 0), Decimal(0))
    return below, sum((figure for figure in figures if figure > 0), Decimal(0))


def _frame(names: Sequence[str], series: Sequence[Series], scale: _Scale, tell: Tell) -> Chart:
    """All but the marks."""
    rows = [
        (name, ["–" if (figure := one.figures[place]) is None else tell(figure) for one in series])
        for place, name in enumerate(names)
    ]
    width = _place(Decimal(100) / max(len(names), 1))
    return Chart(
        series,
        [Column(_edge(place, len(names)), width, _tip(*row, series)) for place, row in enumerate(rows)],
        [Tick(scale.y(figure), tell(figure)) for figure in scale.ticks],
        [Label(_middle(place, len(names)), names[place]) for place in label_places(len(names))],
        rows,
    )


def _tip(name: str, texts: Sequence[str], series: Sequence[Series]) -> str:
    return "\n".join([name, *(f"{one.name}: {text}" for one, text in zip(series, texts, strict=True))])


def _bar(place: int, count: int, scale: _Scale, low: Figure, high: Figure, tone: str) -> Bar:
    width = Decimal(100) / count
    top, bottom = scale.y(high), scale.y(low)
    return Bar(
        _place(_edge(place, count) + width * GAP_SHARE / 2), top, _place(width * (1 - GAP_SHARE)), bottom - top, tone
    )


def _edge(place: int, count: int) -> Decimal:
    return _place(Decimal(100) * place / count)


def _middle(place: int, count: int) -> Decimal:
    return _place(Decimal(100) * (2 * place + 1) / (2 * count))


def _place(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"))


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole as a piece of a strip: `x` and `width` in percent."""

    name: str
    tone: str
    figure: int
    x: Decimal
    width: Decimal


def shares(parts: Sequence[tuple[str, str, int]]) -> Sequence[Share]:
    """Parts of a whole side by side (name, tone, figure); what is zero has no piece."""
    whole = sum(figure for _name, _tone, figure in parts)
    pieces: list[Share] = []
    before = 0
    for name, tone, figure in parts:
        if figure:
            x, width = (_place(Decimal(100) * amount / whole) for amount in (before, figure))
            pieces.append(Share(name, tone, figure, x, width))
        before += figure
    return pieces
