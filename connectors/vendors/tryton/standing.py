"""What seldom changes in Tryton and is needed with each question: it is read once in a while."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from connectors.vendors.tryton.session import TrytonSession, at

Value = TypeVar("Value")
FRESH_FOR = timedelta(minutes=1)


class Standing(Generic[Value]):
    """One value, as it was at most `fresh_for` ago. Two threads may read it twice, and no harm is done."""

    def __init__(
        self, read: Callable[[], Value], now: Callable[[], datetime], fresh_for: timedelta = FRESH_FOR
    ) -> None:
        self._read = read
        self._now = now
        self._fresh_for = fresh_for
        self._last: tuple[datetime, Value] | None = None

    def get(self) -> Value:
        last = self._last
        if last is None or self._now() - last[0] >= self._fresh_for:
            return self.renew()
        return last[1]

    def renew(self) -> Value:
        asked_at = self._now()
        value = self._read()
        self._last = (asked_at, value)
        return value


def read_currency(session: TrytonSession) -> str:
    """The currency that the company keeps its books in."""
    (company,) = session.search("company.company", [["id", "=", session.company()]], ["currency.code"])
    currency: str = at(company, "currency.code")
    return currency
