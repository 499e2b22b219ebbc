"""The table of a race: what each network costs, and how well it does at the moment."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QPointF, QRect, QSize, Qt, Slot
from PySide6.QtGui import QContextMenuEvent, QFontMetrics, QGuiApplication, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QToolTip,
    QWidget,
)

from cnnstudio.core.events import Competitor
from cnnstudio.core.history import History
from cnnstudio.ui.theme import GRID_PX, Theme, mark_of, network_colours
from cnnstudio.ui.widgets._marks import paint_mark
from cnnstudio.ui.widgets._measured_words import measured_sentence, when_measured
from cnnstudio.ui.widgets._names import short_names
from cnnstudio.ui.widgets._score_rows import COLUMNS, Row, rows_of

_BOLD: Final = {4}
_LEAST_WANTED: Final = (7, 2, 6)
"""Columns that go, in this order, where the table is too narrow for all; copies of the table have them."""

Index = QModelIndex | QPersistentModelIndex

_DOT_PX: Final = 10
_ROW_EXTRA_PX: Final = 12
_PAD_PX: Final = 7
_HEAD_EXTRA_PX: Final = 4
_LEAST_LETTERS: Final = 5
"""Of a text that is cut, its dots included."""


class ScoreModel(QAbstractTableModel):
    """The rows, for Qt's table.

    Thread: GUI.
    """

    def __init__(self, parent: QWidget) -> None:
        """Starts with no rows."""
        super().__init__(parent)
        self.rows: list[Row] = []
        self.theme: Theme | None = None
        self.caption = self.about = ""

    def set_rows(self, rows: list[Row], caption: str) -> None:
        """Shows these; the table is only rebuilt where the networks are others."""
        same = [row.card for row in rows] == [row.card for row in self.rows]
        if not same:
            self.beginResetModel()
        self.rows, self.caption = rows, caption
        if not same:
            self.endResetModel()
        elif rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(COLUMNS) - 1))
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, 0)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """How many networks."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """How many columns."""
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """One cell's text, meaning, side and shade."""
        row, column = self.rows[index.row()], COLUMNS[index.column()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return column.text(row)
            case Qt.ItemDataRole.ToolTipRole | Qt.ItemDataRole.AccessibleDescriptionRole:
                return column.about(row)
            case Qt.ItemDataRole.TextAlignmentRole:
                side = Qt.AlignmentFlag.AlignRight if index.column() else Qt.AlignmentFlag.AlignLeft
                return side | Qt.AlignmentFlag.AlignVCenter
            case Qt.ItemDataRole.FontRole if self.theme is not None:
                return self.theme.font("body", bold=index.column() in _BOLD)
            case Qt.ItemDataRole.ForegroundRole if self.theme is not None:
                return self.theme.colour("faint" if row.stopped else "text")
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A column's head."""
        if orientation == Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section].head if section else self.caption
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return (
                Qt.AlignmentFlag.AlignRight if section else Qt.AlignmentFlag.AlignLeft
            ) | Qt.AlignmentFlag.AlignBottom
        if role == Qt.ItemDataRole.ToolTipRole:
            return COLUMNS[section].meaning if section else self.about
        return None


