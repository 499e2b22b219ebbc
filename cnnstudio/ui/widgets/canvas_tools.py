"""What the hand does on the canvas: the width of the pen's line, and the handles that move the picture."""

from __future__ import annotations

import math
from typing import Final, Literal

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from cnnstudio.core.drawing import Box, Point, Sheet, Transform, rounded

Grip = Literal["inside", "turn", "corner"]

PEN_WIDTHS: Final = (0.05, 0.07, 0.09, 0.12, 0.16)
"""Widths to choose from, as shares of the canvas."""
PEN_WIDTH: Final = 0.09
"""As thick as MNIST's lines when a digit fills two thirds of the canvas."""

_SLOWEST: Final = 1.08
_FASTEST: Final = 0.72
"""Widths of a slow and of a fast line without a pressure pen, as shares of the pen's width."""
_FAST_SPEED: Final = 5.0
"""Canvases a second: a quick flourish."""
_INERTIA: Final = 0.7
"""Share of the width that is kept from one point to the next, so that it never jumps."""


class PenDynamics:
    """Gives every point of a stroke its width: from the pen's pressure, or else from the speed of the hand.

    Thread: GUI.
    """

    def __init__(self, width: float) -> None:
        """Starts a stroke with a pen of some width, a share of the canvas."""
        self._width = width
        self._factor = 0.0
        self._last: tuple[float, float, float] | None = None

    def point(self, x: float, y: float, time_ms: float, pressure: float | None) -> Point:
        """The next point of the stroke.

        Args:
            x: In canvas units.
            y: In canvas units.
            time_ms: When; only differences matter.
            pressure: 0 to 1, or None for a device that has none.
        """
        wanted = self._from_speed(x, y, time_ms) if pressure is None else 0.35 + 1.1 * min(1.0, max(0.0, pressure))
        self._factor = wanted if self._factor == 0.0 else _INERTIA * self._factor + (1 - _INERTIA) * wanted
        return rounded((x, y, self._width * self._factor))

    def _from_speed(self, x: float, y: float, time_ms: float) -> float:
        last, self._last = self._last, (x, y, time_ms)
        if last is None:
            return (_SLOWEST + _FASTEST) / 2
        passed_s = (time_ms - last[2]) / 1_000
        if passed_s <= 0:
            return self._factor
        share = min(1.0, math.dist((x, y), last[:2]) / passed_s / _FAST_SPEED)
        return _SLOWEST + (_FASTEST - _SLOWEST) * share


class Handles:
    """The frame around the picture in Move mode: drag inside to move, a corner to scale, the knob to turn.

    Thread: GUI.
    """

    REACH_PX: Final = 14.0
    """A handle is caught from this far away: a fingertip's radius."""
    _SIZE_PX: Final = 9.0
    _STALK_PX: Final = 22.0

    def __init__(self, sheet: Sheet, side_px: float) -> None:
        """Places the frame around what is on a sheet, on a canvas of some size."""
        box: Box = sheet.box() or (0.0, 0.0, 1.0, 1.0)
        left, top, right, bottom = box
        self._side_px = side_px
        self._transform = sheet.transform
        self.centre = complex(*sheet.transform.apply((left + right) / 2, (top + bottom) / 2))
        corners = ((left, top), (right, top), (right, bottom), (left, bottom))
        self.corners = [complex(*sheet.transform.apply(x, y)) for x, y in corners]

    @property
    def knob(self) -> complex:
        """Where the handle that turns is, in canvas units: beyond the upper edge, or inside it where that is off."""
        middle = (self.corners[0] + self.corners[1]) / 2
        outward = middle - self.centre
        length = abs(outward)
        stalk = self._STALK_PX / self._side_px
        direction = outward / length if length > 1e-9 else -1j
        place = middle + direction * stalk
        margin = self._SIZE_PX / self._side_px
        inside = margin <= place.real <= 1 - margin and margin <= place.imag <= 1 - margin
        return place if inside else middle - direction * stalk

    def at(self, point: complex) -> Grip | None:
        """Which handle a point, in canvas units, takes hold of."""
        reach = self.REACH_PX / self._side_px
        if abs(point - self.knob) <= reach:
            return "turn"
        if any(abs(point - corner) <= reach for corner in self.visible_corners()):
            return "corner"
        return "inside"

    def visible_corners(self) -> list[complex]:
        """The corners, brought inside the canvas where they lie outside."""
        margin = self._SIZE_PX / 2 / self._side_px
        return [
            complex(min(1 - margin, max(margin, corner.real)), min(1 - margin, max(margin, corner.imag)))
            for corner in self.corners
        ]

    def drag(self, grip: Grip, start: complex, now: complex) -> Transform:
        """What dragging a handle from one place to another does to the picture."""
        if grip == "inside":
            return Transform(1 + 0j, now - start)
        before, after = start - self.centre, now - self.centre
        if abs(before) < 1e-6 or abs(after) < 1e-6:
            return Transform()
        if grip == "turn":
            degrees = math.degrees(math.atan2(after.imag, after.real) - math.atan2(before.imag, before.real))
            return Transform.about(self.centre.real, self.centre.imag, degrees=degrees)
        return Transform.about(self.centre.real, self.centre.imag, scale=abs(after) / abs(before))

    def paint(self, painter: QPainter, colour: QColor) -> None:
        """Draws the frame and its handles; the painter's unit is a device-independent pixel."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colour, 1.2, Qt.PenStyle.DashLine))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolygon([self._px(corner) for corner in self.corners])
        painter.setPen(QPen(QColor("#17191D"), 1.2))
        painter.setBrush(colour)
        half = self._SIZE_PX / 2
        for corner in self.visible_corners():
            place = self._px(corner)
            painter.drawRect(QRectF(place.x() - half, place.y() - half, 2 * half, 2 * half))
        painter.drawEllipse(self._px(self.knob), half, half)

    def _px(self, point: complex) -> QPointF:
        return QPointF(point.real * self._side_px, point.imag * self._side_px)
