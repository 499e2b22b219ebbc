"""What the networks say of the picture: for each its best guess, and a bar for every class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QFontMetrics,
    QHelpEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from cnnstudio.core.percent import WIDEST, percent
from cnnstudio.core.questions import Verdict, Verdicts
from cnnstudio.ui.theme import GRID_PX, LIGHT, SELECTION, Theme, mark_of, mixed, network_colours
from cnnstudio.ui.widgets._marks import paint_mark
from cnnstudio.ui.widgets._names import short_names
from cnnstudio.ui.widgets._verdict_layout import (
    MOST_BARS,
    Metrics,
    Plan,
    all_logits,
    chosen_classes,
    formula,
    plan,
    says,
    source_text,
)

_GAP_PX: Final = 2 * GRID_PX
_MARK_PX: Final = GRID_PX
_SAYS: Final = "says "
_MOST_NAME_SHARE: Final = 0.4
"""A class name takes at most this share of the width; longer ones are cut and shown whole on hover."""
_BARS_SMALLER: Final = 0.7
"""Where labels are large, as on a projector, the guess is what is read from the last row, not every bar."""
_OTHERS_PALE: Final = {False: 0.5, True: 0.35}
"""How far the bars that are not the best guess fade into what is behind them, in a light and in a dark theme."""


@dataclass(slots=True)
class _Block:
    """One network's place on the widget."""

    verdict: Verdict
    name: str
    hue: QColor
    area: QRect
    classes: list[int]


