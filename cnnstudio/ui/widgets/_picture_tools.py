"""The tools under the canvas: pen, eraser, move, clear; undo, redo, open, the pen's width and its colour."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QActionGroup, QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QMenu, QPushButton, QSlider, QToolButton, QVBoxLayout, QWidget

from cnnstudio.core.drawing import Colour
from cnnstudio.ui.icons import icon
from cnnstudio.ui.theme import GRID_PX
from cnnstudio.ui.widgets.basic import button, explain_on_focus
from cnnstudio.ui.widgets.canvas_tools import PEN_WIDTH, PEN_WIDTHS

ICON_PX: Final = 16
_NARROW: Final = """
QPushButton { padding-left: 5px; padding-right: 5px; }
QPushButton:focus { padding-left: 4px; padding-right: 4px; }
QToolButton { padding: 4px; }
QToolButton:focus { padding: 3px; }
"""
"""Four tools stand in one row of a narrow column."""
TOOLS: Final = {
    "pen": ("Pen", "Draw with mouse, pen or finger. The right button erases. (P)"),
    "eraser": ("Erase", "Take ink away. (E)"),
    "move": ("Move", "Drag the picture, a corner to scale it, the round knob to turn it. (M; arrow keys, + - [ ])"),
}
COLOURS: Final[dict[str, Colour]] = {
    "White": (255, 255, 255),
    "Red": (220, 50, 47),
    "Orange": (240, 150, 30),
    "Yellow": (245, 220, 60),
    "Green": (60, 170, 75),
    "Blue": (40, 110, 220),
    "Purple": (140, 70, 180),
    "Brown": (135, 85, 50),
    "Grey": (128, 128, 128),
}


def tool_button(name: str, tip: str) -> QToolButton:
    """A small button with an icon alone, explained on hover and on focus."""
    made = QToolButton(autoRaise=True)
    made.setToolTip(tip)
    made.setProperty("kind", "quiet")
    made.setProperty("icon_name", name)
    made.setIconSize(QSize(ICON_PX, ICON_PX))
    made.setAccessibleName(tip)
    explain_on_focus(made)
    return made


def _swatch(colour: Colour) -> QIcon:
    drawn = QPixmap(2 * ICON_PX, 2 * ICON_PX)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QColor(128, 128, 128))
    painter.setBrush(QColor(*colour))
    painter.drawEllipse(3, 3, 2 * ICON_PX - 6, 2 * ICON_PX - 6)
    painter.end()
    return QIcon(drawn)


class PictureTools(QWidget):
    """Two rows of tools.

    Signals:
        tool_chosen: "pen", "eraser" or "move".
        width_chosen: The pen's width, a share of the canvas.
        colour_chosen: The pen's colour.
        clear_wanted, undo_wanted, redo_wanted, open_wanted: A button was pressed.

    Thread: GUI.
    """

    tool_chosen = Signal(str)
    width_chosen = Signal(float)
    colour_chosen = Signal(object)
    clear_wanted = Signal()
    undo_wanted = Signal()
    redo_wanted = Signal()
    open_wanted = Signal()

    def __init__(self, last: QWidget) -> None:
        """Makes them; `last` is what ends the second row."""
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID_PX // 2)
        column.addLayout(self._first_row())
        column.addLayout(self._second_row(last))
        self.setStyleSheet(_NARROW)
        self.retint()

    def choose(self, tool: str) -> None:
        """Presses a tool's button."""
        if tool in self.tools:
            self.tools[tool].setChecked(True)
            self.tool_chosen.emit(tool)

    def show_colours(self, shown: bool) -> None:
        """Shows the choice of colours only where the networks see colours."""
        self.colour.setVisible(shown)

    def set_history(self, can_undo: bool, can_redo: bool, can_clear: bool) -> None:
        """Says what can be done now."""
        self.undo.setEnabled(can_undo)
        self.redo.setEnabled(can_redo)
        self.clear.setEnabled(can_clear)

    def retint(self) -> None:
        """Draws the icons in the theme's colour."""
        for made in (self.undo, self.redo, self.open):
            made.setIcon(icon(made.property("icon_name")))

    def _first_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(6)
        group = QButtonGroup(self)
        self.tools: dict[str, QPushButton] = {}
        for name, (text, tip) in TOOLS.items():
            made = button(text, tip=tip, checkable=True)
            group.addButton(made)
            self.tools[name] = made
            made.clicked.connect(lambda _checked=False, name=name: self.tool_chosen.emit(name))
            row.addWidget(made)
        self.tools["pen"].setChecked(True)
        self.clear = button("Clear", tip="Empty the canvas. Undo brings it back. (Delete)")
        self.clear.clicked.connect(self.clear_wanted)
        row.addWidget(self.clear)
        return row

    def _second_row(self, last: QWidget) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(0)
        self.undo = tool_button("undo", "Undo (Ctrl+Z)")
        self.redo = tool_button("redo", "Redo (Ctrl+Y)")
        self.open = tool_button("picture", "Open a picture; you can also drop one on the canvas or paste it")
        self.undo.clicked.connect(self.undo_wanted)
        self.redo.clicked.connect(self.redo_wanted)
        self.open.clicked.connect(self.open_wanted)
        self.colour = self._colour_button()
        self.width_slider = QSlider(Qt.Orientation.Horizontal)
        self.width_slider.setRange(0, len(PEN_WIDTHS) - 1)
        self.width_slider.setPageStep(1)
        self.width_slider.setValue(PEN_WIDTHS.index(PEN_WIDTH))
        self.width_slider.setToolTip("Width of the pen")
        self.width_slider.setAccessibleName("Width of the pen")
        self.width_slider.setMinimumWidth(40)
        explain_on_focus(self.width_slider)
        self.width_slider.valueChanged.connect(self._choose_width)
        for made in (self.undo, self.redo, self.open, self.colour):
            row.addWidget(made)
        row.addSpacing(GRID_PX // 2)
        row.addWidget(self.width_slider, 1)
        row.addSpacing(GRID_PX)
        row.addWidget(last)
        return row

    def _colour_button(self) -> QToolButton:
        made = QToolButton(popupMode=QToolButton.ToolButtonPopupMode.InstantPopup)
        made.setToolTip("Colour of the pen")
        made.setProperty("kind", "quiet")
        made.setAccessibleName("Colour of the pen")
        made.setIconSize(QSize(ICON_PX, ICON_PX))
        explain_on_focus(made)
        menu = QMenu(made)
        group = QActionGroup(menu)
        for name, colour in COLOURS.items():
            action = menu.addAction(_swatch(colour), name)
            action.setCheckable(True)
            group.addAction(action)
            action.triggered.connect(lambda _checked=False, colour=colour: self._choose_colour(colour))
        menu.actions()[0].setChecked(True)
        made.setMenu(menu)
        made.setIcon(_swatch(COLOURS["White"]))
        made.hide()
        return made

    def _choose_colour(self, colour: Colour) -> None:
        self.colour.setIcon(_swatch(colour))
        self.colour_chosen.emit(colour)

    @Slot(int)
    def _choose_width(self, place: int) -> None:
        self.width_chosen.emit(PEN_WIDTHS[place])
