"""Taking a picture from the data set onto the canvas: the next, one by chance, one of a class."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Final

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QToolButton, QWidget

from cnnstudio.core.dataset import DatasetInfo
from cnnstudio.core.drawing import Bitmap, Sheet
from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.questions import BrowseExamples, Shown
from cnnstudio.ui.icons import icon
from cnnstudio.ui.studio import Studio
from cnnstudio.ui.widgets.basic import button, explain_on_focus

_MOST_IN_MENU: Final = 62
"""EMNIST's letters and digits; a set with more classes is walked through, not picked from."""
_NAME_LETTERS: Final = 8


class DataPictures(QWidget):
    """A button that takes the next picture of the data set, and a menu that says which.

    Signals:
        picked: A `Sheet` with the picture on it.

    Thread: GUI.
    """

    picked = Signal(object)

    def __init__(self, studio: Studio) -> None:
        """Makes it; `set_dataset` says which set."""
        super().__init__()
        self._studio = studio
        self._dataset = ""
        self._title = ""
        self._names: tuple[str, ...] = ()
        self._label: int | None = None
        self._starts: dict[int | None, int] = {}
        self._seeds: Iterator[int] = itertools.count(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self.next: QPushButton = button("Next", tip="Take the next picture of the data set's test set (N)")
        self.next.clicked.connect(self.take_next)
        self.which = QToolButton(popupMode=QToolButton.ToolButtonPopupMode.InstantPopup)
        self.which.setProperty("kind", "quiet")
        self.which.setToolTip("Which picture: one by chance, or one class only (R; a digit key on the canvas)")
        self.which.setAccessibleName("Which picture")
        explain_on_focus(self.which)
        self.menu = QMenu(self)
        self.which.setMenu(self.menu)
        row.addWidget(self.next)
        row.addWidget(self.which)
        self.retint()

    @property
    def label(self) -> int | None:
        """The class that is picked from, or None for all."""
        return self._label

    def set_dataset(self, key: str, info: DatasetInfo | None) -> None:
        """Picks from another data set from now on."""
        names = info.class_names if info is not None else ()
        if key == self._dataset:
            if names and names != self._names:
                self.set_classes(names)
            return
        self._dataset = key
        self._title = info.title if info is not None else key
        self._label = None
        self._starts = {}
        self.set_classes(names)

    def set_classes(self, names: tuple[str, ...]) -> None:
        """Names the classes: a folder's are known only when it was read."""
        self._names = names
        self._fill_menu()
        self._show_label()

    def retint(self) -> None:
        """Draws the icon in the theme's colour."""
        self.which.setIcon(icon("unfolded"))

    def pick_class(self, label: int | None) -> None:
        """Takes the next picture of a class, and stays with that class; None is any class."""
        if label is not None and self._names and not 0 <= label < len(self._names):
            return
        self._label = label
        self._show_label()
        self.take_next()

    @Slot()
    def take_next(self) -> None:
        """Takes the next picture."""
        self._ask(BrowseExamples(self._dataset, self._label, self._starts.get(self._label, 0)))

    @Slot()
    def take_random(self) -> None:
        """Takes one by chance."""
        self._ask(BrowseExamples(self._dataset, self._label, shuffle_seed=next(self._seeds)))

    def _ask(self, question: BrowseExamples) -> None:
        self._asked = question
        self._studio.ask(question, self._on_shown, self._on_error, slot="picture")

    def _on_shown(self, shown: Shown) -> None:
        if self._asked.dataset != self._dataset:
            return
        if not len(shown.images):
            self._studio.notice.emit(ErrorReport("There is no such picture in the test set."))
            return
        if self._names != shown.class_names:
            self.set_classes(shown.class_names)
        if self._asked.shuffle_seed is None:
            self._starts[self._asked.label] = (self._asked.start + 1) % max(1, shown.total)
        label = int(shown.labels[0])
        name = shown.class_names[label] if label < len(shown.class_names) else str(label)
        source = f"{self._title} test {int(shown.index[0]):,}: labelled {name}"
        self.picked.emit(Sheet(bitmap=Bitmap.from_planes(shown.images[0]), source=source, label=label))

    def _on_error(self, report: ErrorReport) -> None:
        self._studio.notice.emit(report)

    def _fill_menu(self) -> None:
        self.menu.clear()
        self.menu.addAction("Next", self.take_next)
        self.menu.addAction("One by chance", self.take_random)
        self.menu.addSeparator()
        self.menu.addAction("Any class", lambda: self.pick_class(None))
        for label, name in enumerate(self._names[:_MOST_IN_MENU]):
            action = self.menu.addAction(f"Only {name}")
            action.setData(label)
            action.triggered.connect(self._pick_action)

    @Slot()
    def _pick_action(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.pick_class(action.data())

    def _show_label(self) -> None:
        name = self._names[self._label] if self._label is not None and self._label < len(self._names) else ""
        short = name if len(name) <= _NAME_LETTERS else name[: _NAME_LETTERS - 1] + "…"
        self.next.setText(f"Next {short}" if short else "Next")
        self.next.setAccessibleName(f"Next {name}" if name else "Next")
