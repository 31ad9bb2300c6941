"""A small neural network over the same features as the support vector machine: one hidden layer, plain numpy.

All chance is drawn from keys of the examples and features themselves, so that a few examples more or less change the
model a little, and not as much as another throw of the dice would.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

# Chosen by cross-validation on data/*/nlu (docs/decisions, number 3).
_HIDDEN = 64
_MOST_STEPS = 1500
_MOST_ROUNDS = 50  # over all examples
_MOST_EXAMPLES_A_STEP = 256
_RATE = 0.1
_FORGOTTEN = 0.3  # share of features and of hidden units left out of a step, so that none is relied upon
_DOUBT = 0.05  # share of the target that is spread over all intents
_FIRST_SQUARES = 1e-6
_FIRST_WEIGHTS = 2**16  # rows to choose from


@dataclass(frozen=True)
class Network:
    """Weights of both layers; `hidden` is features x units, `output` units x intents, each with its biases."""

    hidden: Any
    hidden_biases: Any
    output: Any
    output_biases: Any

    @classmethod
    def train(cls, features: Any, columns: Any, intents: int, keys: "Keys") -> "Network":
        """`columns` are the intents of the rows; the same data gives the same weights."""
        training = _Training(features.tocsr(), np.asarray(columns), intents, keys)
        for step in range(training.steps):
            training.step(_RATE * (1 - step / training.steps))
        hidden, *others = training.weights
        # Half the digits are enough, and half the size of the model file.
        return cls(hidden.astype(np.float16).astype(np.float32), *others)

    def log_chances(self, features: Any) -> Any:
        """Logarithm of the chance of each intent (columns) for each message (rows)."""
        units = np.maximum(features @ self.hidden + self.hidden_biases, 0)
        return _log_softmax(units @ self.output + self.output_biases)


@dataclass(frozen=True)
class Keys:
    """A number for each example and each feature that only its own text decides."""

    examples: Any
    features: Any

    @classmethod
    def of(cls, examples: Iterable[str], features: Iterable[str]) -> "Keys":
        return cls(keys_of(examples), keys_of(features))


class _Training:
    """Adagrad in steps over a few examples each; of the first layer only the rows of features seen are touched."""

    def __init__(self, features: csr_matrix, columns: Any, intents: int, keys: Keys) -> None:
        self._keys = keys
        self._features = features
        self._targets = np.full((len(columns), intents), _DOUBT / intents, np.float32)
        self._targets[np.arange(len(columns)), columns] += 1 - _DOUBT
        self._size = int(np.clip(len(columns) // 20, 16, _MOST_EXAMPLES_A_STEP))
        self.steps = min(_MOST_STEPS, _MOST_ROUNDS * len(columns) // self._size)
        self._waiting: Any = np.zeros(0, int)
        self._round = 0
        self.weights = self._first_weights(intents)
        self._squares = [np.full_like(weights, _FIRST_SQUARES) for weights in self.weights]

    def _first_weights(self, intents: int) -> list[Any]:
        random = np.random.RandomState(0)
        rows = random.standard_normal((_FIRST_WEIGHTS, _HIDDEN)).astype(np.float32) * np.float32(0.05)
        output = random.standard_normal((_HIDDEN, intents)).astype(np.float32) / np.float32(_HIDDEN**0.5)
        hidden = rows[self._keys.features % np.uint64(_FIRST_WEIGHTS)]
        return [hidden, np.zeros(_HIDDEN, np.float32), output, np.zeros(intents, np.float32)]

    def step(self, rate: float) -> None:
        rows = self._next_rows()
        seen, features = self._without_some(rows)
        hidden, hidden_biases, output, output_biases = self.weights
        units = features @ hidden[seen] + hidden_biases
        drawn = _draw(self._keys.examples[rows][:, None] + np.arange(_HIDDEN, dtype=np.uint64), self._round)
        kept = ((drawn > _FORGOTTEN) & (units > 0)) / np.float32(1 - _FORGOTTEN)
        active = (units * kept).astype(np.float32)
        errors = (np.exp(_log_softmax(active @ output + output_biases)) - self._targets[rows]) / len(rows)
        back = (errors @ output.T * kept).astype(np.float32)
        slopes: Sequence[Any] = (features.T @ back, back.sum(axis=0), active.T @ errors, errors.sum(axis=0))
        everything = slice(None)
        for part, (where, slope) in enumerate(zip((seen, everything, everything, everything), slopes, strict=True)):
            squares = self._squares[part][where] + slope * slope
            self._squares[part][where] = squares
            self.weights[part][where] -= np.float32(rate) * slope / np.sqrt(squares)

    def _next_rows(self) -> Any:
        """Every example once before any comes again."""
        if len(self._waiting) < self._size:
            self._round += 1
            order = np.argsort(_draw(self._keys.examples, self._round), kind="stable")
            self._waiting = np.concatenate([self._waiting, order])
        rows, self._waiting = self._waiting[: self._size], self._waiting[self._size :]
        return rows

    def _without_some(self, examples: Any) -> tuple[Any, csr_matrix]:
        """The positions of the features in these examples, and the examples over these features alone."""
        rows = self._features[examples]
        owners = np.repeat(self._keys.examples[examples], np.diff(rows.indptr))
        drawn = _draw(owners ^ self._keys.features[rows.indices], self._round)
        kept = (drawn > _FORGOTTEN) / np.float32(1 - _FORGOTTEN)
        seen, positions = np.unique(rows.indices, return_inverse=True)
        values = (rows.data * kept).astype(np.float32)
        return seen, csr_matrix((values, positions, rows.indptr), shape=(rows.shape[0], len(seen)))


def keys_of(texts: Iterable[str]) -> Any:
    """Of each text a number of 64 bits that looks like chance."""
    digests = (blake2b(text.encode(), digest_size=8).digest() for text in texts)
    return np.array([int.from_bytes(digest, "little") for digest in digests], np.uint64)


def _draw(keys: Any, number: int) -> Any:
    """From 0 to 1, for each key another for each number: Steele, Lea and Flood's SplitMix64, one step."""
    mixed = keys + np.uint64(number * 0x9E3779B97F4A7C15 % 2**64)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((mixed ^ (mixed >> np.uint64(31))) >> np.uint64(11)) * 2.0**-53


def _log_softmax(scores: Any) -> Any:
    lowered = scores - scores.max(axis=1, keepdims=True)
    return lowered - np.log(np.exp(lowered).sum(axis=1, keepdims=True))
