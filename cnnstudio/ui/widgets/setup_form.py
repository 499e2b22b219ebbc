"""The set-up of the next run, as a form generated from the knobs of the race, the data set and the networks."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Final

from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QGridLayout,
    QLabel,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from cnnstudio import datasets, networks
from cnnstudio.core.config import AUGMENTATIONS, RaceConfig, knobs
from cnnstudio.core.dataset import DatasetInfo, Shape
from cnnstudio.core.errors import ErrorReport, StudioError
from cnnstudio.core.knobs import Knob, Value, write_key
from cnnstudio.ui.studio import Studio
from cnnstudio.ui.theme import GRID_PX
from cnnstudio.ui.widgets._setup_words import CLASSES_UNKNOWN, budget_words, cards_of
from cnnstudio.ui.widgets.basic import Fold, explain_on_focus, label
from cnnstudio.ui.widgets.knob_field import KnobField

logger = logging.getLogger(__name__)

_GROUPS: Final[tuple[tuple[str, bool, tuple[str, ...]], ...]] = (
    ("Examples", True, ("examples", "batch_size", "epochs", "seed")),
    ("Optimiser", False, ("optimiser", "learning_rate", "momentum", "schedule", "warmup_share", "final_share")),
    ("Against overfitting", False, ("weight_decay", "dropout")),
)
_REST: Final = "More"
_NEXT_RUN: Final = "Changes apply to the next run."


class _Knobs(QWidget):
    """The fields of some knobs, one below the other.

    Thread: GUI.
    """

    changed = Signal(str, object)
    failed = Signal(str, object)

    def __init__(self, which: Mapping[str, Knob], values: Mapping[str, Value]) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID_PX)
        self.fields: dict[str, KnobField] = {}
        for name, knob in which.items():
            field = KnobField(knob, values[name])
            field.changed.connect(lambda value, name=name: self.changed.emit(name, value))
            field.failed.connect(lambda report, name=name: self.failed.emit(name, report))
            column.addWidget(field)
            self.fields[name] = field

    def show_values(self, values: Mapping[str, Value]) -> None:
        for name, field in self.fields.items():
            field.set_value(values[name])


class _Networks(QWidget):
    """The networks to choose from; those that are chosen show their knobs.

    Thread: GUI.
    """

    changed = Signal(object)
    failed = Signal(str, object)

    def __init__(self) -> None:
        super().__init__()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(GRID_PX // 2)
        self._boxes: dict[str, QCheckBox] = {}
        self._knobs: dict[str, _Knobs] = {}
        self._values: dict[str, dict[str, Value]] = {}
        for info in networks.all_networks().values():
            box = QCheckBox(info.title)
            box.setToolTip(f"{info.sentence} ({info.citation})")
            box.setAccessibleDescription(info.sentence)
            explain_on_focus(box)
            box.toggled.connect(self._tell)
            self._column.addWidget(box)
            self._boxes[info.id] = box
            self._values[info.id] = {knob.name: knob.default for knob in info.knobs}
            if info.knobs:
                self._add_knobs(info.id, info.knobs)

    def _add_knobs(self, key: str, which: tuple[Knob, ...]) -> None:
        made = _Knobs({knob.name: knob for knob in which}, self._values[key])
        made.setContentsMargins(3 * GRID_PX, 0, 0, GRID_PX // 2)
        made.changed.connect(lambda name, value: self._set(key, name, value))
        made.failed.connect(lambda name, report: self.failed.emit(f"{key}.{name}", report))
        made.hide()
        self._column.addWidget(made)
        self._knobs[key] = made

    def show_keys(self, keys: tuple[str, ...]) -> None:
        """Shows which are chosen, and their settings."""
        chosen = {}
        for key in keys:
            try:
                info, values = networks.find(key)
            except StudioError:
                continue
            chosen[info.id] = values
        for name, box in self._boxes.items():
            with QSignalBlocker(box):
                box.setChecked(name in chosen)
            if name in chosen:
                self._values[name] = dict(chosen[name])
            if name in self._knobs:
                self._knobs[name].setVisible(name in chosen)
                self._knobs[name].show_values(self._values[name])

    def show_automatic(self, shape: Shape, classes: int) -> None:
        """Says in the fields that stand at 0 what that amounts to for pictures of a shape."""
        for name, info in networks.all_networks().items():
            if info.automatic is not None and name in self._knobs:
                for knob, words in info.automatic(shape, classes, self._values[name]).items():
                    self._knobs[name].fields[knob].set_automatic(words)

    def keys(self) -> tuple[str, ...]:
        """What is chosen, in the list's order."""
        infos = networks.all_networks()
        return tuple(
            write_key(name, self._values[name], infos[name].knobs)
            for name, box in self._boxes.items()
            if box.isChecked()
        )

    @Slot()
    def _tell(self) -> None:
        self.changed.emit(self.keys())

    def _set(self, key: str, name: str, value: Value) -> None:
        self._values[key][name] = value
        self._tell()


