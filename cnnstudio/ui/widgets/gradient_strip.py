"""The gradient of every layer along a run, two runs side by side on one scale, while they go on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QFontMetricsF,
    QImage,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip

from cnnstudio.core.statistics import figures
from cnnstudio.ui.theme import GRID_PX, Theme, share_map
from cnnstudio.ui.widgets._cells import image_of
from cnnstudio.ui.widgets.explained import Explained

_BEST_PX: Final = 112
_LEAST_PX: Final = 56
_LARGE_PX: Final = 14
"""Of a map below the letters of a projector."""
_SMALL_PX: Final = 13
_NOTHING: Final = 1e-12
"""Gradients are drawn as powers of ten, and nothing has none."""
_DASHES: Final = [3.0, 3.0]
_WAITING: Final = "Watch: two networks learn here, and each layer's gradient is drawn as they do."


@dataclass(frozen=True, slots=True)
class Watched:
    """One run, as far as it is.

    Attributes:
        title: As in "plain".
        values: What the run measured so far, as `experiments.depth.measure` tells it.
        over: Whether it is done.
    """

    title: str
    values: Mapping[str, Any]
    over: bool = False

    @property
    def logs(self) -> NDArray[np.float64]:
        """log10 of the norms, float64 [layers, points]; [0, 0] while there is none."""
        rows = np.asarray(self.values.get("gradients", ()), np.float64)
        return np.log10(np.maximum(rows, _NOTHING)).T if rows.ndim == 2 else np.zeros((0, 0))

    @property
    def words(self) -> str:
        """The run in one line."""
        at, losses, logs = self.values.get("at", ()), self.values.get("loss", ()), self.logs
        if not len(at) or not logs.size:
            return f"{self.title}: begins"
        flipped = int(self.values.get("flipped", 0))
        title = f"{self.title}, flipped at {flipped}" if 0 < flipped < at[-1] else self.title
        ratio = figures(10 ** float(logs[0, -1] - logs[-2, -1])) if len(logs) > 1 else "1"
        step = "" if self.over else f"step {at[-1]} of {self.values['steps']}, "
        return f"{title}: {step}loss {losses[-1]:.2f}, first layer {ratio} × last"


class GradientStrip(Explained):
    """Maps: layers from the picture (top) to the verdict (bottom), the run from left to right. Darker is larger.

    Left and Right choose the point of the run that is read out, Up and Down the layer.

    Thread: GUI.
    """

    def __init__(self, theme: Theme) -> None:
        """Makes it empty."""
        super().__init__()
        self._theme = theme
        self._runs: tuple[Watched, ...] = ()
        self._images: list[QImage | None] = []
        self._range = (0.0, 1.0)
        self._cell = (0, 0)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("gradient of every layer along the run")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    @property
    def runs(self) -> tuple[Watched, ...]:
        """What is shown."""
        return self._runs

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        self.update()

    def set_runs(self, runs: Sequence[Watched]) -> None:
        """Shows runs, one beside the other."""
        if tuple(runs) == self._runs:
            return
        self._runs = tuple(runs)
        known = [each.logs for each in runs if each.logs.size]
        low = min((float(each.min()) for each in known), default=0.0)
        high = max((float(each.max()) for each in known), default=1.0)
        self._range = (low, high if high > low else low + 1.0)
        self._images = [self._image(each.logs) for each in runs]
        self.setAccessibleDescription(". ".join(each.words for each in runs))
        self.update()

    def _image(self, logs: NDArray[np.float64]) -> QImage | None:
        if not logs.size:
            return None
        low, high = self._range
        places = np.clip((logs - low) / (high - low) * 255, 0, 255).round().astype(np.intp)
        return image_of(share_map()[places])

    # Places

    def _line_px(self) -> float:
        return QFontMetricsF(self._theme.font("small")).height() + 2

    def box(self, place: int) -> QRectF:
        """Where the map of a run is: the whole run, also what is not yet done."""
        wide = (self.width() - 2 * GRID_PX * (len(self._runs) - 1)) / max(1, len(self._runs))
        top = self._line_px()
        return QRectF(place * (wide + 2 * GRID_PX) + 0.5, top, wide - 1, max(1.0, self.height() - top - 1))

    def _done(self, run: Watched) -> float:
        at = run.values.get("at", ())
        return float(at[-1] / run.values["steps"]) if len(at) else 0.0

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints maps and words."""
        painter, theme = QPainter(self), self._theme
        painter.setFont(theme.font("small"))
        if not self._runs:
            painter.setPen(theme.colour("muted"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, _WAITING)
            return
        metrics = QFontMetricsF(theme.font("small"))
        for place, (run, image) in enumerate(zip(self._runs, self._images, strict=True)):
            box = self.box(place)
            painter.setPen(theme.colour("text"))
            short = metrics.elidedText(run.words, Qt.TextElideMode.ElideRight, box.width())
            painter.drawText(QPointF(box.left(), metrics.ascent()), short)
            painter.fillRect(box, theme.colour("chip"))
            if image is not None:
                painter.drawImage(QRectF(box.left(), box.top(), box.width() * self._done(run), box.height()), image)
            self._paint_flip(painter, box, run)
            painter.setPen(QPen(theme.colour("muted" if self.hasFocus() else "outline"), 1))
            painter.drawRect(box)

    def _paint_flip(self, painter: QPainter, box: QRectF, run: Watched) -> None:
        flipped = int(run.values.get("flipped", 0))
        if flipped:
            x = box.left() + box.width() * flipped / run.values["steps"]
            for colour, dashes in (("window", []), ("text", _DASHES)):
                pen = QPen(self._theme.colour(colour), 2)
                if dashes:
                    pen.setDashPattern(dashes)
                painter.setPen(pen)
                painter.drawLine(QLineF(x, box.top(), x, box.bottom()))

    # Reading

    def explanation(self, point: QPointF) -> str:
        """The number under a point; beside the maps, what they show."""
        for place, run in enumerate(self._runs):
            box, logs = self.box(place), run.logs
            if not box.contains(point) or not logs.size:
                continue
            column = math.floor((point.x() - box.left()) / (box.width() * self._done(run)) * logs.shape[1])
            row = min(int((point.y() - box.top()) / box.height() * logs.shape[0]), len(logs) - 1)
            if column < logs.shape[1]:
                return self._said(run, row, column)
        low, high = self._range
        return (
            "Norm of each layer's gradient, log scale: layer 1 at the top, the run from left to right. White is "
            f"1e{low:.1f}, dark 1e{high:.1f}, the same for both."
        )

    def _said(self, run: Watched, row: int, column: int) -> str:
        norm = run.values["gradients"][column][row]
        flipped = int(run.values.get("flipped", 0))
        after = f" The wiring changed after step {flipped}." if flipped else ""
        return (
            f"{run.title.capitalize()}: layer {row + 1} of {len(run.logs)}, step {run.values['at'][column]}: gradient "
            f"{norm:.2g}; loss {run.values['loss'][column]:.3f}.{after}"
        )

    def said_at(self, place: QPointF) -> str:
        """Explains what is under the pointer."""
        return self.explanation(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The arrow keys read the maps out, both at the same place."""
        ways = {Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0)}
        way = ways.get(Qt.Key(event.key()))
        known = [run for run in self._runs if run.logs.size]
        if way is None or not known:
            super().keyPressEvent(event)
            return
        rows, columns = (min(run.logs.shape[axis] for run in known) for axis in (0, 1))
        row, column = (
            min(max(now + by, 0), most - 1) for now, by, most in zip(self._cell, way, (rows, columns), strict=True)
        )
        self._cell = (row, column)
        said = "\n".join(self._said(run, row, column) for run in known)
        self.setAccessibleDescription(said)
        QToolTip.showText(self.mapToGlobal(self.rect().bottomLeft()), said, self)

    def sizeHint(self) -> QSize:
        """Two px and a half for each of 44 layers."""
        return QSize(60 * GRID_PX, _BEST_PX + int(self._line_px()))

    def minimumSizeHint(self) -> QSize:
        """Maps in which the first layers can be told from the last."""
        tall = _LARGE_PX if self._theme.small_px > _SMALL_PX else _LEAST_PX
        return QSize(40 * GRID_PX, tall + int(self._line_px()))
