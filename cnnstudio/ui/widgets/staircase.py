"""The ladder as a staircase: one tread per rung, with its one switch, its costs and what it gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip

from cnnstudio.core.percent import percent as written
from cnnstudio.core.statistics import Spread
from cnnstudio.ui.theme import GRID_PX, ROLE_COLOURS, SELECTION, Theme
from cnnstudio.ui.widgets.explained import Explained
from cnnstudio.ui.widgets.staircase_rows import StairRow

_MOST_ROW_PX: Final = 48.0
_TREAD_PX: Final = 10.0
"""So far each rung stands to the right of the one below."""
_DOT_PX: Final = 3.5
_LEAST_PLOT_PX: Final = 120.0
_MOST_PLOT_PX: Final = 280.0
_FLOOR: Final = 0.1
"""The plot's axis begins at a multiple of this below the smallest share."""
_KEY: Final = "dot: test, ring: moved"
_NOT_YET: Final = "Run all measures the rest."
_TIPS: Final = (
    "The one switch of this rung; all rungs below it stay.",
    "Weights that are learned.",
    "Multiply-adds for one picture.",
    "Test pictures read, in %, with the spread of the seeds.",
    "Points ahead of the rung below on test pictures, with the spread of the seeds; the largest step is framed, with "
    "dots where it is not beyond the seeds.",
    "Test pictures that were moved, read, in %, with the spread of the seeds.",
    "Training examples with which this rung reaches what the lowest reaches with all: the median of the seeds, and "
    "from the fewest to the most.",
)


def short(number: int | None) -> str:
    """A count in four characters at most, as in "9.8k", "30k" or "1.2M"."""
    if number is None:
        return ""
    if number < 1_000:
        return str(number)
    size, unit = (number / 1e3, "k") if number < 999_500 else (number / 1e6, "M")
    return f"{size:.1f}{unit}" if size < 9.95 else f"{size:.0f}{unit}"


def percent(spread: Spread | None) -> str:
    """A share in % without the sign, as in "93.1 ± 0.4"."""
    if spread is None:
        return ""
    text = written(spread.mean).removesuffix(" %")
    return text if spread.deviation is None else f"{text} ± {100 * spread.deviation:.1f}"


def need_cell(row: StairRow, *, brief: bool = False) -> str:
    """The examples needed, as in "1.2k (1.0k to 1.3k)", "620, 1 never" or "never"; the middle one where it is brief."""
    need = row.need
    if need is None:
        return ""
    if not need.reached:
        return "never"
    middle = short(need.rounded(need.median)) if need.median is not None else "mostly never"
    ends = list(dict.fromkeys(short(need.rounded(end)) for end in (need.reached[0], need.reached[-1])))
    span = f" ({' to '.join(ends)})" if len(ends) > 1 or need.median is None else ""
    never = f", {need.never} never" if need.never and need.median is not None else ""
    return middle + never if brief else middle + span + never


def step_cell(row: StairRow) -> str:
    """Points ahead of the rung below, with the spread of the seeds: "+8.0 ± 0.3"."""
    if row.step is None:
        return ""
    spread = row.step.spread
    text = f"{100 * spread.mean:+.1f}"
    return text if spread.deviation is None else f"{text} ± {100 * spread.deviation:.1f}"


def _switch(row: StairRow) -> str:
    return f"+ {row.switch}" if row.switch else row.title


