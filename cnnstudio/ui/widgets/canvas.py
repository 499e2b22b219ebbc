"""The canvas: draw with mouse, pen or finger, erase, move, and everything with the keyboard too."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDropEvent,
    QEventPoint,
    QFocusEvent,
    QInputDevice,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPointingDevice,
    QTabletEvent,
    QTouchEvent,
)
from PySide6.QtWidgets import QWidget

from cnnstudio.core.drawing import WHITE, Colour, Sheet, Stroke, Transform, stroke
from cnnstudio.ui.theme import LIGHT, Theme
from cnnstudio.ui.widgets._canvas_surface import ERASER_TIMES, MODEL_PX, STEP, CanvasSurface, Tool
from cnnstudio.ui.widgets._keyboard_pen import PRESSURE
from cnnstudio.ui.widgets.canvas_tools import Grip, Handles, PenDynamics

__all__ = ["MODEL_PX", "Canvas", "Tool"]

_NUDGES: Final[dict[int, tuple[float, float]]] = {
    Qt.Key.Key_Left: (-STEP, 0.0),
    Qt.Key.Key_Right: (STEP, 0.0),
    Qt.Key.Key_Up: (0.0, -STEP),
    Qt.Key.Key_Down: (0.0, STEP),
}
_TRANSFORMS: Final[dict[str, tuple[float, float]]] = {
    "+": (0.0, 1.1),
    "=": (0.0, 1.1),
    "-": (0.0, 1 / 1.1),
    "[": (-5.0, 1.0),
    "]": (5.0, 1.0),
}
"""Degrees and scale."""
_TOOLS: Final[dict[str, Tool]] = {"p": "pen", "e": "eraser", "m": "move"}
_OWN_TEXT: Final = frozenset("0123456789nr") | _TRANSFORMS.keys() | _TOOLS.keys()
_ENTER: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_WITH_PEN: Final = (Qt.Key.Key_Space, Qt.Key.Key_Escape)
_CLEARING: Final = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)


class Canvas(CanvasSurface):
    """A square of white ink on black that a hand draws on.

    Signals (besides `ink_changed` and `sheet_changed`):
        tool_chosen: A key asks for a tool, by its name.
        dropped: A file or a picture was dropped (the QMimeData), or is to be pasted (None).
        class_wanted: A digit key asks for a picture of that class (int).
        next_wanted: A key asks for the next picture; True is for one by chance.

    Thread: GUI.
    """

    tool_chosen = Signal(str)
    dropped = Signal(object)
    class_wanted = Signal(object)
    next_wanted = Signal(object)

    def __init__(self, theme: Theme = LIGHT, parent: QWidget | None = None) -> None:
        """Makes an empty canvas for grey pictures."""
        super().__init__(theme, parent)
        self.pen_colour: Colour = WHITE
        self._dynamics: PenDynamics | None = None
        self._erasing = False
        self._grip: Grip | None = None
        self._grip_start = 0j
        self._before: Sheet | None = None
        self._handles: Handles | None = None
        self._fingers: tuple[complex, complex] | None = None
        self._tablet_down = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents)
        self.setAcceptDrops(True)
        self.setAccessibleName("Canvas")
        self.setAccessibleDescription(
            "Draw with mouse, pen or finger. Arrow keys move the picture by one pixel, plus and minus scale it, "
            "square brackets turn it, Delete clears it, a digit key takes the next picture of that class. "
            "Enter takes a pen for the keyboard: arrow keys move it, Space puts it down and takes it up, Escape ends."
        )

    @property
    def busy(self) -> bool:
        """Whether a stroke or a drag is under way."""
        return self._dynamics is not None or self._before is not None

    @property
    def inking(self) -> bool:
        """Whether a stroke is under way: its ink is seen, but not yet part of the sheet."""
        return self._dynamics is not None

    def settle(self) -> None:
        """Ends a stroke as it is, or takes an unfinished move back."""
        if self._before is not None:
            before, self._before = self._before, None
            self._grip = self._fingers = None
            self.drawing.sheet = before
            self._redraw()
        elif self._dynamics is not None:
            self._release()

    # Drawing

    def _press(self, at: complex, time_ms: float, pressure: float | None, erases: bool) -> None:
        self.settle()
        self._keyboard_pen.put_away()
        if self.tool == "move":
            self._handles = Handles(self.sheet, self._area().width())
            self._grip = self._handles.at(at)
            self._grip_start = at
            self._before = self.sheet
            return
        self._begin(at, time_ms, pressure, erases)

    def _begin(self, at: complex, time_ms: float, pressure: float | None, erases: bool) -> None:
        self._erasing = erases or self.tool == "eraser"
        self._dynamics = PenDynamics(self.line_width if not erases else self.pen_width * ERASER_TIMES)
        point = self._dynamics.point(at.real, at.imag, time_ms, pressure)
        colour = self.pen_colour if self._colour else WHITE
        self._model.begin(point, self._erasing, colour)
        self._repaint(self._screen.begin(point, self._erasing, colour))

    def _go_on(self, at: complex, time_ms: float, pressure: float | None) -> None:
        if self._before is not None and self._handles is not None and self._grip is not None:
            change = self._handles.drag(self._grip, self._grip_start, at)
            self._show_moved(self._before.moved(change))
        elif self._dynamics is not None:
            point = self._dynamics.point(at.real, at.imag, time_ms, pressure)
            self._model.extend([point])
            self._repaint(self._screen.extend([point]))

    def _release(self) -> None:
        if self._before is not None:
            moved, before = self.sheet, self._before
            self._before = self._grip = self._fingers = None
            self.drawing.sheet = before
            if self.drawing.change(moved):
                self.sheet_changed.emit()
            self._handles = None
            self.update()
        elif self._dynamics is not None:
            points = self._model.points
            self._dynamics = None
            colour = self.pen_colour if self._colour and not self._erasing else WHITE
            self._add(stroke(points, self._erasing, colour))

    def _add(self, line: Stroke) -> None:
        as_drawn = self.sheet.transform.is_identity
        self.drawing.change(self.sheet.with_stroke(line))
        if as_drawn:
            self._model.keep()
            self._screen.keep()
            self.update()
        else:
            self._redraw()  # in the moved plane its points are rounded elsewhere
        self.sheet_changed.emit()

    def _forget_stroke(self) -> None:
        """Takes an unfinished stroke away: a second finger shows that it was none."""
        if self._dynamics is not None:
            self._dynamics = None
            self._redraw()

    # The keyboard's pen

    def _pen_key(self, event: QKeyEvent) -> bool:
        """Does what a key does to the keyboard's pen; whether it did anything."""
        pen, key = self._keyboard_pen, event.key()
        if key in _ENTER and self.tool != "move":
            self.settle()
            pen.take() if pen.at is None else pen.put_away()
        elif pen.at is None:
            return False
        elif key == Qt.Key.Key_Escape:
            self.settle()
            pen.put_away()
        elif key == Qt.Key.Key_Space:
            if self._dynamics is not None:
                self._release()
            else:
                self._begin(pen.at, event.timestamp(), PRESSURE, erases=False)
        elif pen.moves(key):
            fine = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._go_on(pen.move(key, STEP, fine), event.timestamp(), PRESSURE)
        else:
            return False
        self.update()
        return True

    # Touch

    def _touch(self, event: QTouchEvent) -> bool:
        device = event.device()
        if device is not None and device.type() == QInputDevice.DeviceType.TouchPad:
            return False
        if self._tablet_down:
            return True  # a palm on the screen while the pen draws
        points = [p for p in event.points() if p.state() != QEventPoint.State.Released]
        if event.type() == QEvent.Type.TouchCancel:
            self._forget_stroke()
            self.settle()
        elif len(points) >= 2:
            self._pinch(self._unit(points[0].position()), self._unit(points[1].position()))
        elif event.type() == QEvent.Type.TouchEnd or not points:
            self._release()
        elif self._fingers is None:
            at = self._unit(points[0].position())
            if event.type() == QEvent.Type.TouchBegin:
                self._press(at, event.timestamp(), None, erases=False)
            else:
                self._go_on(at, event.timestamp(), None)
        return True

    def _pinch(self, one: complex, other: complex) -> None:
        if self._fingers is None:
            self._forget_stroke()
            self.settle()
            self._fingers = (one, other)
            self._before = self.sheet
        elif self._before is not None:
            self._show_moved(self._before.moved(Transform.through(self._fingers, (one, other))))

    # Qt overrides

    def event(self, event: QEvent) -> bool:
        """Takes touches, and keeps keys that are its own from becoming shortcuts of the window."""
        if isinstance(event, QTouchEvent) and self._touch(event):
            event.accept()
            return True
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._is_own(event):
            event.accept()
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Starts a stroke or a move."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._press(self._unit(event.position()), event.timestamp(), None, erases=False)
        elif event.button() == Qt.MouseButton.RightButton and self.tool == "pen":
            self._press(self._unit(event.position()), event.timestamp(), None, erases=True)
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Goes on with it."""
        if event.buttons() & (Qt.MouseButton.LeftButton | Qt.MouseButton.RightButton):
            self._go_on(self._unit(event.position()), event.timestamp(), None)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ends it."""
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton):
            self._release()

    def tabletEvent(self, event: QTabletEvent) -> None:
        """Draws with a pen: its pressure gives the width, its other end erases."""
        at = self._unit(event.position())
        erases = event.pointerType() == QPointingDevice.PointerType.Eraser
        if event.type() == QEvent.Type.TabletPress:
            self._tablet_down = True
            self._press(at, event.timestamp(), event.pressure(), erases)
        elif event.type() == QEvent.Type.TabletMove and self._tablet_down:
            self._go_on(at, event.timestamp(), event.pressure())
        elif event.type() == QEvent.Type.TabletRelease:
            self._tablet_down = False
            self._release()
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Moves, turns, scales, clears, undoes, and takes pictures from the data set."""
        if self._is_own(event) and (self._pen_key(event) or self._do_key(event)):
            return
        super().keyPressEvent(event)

    def _is_own(self, event: QKeyEvent) -> bool:
        for key in (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo, QKeySequence.StandardKey.Paste):
            if event.matches(key):
                return True
        plain = event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
        if plain == Qt.KeyboardModifier.ControlModifier and event.key() == Qt.Key.Key_Y:
            return True
        if plain != Qt.KeyboardModifier.NoModifier:
            return False
        pressed, pen = event.key(), self._keyboard_pen
        of_pen = pressed in _ENTER or (pen.at is not None and (pressed in _WITH_PEN or pen.moves(pressed)))
        return of_pen or pressed in _NUDGES or pressed in _CLEARING or event.text().lower() in _OWN_TEXT

    def _do_key(self, event: QKeyEvent) -> bool:
        if event.matches(QKeySequence.StandardKey.Undo):
            self.undo()
        elif event.matches(QKeySequence.StandardKey.Redo) or (
            event.key() == Qt.Key.Key_Y and event.modifiers() & Qt.KeyboardModifier.ControlModifier
        ):
            self.redo()
        elif event.matches(QKeySequence.StandardKey.Paste):
            self.dropped.emit(None)
        elif event.key() in _CLEARING:
            self.clear()
        elif event.key() in _NUDGES:
            self.nudge(*_NUDGES[event.key()])
        elif event.text() in _TRANSFORMS:
            degrees, scale = _TRANSFORMS[event.text()]
            self.nudge(degrees=degrees, scale=scale)
        elif event.text().lower() in _TOOLS:
            self.tool_chosen.emit(_TOOLS[event.text().lower()])
        elif event.text().isdecimal():
            self.class_wanted.emit(int(event.text()))
        elif event.text().lower() in ("n", "r"):
            self.next_wanted.emit(event.text().lower() == "r")
        else:
            return False
        return True

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Takes files, addresses and pictures."""
        if event.mimeData().hasUrls() or event.mimeData().hasImage():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Hands on what was dropped."""
        event.acceptProposedAction()
        self.dropped.emit(event.mimeData())

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Puts the keyboard's pen away; its line ends where it is."""
        if self._keyboard_pen.at is not None:
            self.settle()
            self._keyboard_pen.put_away()
        super().focusOutEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Ends a stroke when the window is left in mid-stroke, so that nothing of it is lost."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and not self.isActiveWindow() and self._tablet_down:
            self._tablet_down = False
            self._release()
