"""The left column: the picture, what the networks see of it, and what they say."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QMimeData, QObject, QPointF, QRectF, Qt, Signal, Slot
from PySide6.QtGui import QAction, QFontMetrics, QGuiApplication, QKeySequence, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QCheckBox, QFileDialog, QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.drawing import Bitmap, Drawing, Sheet, first_sheet
from cnnstudio.core.drawing_json import sheet_from_json, sheet_to_json
from cnnstudio.core.errors import StudioError
from cnnstudio.core.events import EngineUnavailable
from cnnstudio.core.questions import Verdicts
from cnnstudio.ui.studio import Studio
from cnnstudio.ui.theme import GRID_PX, Theme
from cnnstudio.ui.widgets._data_pictures import DataPictures
from cnnstudio.ui.widgets._open_picture import NAME_FILTER, sheet_from_mime, sheet_of
from cnnstudio.ui.widgets._picture_tools import PictureTools
from cnnstudio.ui.widgets._seeing import Seeing, Seen, jitter_px
from cnnstudio.ui.widgets.basic import explain_on_focus, label, line
from cnnstudio.ui.widgets.canvas import Canvas
from cnnstudio.ui.widgets.seen_picture import SeenPicture
from cnnstudio.ui.widgets.verdict_bars import VerdictBars

MARGIN_PX: Final = 20
_LEAST_CANVAS_PX: Final = 144
_WORDS_GAP_PX: Final = GRID_PX // 2
_SEEN_LINES: Final = 3
"""Room for a hint beside what the networks see, so that nothing moves when one appears."""


class PictureColumn(QWidget):
    """Canvas, tools, what the networks see, verdicts.

    Signals:
        drawing_changed: What `drawing_json` gives is different: time to keep it.

    Thread: GUI.
    """

    drawing_changed = Signal()

    def __init__(self, studio: Studio) -> None:
        """Builds it around a study, with a digit on the canvas at once."""
        super().__init__()
        self._studio = studio
        self._seeing = Seeing()
        self._notes: tuple[str, ...] = ()
        self._set_id = ""
        self._given: NDArray[np.uint8] | None = None
        self.setProperty("role", "column")
        self.canvas = Canvas(studio.theme)
        self.data_pictures = DataPictures(studio)
        self.tools = PictureTools(self.data_pictures)
        self.seen = SeenPicture(studio.theme)
        self.verdicts = VerdictBars(studio.theme)
        self._build()
        self._connect()
        self._add_actions()
        self._take_dataset()
        self.canvas.show_drawing(Drawing(first_sheet()))
        self._show_state()

    # What others ask of it

    def drawing_json(self) -> dict[str, Any]:
        """The drawing and the switch, in plain JSON types."""
        return {"sheet": sheet_to_json(self.canvas.sheet), "centring": self.centring.isChecked()}

    def restore(self, data: object) -> None:
        """Puts back what `drawing_json` gave; where it is damaged, a notice says so and nothing changes."""
        try:
            kept = data if isinstance(data, dict) else {}
            sheet = sheet_from_json(kept.get("sheet"))
        except StudioError as error:
            self._studio.notice.emit(error.report)
            return
        self.centring.setChecked(bool(kept.get("centring", True)))
        self._notes = ()
        self.canvas.show_drawing(Drawing(sheet))
        self._show_state()

    def open_file(self, path: Path) -> None:
        """Lays an image file on the canvas; where it cannot be read, a sentence says why."""
        try:
            sheet, notes = sheet_of(path, f"opened {path.name}")
        except StudioError as error:
            self._studio.notice.emit(error.report)
            return
        self._put(sheet, notes)

    @Slot()
    def choose_file(self) -> None:
        """Asks for an image file."""
        path, _ = QFileDialog.getOpenFileName(self, "Open a picture", "", NAME_FILTER)
        if path:
            self.open_file(Path(path))

    @Slot()
    def paste(self) -> None:
        """Lays the picture on the clipboard on the canvas."""
        self._take_mime(QGuiApplication.clipboard().mimeData())

    # Building

    def _build(self) -> None:
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN_PX, 2 * GRID_PX, MARGIN_PX, GRID_PX)
        column.setSpacing(GRID_PX)
        head = QHBoxLayout()
        self._title = label("The picture", "heading")
        head.addWidget(self._title)
        self._caption = label("", "small")
        self._caption.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        head.addWidget(self._caption, 1)
        column.addLayout(head)
        column.addWidget(self.canvas, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self.tools)
        column.addWidget(self._build_seen())
        column.addWidget(line())
        self._scroll = QScrollArea(widgetResizable=True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(self.verdicts)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.viewport().installEventFilter(self)
        column.addWidget(self._scroll, 1)

    def _build_seen(self) -> QWidget:
        part = QWidget()
        self._seen_part = part
        row = QHBoxLayout(part)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID_PX + GRID_PX // 2)
        row.addWidget(self.seen, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(_WORDS_GAP_PX)
        self._seen_text = label("", "small", wrap=True)
        self._seen_text.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        words.addWidget(self._seen_text, 1)
        self.centring = QCheckBox("centring")
        self.centring.setChecked(True)
        self.centring.setToolTip(
            "Brings the box around the ink to 20 of 28 pixels and its centre of mass to the middle, as was done with "
            "every digit of MNIST (LeCun et al. 1998). Off: the networks get the canvas as it is."
        )
        explain_on_focus(self.centring)
        self.centring.installEventFilter(self)
        words.addWidget(self.centring)
        row.addLayout(words, 1)
        return part

    def _add_actions(self) -> None:
        """What the window's menu offers for the picture, with keys that work everywhere in the window."""
        canvas, data = self.canvas, self.data_pictures
        for text, keys, act in (
            ("Open a picture ...", QKeySequence.StandardKey.Open, self.choose_file),
            ("Paste a picture", QKeySequence.StandardKey.Paste, self.paste),
            ("Next picture of the data set", [QKeySequence("Ctrl+N")], data.take_next),
            ("One by chance", [QKeySequence("Ctrl+R")], data.take_random),
            ("Undo", QKeySequence.StandardKey.Undo, canvas.undo),
            ("Redo", QKeySequence.StandardKey.Redo, canvas.redo),
            ("Clear the canvas", [], canvas.clear),
        ):
            action = QAction(text, self)
            action.setShortcuts(keys)
            action.triggered.connect(act)
            self.addAction(action)

    def _connect(self) -> None:
        canvas, tools, studio = self.canvas, self.tools, self._studio
        canvas.ink_changed.connect(self._read_canvas)
        canvas.sheet_changed.connect(self._on_sheet)
        canvas.tool_chosen.connect(tools.choose)
        canvas.dropped.connect(self._on_dropped)
        canvas.class_wanted.connect(self.data_pictures.pick_class)
        canvas.next_wanted.connect(self._on_next_wanted)
        tools.tool_chosen.connect(canvas.set_tool)
        tools.width_chosen.connect(canvas.set_pen_width)
        tools.colour_chosen.connect(self._on_colour)
        tools.clear_wanted.connect(canvas.clear)
        tools.undo_wanted.connect(canvas.undo)
        tools.redo_wanted.connect(canvas.redo)
        tools.open_wanted.connect(self.choose_file)
        self.data_pictures.picked.connect(self._put)
        self.centring.toggled.connect(self._on_centring)
        studio.verdicts_changed.connect(self._on_verdicts)
        studio.config_changed.connect(self._on_config)
        studio.state_changed.connect(self._on_config)
        studio.engine_ready.connect(self._on_engine)
        studio.engine_unavailable.connect(self._on_no_engine)
        studio.theme_changed.connect(self._on_theme)
        studio.picture_offered.connect(self._on_offered)

    # What happens

    @Slot()
    def _read_canvas(self) -> None:
        """Makes the networks' picture from the canvas: the way of every stroke."""
        seen = self._seeing.see(self.canvas, self.centring.isChecked())
        if self._given is None or not np.array_equal(seen.pixels, self._given):
            self._given = seen.pixels
            self.seen.set_pixels(seen.pixels)
            self._studio.set_picture(seen.pixels)
        self._explain(seen)

    def _explain(self, seen: Seen) -> None:
        height, width = seen.pixels.shape[1:]
        plain = f"What the networks see:\n{width} × {height} pixels"
        text = seen.hint or (self._notes[0] if self._notes else plain)
        if text != self._seen_text.text():
            self._seen_text.setText(text)
            self._seen_text.setToolTip("" if text == plain else text)
            self.seen.setAccessibleDescription(text)

    @Slot()
    def _on_sheet(self) -> None:
        if self.canvas.sheet.bitmap is None:
            self._notes = ()
        self._show_state()
        self.drawing_changed.emit()

    def _show_state(self) -> None:
        sheet, drawing = self.canvas.sheet, self.canvas.drawing
        self.tools.set_history(drawing.can_undo, drawing.can_redo, sheet != Sheet())
        self._show_caption()

    def _show_caption(self) -> None:
        text = self.canvas.sheet.caption
        room = self.width() - 2 * MARGIN_PX - self._title.sizeHint().width() - GRID_PX
        metrics = QFontMetrics(self._studio.theme.font("small"))
        # Its end says most: the label, or that the picture was changed.
        self._caption.setText(metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, max(40, room)))
        self._caption.setToolTip(text)

    @Slot(object)
    def _put(self, sheet: Sheet, notes: tuple[str, ...] = ()) -> None:
        self._notes = notes
        self.canvas.change(sheet)

    @Slot(object)
    def _on_offered(self, offered: tuple[NDArray[np.uint8], str]) -> None:
        """A panel's picture, exactly as the networks were given it."""
        pixels, name = offered
        source = f"from a panel: labelled {name}" if name else "from a panel"
        self._put(Sheet(bitmap=Bitmap.from_planes(pixels), source=source))

    @Slot(object)
    def _on_dropped(self, data: QMimeData | None) -> None:
        if data is None:
            self.paste()
        else:
            self._take_mime(data)

    def _take_mime(self, data: QMimeData | None) -> None:
        try:
            sheet, notes = sheet_from_mime(data)
        except StudioError as error:
            self._studio.notice.emit(error.report)
            return
        self._put(sheet, notes)

    @Slot(object)
    def _on_next_wanted(self, by_chance: bool) -> None:
        if by_chance:
            self.data_pictures.take_random()
        else:
            self.data_pictures.take_next()

    @Slot(object)
    def _on_colour(self, colour: tuple[int, int, int]) -> None:
        self.canvas.pen_colour = colour

    @Slot(bool)
    def _on_centring(self) -> None:
        self._read_canvas()
        self._mark(self.centring.underMouse() or self.centring.hasFocus())
        self.drawing_changed.emit()

    @Slot(object)
    def _on_verdicts(self, verdicts: Verdicts) -> None:
        if self.verdicts.set_verdicts(verdicts):
            self._share_room()
        learned_px = self._learned_px(verdicts)
        if learned_px != self._seeing.learned_px:
            self._seeing.learned_px = learned_px
            self._read_canvas()

    def _learned_px(self, verdicts: Verdicts) -> float:
        """How far off the middle the pictures sat that the networks learned: the run's, or the shipped ones'."""
        history, sources = self._studio.history, {verdict.weights_from for verdict in verdicts.verdicts}
        if "run" in sources and history is not None:
            return jitter_px(history.started.config.dataset)
        if "shipped" in sources:
            return 0.0  # they learned sets at their first settings, digits centred
        return jitter_px(self._studio.reading.dataset)

    @Slot(object)
    def _on_config(self, _: RaceConfig | str) -> None:
        self._take_dataset()

    @Slot(object)
    def _on_engine(self, _: object) -> None:
        self.verdicts.set_message("")

    @Slot(object)
    def _on_no_engine(self, event: EngineUnavailable) -> None:
        self.verdicts.forget(event.report.what)

    @Slot(object)
    def _on_theme(self, theme: Theme) -> None:
        for part in (self.canvas, self.seen, self.verdicts):
            part.set_theme(theme)
        self.tools.retint()
        self.data_pictures.retint()
        self._share_room()

    def _take_dataset(self) -> None:
        """Fits everything to the data set whose networks read the picture."""
        key = self._studio.reading.dataset
        if not self._seeing.set_dataset(key):
            return
        info = self._seeing.info
        self.data_pictures.set_dataset(key, info)
        self.tools.show_colours(self._seeing.colour)
        self.centring.setVisible(self._seeing.centred)
        self.canvas.set_colour(self._seeing.colour)
        if info is None or info.id != self._set_id:
            self._set_id = info.id if info is not None else ""
            self.verdicts.forget("" if self._studio.ready else "Loading PyTorch …")
        self._read_canvas()

    def _mark(self, shown: bool) -> None:
        """Marks on the canvas what the switch is about."""
        marks = self._seeing.marks(self.canvas.ink()) if shown and self._seeing.centred else None
        if marks is None:
            self.canvas.show_marks(None, None)
            return
        (left, top, right, bottom), (x, y) = marks
        box = QRectF(left, top, right - left, bottom - top)
        self.canvas.show_marks(box, QPointF(x, y))

    def _share_room(self) -> None:
        """Gives the verdicts the height that they want, and the canvas what is left, within limits."""
        line_px = QFontMetrics(self._studio.theme.font("small")).lineSpacing()
        words_px = _SEEN_LINES * line_px + _WORDS_GAP_PX + self.centring.sizeHint().height()
        seen_px = max(self.seen.height(), words_px)
        self._seen_part.setFixedHeight(seen_px)
        taken = self._title.sizeHint().height() + self.tools.sizeHint().height() + seen_px + 1
        margins = self._column.contentsMargins()
        spare = self.height() - taken - margins.top() - margins.bottom() - 5 * GRID_PX
        width = self.width() - 2 * MARGIN_PX
        least = min(_LEAST_CANVAS_PX, width)
        side = max(least, min(width, spare - self.verdicts.height_within(spare - least)))
        self.canvas.setFixedSize(side, side)
        self.verdicts.set_room(max(0, spare - side))
        self._column.activate()  # at once: otherwise the old sizes are painted for one frame

    # Qt overrides

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Shows the marks while the switch is hovered or focused."""
        if watched is self.centring:
            kind = event.type()
            if kind in (QEvent.Type.Enter, QEvent.Type.FocusIn):
                self._mark(True)
            elif kind in (QEvent.Type.Leave, QEvent.Type.FocusOut):
                self._mark(False)
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shares the height between canvas and verdicts."""
        super().resizeEvent(event)
        self._share_room()
        self._show_caption()

    def showEvent(self, event: QShowEvent) -> None:
        """Shares the height once the fonts are known."""
        super().showEvent(event)
        self._share_room()