class SetupForm(QWidget):
    """The whole form. Every good change goes to the study at once; there is no button to press.

    Thread: GUI.
    """

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        """Makes the form for a study."""
        super().__init__(parent)
        self._studio = studio
        self._dataset_id = ""
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(GRID_PX // 2)
        self._note = label(_NEXT_RUN, "small")
        self._note.hide()
        self._column.addWidget(self._note)
        self._problems: dict[str, QLabel] = {}
        self._make_dataset()
        self._make_networks()
        self._settings = self._make_groups()
        self._column.addStretch(1)
        studio.config_changed.connect(self._show)
        studio.problems_changed.connect(self._show_problems)
        studio.state_changed.connect(self._on_state)
        self._on_state(studio.run_state)
        self._show(studio.config)

    @property
    def fields(self) -> dict[str, KnobField]:
        """The fields of the race's own knobs, by name."""
        return {name: field for group in self._settings for name, field in group.fields.items()}

    # Making

    def _section(self, title: str, opened: bool, name: str = "") -> QVBoxLayout:
        fold = Fold(title, opened=opened)
        self._column.addWidget(fold)
        if name:
            problem = label("", "problem", wrap=True)
            problem.hide()
            fold.body.addWidget(problem)
            self._problems[name] = problem
        return fold.body

    def _make_dataset(self) -> None:
        body = self._section("Data set", True, "dataset")
        self.datasets = QComboBox()
        self.datasets.setAccessibleName("Data set")
        self.datasets.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        for info in datasets.all_datasets().values():
            self.datasets.addItem(f"{info.title} ..." if info.takes_path else info.title, info.id)
        self.datasets.activated.connect(self._choose_dataset)
        explain_on_focus(self.datasets)
        self._sentence = label("", "small", wrap=True)
        self._dataset_body = QVBoxLayout()
        body.insertWidget(0, self.datasets)
        body.insertWidget(1, self._sentence)
        body.addLayout(self._dataset_body)
        self._dataset_knobs: _Knobs | None = None

    def _make_networks(self) -> None:
        body = self._section("Networks", True, "networks")
        self.networks = _Networks()
        self.networks.changed.connect(lambda keys: self._change("networks", keys))
        self.networks.failed.connect(self._studio.set_typed_problem)
        self._budgets = label("", "small", wrap=True)
        body.insertWidget(0, self.networks)
        body.insertWidget(1, self._budgets)

    def _make_groups(self) -> list[_Knobs]:
        every = knobs()
        named = {name for _, _, names in _GROUPS for name in names}
        rest = (_REST, False, tuple(name for name in every if name not in named))
        made = []
        for title, opened, names in (*_GROUPS, rest):
            body = self._section(title, opened)
            values = {name: getattr(self._studio.config, name) for name in names}
            group = _Knobs({name: every[name] for name in names}, values)
            group.changed.connect(self._change)
            group.failed.connect(self._studio.set_typed_problem)
            body.addWidget(group)
            made.append(group)
            if "dropout" in names:
                self._make_augmentations(body)
        return made

    def _make_augmentations(self, body: QVBoxLayout) -> None:
        tip = "Training pictures are changed a little by chance each time; validation and test never are."
        body.addWidget(label("augmentation", "muted", tip=tip))
        grid = QGridLayout()
        grid.setSpacing(GRID_PX // 2)
        self.augmentations: dict[str, QCheckBox] = {}
        for place, name in enumerate(AUGMENTATIONS):
            box = QCheckBox(name)
            box.setToolTip(tip)
            box.toggled.connect(self._choose_augmentations)
            grid.addWidget(box, place // 2, place % 2)
            self.augmentations[name] = box
        body.addLayout(grid)

    # A person changes something

    @Slot(str, object)
    def _change(self, name: str, value: Any) -> None:
        self._studio.set_config(self._studio.config.with_(**{name: value}))

    @Slot()
    def _choose_augmentations(self) -> None:
        self._change("augmentation", tuple(name for name, box in self.augmentations.items() if box.isChecked()))

    @Slot(int)
    def _choose_dataset(self, index: int) -> None:
        info = datasets.all_datasets()[self.datasets.itemData(index)]
        path = ""
        if info.takes_path:
            path = QFileDialog.getExistingDirectory(self, "A folder with one folder of pictures per class")
            if not path:
                self._show(self._studio.config)
                return
        self._studio.set_config(self._studio.race_on(info, path))

    @Slot(str, object)
    def _change_dataset_knob(self, name: str, value: Value) -> None:
        found = datasets.find(self._studio.config.dataset)
        key = write_key(found.info.id, {**found.knobs, name: value}, found.info.knobs)
        self._change("dataset", key)

    # The study changed

    @Slot(object)
    def _show(self, config: RaceConfig) -> None:
        self._show_dataset(config.dataset)
        self.networks.show_keys(config.networks)
        self._budgets.setText(budget_words(cards_of(config)))
        self._budgets.setVisible(bool(self._budgets.text()))
        self._show_automatic(config)
        for group in self._settings:
            group.show_values({name: getattr(config, name) for name in group.fields})
        for name, box in self.augmentations.items():
            with QSignalBlocker(box):
                box.setChecked(name in config.augmentation)
        self._show_relevance(config)
        self._show_problems()

    def _show_automatic(self, config: RaceConfig) -> None:
        try:
            info = datasets.find(config.dataset).info
            self.networks.show_automatic(info.shape, len(info.class_names) or CLASSES_UNKNOWN)
            sizes = datasets.set_sizes(info, config.examples)
            fewer = sizes is not None and sizes[0] < config.examples
            self.fields["examples"].set_remark(f"There are {sizes[0]:,}." if sizes is not None and fewer else "")
        except StudioError as error:
            logger.info("what the networks' settings amount to is not known: %s", error)

    def _show_dataset(self, key: str) -> None:
        try:
            found = datasets.find(key)
        except StudioError:
            return
        info = found.info
        with QSignalBlocker(self.datasets):
            self.datasets.setCurrentIndex(self.datasets.findData(info.id))
        where = f" {found.path}" if found.path else ""
        self._sentence.setText(f"{info.sentence}{where}{self._counted(info)}")
        self.datasets.setToolTip(f"{info.sentence} Source: {info.source}. Licence: {info.licence}.")
        if info.id != self._dataset_id:
            self._dataset_id = info.id
            self._replace_dataset_knobs(info, found.knobs)
        elif self._dataset_knobs is not None:
            self._dataset_knobs.show_values(found.knobs)

    def _counted(self, info: DatasetInfo) -> str:
        """How a folder's pictures are divided, once they are counted."""
        sizes = datasets.set_sizes(info, self._studio.config.examples)
        if not info.takes_path or sizes is None:
            return ""
        return f"\n{sizes[0]:,} pictures to learn from, {sizes[1]:,} for validation, {info.test_size:,} to test."

    def _replace_dataset_knobs(self, info: DatasetInfo, values: Mapping[str, Value]) -> None:
        if self._dataset_knobs is not None:
            for name in self._dataset_knobs.fields:
                self._studio.set_typed_problem(f"dataset.{name}", None)
            self._dataset_knobs.hide()
            self._dataset_knobs.deleteLater()
        made = _Knobs({knob.name: knob for knob in info.knobs}, values)
        made.changed.connect(self._change_dataset_knob)
        made.failed.connect(lambda name, report: self._studio.set_typed_problem(f"dataset.{name}", report))
        self._dataset_body.addWidget(made)
        self._dataset_knobs = made

    def _show_relevance(self, config: RaceConfig) -> None:
        """Fields that the chosen optimiser and schedule do not read are greyed."""
        fields = self.fields
        fields["momentum"].setEnabled(config.optimiser == "momentum")
        fields["warmup_share"].setEnabled(config.schedule in ("warmup_linear", "one_cycle"))
        fields["final_share"].setEnabled(config.schedule != "constant")

    @Slot()
    def _show_problems(self) -> None:
        reports: dict[str, ErrorReport] = {}
        for problem in self._studio.problems():
            reports.setdefault(problem.field, problem.report)
        for name, shown in self._problems.items():
            shown.setText(reports[name].sentence if name in reports else "")
            shown.setVisible(name in reports)
        for name, field in self.fields.items():
            field.show_problem(reports.get(name))

    @Slot(str)
    def _on_state(self, state: str) -> None:
        self._note.setVisible(state != "idle")
