"""What stands between a connector and whoever calls it: read-only mode, pace, and an ear for failures."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from connectors.errors import AuthFailed, Unavailable


class GuardedConnector:
    """A connector of which only public methods can be called.

    `reads` are the methods that change nothing. Before any other one `require_writable` is called, which raises where
    writing is forbidden. `take_turn` waits until the connection may be called once more; `hear_failure` is told when
    the system was away or refused our credentials.
    """

    def __init__(
        self,
        connector: Any,
        reads: frozenset[str],
        require_writable: Callable[[], None],
        take_turn: Callable[[], None] | None,
        hear_failure: Callable[[], None],
    ) -> None:
        self._connector = connector
        self._reads = reads
        self._require_writable = require_writable
        self._take_turn = take_turn
        self._hear_failure = hear_failure

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        offered = getattr(self._connector, name)
        if not callable(offered):
            raise AttributeError(f"{name} is no method of a contract")

        def call(*arguments: Any, **named: Any) -> Any:
            if name not in self._reads:
                self._require_writable()
            if self._take_turn is not None:
                self._take_turn()
            with self._listening():
                answer = offered(*arguments, **named)
            return self._follow(answer) if isinstance(answer, Iterator) else answer

        return call

    def _follow(self, answer: Iterator[Any]) -> Iterator[Any]:
        """What is read little by little can fail little by little."""
        with self._listening():
            yield from answer

    @contextmanager
    def _listening(self) -> Iterator[None]:
        try:
            yield
        except (Unavailable, AuthFailed):
            self._hear_failure()
            raise
