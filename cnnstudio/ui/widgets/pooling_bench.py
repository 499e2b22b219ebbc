"""The bench of the pooling panel: every kind of pooling, the picture moved by 0 to 8 pixels, what changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSignalBlocker, QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from cnnstudio.core.errors import StudioError
from cnnstudio.core.percent import percent
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
_AT_ONCE: Final = 64 * 64
"""Values of a map that is measured in one go: 25 ms; larger ones take up to seconds."""

_DONE: Final = object()
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
        self._work: Iterator[None] = iter(())
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._on_tick)
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
        """Measures everything anew: small maps at once, large ones bit by bit while the window stays awake.

        Args:
            map_at: Gives the map of the picture moved by (down, right).
            pooling: The kind looked at, and the numbers for all kinds.
        """
        self._timer.stop()
        self._kind = pooling.kind
        self.table.choose(KINDS.index(pooling.kind), self.shift_px)
        self._work = self._measuring(map_at, pooling)
        if map_at(0, 0).size > _AT_ONCE:
            self._timer.start()
            return
        for _ in self._work:
            pass

    def _measuring(self, map_at: Callable[[int, int], Map], pooling: Pooling) -> Iterator[None]:
        """Yields after every piece of work; shows what is known."""
        way = WAYS[str(self.way.currentData())]
        along = self.against.currentData() == "should"
        tip = _MEASURE.format(before="before moved along" if along else "before") + (_SHOULD if along else _WAS)
        names = (*TITLES.values(), *_EXTRA)
        shares = np.full((len(names), SHIFTS_PX), np.nan)
        maps: list[Map] = []
        for shift in range(SHIFTS_PX):
            maps.append(map_at(way[0] * shift, way[1] * shift))
            yield
        settings = [comparable(pooling, kind) for kind in KINDS]
        settings += [comparable(pooling, "max"), Pooling("subsample", 1, 1)]
        for row, setting in enumerate(settings):
            for shift, share in enumerate(_row(maps, setting, way, along, blurs=row == len(KINDS))):
                shares[row, shift] = share
                yield
            if maps[0].size > _AT_ONCE or row == len(settings) - 1:
                self.table.set_shares(names, shares, tip)
        at = KINDS.index(pooling.kind)
        self.words.setText(_verdict(shares[at].tolist(), shares[-1].tolist(), pooling, along))
        self.words.setToolTip(tip)

    @Slot()
    def _on_tick(self) -> None:
        try:
            done = next(self._work, _DONE) is _DONE
        except StudioError:  # the map is gone; who owns it says so
            done = True
        if done:
            self._timer.stop()

    def hideEvent(self, event: QHideEvent) -> None:
        """What is not seen is not measured."""
        super().hideEvent(event)
        self._timer.stop()

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


def _row(
    maps: list[Map], pooling: Pooling, way: tuple[int, int], along: bool, *, blurs: bool = False
) -> Iterator[float]:
    """The shares of one kind, shift by shift; none where its numbers cannot be."""
    first: Map | None = None
    for shift, values in enumerate(maps):
        try:
            after = _pooled(values, pooling, blurs=blurs)
        except StudioError:
            return
        first = after if first is None else first
        yield change(expected(first, pooling, way[0] * shift, way[1] * shift) if along else first, after)


def _verdict(row: list[float], bare: list[float], pooling: Pooling, along: bool) -> str:
    name = TITLES[pooling.kind]
    if not np.isfinite(row).all():
        return "These numbers cannot be: nothing is measured."
    small = f"{name}: 1 px changes {percent(row[1], 0)}, 4 px {percent(row[4], 0)}"
    if along:
        return f"{small}. Equivariant by whole strides only, and away from borders."
    if pooling.is_global:
        return f"{small}. Nearly invariant while nothing leaves the picture, and it no longer tells where anything is."
    without = f"without pooling {percent(bare[1], 0)} and {percent(bare[4], 0)}"
    return f"{small}; {without}. Robust to small shifts, not invariant."
