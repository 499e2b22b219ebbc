"""The few dialogs: keys, about, a bug, a second instance."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from importlib import metadata
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QMessageBox, QTextBrowser, QVBoxLayout, QWidget

import cnnstudio
from cnnstudio.core.paths import log_folder, study_folder
from cnnstudio.ui.theme import GRID_PX
from cnnstudio.ui.widgets.basic import button, label

_PARTS: Final = (
    "PySide6-Essentials", "shiboken6", "pyqtgraph", "superqt", "torch", "torchvision", "numpy", "Pillow", "safetensors",
    "captum", "matplotlib", "scikit-learn", "platformdirs", "tqdm",
)  # fmt: skip
_LGPL: Final = (
    "Qt and PySide6 are used under the GNU Lesser General Public License, version 3. They are separate libraries in"
    " the folder of the program and may be replaced by other versions."
)


def licences() -> str:
    """The parts of the program that are installed, with version and licence, and their licence texts."""
    lines, texts = [_LGPL, ""], []
    for name in _PARTS:
        try:
            part = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        said = next((text.split("\n")[0] for key in ("License-Expression", "License")
                     for text in part.metadata.get_all(key) or []), "")  # fmt: skip
        kinds = [kind.rsplit("::", 1)[-1].strip() for kind in part.metadata.get_all("Classifier") or []
                 if kind.startswith("License")]  # fmt: skip
        lines.append(f"{name} {part.version}: {said or ', '.join(kinds) or 'see its documentation'}")
        for file in part.files or []:
            if file.name.upper().startswith(("LICENSE", "LICENCE", "COPYING")):
                path = file.locate()
                texts.append(f"{'-' * 60}\n{name}: {file.name}\n\n{_read(str(path))}")
    return "\n".join([*lines, "", *texts])


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return "This text could not be read."


class _Dialog(QDialog):
    """A dialog that goes away for good when it is closed.

    Thread: GUI.
    """

    def __init__(self, title: str, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(3 * GRID_PX, 3 * GRID_PX, 3 * GRID_PX, 2 * GRID_PX)
        self.column.setSpacing(GRID_PX)

    def finish(self) -> None:
        """Adds the one button."""
        row = QHBoxLayout()
        row.addStretch(1)
        close = button("Close", "primary", tip="Close")
        close.clicked.connect(self.close)
        close.setDefault(True)
        row.addWidget(close)
        self.column.addSpacing(GRID_PX)
        self.column.addLayout(row)


class KeysDialog(_Dialog):
    """Lists the keys.

    Thread: GUI.
    """

    def __init__(self, keys: Iterable[tuple[str, str]], parent: QWidget | None = None) -> None:
        """Makes the list."""
        super().__init__("Keys", parent)
        self.column.addWidget(label("Everything works without a mouse", "heading"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(3 * GRID_PX)
        grid.setVerticalSpacing(GRID_PX // 2)
        for row, (key, meaning) in enumerate(keys):
            grid.addWidget(label(key, "heading"), row, 0)
            grid.addWidget(label(meaning, "muted"), row, 1)
        self.column.addLayout(grid)
        self.column.addWidget(
            label("Tab goes to the next control; Space presses it. Hover or focus explains it.", "small")
        )
        self.finish()


class AboutDialog(_Dialog):
    """What the program is, where its files are, the licences of its parts.

    Thread: GUI.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        """Makes the dialog."""
        super().__init__("About CNN Studio", parent)
        self.resize(80 * GRID_PX, 70 * GRID_PX)
        self.column.addWidget(label("CNN Studio", "title"))
        version = f"Version {cnnstudio.__version__}, Python {platform.python_version()}, {platform.system()}"
        self.column.addWidget(label(version, "muted"))
        for name, folder in (("Log", log_folder()), ("Your study", study_folder())):
            where = label(f"{name}: {folder}", "small", wrap=True)
            where.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
            self.column.addWidget(where)
        text = QTextBrowser()
        text.setProperty("role", "licences")
        text.setAccessibleName("Licences")
        text.setPlainText(licences())
        self.column.addWidget(text, 1)
        self.finish()


def ask_second_instance(parent: QWidget | None = None) -> bool:
    """Says that the study is open elsewhere. Gives whether to go on without keeping anything."""
    box = QMessageBox(parent)
    box.setWindowTitle("CNN Studio")
    box.setText("CNN Studio is already open with this study.")
    box.setInformativeText("You can look around in a second window, but nothing you do in it will be kept.")
    look = box.addButton("Open without keeping", QMessageBox.ButtonRole.AcceptRole)
    leave = box.addButton("Quit", QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(leave)
    box.exec()
    return box.clickedButton() is look
