"""How pay reads: the name of a line, and its explanation with every figure in the language of the page."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Protocol

# Figures of a line that are money, days and codes; all others are numbers.
MONEY = frozenset(
    {
        "full",
        "rate",
        "base",
        "gross",
        "due",
        "paid",
        "corrected",
        "straight_pay",
        "bonus",
        "regular_rate",
        "before_reliefs",
        "after_reliefs",
        "reliefs",
        "child_relief",
        "minimum_wage",
    }
)
DAYS = frozenset({"from", "to"})
ARREARS, OVERTIME = "arrears", "overtime_pay"
MOST_CHANGES = 4
Line = Mapping[str, Any]


class Teller(Protocol):
    """What it needs of the words of a page."""

    def text_or(self, key: str, otherwise: str) -> str: ...

    def day(self, text: str | None) -> str: ...

    def figure(self, text: str | None) -> str: ...

    def amount(self, text: str | None, currency: str | None) -> str: ...


class PayWords:
    """Around the words of a page: lines as they stand in the record of a slip."""

    def __init__(self, words: Teller) -> None:
        self._words = words

    def line(self, code: str, label: str) -> str:
        """What is paid: the kind of pay, and whose word or which day it is."""
        name = self._words.text_or(f"payroll.line.{code}", code)
        if code == ARREARS:
            earlier, _slash, rest = label.partition("/")
            label = self.line(earlier, rest)
        elif code == OVERTIME:
            label = self._words.text_or(f"payroll.day.{label}", label)
        return f"{name}: {label}" if label else name

    def explanation(self, line: Line, currency: str) -> str:
        """A sentence with every figure that went in."""
        figures = {name: self._figure(name, text, currency) for name, text in line.get("figures", {}).items()}
        sentence = self._words.text_or(f"payroll.rule.{line['rule']}", "")
        if not sentence:
            return ", ".join(f"{name} {text}" for name, text in figures.items())
        return sentence.format_map(_Gaps(figures))

    def rounding(self, line: Line) -> str:
        return self._words.text_or(f"payroll.rounding.{line['rounding']}", str(line["rounding"]))

    def changes(self, variance: Mapping[str, Any], currency: str) -> Sequence[str]:
        """The lines that made the difference, the largest first."""
        return [
            f"{self.line(code, label)} {self.signed(difference, currency)}"
            for code, label, difference in variance["changes"][:MOST_CHANGES]
        ]

    def signed(self, text: str, currency: str) -> str:
        shown = self._words.amount(text, currency)
        return f"+{shown}" if Decimal(text) > 0 else shown

    def _figure(self, name: str, text: str, currency: str) -> str:
        if name in DAYS:
            return self._words.day(text)
        return self._words.amount(text, currency) if name in MONEY else self._words.figure(text)


class _Gaps(dict[str, str]):
    """Figures by name; one that a slip of another system leaves out is a dash."""

    def __missing__(self, name: str) -> str:
        return "–"
