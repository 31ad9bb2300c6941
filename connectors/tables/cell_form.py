"""How numbers and days are written in a table: texts become what every reader of ours takes, or are refused."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

AUTO, POINT, COMMA = "auto", "point", "comma"
ISO, DAY_FIRST, MONTH_FIRST = "iso", "day_first", "month_first"
DECIMAL_SIGNS = (AUTO, POINT, COMMA)
DAY_ORDERS = (ISO, DAY_FIRST, MONTH_FIRST)
_SPACES = re.compile(r"[\s\u00a0\u202f'’_]")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?", re.ASCII)
_GROUPS = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?", re.ASCII)
_ISO_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})([T ][0-9:.+Z-]*)?", re.ASCII)
_PARTS_OF_DAY = re.compile(r"([0-9]{1,2})[./-]\s?([0-9]{1,2})[./-]\s?([0-9]{4})", re.ASCII)


class CellError(ValueError):
    """A cell cannot be read as what it should be; the text goes on after the name of its column."""


@dataclass(frozen=True, slots=True)
class CellForm:
    """`decimal_sign` auto never guesses: 1,234 could be either, so it is refused."""

    decimal_sign: str = AUTO
    day_order: str = ISO

    def number(self, cell: Any) -> str:
        """The number as 1234.50; empty when the cell is. Raises CellError."""
        if isinstance(cell, Decimal):
            return format(cell, "f")
        if not (text := _text_of(cell)):
            return ""
        written = _SPACES.sub("", text)
        sign = self._sign_of(written)
        # With a decimal comma the points are those between thousands, and the other way round.
        swapped = written.translate({ord(","): ".", ord("."): ","}) if sign == COMMA else written
        plain = swapped.replace(",", "") if _GROUPS.fullmatch(swapped) else swapped
        if not _NUMBER.fullmatch(plain):
            raise CellError(f"{written[:40]!r} is no number with a decimal {sign}")
        return plain

    def _sign_of(self, written: str) -> str:
        if self.decimal_sign != AUTO:
            return self.decimal_sign
        points, commas = written.count("."), written.count(",")
        if points and commas:
            return POINT if written.rindex(".") > written.rindex(",") else COMMA
        if points + commas == 0:
            return POINT
        mark = "." if points else ","
        if points + commas > 1:
            return COMMA if points else POINT
        whole, _mark, rest = written.partition(mark)
        if len(rest) == 3 and len(whole.lstrip("+-")) <= 3 and whole.lstrip("+-0"):
            raise CellError(f"{written[:40]!r} may be {whole}{rest} or {whole}.{rest}: choose the decimal sign")
        return POINT if mark == "." else COMMA

    def day(self, cell: Any) -> str:
        """The day as 2026-11-22; empty when the cell is. Raises CellError."""
        if isinstance(cell, date):
            return (cell.date() if isinstance(cell, datetime) else cell).isoformat()
        if not (written := _text_of(cell)):
            return ""
        try:
            return self._read_day(written).isoformat()
        except ValueError:
            shape = {ISO: "2026-11-22", DAY_FIRST: "22.11.2026", MONTH_FIRST: "11/22/2026"}[self.day_order]
            raise CellError(f"{written[:40]!r} is no day like {shape}") from None

    def _read_day(self, written: str) -> date:
        if iso := _ISO_DAY.fullmatch(written):
            return date(int(iso[1]), int(iso[2]), int(iso[3]))
        parts = _PARTS_OF_DAY.fullmatch(written)
        if parts is None or self.day_order == ISO:
            raise ValueError(written)
        first, second, year = int(parts[1]), int(parts[2]), int(parts[3])
        return date(year, second, first) if self.day_order == DAY_FIRST else date(year, first, second)


def _text_of(cell: Any) -> str:
    return "" if cell is None else str(cell).strip()
