"""A made-up picture that excites a unit, beside a real one, with what it is not."""

from __future__ import annotations

from typing import Final

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Signal, Slot
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from cnnstudio.core.events import Answering
from cnnstudio.core.unit_record import FoundPicture, Maximised
from cnnstudio.ui.theme import GRID_PX, Theme
from cnnstudio.ui.widgets._sum_line import plain
from cnnstudio.ui.widgets.basic import ElidedLabel, button, label
from cnnstudio.ui.widgets.mosaic import as_rgb
from cnnstudio.ui.widgets.stepped_picture import SteppedPicture

CAUTION: Final = "A made-up picture that excites the unit; not what it stands for."
_WHY: Final = (
    "It begins with weak noise and is changed step by step, along the gradient, until the unit's value is large (Erhan "
    "et al. 2009). Other noise leads to another picture: no single one is “what the unit looks for”."
)
_BUSY_PERMILLE: Final = 1000
_LEAST_PX: Final = 72
_CURVE_LINES: Final = 3


class _Climb(QWidget):
    """The unit's value along the search, as a line.

    Thread: GUI.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._values = np.zeros(0)
        self.setAccessibleName("The unit's value along the search")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_values(self, values: np.ndarray) -> None:
        """Shows another search: float64 [steps]."""
        self._values = values
        words = (
            f"{len(values)} steps, from {plain(float(values[0]))} to {plain(float(values[-1]))}" if len(values) else ""
        )
        self.setToolTip(f"The unit's value along the search: {words}" if words else "")
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        self.updateGeometry()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the line."""
        values = self._values[np.isfinite(self._values)]
        if len(values) < 2:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(2, 4, -2, -4)
        low, high = float(values.min()), float(values.max())
        span = high - low or 1.0
        path = QPainterPath()
        for place, value in enumerate(values.tolist()):
            at = QPointF(
                area.left() + place / (len(values) - 1) * area.width(),
                area.bottom() - (value - low) / span * area.height(),
            )
            path.lineTo(at) if place else path.moveTo(at)
        painter.setPen(QPen(self._theme.colour("line"), 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        painter.setPen(QPen(self._theme.colour("text"), max(1.5, self._theme.line_px)))
        painter.drawPath(path)

    def sizeHint(self) -> QSize:
        """A few lines of text high."""
        return QSize(12 * self._theme.body_px, _CURVE_LINES * self._theme.small_px)


class UnitMade(QWidget):
    """A button, what came of it, and the real picture that excites the unit most.

    Signals:
        wanted(seed): The student wants a picture made, from the noise of this seed.
        cancelled(): The student does not want to wait any longer.
        taken((pixels, name)): The student wants a picture on the canvas.

    Thread: GUI.
    """

    wanted = Signal(object)
    cancelled = Signal()
    taken = Signal(object)

    def __init__(self, theme: Theme) -> None:
        """Makes it empty."""
        super().__init__()
        self.made: Maximised | None = None
        self._real: FoundPicture | None = None
        self._names: tuple[str, ...] = ()
        self.seed = 0
        self.start = button("Make a picture", tip=f"{_WHY} Takes a second or two.")
        self.start.clicked.connect(self._on_start)
        self.cancel = button("Cancel", "quiet", tip="Stop the search; nothing is shown.")
        self.cancel.clicked.connect(self._on_cancel)
        self.keep = button("Put it on the canvas", "quiet", tip="See what the networks say of the made-up picture.")
        self.keep.clicked.connect(self._on_keep)
        self.progress = QProgressBar(maximum=_BUSY_PERMILLE, textVisible=False)
        self.progress.setAccessibleName("How far the search is")
        self.told = label("", "muted", wrap=True)
        self.caution = label(CAUTION, "heading", wrap=True, tip=_WHY)
        self.real, self.picture = SteppedPicture(theme, "Real picture"), SteppedPicture(theme, "Made-up picture")
        self.real_word, self.made_word = ElidedLabel("heading"), ElidedLabel("heading")
        self.climb = _Climb(theme)
        self._lay_out()
        self.forget()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID_PX // 2)
        row = QHBoxLayout()
        row.setSpacing(GRID_PX)
        for part in (self.start, self.cancel, self.keep):
            row.addWidget(part)
        row.addStretch(1)
        column.addLayout(row)
        column.addWidget(self.progress)
        column.addWidget(self.told)
        grid = QGridLayout()
        grid.setHorizontalSpacing(2 * GRID_PX)
        grid.setVerticalSpacing(GRID_PX // 2)
        for place, (word, picture) in enumerate(((self.real_word, self.real), (self.made_word, self.picture))):
            picture.setMinimumSize(_LEAST_PX, _LEAST_PX)
            grid.addWidget(word, 0, place)
            grid.addWidget(picture, 1, place)
            grid.setColumnStretch(place, 1)
        grid.setRowStretch(1, 1)
        column.addLayout(grid, 1)
        column.addWidget(self.climb)
        column.addWidget(self.caution)

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        for part in (self.real, self.picture, self.climb):
            part.set_theme(theme)

    def show_real(self, found: FoundPicture | None, names: tuple[str, ...]) -> None:
        """Shows the real picture that excites the unit's map most; None where it is not known yet."""
        self._real, self._names = found, names
        self.real.setVisible(found is not None)
        if found is None:
            self.real_word.set_whole("")
            return
        self.real.set_picture(_rgb(found.pixels))
        top, left, bottom, right = found.box
        self.real.set_window((top, left, bottom - top, right - left))
        name = names[found.label] if found.label < len(names) else str(found.label)
        self.real_word.set_whole(f"Real: {plain(found.value)} · {name}")

    def forget(self, why: str = "") -> None:
        """Shows no made-up picture: another unit, another moment."""
        self.made = None
        self._show_state(busy=False)
        self.told.setText(why or "Look at the real pictures first. Then let one be made, and compare.")
        self.told.setVisible(True)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was made, and nothing is being made."""
        return self.made is None and self.start.isEnabled()

    def stop(self) -> None:
        """Gives up a search that is under way."""
        if not self.start.isEnabled():
            self.forget()

    def show_made(self, made: Maximised) -> None:
        """Shows what came of the search."""
        self.made = made
        self.picture.set_picture(_rgb(made.pixels))
        self.made_word.set_whole(f"Made up: {plain(made.value)} · noise {self.seed + 1}")
        self.climb.show_values(made.values)
        self._show_state(busy=False)
        real = "" if self._real is None else f"; the real picture that excites it most {plain(self._real.value)}"
        self.told.setText(f"The first noise gave {plain(made.first)}, the made-up picture {plain(made.value)}{real}.")
        self.told.setVisible(True)

    def show_progress(self, event: Answering) -> None:
        """Shows how far the search is."""
        self.progress.setRange(0, 0 if event.fraction is None else _BUSY_PERMILLE)
        if event.fraction is not None:
            self.progress.setValue(round(event.fraction * _BUSY_PERMILLE))
        self.told.setText(event.text)

    def _show_state(self, *, busy: bool) -> None:
        shows = self.made is not None and not busy
        self.start.setEnabled(not busy)
        self.start.setText("Again, from other noise" if self.made is not None else "Make a picture")
        self.start.setAccessibleName(self.start.text())
        self.cancel.setVisible(busy)
        self.progress.setVisible(busy)
        for part in (self.keep, self.picture, self.climb, self.caution):
            part.setVisible(shows)
        if not shows:
            self.made_word.set_whole("")

    @Slot()
    def _on_start(self) -> None:
        self.seed = self.seed + 1 if self.made is not None else self.seed
        self.made = None
        self._show_state(busy=True)
        self.progress.setRange(0, 0)
        self.told.setText("The search begins.")
        self.wanted.emit(self.seed)

    @Slot()
    def _on_cancel(self) -> None:
        self.cancelled.emit()
        self.forget("The search was stopped.")

    @Slot()
    def _on_keep(self) -> None:
        if self.made is not None:
            self.taken.emit((self.made.pixels, "made up"))


def _rgb(pixels: np.ndarray) -> np.ndarray:
    coloured: np.ndarray = as_rgb(pixels[None])[0]
    return coloured
