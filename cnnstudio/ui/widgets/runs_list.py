"""Earlier runs: named, hidden, removed."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Final

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QVBoxLayout

from cnnstudio.core.percent import percent
from cnnstudio.ui.studio import KeptRun
from cnnstudio.ui.theme import GRID_PX
from cnnstudio.ui.widgets._names import short_names
from cnnstudio.ui.widgets._setup_words import dataset_words, examples_words, run_words
from cnnstudio.ui.widgets.basic import button, label
from cnnstudio.ui.widgets.undo_list import UNDO, UNDO_TIP, UndoList

_ID = Qt.ItemDataRole.UserRole
_WIDTH_PX = 420
_MOST_ROWS = 8
_REMOVE: Final = "Remove"
_REMOVE_TIP: Final = (
    "Takes the chosen run out of the study, when this list closes; until then it can be undone (Delete)."
)


def summary(run: KeptRun) -> str:
    """One line about a run: its set, size and results."""
    config = run.history.started.config
    names = short_names(run.history.started.competitors)
    scores = {network: run.history.latest(network) for network in run.history.networks}
    results = [f"{names[network]} {percent(score.test.accuracy)}" for network, score in scores.items() if score]
    told = f"{dataset_words(config.dataset)}, {examples_words(config, run.history.started)}, seed {config.seed}"
    return told + (". Test: " + ", ".join(results) if results else "") + "."


def title(run: KeptRun) -> str:
    """What the list calls a run."""
    return run_words(run.name, run.history.started)


class RunsList(UndoList):
    """The list: the box before a name shows or hides the run's lines, F2 or a double click renames, Delete removes.

    Signals:
        renamed(id, name): It should have another name.
        hidden_changed(id, hidden): Its lines should be left out, or shown again.

    Thread: GUI.
    """

    renamed = Signal(str, str)
    hidden_changed = Signal(str, bool)

    def __init__(self) -> None:
        """Makes an empty list."""
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID_PX // 2)
        self.list = QListWidget()
        self.list.setAccessibleName("Earlier runs")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setMinimumWidth(_WIDTH_PX)
        self.about = label("", "small", wrap=True)
        row = QHBoxLayout()
        self.rename = button("Rename", tip="Gives the chosen run another name (F2).")
        self.remove = button(_REMOVE, tip=_REMOVE_TIP)
        row.addWidget(self.rename)
        row.addWidget(self.remove)
        row.addStretch(1)
        column.addWidget(self.list)
        column.addWidget(self.about)
        column.addLayout(row)
        self._filling = False
        self._runs: dict[str, KeptRun] = {}
        self._hidden: set[str] = set()
        self.list.itemChanged.connect(self._on_item)
        self.list.currentItemChanged.connect(self._on_current)
        self.rename.clicked.connect(self._rename)
        self.remove.clicked.connect(self._remove)
        self.list.installEventFilter(self)

    def show_runs(self, runs: Sequence[KeptRun], left_out: Container[str] = ()) -> None:
        """Shows these, newest first; the chosen one stays chosen. `left_out` are not drawn though nobody hid them."""
        self._filling = True
        self._hidden = {run.id for run in runs if run.hidden or run.id in left_out}
        self._runs = {run.id: run for run in runs}
        self.limit_leaving(self._runs)
        wanted = [run.id for run in reversed(runs)]
        current = self._current_id()
        if wanted != [str(self.list.item(row).data(_ID)) for row in range(self.list.count())]:
            self._make_items(wanted)
        for row, run_id in enumerate(wanted):
            item, run = self.list.item(row), self._runs[run_id]
            item.setText(title(run))
            item.setCheckState(Qt.CheckState.Unchecked if run_id in self._hidden else Qt.CheckState.Checked)
            item.setToolTip(summary(run))
            item.setFont(self.struck(item.font(), run_id))
        self.list.setCurrentRow(wanted.index(current) if current in wanted else 0)
        self._filling = False
        rows = min(_MOST_ROWS, max(1, len(runs)))
        self.list.setFixedHeight(rows * max(self.list.sizeHintForRow(0), 2 * GRID_PX) + GRID_PX)
        self._on_current()

    def _make_items(self, run_ids: Sequence[str]) -> None:
        self.list.clear()
        for run_id in run_ids:
            item = QListWidgetItem()
            item.setData(_ID, run_id)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable | Qt.ItemFlag.ItemIsUserCheckable)
            self.list.addItem(item)

    def _current_id(self) -> str:
        item = self.list.currentItem()
        return str(item.data(_ID)) if item is not None else ""

    @Slot()
    def _on_current(self) -> None:
        current = self._current_id()
        self.about.setText(summary(self._runs[current]) if current in self._runs else "")
        self.rename.setEnabled(bool(current))
        self.remove.setEnabled(bool(current))
        self.remove.setText(UNDO if self.leaves(current) else _REMOVE)
        self.remove.setToolTip(UNDO_TIP if self.leaves(current) else _REMOVE_TIP)

    @Slot(QListWidgetItem)
    def _on_item(self, item: QListWidgetItem) -> None:
        if self._filling:
            return
        run = self._runs[str(item.data(_ID))]
        hidden, name = item.checkState() == Qt.CheckState.Unchecked, item.text().strip() or run.name
        if hidden != (run.id in self._hidden):
            self.hidden_changed.emit(run.id, hidden)
        if name not in (run.name, title(run)):
            self.renamed.emit(run.id, name)

    @Slot()
    def _rename(self) -> None:
        if self.list.currentItem() is not None:
            self.list.editItem(self.list.currentItem())

    @Slot()
    def _remove(self) -> None:
        item, current = self.list.currentItem(), self._current_id()
        if current:
            self.toggle_leaving(current)
            self._filling = True  # a font is no change that a person made
            item.setFont(self.struck(item.font(), current))
            self._filling = False
            self._on_current()

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        """Delete removes, or undoes that."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Delete:
            self._remove()
            return True
        return False
