"""Pooling: one window, one number, the way back of its gradient, and what a small shift does to it all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSignalBlocker, Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QCheckBox, QComboBox, QHBoxLayout, QPushButton, QWidget

from cnnstudio.core.errors import ErrorReport, StudioError
from cnnstudio.core.events import RunEnded, RunStarted, StepEnd
from cnnstudio.core.pooling import (
    SENTENCES,
    TITLES,
    Kind,
    Pooling,
    comparable,
    pool,
    window_at,
)
from cnnstudio.ui.panels._panel import Panel, PanelInfo, run_alone
from cnnstudio.ui.theme import GRID_PX, Theme
from cnnstudio.ui.widgets.basic import button, explain_on_focus, label
from cnnstudio.ui.widgets.map_source import MapSource
from cnnstudio.ui.widgets.number_box import NumberBox
from cnnstudio.ui.widgets.pooling_content import PoolingContent, View
from cnnstudio.ui.widgets.stepper_bar import StepperBar

Map = NDArray[np.float64]

_NUMBERS: Final = ("window", "stride", "padding")
_TIPS: Final = {
    "window": "Rows and columns of the window. Subsampling reads one value, global pooling the whole map.",
    "stride": "Values from one window to the next. Smaller than the window: windows overlap.",
    "padding": "Values added on each side, at most half the window. Max never chooses them, a mean counts them as 0.",
}
_VIEWS: Final = {
    "window": ("Window", "The maps, and one window in numbers."),
    "shifts": ("Shifts", "The maps, and how much of the pooled one changes when the picture moves."),
}
_LEAST_PX: Final = 580
_LEAST_EM: Final = (46, 38)
"""Where the panel is less high than that, or less wide and high than that many times the text, it shows one view."""


class PoolingPanel(Panel):
    """Map, pooled map, the window between them, and the bench.

    Thread: GUI.
    """

    INFO = PanelInfo(
        id="pooling", title="What survives when a map is compressed?", short="Pooling", group="See", order=30
    )

    def build(self) -> None:
        """Makes everything, once."""
        self._pooling = Pooling()
        self._map: Map | None = None
        self._pooled: Map | None = None
        self._wanted: int | None = None
        self._fresh = self._folded = True
        self._build_controls()
        self._build_rows()
        self.problem = label("", "problem", wrap=True)
        self.problem.hide()
        self.body.addWidget(self.problem)
        self._build_content()
        self._arrange()
        self.bench.shift_chosen.connect(self._on_shift)
        self.bench.kind_chosen.connect(self._set_kind)
        self.bench.options_changed.connect(self._on_source)

    def _build_controls(self) -> None:
        self.source = MapSource(self.studio)
        self.source.changed.connect(self._on_source)
        self.kind = QComboBox()
        for key, title in TITLES.items():
            self.kind.addItem(title, key)
            self.kind.setItemData(self.kind.count() - 1, SENTENCES[key], Qt.ItemDataRole.ToolTipRole)
        self.kind.setAccessibleName("Kind of pooling")
        explain_on_focus(self.kind)
        self.kind.currentIndexChanged.connect(self._on_kind)
        self.numbers: dict[str, NumberBox] = {}
        for name in _NUMBERS:
            box = NumberBox(name, getattr(self._pooling, name), _TIPS[name])
            box.changed.connect(self._on_number)
            box.failed.connect(self._on_failed)
            self.numbers[name] = box
        self._group = QButtonGroup(self)
        self.views: dict[str, QPushButton] = {}
        for name, (title, tip) in _VIEWS.items():
            self.views[name] = made = button(title, "tab", checkable=True, tip=tip)
            made.clicked.connect(self._on_view)
            self._group.addButton(made)
        self.views["window"].setChecked(True)

    def _build_rows(self) -> None:
        self.bar = StepperBar(self.studio.theme)
        self.bar.moved.connect(self._show_window)
        self.route = button("Gradient", "tab", checkable=True, tip="Shows on the map which inputs a gradient reaches, "
                            "when every pooled value hands back 1.")  # fmt: skip
        self.route.toggled.connect(self._show)
        self.training = QCheckBox("training")
        self.training.setToolTip("While training, stochastic pooling draws; otherwise it takes the weighted mean.")
        explain_on_focus(self.training)
        self.training.toggled.connect(self._on_training)
        self.again = button("Draw again", tip="The next seed: other values are drawn.")
        self.again.clicked.connect(self._on_again)
        self._rows = (QHBoxLayout(), QHBoxLayout())
        for row in self._rows:
            row.setSpacing(GRID_PX)
            self.body.addLayout(row)

    def _build_content(self) -> None:
        self.content = PoolingContent(self.studio.theme)
        self.stage, self.bench = self.content.stage, self.content.bench
        self.values, self.shares, self.sum = self.content.values, self.content.shares, self.content.sum
        self.before, self.after = self.stage.before, self.stage.after
        for picture in (self.before, self.after):
            picture.stepped.connect(self._on_stepped)
            picture.jumped.connect(self._on_jumped)
            picture.toggled.connect(self.bar.toggle)
        self.before.picked.connect(self._on_picked_before)
        self.after.picked.connect(self._on_picked_after)
        self.body.addWidget(self.content, 1)

    @property
    def view(self) -> View:
        """What is seen: everything, or one of the two views that a small panel has."""
        if not self._folded:
            return "all"
        return "shifts" if self.views["shifts"].isChecked() else "window"

    def _arrange(self) -> None:
        """Shows everything at once where there is room for it."""
        folded, numbers = self._folded, tuple(self.numbers.values())
        rows: tuple[tuple[QWidget, ...], ...]
        if folded:
            rows = (self.source, self.kind), (*numbers, self.route, self.training), (self.bar, self.again)
        else:
            rows = (self.source, self.kind, *numbers), (self.bar, self.route, self.training, self.again), ()
        for row, parts in zip((self.controls, *self._rows), rows, strict=True):
            while row.count():
                row.takeAt(0)
            for part in parts:
                row.addWidget(part)
            row.addStretch(1)
        for view in self.views.values():
            self.controls.addWidget(view)
            view.setVisible(folded)
        self._on_view()

    @Slot()
    def _on_view(self) -> None:
        self.bar.setVisible(self.view != "shifts")
        self.content.arrange(self.view)
        self._on_source()

    def _fold(self) -> None:
        em = self.studio.theme.body_px
        wide, high = (em * least for least in _LEAST_EM)
        folded = self.width() < wide or self.height() < max(high, _LEAST_PX)
        if folded != self._folded:
            self._folded = folded
            self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """There is room for everything, or not."""
        super().resizeEvent(event)
        self._fold()

    # Hooks

    def sync(self) -> None:
        """Shows the picture as it is, and asks for learned kernels."""
        self.source.fill()
        self._on_source()
        self.source.ask()

    def on_picture(self) -> None:
        """Another picture: its colours may be others."""
        self.source.fill()
        self._on_source()

    def on_moment(self, step: int | None) -> None:
        """Learned kernels of another moment."""
        self.source.ask()

    def on_run_started(self, event: RunStarted) -> None:
        """The first kernels."""
        self.source.ask()

    def on_points(self, points: tuple[StepEnd, ...]) -> None:
        """The kernels moved."""
        if self.source.is_learned and self.studio.moment is None:
            self.source.ask()

    def on_run_ended(self, event: RunEnded) -> None:
        """The last kernels."""
        self.source.ask()

    def on_theme(self, theme: Theme) -> None:
        """Restyles what paints itself."""
        for part in (self.content, self.bar):
            part.set_theme(theme)
        self._fold()
        if self._map is not None:
            self._show()

    def settings(self) -> dict[str, Any]:
        """How it is set."""
        pooling = self._pooling
        return {
            "source": self.source.key, "kind": pooling.kind, "window": pooling.window, "stride": pooling.stride,
            "padding": pooling.padding, "training": pooling.training, "seed": pooling.seed,
            "shift_px": self.bench.shift_px, "way": self.bench.way.currentData(),
            "against": self.bench.against.currentData(), "gradient": self.route.isChecked(), "place": self.bar.index,
            "view": "shifts" if self.views["shifts"].isChecked() else "window",
        }  # fmt: skip

    def restore(self, settings: dict[str, Any]) -> None:
        """Sets it so again; numbers that cannot be are left out."""
        kind = settings.get("kind")
        window, stride, padding, seed = (
            value if isinstance(value := settings.get(name), int) else getattr(Pooling(), name)
            for name in (*_NUMBERS, "seed")
        )
        training = settings.get("training") is True
        made = Pooling(kind if kind in TITLES else "max", window, stride, padding, training, seed)
        try:
            made.check()
        except StudioError:
            made = Pooling()
        self.bench.set_options(settings.get("way"), settings.get("against"), settings.get("shift_px"))
        self.route.setChecked(settings.get("gradient") is True)
        self.source.set_key(settings.get("source"))
        self.views["shifts" if settings.get("view") == "shifts" else "window"].setChecked(True)
        self._on_view()
        self._set(made)
        place = settings.get("place")
        self._wanted = place if isinstance(place, int) else None
        self._show()

    # What a person does

    @Slot()
    def _on_kind(self) -> None:
        self._set(replace(self._pooling, kind=self.kind.currentData()))

    @Slot(object)
    def _set_kind(self, kind: Kind) -> None:
        self._set(replace(self._pooling, kind=kind))

    @Slot(object)
    def _on_number(self, value: int) -> None:
        window, stride, padding = (self.numbers[name].value for name in _NUMBERS)
        self._set(replace(self._pooling, window=window, stride=stride, padding=padding))

    @Slot(object)
    def _on_failed(self, report: ErrorReport | None) -> None:
        self._tell(report.sentence if report is not None else "")

    @Slot(bool)
    def _on_training(self, on: bool) -> None:
        self._set(replace(self._pooling, training=on))

    @Slot()
    def _on_again(self) -> None:
        self._set(replace(self._pooling, seed=self._pooling.seed + 1))

    def _set(self, pooling: Pooling) -> None:
        self._pooling = pooling
        with QSignalBlocker(self.kind), QSignalBlocker(self.training):
            self.kind.setCurrentIndex(self.kind.findData(pooling.kind))
            self.training.setChecked(pooling.training)
        for name, box in self.numbers.items():
            if not box.field.hasFocus():
                box.set_value(getattr(pooling, name))
            box.setEnabled(not pooling.is_global and (name == "stride" or pooling.is_padded))
        self._on_source()

    @Slot(object)
    def _on_stepped(self, way: tuple[int, int]) -> None:
        if self._pooled is not None:
            rows, columns = self._pooled.shape
            row, column = divmod(self.bar.index, columns)
            self._go(min(max(row + way[0], 0), rows - 1), min(max(column + way[1], 0), columns - 1))

    @Slot(object)
    def _on_jumped(self, end: str) -> None:
        (self.bar.go_first if end == "first" else self.bar.go_last)()

    @Slot(object)
    def _on_picked_before(self, cell: tuple[int, int]) -> None:
        if self._map is None or self._pooled is None:
            return
        slide = self._pooling.slide((self._map.shape[0], self._map.shape[1]))
        # The window whose middle is nearest; `cell` counts from the corner of the padding.
        row, column = (
            min(max(round((cell[axis] - (slide.kernel[axis] - 1) / 2) / slide.stride[axis]), 0), size - 1)
            for axis, size in enumerate(self._pooled.shape)
        )
        self._go(row, column)

    @Slot(object)
    def _on_picked_after(self, cell: tuple[int, int]) -> None:
        self._go(*cell)

    def _go(self, row: int, column: int) -> None:
        if self._pooled is not None:
            self.bar.stop()
            self.bar.set_index(row * self._pooled.shape[1] + column)
            self._show_window()

    @Slot(object)
    def _on_shift(self, shift_px: int) -> None:
        self._show()

    # Showing

    @Slot()
    def _on_source(self) -> None:
        """Another map, another setting: measure and show."""
        if not self.isVisible():
            return
        for part in (self.training, self.again):
            part.setVisible(self._pooling.kind == "stochastic" and self.view != "shifts")
        self.again.setEnabled(self._pooling.training)
        self.kind.setToolTip(SENTENCES[self._pooling.kind])
        self._show()
        if self._map is not None and self._pooled is not None and self.view != "window":
            self.bench.measure(self.source.values, self._pooling)

    @Slot()
    def _show(self) -> None:
        if not self.isVisible():
            return
        try:
            self._map = self.source.values(*self.bench.step)
            self._pooled = pool(self._map, self._pooling)
        except StudioError as error:
            self._pooled = None
            self._tell(error.report.sentence)
            return
        self._tell("")
        self.bar.set_count(self._pooled.size)
        if self._wanted is not None or (self._fresh and self._map.any()):
            self.bar.set_index(_telling(self._map, self._pooling) if self._wanted is None else self._wanted)
            self._wanted, self._fresh = None, False
        self.stage.set_maps(
            self._map,
            self._pooled,
            self._pooling,
            signed=self.source.is_signed,
            title=self.source.title,
            moved_px=self.bench.shift_px,
            shows_gradient=self.route.isChecked(),
        )
        self._show_window()

    def _tell(self, text: str) -> None:
        """Says why there is nothing to show, and takes the pooled map away; or shows everything again."""
        self.problem.setText(text)
        self.problem.setVisible(bool(text))
        self.content.show_result(not text)
        self.bar.setEnabled(not text)

    @Slot()
    def _show_window(self) -> None:
        if self._map is None or self._pooled is None:
            return
        row, column = divmod(self.bar.index, self._pooled.shape[1])
        window = window_at(self._map, self._pooling, row, column)
        self.content.show_window(window, self._pooling, row, column)


def _telling(values: Map, pooling: Pooling) -> int:
    """The place to look at first: where the largest value of a window differs most from the mean."""
    if not pooling.is_padded:
        return 0
    return int(np.argmax(pool(values, comparable(pooling, "max")) - pool(values, comparable(pooling, "average"))))


PANEL = PoolingPanel.INFO

if __name__ == "__main__":
    raise SystemExit(run_alone(PoolingPanel))
