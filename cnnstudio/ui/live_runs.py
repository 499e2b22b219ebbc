"""Single runs of an experiment, measured in the engine's thread while a person moves a slider."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.events import Answering
from cnnstudio.core.experiment import Measure, Order, Result
from cnnstudio.ui.studio import Studio


class _Run(QObject):
    """One run that was asked for.

    Thread: GUI.
    """

    def __init__(self, owner: LiveRuns, order: Order) -> None:
        super().__init__(owner)
        self._owner, self.order = owner, order

    def on_answer(self, result: Result) -> None:
        self._owner.end(self)
        self._owner.take(result)

    def on_error(self, report: ErrorReport) -> None:
        self._owner.end(self)
        self._owner.fail(self.order, report)

    def on_progress(self, event: Answering) -> None:
        self._owner.progressed.emit(self.order, event)


class LiveRuns(QObject):
    """Runs by slot: newer runs of a slot replace older ones, and what is measured is not measured again.

    Attributes:
        results: What is known, by the key of the order.
        failure: The sentence of the newest run that could not be done; "" after one that could.

    Signals:
        changed(): A run is done, or cannot be.
        progressed(Order, Answering): A run is on its way; `values` is what a `Partly` told.

    Thread: GUI.
    """

    changed = Signal()
    progressed = Signal(object, object)

    def __init__(self, studio: Studio, parent: QObject) -> None:
        """Starts with none."""
        super().__init__(parent)
        self._studio = studio
        self.results: dict[str, Result] = {}
        self.failure = ""
        self._slots: dict[str, int] = {}
        self._asked: dict[str, _Run] = {}

    @property
    def going(self) -> frozenset[str]:
        """The keys of the orders that were asked for and are not answered yet."""
        return frozenset(run.order.key for run in self._asked.values())

    def measure(self, orders: Sequence[Order], slot: str, *, again: bool = False) -> None:
        """Asks for runs; those of the slot that are not among them are given up.

        Args:
            orders: The runs.
            slot: A name for them.
            again: Whether what is measured is measured again, to be watched.
        """
        for place in range(max(len(orders), self._slots.get(slot, 0))):
            name = self._slot(slot, place)
            if name in self._asked:
                self.end(self._asked[name])
            if place >= len(orders) or (not again and orders[place].key in self.results):
                self._studio.withdraw(name)
            else:
                run = self._asked[name] = _Run(self, orders[place])
                self._studio.ask(Measure(orders[place]), run.on_answer, run.on_error, name, run.on_progress)
        self._slots[slot] = len(orders)

    def forget(self) -> None:
        """Drops all results, and gives up what is being measured."""
        self.give_up()
        self.results.clear()
        self.failure = ""

    def give_up(self) -> None:
        """Gives up what is being measured."""
        for slot, count in self._slots.items():
            for place in range(count):
                self._studio.withdraw(self._slot(slot, place))
        self._slots.clear()
        for run in tuple(self._asked.values()):
            self.end(run)

    def end(self, run: _Run) -> None:
        """Lets go of a run that was answered, or that nobody waits for any more."""
        self._asked = {name: other for name, other in self._asked.items() if other is not run}
        run.deleteLater()

    def take(self, result: Result) -> None:
        """Notes a result."""
        self.results[result.order.key] = result
        self.failure = ""
        self.changed.emit()

    def fail(self, order: Order, report: ErrorReport) -> None:
        """Notes that a run cannot be done."""
        self.failure = f"{order.title}: {report.sentence}"
        self.changed.emit()

    @staticmethod
    def _slot(slot: str, place: int) -> str:
        return f"live {slot} {place}"
