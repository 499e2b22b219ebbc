"""The card of a data set: what it is, who made it, and the knobs that change it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from cnnstudio import datasets
from cnnstudio.core.dataset import DatasetInfo
from cnnstudio.core.errors import StudioError
from cnnstudio.core.knobs import Value, parse_key, write_key
from cnnstudio.ui.theme import GRID_PX
from cnnstudio.ui.widgets.basic import Fold, label
from cnnstudio.ui.widgets.knob_field import KnobField

_MOST_COLUMNS: Final = 3
_COLUMN_EM: Final = 12.5
"""A label and its field side by side, in sizes of their letters."""


def facts(info: DatasetInfo) -> str:
    """Sizes, shape, source and licence on one line."""
    channels, height, width = info.shape
    about = f"{info.source.rstrip('.')}. Licence: {info.licence}."
    if not info.counted:
        return f"How many pictures there are, how large and of which classes is not known yet. {about}"
    made = "made by the program, any number" if info.generated else f"{info.train_size:,} to learn from"
    classes = f"{len(info.class_names)} classes, " if info.class_names else ""
    size = f"{width} × {height} pixels" + (" in colour" if channels == 3 else "")
    return f"{classes}{size}, {made}, {info.test_size:,} to test. {about}"


class DatasetCard(QWidget):
    """Sentence, facts and knobs of the chosen set.

    Signals:
        key_changed(key): A knob was turned; the set's new key.

    Thread: GUI.
    """

    key_changed = Signal(str)

    def __init__(self) -> None:
        """Makes it empty."""
        super().__init__()
        self._key = ""
        self._values: dict[str, Value] = {}
        self._info: DatasetInfo | None = None
        self.fields: dict[str, KnobField] = {}
        self._columns = 0
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID_PX // 2)
        self.sentence = label("", wrap=True)
        self.facts = label("", "small", wrap=True)
        self.fold = Fold("What can be changed about them", opened=True, tip="The set's own knobs.")
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(3 * GRID_PX)
        self._grid.setVerticalSpacing(GRID_PX)
        self.fold.body.addLayout(self._grid)
        column.addWidget(self.sentence)
        column.addWidget(self.facts)
        column.addWidget(self.fold)

    @property
    def info(self) -> DatasetInfo | None:
        """The set's card, or None where there is no such set."""
        return self._info

    def show_key(self, key: str) -> None:
        """Shows the set of a key, as in "digits:jitter=3"."""
        try:
            found = datasets.find(key)
            if key == self._key and found.info is self._info:
                return
            self._key = key
            noted = datasets.look(key)
        except StudioError as error:
            self._key = key
            self._info, self._values = None, {}
            self.sentence.setText(error.report.sentence)
            self.facts.setText("")
            self.fold.hide()
            return
        self._values = dict(found.knobs)
        if found.info is not self._info:
            self._info = found.info
            self.sentence.setText(found.info.sentence)
            self.facts.setText(" ".join((facts(found.info), *(noted.notes if noted is not None else ()))))
            self._make_fields(found.info)
        for name, field in self.fields.items():
            field.set_value(self._values[name])

    def _make_fields(self, info: DatasetInfo) -> None:
        for old in self.fields.values():
            self._grid.removeWidget(old)
            old.hide()
            old.deleteLater()
        self.fields = {}
        for knob in info.knobs:
            field = KnobField(knob, self._values[knob.name])
            field.changed.connect(self._on_changed)
            self.fields[knob.name] = field
        self._columns = 0
        self._place_fields()
        self.fold.setVisible(bool(info.knobs))

    def _place_fields(self) -> None:
        """As many columns as there is room for."""
        gap = self._grid.horizontalSpacing()
        wide = round(_COLUMN_EM * max(1, self.font().pixelSize())) + gap
        columns = min(_MOST_COLUMNS, max(1, (self.width() + gap) // wide))
        if columns == self._columns:
            return
        self._columns = columns
        for place, field in enumerate(self.fields.values()):
            self._grid.addWidget(field, place // columns, place % columns)
        for column in range(_MOST_COLUMNS):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)

    @Slot(object)
    def _on_changed(self, value: Value) -> None:
        sender: QObject | None = self.sender()
        if isinstance(sender, KnobField) and self._info is not None:
            self._values[sender.knob.name] = value
            name, _ = parse_key(self._key)
            self._key = write_key(name, self._values, self._info.knobs)
            self.key_changed.emit(self._key)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Places the knobs anew."""
        super().resizeEvent(event)
        self._place_fields()
