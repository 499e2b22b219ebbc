"""The bench of the pooling panel: every kind of pooling, the picture moved by 0 to 8 pixels, what changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from cnnstudio.core.errors import StudioError
from cnnstudio.core.pooling import TITLES, Kind, Pooling, change, comparable, expected, pool
from cnnstudio.ui.theme import GRID_PX, Theme
from cnnstudio.ui.widgets.basic import explain_on_focus, label
from cnnstudio.ui.widgets.shift_bench import ShiftBench

Map = NDArray[np.float64]

SHIFTS_PX: Final = 9
"""0 to 8 pixels: a digit's whole margin."""

WAYS: Final = {"right": (0, 1), "down": (1, 0), "both": (1, 1)}
_WAY_NAMES: Final = {"right": "moved right", "down": "moved down", "both": "right and down"}
_AGAINST: Final = {"was": "% changed", "should": "% off, moved along"}
KINDS: Final[tuple[Kind, ...]] = tuple(TITLES)
_EXTRA: Final = ("Max, then blur", "No pooling")
_MEASURE: Final = (
    "Share that changes = Σ|after − {before}| / Σ(|after| + |{before}|): 0 nothing, 100 % nothing in common."
)
_WAS: Final = " Compared with the pooled map of the picture that was not moved."
_SHOULD: Final = (
    " Compared with that map moved by shift / stride, linear between whole places: 0 % would be equivariant."
)


class PoolingBench(QWidget):
    """Asks for the map at every shift, pools it in every way, and shows the shares that change.

    Signals:
        shift_chosen(shift_px): The picture should be moved by so many pixels.
        kind_chosen(kind): Another kind should be looked at.
        options_changed(): Another direction or comparison was chosen.

    Thread: GUI.
    """

    shift_chosen = Signal(object)
    kind_chosen = Signal(object)
    options_changed = Signal()

    def __init__(self, theme: Theme) -> None:
        """Makes it empty."""
        super().__init__()
        self.shift_px = 0
        self._kind: Kind = "max"
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID_PX // 2)
        row = QHBoxLayout()
        row.setSpacing(GRID_PX)
        self.way = _chooser(_WAY_NAMES, "Which way the picture moves; the numbers in the heading are pixels.")
        self.against = _chooser(_AGAINST, "What the moved picture's pooled map is compared with: that of the picture "
                                "before the move (invariance), or the same moved along (equivariance).")  # fmt: skip
        row.addWidget(self.way)
        row.addWidget(self.against)
        row.addStretch(1)
        column.addLayout(row)
        self.table = ShiftBench(theme)
        column.addWidget(self.table, 1)
        self.words = label("", "small", wrap=True)
        column.addWidget(self.words)
        self.table.chosen.connect(self._on_chosen)
        for one in (self.way, self.against):
            one.currentIndexChanged.connect(self.options_changed)

    @property
    def step(self) -> tuple[int, int]:
        """How the picture moves: (down, right) by the chosen shift, in px."""
        down, right = WAYS[str(self.way.currentData())]
        return down * self.shift_px, right * self.shift_px

    def set_options(self, way: object, against: object, shift_px: object) -> None:
        """Takes back what was kept; whatever is not known is ignored."""
        for box, value in ((self.way, way), (self.against, against)):
            at = box.findData(value)
            if at >= 0:
                with QSignalBlocker(box):
                    box.setCurrentIndex(at)
        if isinstance(shift_px, int) and 0 <= shift_px < SHIFTS_PX:
            self.shift_px = shift_px

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self.table.set_theme(theme)

    def measure(self, map_at: Callable[[int, int], Map], pooling: Pooling) -> None:
        """Measures everything anew; `map_at(down, right)` gives the map of the moved picture."""
        down, right = WAYS[str(self.way.currentData())]
        maps = [map_at(down * shift, right * shift) for shift in range(SHIFTS_PX)]
        along = self.against.currentData() == "should"
        rows = [_row(maps, comparable(pooling, kind), (down, right), along) for kind in KINDS]
        rows.append(_row(maps, comparable(pooling, "max"), (down, right), along, blurs=True))
        rows.append(_row(maps, Pooling("subsample", 1, 1), (down, right), along))
        before = "before moved along" if along else "before"
        tip = _MEASURE.format(before=before) + (_SHOULD if along else _WAS)
        self.table.set_shares((*TITLES.values(), *_EXTRA), np.array(rows), tip)
        self._kind = pooling.kind
        self.table.choose(KINDS.index(pooling.kind), self.shift_px)
        self.words.setText(_verdict(rows[KINDS.index(pooling.kind)], rows[-1], pooling, along))
        self.words.setToolTip(tip)

    @Slot(object)
    def _on_chosen(self, place: tuple[int, int]) -> None:
        row, shift = place
        if shift != self.shift_px:
            self.shift_px = shift
            self.shift_chosen.emit(shift)
        if row < len(KINDS) and KINDS[row] != self._kind:
            self.kind_chosen.emit(KINDS[row])


def _chooser(names: dict[str, str], tip: str) -> QComboBox:
    made = QComboBox()
    for key, name in names.items():
        made.addItem(name, key)
    made.setToolTip(tip)
    made.setAccessibleName(tip)
    explain_on_focus(made)
    return made


def _pooled(values: Map, pooling: Pooling, *, blurs: bool) -> Map:
    if not blurs:
        return pool(values, pooling)
    dense = pool(values, replace(pooling, stride=1))
    return pool(dense, Pooling("blur", 3, pooling.stride, 1))


def _row(maps: list[Map], pooling: Pooling, way: tuple[int, int], along: bool, *, blurs: bool = False) -> list[float]:
    """The shares of one kind; NaN where its numbers cannot be."""
    try:
        pooled = [_pooled(values, pooling, blurs=blurs) for values in maps]
    except StudioError:
        return [float("nan")] * len(maps)
    shares = []
    for shift, after in enumerate(pooled):
        before = expected(pooled[0], pooling, way[0] * shift, way[1] * shift) if along else pooled[0]
        shares.append(change(before, after))
    return shares


def _verdict(row: list[float], bare: list[float], pooling: Pooling, along: bool) -> str:
    name = TITLES[pooling.kind]
    if not np.isfinite(row).all():
        return "These numbers cannot be: nothing is measured."
    small = f"{name}: 1 px changes {100 * row[1]:.0f} %, 4 px {100 * row[4]:.0f} %"
    if along:
        return f"{small}. Equivariant by whole strides only, and away from borders."
    if pooling.is_global:
        return f"{small}. Nearly invariant while nothing leaves the picture, and it no longer tells where anything is."
    without = f"without pooling {100 * bare[1]:.0f} % and {100 * bare[4]:.0f} %"
    return f"{small}; {without}. Robust to small shifts, not invariant."