class _CellDelegate(QStyledItemDelegate):
    """Paints the cells: numbers to the right; first a dot, the name in the network's colour, and in grey what it is.

    Thread: GUI.
    """

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        """Takes the looks."""
        super().__init__(parent)
        self.theme = theme

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paints one cell."""
        model, theme = index.model(), self.theme
        assert isinstance(model, ScoreModel)
        area: QRect = option.rect
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(area, theme.colour("chip"))
        painter.setPen(theme.colour("line"))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        if index.column() == 0:
            self._paint_name(painter, area, model.rows[index.row()])
        else:
            painter.setFont(index.data(Qt.ItemDataRole.FontRole))
            painter.setPen(index.data(Qt.ItemDataRole.ForegroundRole))
            painter.drawText(
                area.adjusted(0, 0, -_PAD_PX, 0),
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                index.data(Qt.ItemDataRole.DisplayRole),
            )
        painter.restore()

    def _paint_name(self, painter: QPainter, area: QRect, row: Row) -> None:
        theme, middle = self.theme, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        dot = QPointF(area.left() + _PAD_PX + _DOT_PX / 2, area.center().y() + 1)
        paint_mark(painter, dot, _DOT_PX / 2, mark_of(row.colour), row.colour)
        left = area.left() + _PAD_PX + _DOT_PX + GRID_PX // 2
        more = "stopped" if row.stopped else row.card.title if row.card.title != row.name else row.card.summary
        for text, font, colour in (
            (row.name, theme.font("body", bold=True), row.text_colour),
            (more, theme.font("small"), theme.colour("bad" if row.stopped else "muted")),
        ):
            painter.setFont(font)
            painter.setPen(colour)
            room = max(0, area.right() - left)
            shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, room)
            if len(shown) < min(len(text), _LEAST_LETTERS):
                continue  # dots with nothing before them say nothing; the tool tip says it all
            painter.drawText(QRect(left, area.top(), room, area.height()), middle, shown)
            left += QFontMetrics(font).horizontalAdvance(shown) + GRID_PX // 2


class Scoreboard(QTableView):
    """The table of a race; hovering a cell, or reaching it by the arrow keys, explains it with its numbers.

    Ctrl+C copies it as text; the context menu also as CSV.

    Thread: GUI.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        """Makes an empty table."""
        super().__init__(parent)
        self._model = ScoreModel(self)
        self._theme = theme
        self._cells = _CellDelegate(theme, self)
        self.setModel(self._model)
        self.setItemDelegate(self._cells)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setSectionsClickable(False)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Scoreboard")
        self._model.modelReset.connect(self._fit)
        self.set_theme(theme)

    @property
    def rows(self) -> list[Row]:
        """What is shown."""
        return self._model.rows

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = self._model.theme = self._cells.theme = theme
        self._fit()
        self.viewport().update()

    def show_run(self, history: History | None, step: int | None) -> None:
        """Shows a run at a moment; None is now. Without a run the table is empty."""
        if history is None:
            self._model.set_rows([], "")
            return
        self._model.about = measured_sentence(history, step)
        self._model.set_rows(rows_of(history, step, self._theme), when_measured(history, step))
        self._widths()

    def show_cards(self, cards: Sequence[Competitor]) -> None:
        """Shows networks that have not begun: what they are and what they cost."""
        colours, names = network_colours(cards), short_names(cards)
        rows = [Row(card, names[card.network], colours[card.network], self._theme.readable(colours[card.network]))
                for card in cards]  # fmt: skip
        self._model.about = ""
        self._model.set_rows(rows, "")

    def as_text(self, separator: str = "\t") -> str:
        """The table as lines of text, or as CSV where the separator is a comma."""
        out = io.StringIO()
        writer = csv.writer(out, delimiter=separator, lineterminator="\n")
        writer.writerow(column.head for column in COLUMNS)
        for row in self._model.rows:
            writer.writerow([row.card.title, *(column.text(row) for column in COLUMNS[1:])])
        return out.getvalue()

    @Slot()
    def copy_text(self) -> None:
        """Puts the table on the clipboard, columns parted by tabs."""
        QGuiApplication.clipboard().setText(self.as_text())

    @Slot()
    def copy_csv(self) -> None:
        """Puts the table on the clipboard as CSV."""
        QGuiApplication.clipboard().setText(self.as_text(","))

    @Slot()
    def _fit(self) -> None:
        row_px = QFontMetrics(self._theme.font("body")).height() + _ROW_EXTRA_PX
        head_px = QFontMetrics(self._theme.font("small", bold=True)).height() + _ROW_EXTRA_PX
        self.verticalHeader().setDefaultSectionSize(row_px)
        self.horizontalHeader().setFixedHeight(head_px)
        self.setFixedHeight(head_px + row_px * len(self._model.rows) + 2)
        self._widths()

    def _widths(self) -> None:
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        wanted = self._wanted_widths()
        name_font = QFontMetrics(self._theme.font("body", bold=True))
        names = [name_font.horizontalAdvance(row.name) for row in self._model.rows]
        caption = QFontMetrics(self._theme.font("small", bold=True)).horizontalAdvance(self._model.caption)
        least = max([*names, name_font.horizontalAdvance("MLP"), caption - _DOT_PX]) + 2 * _PAD_PX + _DOT_PX + GRID_PX
        spare = self.viewport().width() - sum(wanted) - least
        for section in _LEAST_WANTED:
            hidden = spare < 0
            self.setColumnHidden(section, hidden)
            spare += wanted[section - 1] if hidden else 0
        shown = sum(width for place, width in enumerate(wanted, 1) if not self.isColumnHidden(place))
        for place, width in enumerate(wanted, 1):
            self.setColumnWidth(place, width)
        self.setColumnWidth(0, max(least, self.viewport().width() - shown))

    def _wanted_widths(self) -> list[int]:
        head = QFontMetrics(self._theme.font("small", bold=True))
        body = QFontMetrics(self._theme.font("body", bold=True))
        samples = ("", "", "", "100.0 %", "100.0 %", "99.9", "100.0 %", "100,000", "999.9")
        widths = []
        for column, sample in zip(COLUMNS[1:], samples[1:], strict=True):
            texts = [sample, *(column.text(row) for row in self._model.rows)]
            widest = max(
                head.horizontalAdvance(column.head) + _HEAD_EXTRA_PX, *(body.horizontalAdvance(text) for text in texts)
            )
            widths.append(widest + 2 * _PAD_PX)
        return widths

    def sizeHint(self) -> QSize:
        """As high as its rows."""
        return QSize(640, self.height())

    def minimumSizeHint(self) -> QSize:
        """Narrow enough for 1024 x 700."""
        return QSize(320, self.height())

    def resizeEvent(self, event: Any) -> None:
        """Gives the room that is left to the names."""
        super().resizeEvent(event)
        self._widths()

    def currentChanged(self, current: Index, previous: Index) -> None:
        """Explains the cell that the keyboard reached."""
        super().currentChanged(current, previous)
        if current.isValid() and self.hasFocus() and not QGuiApplication.mouseButtons():
            place = self.viewport().mapToGlobal(self.visualRect(current).bottomLeft())
            QToolTip.showText(place, str(current.data(Qt.ItemDataRole.ToolTipRole)), self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copies on Ctrl+C."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_text()
            return
        super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offers to copy."""
        menu = QMenu(self)
        menu.addAction("Copy as text", self.copy_text)
        menu.addAction("Copy as CSV", self.copy_csv)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())
