"""How a strip is painted: what stands still (titles, lines, frames of maps), and what changes with the picture."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen, QPolygonF

from cnnstudio.core.inside import PICTURE
from cnnstudio.core.layers import times
from cnnstudio.core.percent import WIDEST, percent
from cnnstudio.ui.theme import GRID_PX, Theme
from cnnstudio.ui.widgets._inside_layout import Bracket, Layout, Placed, Room
from cnnstudio.ui.widgets._inside_plan import Box, Plan
from cnnstudio.ui.widgets.draw_part import draw_part

_LEFT: Final = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_CENTRE: Final = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter
_RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_MILLION: Final = 1_000_000
_MARK_PX: Final = 9.0
"""Size of the mark that opens or folds a block."""
_ARROW_PX: Final = 3.0
_NAME_EM: Final = 7
"""Of a longer name of a class the end is cut; in heights of small text."""

_BAR_PX: Final = 4 * GRID_PX
_LEAST_SHARE: Final = 0.005
_LINE_SPACE: Final = 1.3
_ROOMY_LINES: Final = 18
"""A strip as high as this has room for the numbers of weights under its maps."""

_RANGE: Final = "0 to 0.0"
_PICTURE_RANGE: Final = "-0.00 to 0.0"
"""A column is wide enough for the numbers of its colour scale."""

_SECOND_EM: Final = 5.5
"""A column is wide enough for so much of its second line; the rest is cut."""

_TIGHT: Final = 0.82
"""Lines of the verdict move as near to each other as this, so that all classes are seen."""

_GLOBAL: Final = "global "
_SIZED: Final = re.compile(r"(.+) (\d+ x \d+)")


def line_px(theme: Theme) -> float:
    """Height of one line of a strip's text."""
    return round(theme.small_px * _LINE_SPACE)


def room_for(theme: Theme, plan: Plan, height: float, names: Sequence[str] = ()) -> Room:
    """What the text of a strip needs; a low strip leaves the numbers of weights to the tips.

    Args:
        theme: The look.
        plan: What the strip shows.
        height: In sight, px.
        names: Of the verdict's classes.
    """
    high = line_px(theme)
    roomy = height >= _ROOMY_LINES * high
    bold, plain = QFontMetricsF(theme.font("small", bold=True)), QFontMetricsF(theme.font("small"))
    lines = 2 + any(head_words(box)[1] for box in plan.boxes)

    def title_px(box: Box) -> float:
        title, second = head_words(box)
        needed = bold.horizontalAdvance(title) + (_MARK_PX + GRID_PX / 2 if box.folded else 0)
        under = (plain.horizontalAdvance(text) for text in (times(*box.shape), *(weights_words(box) if roomy else ())))
        needed = max(needed, plain.horizontalAdvance(_PICTURE_RANGE if box.shown == PICTURE else _RANGE))
        return max(needed, min(plain.horizontalAdvance(second), _SECOND_EM * theme.small_px), *under) + 2

    foot = (3 if roomy else 1) * high + GRID_PX / 2
    name_px = min(max((bold.horizontalAdvance(name) for name in names), default=0.0), _NAME_EM * theme.small_px)
    verdict_px = name_px + _BAR_PX + bold.horizontalAdvance(WIDEST) + GRID_PX
    return Room(lines * high + GRID_PX / 2, foot, high + GRID_PX / 2, high, title_px, roomy, verdict_px)


def weights_words(box: Box) -> tuple[str, ...]:
    """As in ("156", "weights") or ("4.7 M", "weights"), below each other; () where there are none."""
    if not box.weights:
        return ()
    return f"{box.weights / _MILLION:.1f} M" if box.weights >= _MILLION else f"{box.weights:,}", "weights"


def head_words(box: Box) -> tuple[str, str]:
    """The two lines above a column's shape, as in ("max pool", "2 x 2, relu")."""
    found = _SIZED.fullmatch(box.title)
    kind, size = (found[1], found[2]) if found else (box.title, "")
    if kind.startswith(_GLOBAL):
        kind, size = _GLOBAL.strip(), kind.removeprefix(_GLOBAL)
    return kind, ", ".join(part for part in (size, box.extra) if part)


def paint_still(painter: QPainter, theme: Theme, plan: Plan, layout: Layout, seen: QRectF, *, roomy: bool) -> None:
    """Paints what does not change with the picture.

    Args:
        painter: Where to.
        theme: The look.
        plan: What is shown.
        layout: Where it lies.
        seen: What of it is in sight, px.
        roomy: Whether the numbers of weights stand under the maps.
    """
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.colour("outline"), 1.2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for points in layout.lines:
        painter.drawPolyline(QPolygonF(list(points)))
    _paint_arrows(painter, theme, layout)
    _paint_notes(painter, theme, layout)
    for bracket in layout.brackets:
        _paint_bracket(painter, theme, bracket)
    for box, placed in zip(plan.boxes, layout.placed, strict=True):
        if placed.area.intersects(seen):
            _paint_column(painter, theme, box, placed, roomy=roomy)
    painter.setFont(theme.font("small", bold=True))
    painter.setPen(theme.colour("text"))
    line = QRectF(layout.verdict.left(), layout.verdict.top(), layout.verdict.width(), line_px(theme))
    painter.drawText(line, _LEFT, "softmax")


