"""Runs that wait for a worker, and which of them is next."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cnnstudio.core.experiment import Order, Result
from cnnstudio.core.knobs import Value

_SEED: Final = "seed"

_Kind = frozenset[tuple[str, Value]]
"""What runs have in common that differ in their seed alone."""


@dataclass(frozen=True, slots=True)
class _Entry:
    order: Order
    kind: _Kind
    again: bool


class Waiting:
    """Runs in the order of the plan, until it is known how long each of them takes: then the longest is next.

    A long run at the very end would leave all workers but one without work. Runs that differ in their seed alone take
    about as long, so the first seed tells it. R. L. Graham: Bounds on multiprocessing timing anomalies. SIAM Journal on
    Applied Mathematics 17, 1969.

    Thread: any, one at a time.
    """

    def __init__(self) -> None:
        """Nothing waits."""
        self._entries: deque[_Entry] = deque()
        self._seconds: dict[_Kind, float] = {}

    def __bool__(self) -> bool:
        """Whether a run waits."""
        return bool(self._entries)

    def add(self, orders: Iterable[Order]) -> None:
        """Lets runs wait behind all others."""
        self._entries.extend(_Entry(order, _kind(order), again=False) for order in orders)

    def put_back(self, order: Order) -> None:
        """Lets a run that was handed out already wait before all others."""
        self._entries.appendleft(_Entry(order, _kind(order), again=True))

    def put_last(self, orders: Iterable[Order]) -> None:
        """Lets runs that were handed out already wait until all others are done."""
        self._entries.extend(_Entry(order, _kind(order), again=True) for order in orders)

    def note(self, result: Result) -> None:
        """Learns how long a run took."""
        self._seconds[_kind(result.order)] = result.seconds

    def next(self) -> Order:
        """The run that is next; there must be one."""
        return self._next().order

    def take(self) -> Order:
        """Takes out the run that is next; there must be one."""
        entry = self._next()
        self._entries.remove(entry)
        return entry.order

    def _next(self) -> _Entry:
        if any(entry.again or entry.kind not in self._seconds for entry in self._entries):
            return self._entries[0]
        return max(self._entries, key=lambda entry: self._seconds[entry.kind])


def _kind(order: Order) -> _Kind:
    return frozenset((name, value) for name, value in order.params.items() if name != _SEED)
