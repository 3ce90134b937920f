"""Random choices. All of a graph come from one Dice, so that it is a function of its key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")


class Dice:
    def __init__(self, *key: int) -> None:
        self.rng = np.random.default_rng(key)

    def chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def integer(self, low: int, high: int) -> int:
        """low to high, both included."""
        return int(self.rng.integers(low, high + 1))

    def pick(self, items: Sequence[T]) -> T:
        return items[int(self.rng.integers(len(items)))]

    def weighted(self, weights: Mapping[T, float]) -> T:
        at = self.rng.random() * sum(weights.values())
        for item, weight in weights.items():
            at -= weight
            if at < 0:
                return item
        return next(reversed(list(weights)))

    def recent(self, items: Sequence[T]) -> T:
        """One of `items`, the last ones more often: chains grow deep."""
        return items[min(int(len(items) * self.rng.random() ** 0.5), len(items) - 1)]

    def subset(self, items: Sequence[T], least: int = 0) -> list[T]:
        count = self.integer(least, len(items))
        return [items[i] for i in sorted(self.rng.permutation(len(items))[:count])]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        return [items[i] for i in self.rng.permutation(len(items))]