def _paint_arrows(painter: QPainter, theme: Theme, layout: Layout) -> None:
    blocks = {placed.block.left() for placed in layout.placed} | {layout.verdict.left()}
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour("outline"))
    for points in layout.lines:
        end = points[-1]
        if end.x() in blocks:
            tip = QPointF(end.x() - 2, end.y())
            painter.drawPolygon(QPolygonF([
                tip, tip + QPointF(-1.6 * _ARROW_PX, -_ARROW_PX), tip + QPointF(-1.6 * _ARROW_PX, _ARROW_PX),
            ]))  # fmt: skip


def _paint_notes(painter: QPainter, theme: Theme, layout: Layout) -> None:
    painter.setFont(theme.font("small"))
    metrics = QFontMetricsF(painter.font())
    for place, text in layout.notes:
        area = QRectF(place.x() + GRID_PX, place.y() - line_px(theme) / 2, metrics.horizontalAdvance(text) + GRID_PX,
                      line_px(theme))  # fmt: skip
        painter.fillRect(area, theme.colour("window"))
        painter.setPen(theme.colour("muted"))
        painter.drawText(area, _CENTRE, text)


def _paint_mark(painter: QPainter, theme: Theme, left: float, middle: float, *, opens: bool) -> None:
    """A small plus, or a minus, in a square."""
    square = QRectF(left + 0.5, round(middle - _MARK_PX / 2) + 0.5, _MARK_PX, _MARK_PX)
    painter.setPen(QPen(theme.colour("faint"), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(square)
    centre, arm = square.center(), _MARK_PX / 2 - 2
    painter.drawLine(QPointF(centre.x() - arm, centre.y()), QPointF(centre.x() + arm, centre.y()))
    if opens:
        painter.drawLine(QPointF(centre.x(), centre.y() - arm), QPointF(centre.x(), centre.y() + arm))


def _paint_bracket(painter: QPainter, theme: Theme, bracket: Bracket) -> None:
    area = bracket.area
    middle = area.top() + line_px(theme) / 2
    _paint_mark(painter, theme, area.left(), middle, opens=False)
    painter.setFont(theme.font("small"))
    painter.setPen(theme.colour("muted"))
    left = area.left() + _MARK_PX + GRID_PX / 2
    painter.drawText(QRectF(left, area.top(), area.width(), line_px(theme)), _LEFT, bracket.title)
    left += painter.fontMetrics().horizontalAdvance(bracket.title) + GRID_PX / 2
    painter.setPen(QPen(theme.colour("outline"), 1))
    if left < area.right():
        painter.drawPolyline(QPolygonF([
            QPointF(left, middle), QPointF(area.right(), middle), QPointF(area.right(), area.bottom() - 1),
        ]))  # fmt: skip


def _paint_column(painter: QPainter, theme: Theme, box: Box, placed: Placed, *, roomy: bool) -> None:
    high, area = line_px(theme), placed.area
    title, second = head_words(box)
    painter.setFont(theme.font("small", bold=True))
    metrics = QFontMetricsF(painter.font())
    line = QRectF(area.left(), area.top(), area.width(), high)
    if box.folded:
        left = area.center().x() - (metrics.horizontalAdvance(title) + _MARK_PX + GRID_PX / 2) / 2
        _paint_mark(painter, theme, left, line.center().y(), opens=True)
        line.setLeft(left + _MARK_PX + GRID_PX / 2)
    painter.setPen(theme.colour("text"))
    painter.drawText(line, _LEFT if box.folded else _CENTRE, title)
    painter.setFont(theme.font("small"))
    painter.setPen(theme.colour("muted"))
    second = QFontMetricsF(painter.font()).elidedText(second, Qt.TextElideMode.ElideRight, area.width())
    painter.drawText(QRectF(area.left(), area.top() + high, area.width(), high), _CENTRE, second)
    above = QRectF(area.left(), placed.block.top() - GRID_PX / 2 - high, area.width(), high)
    painter.drawText(above, _CENTRE, times(*box.shape))
    below = QRectF(area.left(), placed.block.bottom() + GRID_PX / 2, area.width(), high)
    for text in weights_words(box) if roomy else ():
        painter.drawText(below, _CENTRE, text)
        below.translate(0, high)
    _paint_frames(painter, theme, placed)


def _paint_frames(painter: QPainter, theme: Theme, placed: Placed) -> None:
    """A hair line around every map, which is all there is of it before it is known."""
    painter.setPen(Qt.PenStyle.NoPen)
    for index in range(placed.count):
        tile = placed.tile_rect(index)
        edge = min(1.0, placed.gap / 2)
        painter.setBrush(theme.colour("outline"))
        painter.drawRect(tile.adjusted(-edge, -edge, edge, edge))
        painter.setBrush(theme.colour("chip"))
        painter.drawRect(tile)


def likeliest(shares: NDArray[np.float64], rows: int) -> tuple[list[int], list[int]]:
    """The classes that have a row each where there are so few rows, and those that share the last one.

    Both in the order of the classes; the second is empty where all have a row.
    """
    if rows >= len(shares):
        return list(range(len(shares))), []
    order = np.argsort(-shares, kind="stable")
    shown = max(1, rows - 1)
    return sorted(order[:shown].tolist()), sorted(order[shown:].tolist())


def paint_verdict(
    painter: QPainter,
    theme: Theme,
    area: QRectF,
    room: Room,
    shares: NDArray[np.float64],
    names: Sequence[str],
    hue: QColor,
) -> None:
    """Paints the last column: the classes with their shares; where not all fit, the others' share is summed.

    Args:
        painter: Where to.
        theme: The look.
        area: The whole column.
        room: What text needs.
        shares: float64 [classes], adding up to 1.
        names: Of the classes.
        hue: Of the network.
    """
    high = line_px(theme)
    top = area.top() + room.head_px
    if area.bottom() - top >= _TIGHT * high * len(shares):
        high = min(high, (area.bottom() - top) / len(shares))
    fit = max(1, int((area.bottom() - top + 1) // high))
    shown, others = likeliest(shares, fit)
    best = int(shares.argmax())
    rows = [(names[i] if i < len(names) else str(i), float(shares[i]), i == best) for i in shown]
    metrics = QFontMetricsF(theme.font("small", bold=True))
    number_px = metrics.horizontalAdvance(WIDEST)
    widest = max(metrics.horizontalAdvance(name) for name, _, _ in rows)
    name_px = min(widest, area.width() - number_px - 3 * GRID_PX) + GRID_PX / 2
    for place, (name, share, told) in enumerate(rows):
        line = QRectF(area.left(), top + place * high, area.width(), high)
        painter.setFont(theme.font("small", bold=told))
        painter.setPen(theme.readable(hue) if told else theme.colour("muted"))
        painter.drawText(line, _LEFT, metrics.elidedText(name, Qt.TextElideMode.ElideRight, name_px))
        painter.drawText(line, _RIGHT, percent(share))
        room_px = line.width() - name_px - number_px - GRID_PX / 2
        if share > _LEAST_SHARE:
            bar = QRectF(line.left() + name_px, line.center().y() - high / 4, room_px * share, high / 2)
            painter.fillRect(bar, hue)
    if others and fit > 1:
        line = QRectF(area.left(), top + len(rows) * high, area.width(), high)
        _paint_others(painter, theme, line, len(others), float(shares[others].sum()))


def _paint_others(painter: QPainter, theme: Theme, line: QRectF, count: int, share: float) -> None:
    """The row of the classes that have none of their own."""
    painter.setFont(theme.font("small"))
    painter.setPen(theme.colour("muted"))
    painter.drawText(line, _LEFT, f"{count} more")
    painter.drawText(line, _RIGHT, percent(share))


def paint_range(painter: QPainter, theme: Theme, placed: Placed, text: str, lines_above: int) -> None:
    """Paints the numbers of a layer's colour scale under its maps."""
    high = line_px(theme)
    top = placed.block.bottom() + GRID_PX / 2 + lines_above * high
    painter.setFont(theme.font("small"))
    painter.setPen(theme.colour("faint"))
    painter.drawText(
        QRectF(placed.area.left() - 2 * GRID_PX, top, placed.area.width() + 4 * GRID_PX, high), _CENTRE, text
    )


def paint_frame(painter: QPainter, colour: QColor, area: QRectF, width: float) -> None:
    """A frame outside of an area, with a dark line around it so that it shows on white too."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    half = width / 2
    painter.setPen(QPen(QColor(0, 0, 0, 150), width + 1.4, j=Qt.PenJoinStyle.MiterJoin))
    painter.drawRect(area.adjusted(-half, -half, half, half))
    painter.setPen(QPen(colour, width, j=Qt.PenJoinStyle.MiterJoin))
    painter.drawRect(area.adjusted(-half, -half, half, half))


def paint_maps(painter: QPainter, image: QImage, placed: Placed) -> None:
    """Paints the maps of a column from one image that holds them below each other."""
    rows = max(1, image.height() // placed.count)
    for index in range(placed.count):
        draw_part(painter, placed.tile_rect(index), image, QRectF(0, index * rows, image.width(), rows))
