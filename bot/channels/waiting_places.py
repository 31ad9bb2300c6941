"""Places to wait for news: how many streams and long polls one network address holds at once."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from bot.web_errors import problem

# Some hundred visitors of a company come from one address, a page or two each, and when its network breaks they come
# back before their old streams are noticed to be gone. A single program must not keep all connections of this process.
PER_ADDRESS = 1500


class WaitingPlaces:
    """Belongs to one event loop."""

    def __init__(self, per_address: int = PER_ADDRESS) -> None:
        self._per_address = per_address
        self._taken: Counter[str] = Counter()

    @contextmanager
    def take(self, address: str) -> Iterator[None]:
        """A place until the caller is done.

        Raises:
            HTTPException: 429, all places of the address are taken.
        """
        if self._taken[address] >= self._per_address:
            sentence = "Too many pages at this network address wait for news; close some of them."
            raise problem(429, "too_many_waiting", sentence, retry_after=15)
        self._taken[address] += 1
        try:
            yield
        finally:
            self._taken[address] -= 1
            if not self._taken[address]:
                del self._taken[address]
