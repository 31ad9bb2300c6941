"""Values of which a run holds one for each of its items, packed so that a large run takes little memory."""

import pickle
import zlib
from collections import OrderedDict
from typing import Generic, TypeVar

Value = TypeVar("Value")


class PackedValues(Generic[Value]):
    """Values by key: packed to a tenth of their size or less, but for the `most_open` that were used last.

    Values have to be immutable: what is read is the same value as was put in, but seldom the same object.
    """

    def __init__(self, most_open: int = 0) -> None:
        self._most_open = most_open
        self._open: OrderedDict[str, Value] = OrderedDict()
        self._packed: dict[str, bytes] = {}

    def __len__(self) -> int:
        return len(self._open) + len(self._packed)

    def __contains__(self, key: str) -> bool:
        return key in self._open or key in self._packed

    def __getitem__(self, key: str) -> Value:
        if key in self._open:
            self._open.move_to_end(key)
            return self._open[key]
        value: Value = pickle.loads(zlib.decompress(self._packed[key]))  # noqa: S301 - our own, from this process
        if self._most_open:
            self[key] = value
        return value

    def __setitem__(self, key: str, value: Value) -> None:
        self._packed.pop(key, None)
        self._open[key] = value
        self._open.move_to_end(key)
        while len(self._open) > self._most_open:
            oldest, unused = self._open.popitem(last=False)
            self._packed[oldest] = zlib.compress(pickle.dumps(unused, pickle.HIGHEST_PROTOCOL), 1)

    def pop(self, key: str) -> Value:
        value = self[key]
        self._open.pop(key, None)
        self._packed.pop(key, None)
        return value
