"""Charts whose bars lie: where the pieces of a row begin, and how long they are."""

from decimal import Decimal

from bot.console.charts import Series
from bot.console.row_charts import RowChart, lying_bars


def chart() -> RowChart:
    series = [Series("held", "warm", [3, 1, None]), Series("waiting", "accent", [5, 0, 2])]
    return lying_bars(["Acme", "Bolt", "Corvus"], series, lambda figure: f"{figure} pcs")


def test_pieces_follow_each_other_and_the_longest_row_is_the_whole_width() -> None:
    first, second, third = chart().bars
    assert [(piece.x, piece.width, piece.tone) for piece in first.pieces] == [
        (Decimal("0.00"), Decimal("37.50"), "warm"),
        (Decimal("37.50"), Decimal("62.50"), "accent"),
    ]
    assert [piece.width for piece in second.pieces] == [Decimal("12.50")]
    assert [piece.tone for piece in third.pieces] == ["accent"]


def test_each_row_tells_its_sum_and_its_figures() -> None:
    first = chart().bars[0]
    assert (first.text, first.texts) == ("8 pcs", ["3 pcs", "5 pcs"])
    assert first.tip == "Acme\nheld: 3 pcs\nwaiting: 5 pcs"
    assert chart().rows[1] == ("Bolt", ["1 pcs", "0 pcs"])


def test_from_right_to_left_a_row_begins_on_the_right() -> None:
    mirrored = chart().mirrored()
    assert [piece.x for piece in mirrored.bars[0].pieces] == [Decimal("62.50"), Decimal("0.00")]
    assert mirrored.mirrored() == chart()


def test_nothing_to_see_is_said() -> None:
    assert lying_bars([], [], str).is_empty
    assert lying_bars(["a"], [Series("held", "warm", [0])], str).is_empty
    assert not chart().is_empty
