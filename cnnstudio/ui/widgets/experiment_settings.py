"""The settings of an experiment as a form generated from its knobs: a few in a row, the others in a small window."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from typing import Final

from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from cnnstudio import datasets, networks
from cnnstudio.core.errors import StudioError
from cnnstudio.core.experiment import ExperimentInfo, Settings
from cnnstudio.core.knobs import Knob, Value, parse_key, split_keys
from cnnstudio.ui.theme import GRID_PX
from cnnstudio.ui.widgets.basic import button, explain_on_focus, label
from cnnstudio.ui.widgets.cluster_fields import ClusterFields
from cnnstudio.ui.widgets.knob_field import KnobField
from cnnstudio.ui.widgets.popover import Popover
from cnnstudio.ui.widgets.text_field import TextField

NETWORKS: Final = "networks"
DATASET: Final = "dataset"
_FORM_PX: Final = 340
_NAMES: Final = 2
"""Up to so many networks are named on their button."""

_WORKERS: Final = Knob(
    "workers", "worker processes", 0,
    "How many runs are done at a time, one processor core each; 0 takes as many as cores and memory allow.",
    minimum=0, maximum=1_024,
)  # fmt: skip


def network_words(keys: Sequence[str]) -> str:
    """What a button says of networks: their titles, or how many."""
    titles = []
    for key in keys:
        try:
            titles.append(networks.find(key)[0].title)
        except StudioError:
            titles.append(key)
    return ", ".join(titles) if 0 < len(titles) <= _NAMES else f"{len(titles)} networks"


class NetworkChoice(QWidget):
    """Networks to tick, in the order of their list; settings of a key, as in "mlp:hidden=20", stay with it.

    Signals:
        changed(text): Keys with commas between them.

    Thread: GUI.
    """

    changed = Signal(str)

    def __init__(self) -> None:
        """Makes a box for every network."""
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID_PX // 2)
        self._keys: dict[str, str] = {}
        self.boxes: dict[str, QCheckBox] = {}
        for info in networks.all_networks().values():
            box = QCheckBox(info.title)
            box.setToolTip(info.sentence)
            explain_on_focus(box)
            box.toggled.connect(self._tell)
            column.addWidget(box)
            self.boxes[info.id] = box

    def set_keys(self, text: str) -> None:
        """Ticks the networks that a text names."""
        self._keys = {parse_key(key)[0]: key for key in split_keys(text)}
        for name, box in self.boxes.items():
            with QSignalBlocker(box):
                box.setChecked(name in self._keys)

    @Slot()
    def _tell(self) -> None:
        chosen = [self._keys.get(name, name) for name, box in self.boxes.items() if box.isChecked()]
        self.changed.emit(",".join(chosen))


class SettingsForm(QWidget):
    """The row with the most important settings; a button opens the others.

    Attributes:
        values: Every knob's value, the last good one.

    Signals:
        changed(): A person changed a value.

    Thread: GUI.
    """

    changed = Signal()

    def __init__(self, info: ExperimentInfo, shown: Sequence[str]) -> None:
        """Makes the form.

        Args:
            info: The experiment.
            shown: Names of knobs that stand in the row, besides the networks.
        """
        super().__init__()
        self.values: dict[str, Value] = info.settings()
        self._knobs = {knob.name: knob for knob in info.knobs}
        self.fields: dict[str, KnobField | TextField] = {}
        self.failed: set[str] = set()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID_PX)
        self.networks: NetworkChoice | None = None
        if NETWORKS in self._knobs:
            self._add_networks(row)
        for name in shown:
            row.addWidget(self._make(self._knobs[name], in_row=True))
        row.addStretch(1)
        more = QWidget()
        self._column = QVBoxLayout(more)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(GRID_PX)
        more.setMinimumWidth(_FORM_PX)
        for name, knob in self._knobs.items():
            if name not in shown and name != NETWORKS:
                self._column.addWidget(self._make(knob, in_row=False))
        self._add_place()
        self.more_button = button("Settings", tip="All settings of this experiment, and where its runs are done.")
        self.more = Popover(more, self.more_button)
        self.cluster.chosen.connect(self.more.open)
        self.cluster.resized.connect(self.more.fit)
        row.addWidget(self.more_button)

    def set_values(self, values: Settings) -> None:
        """Shows other values, without a signal; what is unknown or cannot be is left out."""
        for name, value in values.items():
            knob = self._knobs.get(name)
            if knob is not None and knob.check(value) is None:
                self.values[name] = value
                if name in self.fields:
                    self.fields[name].set_value(value)
        self._show_networks()

    def place(self) -> dict[str, Value]:
        """Where runs are done, for `set_place`."""
        return {"workers": self.workers.value, "dask": self.cluster.address}

    def set_place(self, place: Mapping[str, object]) -> None:
        """Takes back what `place` gave."""
        workers, dask = place.get("workers"), place.get("dask")
        if isinstance(workers, int) and _WORKERS.check(workers) is None:
            self.workers.set_value(workers)
        if isinstance(dask, str):
            self.cluster.set_address(dask)

    def factory(self) -> Callable[[], Executor] | None:
        """Who does the runs; None for processes of this computer, as many as it has room for.

        Raises:
            StudioError: The cluster cannot be as it is typed, or Dask is not installed.
        """
        if self.cluster.address:
            from cnnstudio.runtime.cluster import cluster

            return cluster(self.cluster.address, self.cluster.certificates())
        if not self.workers.value:
            return None
        from cnnstudio.runtime.sweep import processes

        return processes(int(self.workers.value))

    def _add_networks(self, row: QHBoxLayout) -> None:
        self.networks = NetworkChoice()
        self.networks_button = button("", tip=self._knobs[NETWORKS].sentence)
        self._networks_window = Popover(self.networks, self.networks_button)
        self.networks.changed.connect(self._on_networks)
        row.addWidget(self.networks_button)
        self._show_networks()

    def _show_networks(self) -> None:
        if self.networks is not None:
            keys = str(self.values[NETWORKS])
            self.networks.set_keys(keys)
            words = network_words(split_keys(keys))
            self.networks_button.setText(words)
            self.networks_button.setAccessibleName(f"Networks: {words}")

    def _add_place(self) -> None:
        self._column.addWidget(label("Where the runs are done", "heading"))
        self.workers = KnobField(_WORKERS, 0)
        self.workers.set_automatic("automatic")
        self.cluster = ClusterFields()
        self._column.addWidget(self.workers)
        self._column.addWidget(self.cluster)

    def _make(self, knob: Knob, *, in_row: bool) -> KnobField | TextField:
        value = self.values[knob.name]
        field: KnobField | TextField
        if isinstance(knob.default, str) and not knob.choices:
            names = [info.id for info in datasets.all_datasets().values() if not info.takes_path]
            field = TextField(knob, str(value), names if knob.name == DATASET else ())
        else:
            field = KnobField(knob, value, in_row=in_row)
            field.failed.connect(lambda report, name=knob.name: self._on_failed(name, report is not None))
        field.changed.connect(lambda value, name=knob.name: self._on_changed(name, value))
        self.fields[knob.name] = field
        return field

    def _on_failed(self, name: str, failed: bool) -> None:
        if failed != (name in self.failed):
            self.failed ^= {name}
            self.changed.emit()

    def _on_changed(self, name: str, value: Value) -> None:
        if self.values[name] != value:
            self.values[name] = value
            self.changed.emit()

    @Slot(str)
    def _on_networks(self, text: str) -> None:
        self.values[NETWORKS] = text
        self._show_networks()
        self.changed.emit()