class Staircase(Explained):
    """The rungs, the highest on top. Up and Down go from one to the next, hovering says everything.

    Thread: GUI.
    """

    def __init__(self, theme: Theme) -> None:
        """Makes it without rungs."""
        super().__init__()
        self._theme = theme
        self._rows: tuple[StairRow, ...] = ()
        self._moved_px = 0
        self._current = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("the rungs of the ladder")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def rows(self) -> tuple[StairRow, ...]:
        """The rungs, the lowest first."""
        return self._rows

    @property
    def current(self) -> int:
        """Number of the rung that the keyboard is at, from below."""
        return self._current

    def set_rows(self, rows: Sequence[StairRow], moved_px: int) -> None:
        """Shows rungs, the lowest first; `moved_px` is how far test pictures were moved."""
        if len(rows) != len(self._rows):
            self.updateGeometry()
        self._rows, self._moved_px = tuple(rows), moved_px
        self._describe()
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        self.update()

    def cells(self, row: StairRow, *, brief: bool = False) -> tuple[str, ...]:
        """The texts of one rung, by column, in brief where there is little room; the first one is its name."""
        need, test, moved = need_cell(row, brief=brief), percent(row.test), percent(row.moved)
        if brief:  # hovering says the spreads of both, and the numbers' page; a step keeps its own
            test, moved = (text.partition(" ±")[0] for text in (test, moved))
        texts = (short(row.weights), short(row.macs), test, step_cell(row), moved, need)
        return (row.title, *texts)

    # Places

    def _metrics(self, *, bold: bool = False) -> QFontMetricsF:
        return QFontMetricsF(self._theme.font("small", bold=bold))

    def _headings(self) -> tuple[str, ...]:
        return ("rung", "weights", "MACs", "test %", "step", f"{self._moved_px} px off %", "examples")

    def _row_px(self) -> float:
        return min(_MOST_ROW_PX, self.height() / (len(self._rows) + 1))

    def _line_rect(self, place: int) -> QRectF:
        """The line of a rung, counted from below; the headings are above the highest."""
        tall = self._row_px()
        return QRectF(0, (len(self._rows) - place) * tall, self.width(), tall)

    def columns(self) -> list[tuple[float, float]]:
        """Left end and width of every column; the plot is between the first one and the others, where there is room."""
        wide = self._widths(brief=self._brief)
        left = self.width() - sum(wide)
        found = [(0.0, left)]
        for each in wide:
            found.append((left, each))
            left += each
        return found

    def _widths(self, *, brief: bool) -> list[float]:
        """Of all columns but the first."""
        metrics = self._metrics(bold=True)
        lines = [self._headings(), *(self.cells(row, brief=brief) for row in self._rows)]
        return [max(map(metrics.horizontalAdvance, texts)) + GRID_PX for texts in zip(*lines, strict=True)][1:]

    @property
    def _brief(self) -> bool:
        """Whether ranges and spreads find no room beside whole names and the plot."""
        wanted = self._names_px() + _LEAST_PLOT_PX + 2 * GRID_PX
        return self.width() - sum(self._widths(brief=False)) < wanted

    def plot_rect(self) -> tuple[float, float]:
        """Left end and width of the plot; its width is 0 where there is no room."""
        names = self._names_px()
        room = self.columns()[1][0] - names - 2 * GRID_PX
        return (names + GRID_PX, min(room, _MOST_PLOT_PX)) if room >= _LEAST_PLOT_PX else (names, 0.0)

    def _names_px(self) -> float:
        """Room that whole names take, stairs included."""
        metrics = self._metrics(bold=True)
        wide = [place * _TREAD_PX + metrics.horizontalAdvance(_switch(row)) for place, row in enumerate(self._rows)]
        return max(wide, default=0.0) + 2 * GRID_PX

    @property
    def _narrow(self) -> bool:
        """Whether only the short names and narrow treads find room."""
        return self._names_px() > self.columns()[1][0]

    def _left(self, place: int) -> float:
        return place * (_TREAD_PX / 2 if self._narrow else _TREAD_PX)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints headings, treads and numbers."""
        if not self._rows:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        columns, theme = self.columns(), self._theme
        head = QRectF(0, 0, self.width(), self._row_px())
        painter.setFont(theme.font("small"))
        painter.setPen(theme.colour("faint"))
        for (left, wide), text in zip(columns, self._headings(), strict=True):
            right = Qt.AlignmentFlag.AlignRight if left else Qt.AlignmentFlag.AlignLeft
            painter.drawText(QRectF(left, head.top(), wide, head.height()), right | Qt.AlignmentFlag.AlignVCenter, text)
        self._paint_scale(painter, head)
        self._paint_stairs(painter)
        for place, row in enumerate(self._rows):
            self._paint_row(painter, place, row, columns)
        if all(row.test is None for row in self._rows):
            line = self._line_rect(len(self._rows) // 2)
            line.setLeft(columns[3][0])
            painter.setFont(theme.font("small"))
            painter.setPen(theme.colour("muted"))
            painter.drawText(line, Qt.AlignmentFlag.AlignCenter, _NOT_YET)
        if self.hasFocus():
            painter.setPen(QPen(theme.colour("muted"), 1))
            painter.drawRoundedRect(self._line_rect(self._current).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)

    def _paint_stairs(self, painter: QPainter) -> None:
        painter.setPen(QPen(self._theme.colour("outline"), 1))
        for place in range(len(self._rows)):
            line = self._line_rect(place)
            left = self._left(place)
            painter.drawLine(QLineF(left, line.bottom(), self.width(), line.bottom()))
            painter.drawLine(QLineF(left, line.top(), left, line.bottom()))

    def _paint_row(self, painter: QPainter, place: int, row: StairRow, columns: list[tuple[float, float]]) -> None:
        theme, line = self._theme, self._line_rect(place)
        painter.setFont(theme.font("small", bold=True))
        painter.setPen(theme.colour("text"))
        left = self._left(place) + GRID_PX
        room = QRectF(left, line.top(), columns[1][0] - left, line.height())
        named = row.title if self._narrow else _switch(row)
        name = self._metrics(bold=True).elidedText(named, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
        for number, ((start, wide), text) in enumerate(zip(columns, self.cells(row, brief=self._brief), strict=True)):
            if number == 0:
                continue
            strong = number == 4 and row.most
            painter.setFont(theme.font("small", bold=strong))
            painter.setPen(theme.colour("muted" if number < 3 else "text"))
            box = QRectF(start, line.top(), wide, line.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
            if strong:
                self._paint_frame(painter, box, text, sure=row.sure)
        self._paint_dots(painter, line, row)

    def _paint_frame(self, painter: QPainter, box: QRectF, text: str, *, sure: bool) -> None:
        metrics = self._metrics(bold=True)
        tall = min(box.height() - 2, metrics.height() + 2)
        wide = metrics.horizontalAdvance(text) + GRID_PX
        frame = QRectF(box.right() - wide + GRID_PX / 2, box.center().y() - tall / 2, wide - 1, tall)
        painter.setPen(QPen(QColor(SELECTION), 2, Qt.PenStyle.SolidLine if sure else Qt.PenStyle.DotLine))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(frame, 3, 3)

    def _floor(self) -> float | None:
        """The share at the plot's left end; None where there is no plot."""
        shares = [spread.low for row in self._rows for spread in (row.test, row.moved) if spread is not None]
        if not self.plot_rect()[1] or not shares:
            return None
        return min(1 - _FLOOR, max(0.0, int(min(shares) / _FLOOR) * _FLOOR))

    def _axis(self) -> Callable[[float], float] | None:
        """From a share to its place in the plot."""
        left, wide = self.plot_rect()
        floor = self._floor()
        return None if floor is None else lambda share: left + wide * (share - floor) / (1 - floor)

    def _paint_scale(self, painter: QPainter, head: QRectF) -> None:
        """What the dots are, and the shares at both ends of the plot."""
        left, wide = self.plot_rect()
        floor = self._floor()
        if floor is None:
            return
        box = QRectF(left, head.top(), wide, head.height())
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | middle, f"{100 * floor:.0f} %")
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | middle, "100 %")
        key = _KEY if self._metrics().horizontalAdvance(f"{_KEY} 100 % 100 %") < wide - 2 * GRID_PX else ""
        painter.drawText(box, Qt.AlignmentFlag.AlignHCenter | middle, key)
        painter.setPen(QPen(self._theme.colour("grid"), 1))
        for x in (left, left + wide):
            painter.drawLine(QLineF(x, head.bottom(), x, self._line_rect(0).bottom()))

    def _paint_dots(self, painter: QPainter, line: QRectF, row: StairRow) -> None:
        axis, y = self._axis(), line.center().y()
        if axis is None:
            return
        hue = QColor(ROLE_COLOURS["cnn" if row.switch else "mlp"])
        for spread, filled in ((row.moved, False), (row.test, True)):
            if spread is None:
                continue
            painter.setPen(QPen(hue, self._theme.line_px + 0.5))
            painter.drawLine(QLineF(axis(spread.low), y, axis(min(1.0, spread.high)), y))
            painter.setBrush(hue if filled else self._theme.colour("window"))
            painter.drawEllipse(QPointF(axis(spread.mean), y), _DOT_PX, _DOT_PX)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    # Reading

    def explanation(self, point: QPointF) -> str:
        """What the place under a point means, with the numbers."""
        for place, row in enumerate(self._rows):
            if self._line_rect(place).contains(point):
                left, wide = self.plot_rect()
                dots = " Filled dot: test pictures; ring: moved ones." if left <= point.x() <= left + wide else ""
                return f"{row.title.capitalize()}. {row.explanation}{dots}"
        found = [
            tip for (left, wide), tip in zip(self.columns(), _TIPS, strict=True) if left <= point.x() < left + wide
        ]
        return found[0] if found else ""

    def said_at(self, place: QPointF) -> str:
        """Explains what is under the pointer."""
        return self.explanation(place)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Goes to the rung that is clicked."""
        for place in range(len(self._rows)):
            if self._line_rect(place).contains(event.position()):
                self._go(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and Down go from rung to rung, and say what it is."""
        by = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}.get(Qt.Key(event.key()))
        if by is None or not self._rows:
            super().keyPressEvent(event)
            return
        self._go(min(max(self._current + by, 0), len(self._rows) - 1))
        line = self._line_rect(self._current)
        QToolTip.showText(self.mapToGlobal(line.bottomLeft().toPoint()), self.accessibleDescription(), self)

    def _go(self, place: int) -> None:
        self._current = place
        self._describe()
        self.update()

    def _describe(self) -> None:
        if self._rows:
            row = self._rows[self._current]
            self.setAccessibleDescription(f"{row.title.capitalize()}. {row.explanation}")

    def sizeHint(self) -> QSize:
        """Lines with air between them."""
        return QSize(70 * GRID_PX, int(2 * self._metrics().height() * (len(self._rows) + 1)))

    def minimumSizeHint(self) -> QSize:
        """Lines that touch."""
        return QSize(40 * GRID_PX, int((self._metrics().height() + 1) * (len(self._rows) + 1)))