class VerdictBars(QWidget):
    """The verdicts of one to five networks, painted in one go.

    Thread: GUI.
    """

    def __init__(self, theme: Theme = LIGHT, parent: QWidget | None = None) -> None:
        """Makes it empty."""
        super().__init__(parent)
        self._theme = theme
        self._verdicts: Verdicts | None = None
        self._message = ""
        self._room_px: int | None = None
        self._blocks: list[_Block] = []
        self._plan = Plan(1, 0, 0)
        self._row: tuple[int, int] | None = None
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setAccessibleName("What the networks say")
        self._measure()

    # What others ask of it

    @property
    def text(self) -> str:
        """Everything it says, in words: for screen readers, and for tests."""
        if self._verdicts is None:
            return self._message
        parts = []
        for block in self._blocks:
            said = says(block.verdict, self._verdicts.class_names)
            if said is None:
                parts.append(f"{block.name}: not trained yet.")
            else:
                parts.append(f"{block.name} says {said[0]}, {percent(said[1])}, {source_text(block.verdict)}.")
        return " ".join(parts)

    @property
    def arrangement(self) -> Plan:
        """How the blocks stand."""
        return self._plan

    def set_verdicts(self, verdicts: Verdicts) -> bool:
        """Shows new verdicts; whether they need another arrangement than the last ones."""
        before = self._verdicts
        self._verdicts = verdicts
        same = before is not None and (
            before.class_names == verdicts.class_names
            and [v.network for v in before.verdicts] == [v.network for v in verdicts.verdicts]
            and len(self._blocks) == len(verdicts.verdicts)
        )
        if same:
            for block, verdict in zip(self._blocks, verdicts.verdicts, strict=True):
                block.verdict = verdict
                block.classes = chosen_classes(verdict, len(verdicts.class_names), self._plan.bars)
        else:
            self._row = None
            self._arrange()
        self.setAccessibleDescription(self.text)
        self.update()
        return not same

    def set_message(self, message: str) -> None:
        """Shows a sentence instead of verdicts, as while PyTorch is loading."""
        if self._verdicts is None or not message:
            self._message = message
            self.setAccessibleDescription(self.text)
            self.update()

    def forget(self, message: str = "") -> None:
        """Takes the verdicts away, because they are of other networks or of another data set."""
        self._verdicts = None
        self._message = message
        self._blocks = []
        self._row = None
        self.updateGeometry()
        self.update()

    def set_room(self, height_px: int) -> None:
        """Says how much height can be seen at once."""
        if height_px != self._room_px:
            self._room_px = height_px
            self._arrange()

    def height_within(self, room_px: int) -> int:
        """Height of what it would show in so much room; a usual race is assumed while nothing is known."""
        verdicts = self._verdicts
        networks = len(verdicts.verdicts) if verdicts is not None else 2
        names = verdicts.class_names if verdicts is not None else ("",) * MOST_BARS
        return min(room_px, self._planned(networks, names, room_px).height)

    def set_theme(self, theme: Theme) -> None:
        """Changes the look."""
        self._theme = theme
        self._measure()
        self._arrange()

    def tip_at(self, place: QPoint) -> str:
        """What explains the spot under the pointer."""
        if self._verdicts is None:
            return ""
        for number, block in enumerate(self._blocks):
            if block.area.contains(place):
                row = (place.y() - block.area.y() - self._metrics.head) // self._metrics.row
                return self._tip(number, row)
        return ""

    # Layout

    def _measure(self) -> None:
        theme = self._theme
        self._name_font = theme.font("label", bold=True)
        self._name_font.setPixelSize(max(theme.body_px, theme.label_px))
        self._guess_font = QFont(self._name_font)
        self._guess_font.setPixelSize(self._name_font.pixelSize() + 3)
        row_px = min(theme.label_px, max(theme.body_px, round(theme.label_px * _BARS_SMALLER)))
        self._row_font = theme.font("label")
        self._best_font = theme.font("label", bold=True)
        self._row_font.setPixelSize(row_px)
        self._best_font.setPixelSize(row_px)
        self._small_font = theme.font("small")
        head = QFontMetrics(self._guess_font).height() + 3
        self._metrics = Metrics(head, max(row_px + 3, theme.bar_px + 4), 2, _GAP_PX // 2)
        self._percent_px = QFontMetrics(self._best_font).horizontalAdvance(WIDEST) + 2

    def _arrange(self) -> None:
        self._blocks = []
        verdicts = self._verdicts
        if verdicts is not None and verdicts.verdicts:
            names = verdicts.class_names
            room = self._room_px if self._room_px is not None else self.height()
            self._plan = self._planned(len(verdicts.verdicts), names, room)
            self._place_blocks(verdicts)
        self.setMinimumHeight(self._plan.height if self._blocks else 0)
        self.updateGeometry()
        self.update()

    def _planned(self, networks: int, names: tuple[str, ...], room_px: int) -> Plan:
        longest = max((len(name) for name in names), default=1)
        return plan(networks, len(names), longest, self.width(), room_px, self._metrics)

    def _place_blocks(self, verdicts: Verdicts) -> None:
        hues = network_colours(verdicts.verdicts)
        short = short_names(verdicts.verdicts)
        columns = self._plan.columns
        width = (self.width() - (columns - 1) * _GAP_PX) // columns
        height = self._metrics.block(self._plan.bars)
        for number, verdict in enumerate(verdicts.verdicts):
            row, column = divmod(number, columns)
            area = QRect(column * (width + _GAP_PX), row * (height + self._metrics.gap), width, height)
            classes = chosen_classes(verdict, len(verdicts.class_names), self._plan.bars)
            self._blocks.append(_Block(verdict, short[verdict.network], hues[verdict.network], area, classes))

    def _tip(self, number: int, row: int) -> str:
        block = self._blocks[number]
        names = self._verdicts.class_names if self._verdicts is not None else ()
        if 0 <= row < len(block.classes):
            return formula(block.verdict, block.classes[row], names)
        return all_logits(block.verdict, names)

    # Painting

    def _paint_head(self, painter: QPainter, block: _Block, names: tuple[str, ...]) -> None:
        theme = self._theme
        area = QRect(block.area.x(), block.area.y(), block.area.width(), self._metrics.head)
        baseline = area.y() + self._metrics.head - 6
        said = says(block.verdict, names)
        left, right = area.x() + _MARK_PX + GRID_PX // 2, area.right() + 1
        metrics = QFontMetrics(self._name_font)
        self._paint_mark(painter, QPointF(area.x() + _MARK_PX / 2, baseline - metrics.capHeight() / 2), block.hue)
        if said is not None:
            named_px = left + metrics.horizontalAdvance(block.name) + GRID_PX
            right = self._paint_guess(painter, said[0], right, baseline, area.width(), named_px)
        painter.setFont(self._name_font)
        painter.setPen(theme.readable(block.hue))
        name = metrics.elidedText(block.name, Qt.TextElideMode.ElideRight, right - left - GRID_PX)
        painter.drawText(left, baseline, name)
        left += metrics.horizontalAdvance(name) + GRID_PX
        text = source_text(block.verdict)
        painter.setFont(self._small_font)
        if said is not None and QFontMetrics(self._small_font).horizontalAdvance(text) <= right - left - GRID_PX:
            painter.setPen(theme.colour("faint"))
            painter.drawText(left, baseline, text)

    @staticmethod
    def _paint_mark(painter: QPainter, middle: QPointF, hue: QColor) -> None:
        """The mark that the network has on curves, too."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_mark(painter, middle, _MARK_PX / 2, mark_of(hue), hue)
        painter.restore()

    def _paint_guess(self, painter: QPainter, guess: str, right: int, baseline: int, width: int, named_px: int) -> int:
        """Writes "says 3" at the right, or 3 where the name, up to `named_px`, needs the room; gives its left end."""
        theme = self._theme
        metrics = QFontMetrics(self._guess_font)
        guess = metrics.elidedText(guess, Qt.TextElideMode.ElideRight, int(width * 0.5))
        left = right - metrics.horizontalAdvance(guess)
        painter.setFont(self._guess_font)
        painter.setPen(theme.colour("text"))
        painter.drawText(left, baseline, guess)
        says_px = QFontMetrics(self._row_font).horizontalAdvance(_SAYS)
        if left - says_px < named_px:
            return left
        painter.setFont(self._row_font)
        painter.drawText(left - says_px, baseline, _SAYS)
        return left - says_px

    def _paint_bars(self, painter: QPainter, block: _Block, names: tuple[str, ...], name_px: int) -> None:
        theme, metrics = self._theme, self._metrics
        shares = block.verdict.probabilities
        assert shares is not None
        best = int(shares.argmax())
        pale = mixed(block.hue, theme.colour("window"), _OTHERS_PALE[theme.dark])
        left = block.area.x() + name_px + GRID_PX // 2
        longest = block.area.right() - self._percent_px - left
        fonts = {False: QFontMetrics(self._row_font), True: QFontMetrics(self._best_font)}
        align = Qt.AlignmentFlag.AlignVCenter
        for row, place in enumerate(block.classes):
            top = block.area.y() + metrics.head + row * metrics.row
            is_best = place == best
            painter.setFont(self._best_font if is_best else self._row_font)
            painter.setPen(theme.colour("text" if is_best else "muted"))
            name = fonts[is_best].elidedText(names[place], Qt.TextElideMode.ElideRight, name_px)
            painter.drawText(QRect(block.area.x(), top, name_px, metrics.row), align, name)
            length = max(1.0, longest * float(shares[place]))
            bar = QRectF(left, top + (metrics.row - theme.bar_px) / 2, length, theme.bar_px)
            painter.fillRect(bar, block.hue if is_best else pale)
            painter.setPen(theme.colour("text" if is_best else "faint"))
            numbers = QRect(block.area.right() + 1 - self._percent_px, top, self._percent_px, metrics.row)
            painter.drawText(numbers, align | Qt.AlignmentFlag.AlignRight, percent(float(shares[place])))

    def _paint_untrained(self, painter: QPainter, block: _Block) -> None:
        painter.setFont(self._theme.font("body"))
        painter.setPen(self._theme.colour("muted"))
        area = block.area.adjusted(0, self._metrics.head, 0, 0)
        flags = Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
        painter.drawText(area, flags, "not trained yet")

    def _name_width(self, block: _Block, names: tuple[str, ...]) -> int:
        metrics = QFontMetrics(self._best_font)
        longest = max((metrics.horizontalAdvance(names[place]) for place in block.classes), default=0)
        return min(longest + 2, int(block.area.width() * _MOST_NAME_SHARE))

    # Qt overrides

    def sizeHint(self) -> QSize:
        """As high as the arrangement."""
        return QSize(240, self._plan.height if self._blocks else 80)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arranges anew for another width."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width() or self._room_px is None:
            self._arrange()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints all blocks."""
        painter = QPainter(self)
        if self._verdicts is None:
            painter.setFont(self._theme.font("body"))
            painter.setPen(self._theme.colour("muted"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap, self._message)
            return
        names = self._verdicts.class_names
        for number, block in enumerate(self._blocks):
            self._paint_head(painter, block, names)
            if block.verdict.probabilities is None:
                self._paint_untrained(painter, block)
            else:
                self._paint_bars(painter, block, names, self._name_width(block, names))
            if self._row is not None and self._row[0] == number and self.hasFocus():
                self._paint_focus(painter, block, self._row[1])

    def _paint_focus(self, painter: QPainter, block: _Block, row: int) -> None:
        painter.setPen(QPen(QColor(SELECTION), 2))
        painter.drawRect(self._row_rect(block, row).adjusted(1, 1, -1, -1))

    def _row_rect(self, block: _Block, row: int) -> QRect:
        metrics = self._metrics
        if row < 0:
            return QRect(block.area.x(), block.area.y(), block.area.width(), metrics.head)
        return QRect(block.area.x(), block.area.y() + metrics.head + row * metrics.row, block.area.width(), metrics.row)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Marks the first heading."""
        super().focusInEvent(event)
        if self._row is None and self._blocks:
            self._row = (0, -1)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and down walk over the rows and explain them."""
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
        rows = [(number, row) for number, block in enumerate(self._blocks) for row in range(-1, len(block.classes))]
        if step is None or not rows:
            super().keyPressEvent(event)
            return
        at = rows.index(self._row) if self._row in rows else -step
        self._row = rows[max(0, min(len(rows) - 1, at + step))]
        number, row = self._row
        spot = self.mapToGlobal(self._row_rect(self._blocks[number], row).bottomLeft())
        QToolTip.showText(spot, self._tip(number, row), self)
        self.update()

    def event(self, event: QEvent) -> bool:
        """Explains what is under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            tip = self.tip_at(event.pos())
            if tip:
                QToolTip.showText(event.globalPos(), tip, self)
            else:
                QToolTip.hideText()
                event.ignore()
            return True
        return super().event(event)
