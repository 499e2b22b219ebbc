"""The kept results of an experiment: open one, compare others with it, name it, delete it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import QSignalBlocker, QSize, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from cnnstudio.core.kept_sweeps import KeptSweep
from cnnstudio.ui.theme import GRID_PX
from cnnstudio.ui.widgets.basic import button, label
from cnnstudio.ui.widgets.rooms import Scrolled
from cnnstudio.ui.widgets.undo_list import UNDO, UNDO_TIP, UndoList

_WIDE_PX: Final = 480
_MOST_PX: Final = 320
_DELETE: Final = "Delete"
_DELETE_TIP: Final = "Deletes this result and all its runs, when this list closes; until then it can be undone."
_NONE: Final = "No results are kept yet. Each run of the experiment is kept here, also one that was stopped."


def when_words(kept: KeptSweep) -> str:
    """When it began and how far it came, as in "2026-01-02 03:04 · 12 of 36 runs"."""
    began = kept.started_at.replace("T", " ")[:16]
    return f"{began} · {kept.done} of {kept.planned} runs"


class ResultsList(UndoList):
    """One row per result, the newest first.

    Signals:
        opened(id): This one should be shown.
        compared(id, on): This one should be shown beside the open one, or no longer.
        renamed(id, name): It should have another name.

    Thread: GUI.
    """

    opened = Signal(str)
    compared = Signal(str, bool)
    renamed = Signal(str, str)

    def __init__(self) -> None:
        """Makes it empty."""
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self.none = label(_NONE, "muted", wrap=True)
        column.addWidget(self.none)
        self._scroll = Scrolled()
        self._inner = QWidget()
        self._grid = QGridLayout(self._inner)
        self._grid.setContentsMargins(0, 0, GRID_PX, 0)
        self._grid.setSpacing(GRID_PX)
        self._grid.setColumnStretch(1, 1)
        self._scroll.setWidget(self._inner)
        column.addWidget(self._scroll)
        self._shown: tuple[object, ...] = ()
        self.names: dict[str, QLineEdit] = {}
        self.open_buttons: dict[str, QPushButton] = {}
        self.compare_boxes: dict[str, QCheckBox] = {}
        self.delete_buttons: dict[str, QPushButton] = {}

    def show_results(
        self, results: Sequence[KeptSweep], open_id: str | None, compared: Collection[str], going: Collection[str]
    ) -> None:
        """Shows results, oldest first in `results`.

        Args:
            results: What is kept.
            open_id: The one on show.
            compared: Those that it is compared with.
            going: Those that are being measured or wait for it.
        """
        shown = tuple((kept.id, when_words(kept), kept.id in going) for kept in results)
        if shown != self._shown:
            self._shown = shown
            self._fill(results[::-1], going)
        self.none.setVisible(not results)
        self._scroll.setVisible(bool(results))
        for kept in results:
            if not self.names[kept.id].hasFocus():
                self.names[kept.id].setText(kept.name)
            self.open_buttons[kept.id].setEnabled(kept.id != open_id)
            self.open_buttons[kept.id].setText("Open" if kept.id != open_id else "Shown")
            box = self.compare_boxes[kept.id]
            with QSignalBlocker(box):
                box.setChecked(kept.id in compared and kept.id != open_id)
            box.setEnabled(kept.id != open_id)
        self.limit_leaving(kept.id for kept in results if kept.id not in going)
        for kept_id in self.delete_buttons:
            self._show_leaving(kept_id)
        self._widen()

    def _widen(self) -> None:
        """Gives every column the width of its widest part, also of those that the style lets shrink."""
        for column in range(self._grid.columnCount()):
            widths = [0]
            for row in range(self._grid.rowCount()):
                item = self._grid.itemAtPosition(row, column)
                part = item.widget() if item is not None else None
                if part is not None:
                    part.ensurePolished()
                    widths.append(min(part.sizeHint().width(), part.maximumWidth()))
            self._grid.setColumnMinimumWidth(column, max(widths))

    def sizeHint(self) -> QSize:
        """As high as the rows, up to a limit."""
        tall = self._inner.sizeHint().height() if self._shown else 8 * GRID_PX
        return QSize(max(_WIDE_PX, self._inner.sizeHint().width() + 4 * GRID_PX), min(tall + GRID_PX, _MOST_PX))

    def _fill(self, results: Sequence[KeptSweep], going: Collection[str]) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        for made in (self.names, self.open_buttons, self.compare_boxes, self.delete_buttons):
            made.clear()
        for row, kept in enumerate(results):
            self._add(row, kept, kept.id in going)
        self.updateGeometry()

    def _add(self, row: int, kept: KeptSweep, going: bool) -> None:
        name = QLineEdit(kept.name)
        name.setAccessibleName(f"Name of the result of {kept.started_at}")
        name.setToolTip("What this result is called. Type another name.")
        name.setMaximumWidth(20 * GRID_PX)
        name.editingFinished.connect(partial(self._on_name, kept.id))
        self.names[kept.id] = name
        opens = button("Open", "slim", tip="Shows this result.")
        opens.clicked.connect(lambda _, kept_id=kept.id: self.opened.emit(kept_id))
        self.open_buttons[kept.id] = opens
        compare = QCheckBox("compare")
        compare.setToolTip("Draws the chart of this result behind the open one.")
        compare.toggled.connect(partial(self.compared.emit, kept.id))
        self.compare_boxes[kept.id] = compare
        deletes = button(_DELETE, "slim")
        deletes.clicked.connect(lambda _, kept_id=kept.id: self._on_delete(kept_id))
        deletes.setEnabled(not going)
        self.delete_buttons[kept.id] = deletes
        for made in (opens, deletes):
            made.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        for column, part in enumerate((name, label(when_words(kept), "small"), opens, compare, deletes)):
            self._grid.addWidget(part, row, column)

    @Slot()
    def _on_name(self, kept_id: str) -> None:
        if kept_id in self.names:
            self.renamed.emit(kept_id, self.names[kept_id].text())

    def _on_delete(self, kept_id: str) -> None:
        self.toggle_leaving(kept_id)
        self._show_leaving(kept_id)

    def _show_leaving(self, kept_id: str) -> None:
        leaves, made, name = self.leaves(kept_id), self.delete_buttons[kept_id], self.names[kept_id]
        made.setText(UNDO if leaves else _DELETE)
        made.setToolTip(UNDO_TIP if leaves else _DELETE_TIP)
        made.setAccessibleName(f"{made.text()}: {name.text()}")
        name.setEnabled(not leaves)
        name.setFont(self.struck(name.font(), kept_id))
