"""Rendering of a `Sheet`: smooth ink of changing width, drawn piece by piece while the pen moves.

A stroke runs through the midpoints of its points as quadratic curves, whose control points are the points
themselves: the line is smooth, and only its last piece changes when a point is added. Each piece is the hull of two
discs, drawn in one direction, so that the union of all pieces is one path with even edges.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPolygonF, QTransform

from cnnstudio.core.drawing import WHITE, Bitmap, Colour, Point, Sheet, Stroke, Transform

PIXEL_ART_PX: Final = 64
"""A picture up to this size is shown with its pixels as squares; a larger one is smoothed."""
_SAMPLE_LENGTH: Final = 0.014
"""Pieces of a curve are about this long, in canvas units: below what is seen as a corner on a 600-pixel canvas."""
_MOST_SAMPLES: Final = 48
_LEAST_STEP: Final = 0.01
"""Points nearer to each other than this are the trembling of a hand or of a mouse, in canvas units."""
_SHARP: Final = 0.8
"""From this share of a turn whose inner edge would fold over, discs and hulls take the place of one strip."""

_Sample = tuple[float, float, float, float, float]
"""x, y, width, and the direction of the curve there (not normalised)."""


def _middle(one: Point, other: Point) -> Point:
    return (one[0] + other[0]) / 2, (one[1] + other[1]) / 2, (one[2] + other[2]) / 2


def _curve(start: Point, control: Point, end: Point) -> list[_Sample]:
    """Samples of a quadratic Bézier curve, both ends included."""
    length = math.dist(start[:2], control[:2]) + math.dist(control[:2], end[:2])
    count = min(_MOST_SAMPLES, max(1, math.ceil(length / _SAMPLE_LENGTH)))
    samples = []
    for place in range(count + 1):
        t = place / count
        a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t**2
        samples.append((
            a * start[0] + b * control[0] + c * end[0],
            a * start[1] + b * control[1] + c * end[1],
            a * start[2] + b * control[2] + c * end[2],
            (1 - t) * (control[0] - start[0]) + t * (end[0] - control[0]),
            (1 - t) * (control[1] - start[1]) + t * (end[1] - control[1]),
        ))  # fmt: skip
    return samples


def _line(start: Point, end: Point) -> list[_Sample]:
    dx, dy = end[0] - start[0], end[1] - start[1]
    return [(*start, dx, dy), (*end, dx, dy)]


def _add_disc(path: QPainterPath, at: Sequence[float]) -> None:
    path.addEllipse(QPointF(at[0], at[1]), at[2] / 2, at[2] / 2)


def _add_strip(path: QPainterPath, samples: Sequence[_Sample]) -> None:
    """Adds the band along some samples, clockwise, as `addEllipse` turns."""
    left, right = [], []
    for x, y, width, dx, dy in samples:
        half = width / 2 / math.hypot(dx, dy)
        left.append(QPointF(x + dy * half, y - dx * half))
        right.append(QPointF(x - dy * half, y + dx * half))
    path.addPolygon(QPolygonF([*left, *reversed(right)]))
    path.closeSubpath()


def _folds(one: _Sample, other: _Sample) -> bool:
    """Whether the curve turns so sharply between two samples that the inner edge of a band would run backwards."""
    turned = one[3] * other[4] - one[4] * other[3]
    along = one[3] * other[3] + one[4] * other[4]
    angle = abs(math.atan2(turned, along))
    return angle * max(one[2], other[2]) / 2 > _SHARP * math.dist(one[:2], other[:2])


def _add_band(path: QPainterPath, samples: Sequence[_Sample]) -> None:
    """Adds a piece of the line: one band where it bends gently, straight bands joined by discs where it does not."""
    clear = [sample for sample in samples if math.hypot(sample[3], sample[4]) > 1e-9]
    if len(clear) == len(samples) and not any(_folds(a, b) for a, b in itertools.pairwise(samples)):
        _add_strip(path, samples)
        return
    for one, other in itertools.pairwise(samples):
        if math.dist(one[:2], other[:2]) > 1e-9:
            _add_strip(path, _line(one[:3], other[:3]))
        _add_disc(path, one)
    _add_disc(path, samples[-1])


def _new_path() -> QPainterPath:
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.WindingFill)
    return path


class GrowingPath:
    """The pieces of a stroke that is being drawn, in canvas units.

    Attributes:
        points: The points that decide its form; a point very near to the one before is replaced by its follower.

    Thread: GUI.
    """

    def __init__(self, first: Point) -> None:
        """Starts with a dot."""
        self.points = [first]
        self._pieces: list[tuple[QRectF, QPainterPath]] = []
        start = _new_path()
        _add_disc(start, first)
        self._keep(start)
        self._end = first
        self._tail: tuple[QRectF, QPainterPath] | None = None

    def add(self, point: Point) -> QRectF:
        """Adds a point; gives the box, in canvas units, in which the stroke looks different now."""
        changed = QRectF() if self._tail is None else self._tail[0]
        points = self.points
        if len(points) > 1 and math.dist(points[-1][:2], points[-2][:2]) < _LEAST_STEP:
            points[-1] = point
        else:
            if len(points) > 1:
                middle = _middle(points[-2], points[-1])
                changed = changed.united(self._advance(middle))
            points.append(point)
        tail = _new_path()
        middle = _middle(points[-2], points[-1])
        if len(points) > 2:
            _add_band(tail, _curve(self._end, points[-2], middle))
        else:
            _add_band(tail, _line(self._end, middle))
        _add_band(tail, _line(middle, point))
        _add_disc(tail, point)
        self._tail = (tail.boundingRect(), tail)
        return changed.united(self._tail[0])

    def within(self, box: QRectF) -> QPainterPath:
        """Everything of the stroke that touches a box."""
        path = _new_path()
        for bounds, piece in self._all():
            if bounds.intersects(box):
                path.addPath(piece)
        return path

    def whole(self) -> QPainterPath:
        """The stroke as one path."""
        path = _new_path()
        for _, piece in self._all():
            path.addPath(piece)
        return path

    def _all(self) -> list[tuple[QRectF, QPainterPath]]:
        return self._pieces if self._tail is None else [*self._pieces, self._tail]

    def _advance(self, middle: Point) -> QRectF:
        """Keeps the piece that further points can no longer change."""
        piece = _new_path()
        curved = len(self.points) > 2
        _add_band(piece, _curve(self._end, self.points[-2], middle) if curved else _line(self._end, middle))
        self._end = middle
        return self._keep(piece)

    def _keep(self, piece: QPainterPath) -> QRectF:
        bounds = piece.boundingRect()
        self._pieces.append((bounds, piece))
        return bounds


@lru_cache(maxsize=512)
def _path_of(points: tuple[Point, ...]) -> QPainterPath:
    growing = GrowingPath(points[0])
    for point in points[1:]:
        growing.add(point)
    return growing.whole()


def stroke_path(line: Stroke) -> QPainterPath:
    """The outline of a stroke in canvas units, filled by winding."""
    return _path_of(line.points)


@lru_cache(maxsize=4)
def _bitmap_image(bitmap: Bitmap, colour: bool, least_px: int) -> QImage:
    """A bitmap as the canvas shows it: ink on a grey canvas, small ones enlarged so that their pixels are squares."""
    pixels = bitmap.pixels
    if pixels.ndim == 3 and not colour:
        from cnnstudio.core.pictures import as_ink  # Pillow comes with it: not before the first picture is opened

        pixels = np.round(as_ink(pixels) * 255).clip(0, 255).astype(np.uint8)
    if max(pixels.shape[:2]) <= PIXEL_ART_PX:
        times = math.ceil(least_px / max(pixels.shape[:2]))
        pixels = pixels.repeat(times, 0).repeat(times, 1)
    kind = QImage.Format.Format_Grayscale8 if pixels.ndim == 2 else QImage.Format.Format_RGB888
    packed = np.ascontiguousarray(pixels)
    height, width = packed.shape[:2]
    return QImage(packed.tobytes(), width, height, packed.strides[0], kind).convertToFormat(QImage.Format.Format_RGB32)


def _matrix(transform: Transform, size_px: int) -> QTransform:
    a, b = transform.turn.real, transform.turn.imag
    moved = QTransform(a, b, -b, a, transform.shift.real, transform.shift.imag)
    return moved * QTransform.fromScale(size_px, size_px)


class Raster:
    """A square picture of the canvas, with the stroke that is being drawn on top.

    Two of them exist: one of fixed size that the networks' picture is made from, so that it does not depend on the
    screen, and one in the screen's own pixels.

    Thread: GUI.
    """

    def __init__(self, size_px: int) -> None:
        """Makes a black square."""
        self.image = QImage(size_px, size_px, QImage.Format.Format_RGB32)
        self.image.fill(0xFF000000)
        self._base: QImage | None = None
        self._growing: GrowingPath | None = None
        self._ink = QColor(*WHITE)

    @property
    def size_px(self) -> int:
        """Its side."""
        return self.image.width()

    def draw(self, sheet: Sheet, colour: bool) -> None:
        """Draws a whole sheet; a stroke that was being drawn is forgotten."""
        self._base = self._growing = None
        self.image.fill(0xFF000000)
        painter = self._painter()
        painter.setTransform(_matrix(sheet.transform, self.size_px))
        if sheet.bitmap is not None:
            left, top, right, bottom = sheet.bitmap.box
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(QRectF(left, top, right - left, bottom - top),
                              _bitmap_image(sheet.bitmap, colour, self.size_px))  # fmt: skip
        for line in sheet.strokes:
            painter.fillPath(stroke_path(line), _ink(line.erases, line.colour if colour else WHITE))
        painter.end()

    def begin(self, point: Point, erases: bool, colour: Colour) -> QRect:
        """Starts a stroke; gives the pixels that changed."""
        self._base = self.image.copy()
        self._ink = _ink(erases, colour)
        self._growing = GrowingPath(point)
        return self._refresh(self._growing.whole().boundingRect())

    def extend(self, points: Iterable[Point]) -> QRect:
        """Lets the stroke go on; gives the pixels that changed."""
        if self._growing is None:
            return QRect()
        changed = QRectF()
        for point in points:
            changed = changed.united(self._growing.add(point))
        return self._refresh(changed)

    def keep(self) -> None:
        """Ends the stroke that was being drawn; what is seen of it stays."""
        self._base = self._growing = None

    @property
    def points(self) -> tuple[Point, ...]:
        """The points of the stroke that is being drawn."""
        return () if self._growing is None else tuple(self._growing.points)

    def pixels(self) -> NDArray[np.uint8]:
        """uint8 [size, size, 4] in the order blue, green, red, unused: a view, valid until the next change."""
        rows = np.frombuffer(self.image.constBits(), np.uint8)
        return rows.reshape(self.size_px, self.size_px, 4)

    def _painter(self) -> QPainter:
        painter = QPainter(self.image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        return painter

    def _refresh(self, box: QRectF) -> QRect:
        """Draws the pieces of the growing stroke inside a box anew, on what was there before the stroke.

        Drawing only the new piece on top would darken the edges where two pieces overlap.
        """
        if self._base is None or self._growing is None or box.isNull():
            return QRect()
        side = self.size_px
        dirty = QRectF(box.left() * side, box.top() * side, box.width() * side, box.height() * side)
        area = dirty.toAlignedRect().adjusted(-1, -1, 1, 1).intersected(self.image.rect())
        if area.isEmpty():
            return area
        painter = self._painter()
        painter.setClipRect(area)
        painter.drawImage(area, self._base, area)
        painter.setTransform(QTransform.fromScale(side, side))
        reach = QRectF(area.x() / side, area.y() / side, area.width() / side, area.height() / side)
        painter.fillPath(self._growing.within(reach), self._ink)
        painter.end()
        return area


def _ink(erases: bool, colour: Colour) -> QColor:
    return QColor(0, 0, 0) if erases else QColor(*colour)
