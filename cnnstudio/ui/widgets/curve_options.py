"""The folded row of the race panel: logarithmic axes, smoothing, validation, batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QSlider, QWidget

from cnnstudio.ui.theme import GRID_PX
from cnnstudio.ui.widgets._race_lines import Wanted
from cnnstudio.ui.widgets.basic import explain_on_focus, label

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
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * GRID_PX)
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
        self.smoothing = QSlider(Qt.Orientation.Horizontal)
        self.smoothing.setMaximum(_SMOOTHING_STEPS)
        self.smoothing.setToolTip("Exponential moving average: how much of the past is kept. The raw line stays faint.")
        self.smoothing.setAccessibleName("smoothing")
        self.smoothing.setMaximumWidth(20 * GRID_PX)
        explain_on_focus(self.smoothing)
        self.smoothing.valueChanged.connect(self._on_smoothing)
        self._value = label("0.00", "muted")
        row.addWidget(label("smoothing", "muted"))
        row.addWidget(self.smoothing)
        row.addWidget(self._value)

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
