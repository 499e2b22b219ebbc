"""The folded row of the race panel: logarithmic axes, smoothing, validation, batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QCheckBox, QGridLayout, QSlider, QWidget

from cnnstudio.ui.theme import GRID_PX
from cnnstudio.ui.widgets._race_lines import Wanted
from cnnstudio.ui.widgets.basic import explain_on_focus, label
from cnnstudio.ui.widgets.rooms import bare_row

if TYPE_CHECKING:
    from cnnstudio.core.history import Axis, Metric

_SMOOTHING_STEPS: Final = 100
_SMOOTHING_MOST: Final = 0.97
_TIPS: Final = {
    "log_x": ("log x", "A logarithmic horizontal axis: the first steps take as much room as the last."),
    "log_y": ("log loss", "A logarithmic vertical axis for the loss."),
    "validation": ("validation", "The pictures set apart for choosing."),
    "batches": ("batches", "Every batch just before it is learned, faintly."),
}


class CurveOptions(QWidget):
    """Switches and the smoothing slider.

    Attributes:
        boxes: The switches, by the name of the field of `Wanted`.
        smoothing: The slider.

    Signals:
        changed(): A switch was moved.
        smoothing_changed(weight): The slider was moved; from 0 (none) to below 1.

    Thread: GUI.
    """

    changed = Signal()
    smoothing_changed = Signal(object)

    def __init__(self, wanted: Wanted) -> None:
        """Makes the row as `wanted` says."""
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(GRID_PX // 2)
        self._grid.setColumnStretch(0, 1)
        switches, row = bare_row(2 * GRID_PX)
        self.boxes: dict[str, QCheckBox] = {}
        for name, (text, tip) in _TIPS.items():
            box = QCheckBox(text)
            box.setToolTip(tip)
            explain_on_focus(box)
            box.setChecked(bool(getattr(wanted, name)))
            box.toggled.connect(self.changed)
            self.boxes[name] = box
            row.addWidget(box)
        row.addStretch(1)
        smoothing, under = bare_row(2 * GRID_PX)
        self._parts = switches, smoothing
        self._beside = True
        self.smoothing = QSlider(Qt.Orientation.Horizontal)
        self.smoothing.setMaximum(_SMOOTHING_STEPS)
        self.smoothing.setToolTip("Exponential moving average: how much of the past is kept. The raw line stays faint.")
        self.smoothing.setAccessibleName("smoothing")
        self.smoothing.setMaximumWidth(20 * GRID_PX)
        explain_on_focus(self.smoothing)
        self.smoothing.valueChanged.connect(self._on_smoothing)
        self._value = label("0.00", "muted")
        for part in (label("smoothing", "muted"), self.smoothing, self._value):
            under.addWidget(part)
        under.addStretch(1)
        self._grid.addWidget(switches, 0, 0)
        self._grid.addWidget(smoothing, 0, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a narrow panel the slider goes below the switches, so that no word is cut."""
        super().resizeEvent(event)
        beside = sum(part.sizeHint().width() for part in self._parts) + 2 * GRID_PX <= self.width()
        if beside != self._beside:
            self._beside = beside
            self._grid.addWidget(self._parts[1], *((0, 1) if beside else (1, 0)))

    def minimumSizeHint(self) -> QSize:
        """As wide as the wider of the two."""
        parts = [part.sizeHint() for part in self._parts]
        high = max(one.height() for one in parts)
        return QSize(max(one.width() for one in parts), high if self._beside else 2 * high + GRID_PX // 2)

    def wanted(self, metric: Metric, x: Axis) -> Wanted:
        """What is drawn of this metric over this axis."""
        on = {name: box.isChecked() for name, box in self.boxes.items()}
        return Wanted(metric, x, on["validation"], on["batches"], on["log_x"], on["log_y"])

    def settings(self) -> dict[str, Any]:
        """What is worth keeping."""
        return {**{name: box.isChecked() for name, box in self.boxes.items()}, "smoothing": self.smoothing.value()}

    def restore(self, settings: dict[str, Any]) -> None:
        """Takes it back."""
        for name, box in self.boxes.items():
            box.setChecked(settings.get(name, box.isChecked()) is True)
        smoothing = settings.get("smoothing", 0)
        self.smoothing.setValue(smoothing if isinstance(smoothing, int) else 0)

    @Slot(int)
    def _on_smoothing(self, value: int) -> None:
        weight = _SMOOTHING_MOST * value / _SMOOTHING_STEPS
        self._value.setText(f"{weight:.2f}")
        self.smoothing_changed.emit(weight)
