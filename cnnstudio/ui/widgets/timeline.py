"""The timeline: the steps of the open run, its kept moments as ticks, and the moment that is looked at."""

from __future__ import annotations

from bisect import bisect_left
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from cnnstudio.ui.theme import LIGHT, Theme, mixed

_GROOVE_PX: Final = 4
_KNOB_PX: Final = 7.0
_TICK_PX: Final = 5
_NOTCH: Final = 120
"""What Qt reports for one notch of a wheel."""

_PAGE: Final = 5
"""Moments that a Page key moves by."""


class Timeline(QWidget):
    """Shows and chooses the moment. Its right end is the end of the run; what is still to come is hollow.

    Arrow keys and the wheel go from kept moment to kept moment, End goes to now.

    Thread: GUI.
    """

    chosen = Signal(object)
    """A kept step, or None for now."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Shows an empty timeline."""
        super().__init__(parent)
        self._theme: Theme = LIGHT
        self._steps = 0
        self._now = 0
        self._moments: tuple[int, ...] = ()
        self._moment: int | None = None
        self._wheel = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Timeline")
        self.setMouseTracking(True)
        self._describe()

    @property
    def moment(self) -> int | None:
        """The step that is looked at; None is now."""
        return self._moment

    @property
    def groove_px(self) -> int:
        """From its upper edge to the middle of the groove."""
        return round(_KNOB_PX) + 1

    def set_theme(self, theme: Theme) -> None:
        """Takes the colours of a theme."""
        self._theme = theme
        self.update()

    def set_run(self, steps: int) -> None:
        """Begins a run of that many steps; 0 is no run."""
        self._steps, self._now, self._moments, self._moment = max(0, steps), 0, (), None
        self._describe()

    def set_now(self, step: int) -> None:
        """The run reached a step."""
        if step != self._now:
            self._now = min(max(0, step), self._steps)
            self._describe()

    def set_moments(self, moments: tuple[int, ...]) -> None:
        """The steps that are kept, ascending."""
        self._moments = moments
        self._describe()

    def set_moment(self, step: int | None) -> None:
        """Shows the step that is looked at."""
        self._moment = step
        self._describe()

    def step_at(self, x_px: float) -> int | None:
        """The kept step nearest to a place, or None where now is nearer."""
        if not self._steps:
            return None
        left, width = self._span()
        wanted = (x_px - left) / width * self._steps
        nearest = min(self._moments, key=lambda kept: abs(kept - wanted), default=None)
        if nearest is None or wanted >= self._now or abs(self._now - wanted) < abs(nearest - wanted):
            return None
        return nearest

    def x_of(self, step: int) -> float:
        """Where a step stands, in pixels from the left."""
        left, width = self._span()
        return left + width * (step / self._steps if self._steps else 0)

    def _span(self) -> tuple[float, float]:
        return _KNOB_PX + 1, max(1.0, self.width() - 2 * (_KNOB_PX + 1))

    def _choose(self, step: int | None) -> None:
        if step != self._moment:
            self._moment = step
            self._describe()
            self.chosen.emit(step)

    def _go(self, by: int) -> None:
        """Moves by kept moments; beyond the last one is now."""
        if not self._moments:
            return
        place = len(self._moments) if self._moment is None else bisect_left(self._moments, self._moment)
        # The newest moment is often now itself: going back from now must reach an earlier one.
        if self._moment is None and by < 0 and self._moments[-1] == self._now:
            place -= 1
        place = max(0, place + by)
        is_now = place >= len(self._moments) or (by > 0 and self._moments[place] == self._now)
        self._choose(None if is_now else self._moments[place])

    def _describe(self) -> None:
        if not self._steps:
            text = "No run yet."
        elif self._moment is None:
            text = f"Now: step {self._now:,} of {self._steps:,}."
        else:
            text = f"Step {self._moment:,} of {self._steps:,}."
        self.setAccessibleDescription(text)
        self.update()

    def _text_at(self, x_px: float) -> str:
        if not self._steps:
            return "Moments of a run: drag here to see what the networks thought earlier."
        step = self.step_at(x_px)
        where = f"now, step {self._now:,}" if step is None else f"step {step:,}"
        return (
            f"{where} of {self._steps:,}. {len(self._moments)} moments are kept:"
            " steps 0, 1, 2, 4, 8 ... and then evenly. Drag, or use the arrow keys; End goes to now."
        )

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(320, self.minimumSizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """Room for the knob and the ticks."""
        return QSize(120, round(2 * _KNOB_PX) + 2 + _TICK_PX + 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws groove, ticks and knob."""
        theme = self._theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = _KNOB_PX + 1
        here = self._now if self._moment is None else self._moment
        strong, future = theme.colour("primary"), theme.colour("line")
        past = mixed(strong, theme.colour("window"), 0.6)
        self._groove(painter, 0, self.width(), middle, future)
        if self._steps:
            self._groove(painter, 0, self.x_of(self._now), middle, past)
            self._groove(painter, 0, self.x_of(here), middle, strong)
        painter.setPen(theme.colour("faint"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        top = round(middle + _KNOB_PX + 1)
        for kept in self._moments:
            x = round(self.x_of(kept))
            painter.drawLine(x, top, x, top + _TICK_PX - 1)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = painter.pen()
        pen.setColor(strong if self._steps else theme.colour("outline"))
        pen.setWidthF(2.0)
        painter.setPen(pen)
        painter.setBrush(theme.colour("surface"))
        if self.hasFocus():
            painter.setBrush(mixed(strong, theme.colour("window"), 0.35))
        painter.drawEllipse(QPointF(self.x_of(here), middle), _KNOB_PX - 1, _KNOB_PX - 1)

    @staticmethod
    def _groove(painter: QPainter, start: float, end: float, middle: float, colour: QColor) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        box = QRectF(start, middle - _GROOVE_PX / 2, max(0.0, end - start), _GROOVE_PX)
        painter.drawRoundedRect(box, _GROOVE_PX / 2, _GROOVE_PX / 2)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Goes to the moment under the mouse."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._choose(self.step_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drags the moment along."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._choose(self.step_at(event.position().x()))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """One notch is one moment; a touchpad's small turns add up."""
        delta = event.angleDelta()
        self._wheel += delta.y() or delta.x()
        notches, self._wheel = int(self._wheel / _NOTCH), self._wheel - int(self._wheel / _NOTCH) * _NOTCH
        if notches:
            self._go(notches)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Page, Home and End."""
        moves = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Down: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: 1,
            Qt.Key.Key_PageDown: -_PAGE,
            Qt.Key.Key_PageUp: _PAGE,
        }
        key = Qt.Key(event.key())
        if key in moves:
            self._go(moves[key])
        elif key == Qt.Key.Key_Home:
            self._go(-len(self._moments) - 1)
        elif key == Qt.Key.Key_End:
            self._choose(None)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Explains the moment under the mouse."""
        if isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self._text_at(event.pos().x()), self)
            return True
        return super().event(event)
