"""One kernel or feature map at many moments, one picture for each: a film strip, and the arithmetic of its frames."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSpinBox, QVBoxLayout, QWidget

from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.inside import Film, FilmStrip
from cnnstudio.core.layer_kinds import Conv, ConvTranspose, DepthwiseConv, Linear, LocallyConnected
from cnnstudio.core.layers import Step
from cnnstudio.core.network import NetworkSpec
from cnnstudio.ui.studio import Studio
from cnnstudio.ui.theme import GRID_PX, Theme, signed_colours, value_map
from cnnstudio.ui.widgets._names import layer_name
from cnnstudio.ui.widgets.basic import ElidedLabel, explain_on_focus, label
from cnnstudio.ui.widgets.matrix_card import NameLine
from cnnstudio.ui.widgets.mosaic import Mosaic, Tiles, Word

What = Literal["kernel", "map"]
Spacing = Literal["even", "log"]

FRAMES: Final = 24
"""As many as stand in two lines of a panel in the smallest window, each large enough for its step below it."""

_IN_LINE: Final = 12
_WIDE_IN_LINE: Final = 6
_LEAST_PX: Final = 40
_MOST_PX: Final = 104
_GAP_PX: Final = 6
_RGB: Final = 3
_MOST_CHANNELS: Final = 64
"""Of a kernel that reads more maps than this the first ones are drawn: more would be smaller than a pixel."""

_BETWEEN: Final = 120
"""Grey of the line between the channels of one kernel."""

_FINE_PX: Final = 32
"""Kernels of several channels are drawn at least so large, so that the lines between their channels are thin."""

_KERNELS: Final = (Conv, DepthwiseConv, ConvTranspose, LocallyConnected, Linear)


def frame_steps(moments: Sequence[int], spacing: Spacing, most: int = FRAMES) -> tuple[int, ...]:
    """The moments that become frames: the first, the last, and kept ones between, spread as evenly as they lie.

    Args:
        moments: The kept steps, ascending.
        spacing: Even by step, or by the step's logarithm, which shows the beginning, where most happens, in detail.
        most: No more frames than this; at least 2.
    """
    if len(moments) <= most:
        return tuple(moments)
    kept = np.asarray(moments, dtype=np.float64)
    places = kept if spacing == "even" else np.log1p(kept)
    wanted = np.linspace(places[0], places[-1], most)
    taken = sorted({int(place) for place in np.abs(places[None, :] - wanted[:, None]).argmin(axis=1)})
    away = np.abs(places[:, None] - places[None, taken]).min(axis=1)
    while len(taken) < most:
        # Two places may have the same nearest moment; then the one farthest from all that are taken comes in.
        taken.append(int(away.argmax()))
        away = np.minimum(away, np.abs(places - places[taken[-1]]))
    return tuple(int(moments[place]) for place in sorted(taken))


def frame_of(steps: Sequence[int], moment: int | None) -> int | None:
    """Which frame shows a moment: the last one not after it, or None where there is none; None is now, the last."""
    if not steps:
        return None
    return len(steps) - 1 if moment is None else max(0, bisect_right(steps, moment) - 1)


def as_frames(frames: NDArray[np.float32], what: What, each: bool) -> Tiles:
    """Colours of a film, float32 [moments, channels, height, width]: uint8 [moments, rows, columns, 3].

    Kernels, and maps that go below zero, are coloured as signed numbers, other maps from black to white. The channels
    of one kernel stand side by side, or in a square where there are more than three. The strongest colour stands for
    the largest value of the whole film, or of each frame by itself. A frame of one number has nothing to compare it
    with but the other frames: it is always coloured by the whole film's scale.
    """
    each = each and frames[0].size > 1 if len(frames) else each
    frames = np.nan_to_num(frames[:, :_MOST_CHANNELS], nan=0.0, posinf=0.0, neginf=0.0)
    axes = (1, 2, 3) if each else None
    tops = np.abs(frames).max(axis=axes, keepdims=True, initial=0.0)
    if what == "kernel" or frames.min(initial=0.0) < 0:
        coloured = signed_colours(np.divide(frames, tops, out=np.zeros_like(frames), where=tops > 0), 1.0)
    else:
        share = np.divide(frames, tops, out=np.zeros_like(frames), where=tops > 0)
        coloured = value_map()[(255 * share).round().astype(np.intp)]
    return _side_by_side(coloured)


def _side_by_side(coloured: Tiles) -> Tiles:
    """The channels of every frame in one picture: uint8 [moments, channels, height, width, 3] to [moments, ...]."""
    moments, channels, height, width, _ = coloured.shape
    if channels <= 1:
        return np.ascontiguousarray(coloured.reshape(moments, height, width, 3))
    columns = channels if channels <= _RGB else math.ceil(math.sqrt(channels))
    rows = -(-channels // columns)
    line = 1 if height * width > 1 else 0
    zoom = max(1, round(_FINE_PX / width)) if line else 1
    coloured = coloured.repeat(zoom, axis=2).repeat(zoom, axis=3)
    high, wide = height * zoom + line, width * zoom + line
    whole = np.full((moments, rows * high - line, columns * wide - line, 3), _BETWEEN, np.uint8)
    for channel in range(channels):
        top, left = channel // columns * high, channel % columns * wide
        whole[:, top : top + high - line, left : left + wide - line] = coloured[:, channel]
    return whole


def film_layers(spec: NetworkSpec, what: What) -> tuple[Step, ...]:
    """The layers of a network that have kernels (or templates), or all of them."""
    steps = spec.steps()
    return tuple(step for step in steps if isinstance(step.layer, _KERNELS)) if what == "kernel" else steps


class FilmRow(QWidget):
    """The film of one network: its name, which layer and which kernel or map of it, and the frames.

    Signals:
        unit_chosen((network, layer, number)): A person chose another layer, kernel or map.
        step_chosen(step): A person clicked a frame.

    Thread: GUI.
    """

    unit_chosen = Signal(object)
    step_chosen = Signal(object)

    def __init__(self, studio: Studio, network: str) -> None:
        """Makes it empty."""
        super().__init__()
        theme = studio.theme
        self._studio, self._network = studio, network
        self._each = False
        self._strip: FilmStrip | None = None
        self._layers: tuple[Step, ...] = ()
        self._what: What = "kernel"
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID_PX)
        row = QHBoxLayout()
        row.setSpacing(GRID_PX)
        self.line = NameLine(theme)
        self.layer = QComboBox()
        self.layer.setAccessibleName("Layer")
        self.layer.setToolTip("The layer that the kernel or the map belongs to.")
        explain_on_focus(self.layer)
        self.number = QSpinBox()
        self.number.setKeyboardTracking(False)
        # The style sheet's padding does not reach the field inside.
        self.number.lineEdit().setTextMargins(GRID_PX - 2, 0, 0, 0)
        explain_on_focus(self.number)
        row.addWidget(self.line, 1)
        row.addWidget(self.layer)
        row.addWidget(self.number)
        column.addLayout(row)
        self.notice = label("", "muted", wrap=True)
        self.notice.hide()
        column.addWidget(self.notice)
        self.mosaic = Mosaic(theme, "Film", tile_px=_LEAST_PX, gap_px=_GAP_PX, outlined=True)
        self.mosaic.chosen.connect(self._on_chosen)
        column.addWidget(self.mosaic)
        self.moves = ElidedLabel("small")
        column.addWidget(self.moves)
        self.layer.activated.connect(self._on_layer)
        self.number.valueChanged.connect(self._on_number)

    @property
    def strip(self) -> FilmStrip | None:
        """What is shown."""
        return self._strip

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self.line.set_theme(theme)
        self.mosaic.set_theme(theme)
        self._fit()

    def show_choice(
        self, name: str, title: str, hue: QColor, layers: Sequence[Step], chosen: Step, number: int
    ) -> None:
        """Shows which film this is.

        Args:
            name: The network's short name.
            title: Its title.
            hue: Its colour.
            layers: What there is to choose from.
            chosen: The chosen one.
            number: Of the kernel or map, from 0; on screen they are counted from 1.
        """
        self.line.show_name(name, title if title != name else "", hue)
        with QSignalBlocker(self.layer), QSignalBlocker(self.number):
            if tuple(layers) != self._layers:
                self._layers = tuple(layers)
                self.layer.clear()
                for step in layers:
                    self.layer.addItem(layer_name(step.name, step.layer.title), step.name)
            self.layer.setCurrentIndex(self.layer.findData(chosen.name))
            self.number.setRange(1, chosen.shape[0])
            self.number.setValue(number + 1)

    def set_what(self, what: What, flat: bool) -> None:
        """Whether kernels or maps are chosen from; those of a flat layer are units."""
        self._what = what
        word = "unit" if flat else what
        self.number.setPrefix(f"{word} ")
        self.number.setAccessibleName(word)
        self.number.setToolTip(f"Which {word} of the layer, from 1. The arrow keys change it.")

    def show_problem(self, text: str) -> None:
        """Says why there is no film; "" takes it back."""
        self.notice.setText(text)
        self.notice.setVisible(bool(text))
        self.mosaic.setVisible(not text)
        self.moves.setVisible(not text)

    def ask(self, question: Film, each: bool) -> None:
        """Asks for the film, and shows it when it is there; `each` is whether every frame has a scale of its own."""
        self._each = each
        self._studio.ask(question, self._on_film, self._on_error, slot=f"film {self._network}")

    def _on_error(self, report: ErrorReport) -> None:
        self.show_problem(report.sentence)

    def _on_film(self, strip: FilmStrip) -> None:
        self._strip = strip
        self.show_problem("")
        tiles = as_frames(strip.frames, self._what, self._each)
        captions = [(Word(f"{step:,}"),) for step in strip.steps]
        self.mosaic.setAccessibleName(f"Film of {self.line.accessibleName()}, {len(strip.steps)} moments")
        self.mosaic.set_tiles(tiles, captions, film_tips(strip, self._what))
        self.moves.set_whole(moves_words(strip))
        self._fit()
        self.show_moment()

    def show_moment(self) -> None:
        """Frames the moment."""
        if self._strip is not None:
            self.mosaic.select(frame_of(self._strip.steps, self._studio.moment))

    def _fit(self) -> None:
        """Two lines of frames fill the width; what is wide takes the place of two."""
        tiles = self.mosaic.tiles
        wide = len(tiles) > 0 and tiles.shape[2] > 2 * tiles.shape[1]
        in_line = _WIDE_IN_LINE if wide else _IN_LINE
        most = 2 * _MOST_PX if wide else _MOST_PX
        self.mosaic.set_tile_px(min(most, max(_LEAST_PX, (self.width() + _GAP_PX) // in_line - _GAP_PX)))

    @Slot(object)
    def _on_chosen(self, index: int) -> None:
        if self._strip is not None:
            self.step_chosen.emit(self._strip.steps[index])

    @Slot()
    def _on_layer(self) -> None:
        step = self._layers[self.layer.currentIndex()]
        self.unit_chosen.emit((self._network, step.name, min(self.number.value(), step.shape[0]) - 1))

    @Slot(int)
    def _on_number(self, number: int) -> None:
        self.unit_chosen.emit((self._network, str(self.layer.currentData()), number - 1))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lets the frames fill the width."""
        super().resizeEvent(event)
        self._fit()


