"""A button that lets networks learn something further in the engine, beside the open study, and says how far it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QWidget

from cnnstudio.core.errors import StudioError
from cnnstudio.core.events import Answering
from cnnstudio.core.experiment import Order
from cnnstudio.core.percent import percent
from cnnstudio.ui.live_runs import LiveRuns
from cnnstudio.ui.theme import GRID_PX
from cnnstudio.ui.widgets.basic import ElidedLabel, button


class RunTeacher(QWidget):
    """The button and its words.

    Attributes:
        button: Asks for the runs.
        words: How far they are.

    Thread: GUI.
    """

    def __init__(self, title: str, tip: str, orders: Callable[[], Sequence[Order]]) -> None:
        """Makes it.

        Args:
            title: Of the button.
            tip: What is learned, and how long it takes.
            orders: The runs, as the settings are now.

        Raises:
            StudioError: By `orders`, where a setting cannot be; it is said, then.
        """
        super().__init__()
        self._orders = orders
        self._live: LiveRuns | None = None
        self._told: dict[str, str] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID_PX)
        self.button = button(title, tip=tip)
        self.button.clicked.connect(self._on_clicked)
        self.words = ElidedLabel("small")
        row.addWidget(self.button)
        row.addWidget(self.words, 1)

    def join(self, live: LiveRuns) -> None:
        """Takes the runs of the panel."""
        self._live = live

    def bases(self) -> dict[str, str]:
        """The networks' keys by the keys of the runs that are done, as the settings are now."""
        if self._live is None:
            return {}
        try:
            orders = self._orders()
        except StudioError:
            return {}
        return {order.key: str(order.params["network"]) for order in orders if order.key in self._live.results}

    def progress(self, order: Order, event: Answering) -> None:
        """One of the runs is on its way."""
        share = percent(event.fraction, 0) if event.fraction is not None else event.text
        self._told[order.key] = f"{order.params['network']}: {share}"
        self._say()

    def refresh(self) -> None:
        """Some are done, or the settings are others."""
        if self._live is not None:
            for key in [key for key in self._told if key in self._live.results]:
                del self._told[key]
            self.words.set_whole(self._live.failure or self._progress())

    def _say(self) -> None:
        self.words.set_whole(self._progress())

    def _progress(self) -> str:
        return f"learning · {' · '.join(self._told.values())}" if self._told else ""

    @Slot()
    def _on_clicked(self) -> None:
        if self._live is None:
            return
        try:
            orders = self._orders()
        except StudioError as error:
            self.words.set_whole(error.report.sentence)
            return
        self._told = {
            order.key: f"{order.params['network']}: waits" for order in orders if order.key not in self._live.results
        }
        self._say()
        self._live.measure(orders, "taught")
