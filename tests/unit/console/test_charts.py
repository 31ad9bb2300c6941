"""Charts as marks: where bars, lines, ticks and labels stand."""

from decimal import Decimal

import pytest

from bot.console.charts import BOTTOM, TOP, Chart, Series, bars, label_places, lines, round_step, shares, stacked_bars

DAYS = ["Mon", "Tue", "Wed", "Thu"]


def tell(figure: Decimal | int) -> str:
    return f"{figure} pcs"


def done_and_failed() -> Chart:
    return stacked_bars(DAYS, [Series("done", "good", [3, 0, 5, 8]), Series("failed", "bad", [1, 0, 0, 2])], tell)


def test_bars_of_a_column_stand_on_each_other_and_zeros_are_not_drawn() -> None:
    chart = done_and_failed()
    monday = [bar for bar in chart.bars if bar.x < 25]
    done, failed = monday
    assert (done.tone, failed.tone) == ("good", "bad")
    assert done.y + done.height == BOTTOM
    assert failed.y + failed.height == done.y
    assert done.height == 3 * failed.height
    assert len(chart.bars) == 2 + 0 + 1 + 2


def test_the_scale_ends_at_a_round_figure_at_or_above_the_highest_column() -> None:
    chart = done_and_failed()
    assert [tick.text for tick in chart.ticks] == ["0 pcs", "5 pcs", "10 pcs"]
    assert [chart.ticks[0].y, chart.ticks[-1].y] == [Decimal(BOTTOM), Decimal(TOP)]
    assert min(bar.y for bar in chart.bars) == TOP


def test_figures_below_zero_hang_from_the_line_of_zero() -> None:
    chart = bars(["a", "b"], Series("variance", "accent", [Decimal("-20"), Decimal("35.50")]), tell)
    assert [tick.text for tick in chart.ticks] == ["-20 pcs", "0 pcs", "20 pcs", "40 pcs"]
    zero = next(tick.y for tick in chart.ticks if tick.text == "0 pcs")
    below, above = chart.bars
    assert below.y == zero
    assert above.y + above.height == zero


def test_a_line_breaks_where_a_figure_is_missing() -> None:
    chart = lines(DAYS, [Series("time", "accent", [1, 2, None, 3])], tell)
    assert len(chart.points) == 3
    assert [(segment.x1, segment.x2) for segment in chart.segments] == [(Decimal("12.50"), Decimal("37.50"))]


def test_a_page_from_right_to_left_sees_the_newest_column_on_the_left() -> None:
    chart = done_and_failed()
    mirrored = chart.mirrored()
    last = max(chart.bars, key=lambda bar: bar.x)
    assert min(bar.x for bar in mirrored.bars) == 100 - last.x - last.width
    assert [label.text for label in mirrored.labels] == DAYS
    assert mirrored.labels[0].x > mirrored.labels[-1].x
    assert mirrored.mirrored().bars == chart.bars


def test_the_table_says_the_same_as_the_marks() -> None:
    chart = lines(DAYS, [Series("time", "accent", [1, 2, None, 3])], tell)
    assert chart.rows == [("Mon", ["1 pcs"]), ("Tue", ["2 pcs"]), ("Wed", ["–"]), ("Thu", ["3 pcs"])]
    assert chart.columns[2].tip == "Wed\ntime: –"


def test_a_chart_of_zeros_has_nothing_to_see() -> None:
    assert stacked_bars(DAYS, [Series("done", "good", [0, 0, 0, 0])], tell).is_empty
    assert lines([], [Series("time", "accent", [])], tell).is_empty
    assert not done_and_failed().is_empty


@pytest.mark.parametrize(
    ("least", "finest", "step"),
    [("0", 1, "1"), ("0.3", 1, "1"), ("1.2", 1, "2"), ("3", 1, "5"), ("26", 1, "50"), ("0.03", "0.1", "0.1")],
)
def test_steps_are_round(least: str, finest: str | int, step: str) -> None:
    assert round_step(Decimal(least), Decimal(finest)) == Decimal(step)


@pytest.mark.parametrize("count", [1, 4, 5, 6, 12, 30, 31, 90])
def test_no_more_labels_than_a_phone_has_room_for_and_none_at_the_edge(count: int) -> None:
    places = list(label_places(count))
    assert 1 <= len(places) <= 5
    assert places[0] >= 0
    assert places[-1] < count
    if count > 5:
        assert places[0] > 0


def test_parts_of_a_whole_fill_a_strip_and_leave_none_out_but_zeros() -> None:
    pieces = shares([("done", "good", 3), ("waiting", "accent", 0), ("failed", "bad", 1)])
    assert [(piece.name, piece.x, piece.width) for piece in pieces] == [
        ("done", Decimal(0), Decimal(75)),
        ("failed", Decimal(75), Decimal(25)),
    ]
    assert shares([("done", "good", 0)]) == []