def frame_moves(strip: FilmStrip) -> tuple[float, ...]:
    """How far the numbers moved from each frame to the next: the root of their mean square."""
    differences = np.diff(strip.frames.astype(np.float64), axis=0)
    return tuple(float(math.sqrt(np.square(one).mean())) for one in differences)


def moves_words(strip: FilmStrip) -> str:
    """Between which frames the numbers moved most, and how far they moved at the end; "" for fewer than three frames.

    It is computed from the frames: whether weights come to rest depends on the schedule and on how far a run went.
    """
    moves, steps = frame_moves(strip), strip.steps
    if len(moves) < 2 or not all(map(math.isfinite, moves)) or not max(moves) > 0:
        return ""
    most, last = int(np.argmax(moves)), len(moves) - 1
    said = f"Moved most between steps {steps[most]:,} and {steps[most + 1]:,}: by {moves[most]:.3f}"
    if most == last:
        return f"{said}, its last two frames."
    return f"{said}. Between the last two frames, {steps[-2]:,} and {steps[-1]:,}: by {moves[last]:.3f}."


def film_tips(strip: FilmStrip, what: What) -> list[str]:
    """What hovering each frame says: its step, its numbers, and how far it moved since the frame before."""
    name = "weights" if what == "kernel" else "values"
    tips, moves = [], frame_moves(strip)
    for place, (step, frame) in enumerate(zip(strip.steps, strip.frames, strict=True)):
        text = f"Step {step:,}: {name} from {frame.min():.3f} to {frame.max():.3f}, mean {frame.mean():.3f}."
        if place:
            text += f" Moved by {moves[place - 1]:.3f} since step {strip.steps[place - 1]:,} (root of the mean square)."
        tips.append(text)
    return tips
