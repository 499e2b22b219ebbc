"""Where something is written to: the folder of the last time, or one that is asked for and may be new."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QDir
from PySide6.QtWidgets import QFileDialog, QWidget

from cnnstudio.ui.studio import Studio


class FolderDialog(QFileDialog):
    """Asks for a folder; a name that does not exist yet becomes a new folder.

    Systems with a dialog of their own have a button for that; Qt's own dialog would say "Directory not found".

    Thread: GUI.
    """

    def __init__(self, parent: QWidget | None, title: str, start: str) -> None:
        """Opens nothing yet; `start` is the folder where the search begins."""
        super().__init__(parent, title, start)
        self.setFileMode(QFileDialog.FileMode.Directory)
        self.setOption(QFileDialog.Option.ShowDirsOnly)
        self.setAcceptMode(QFileDialog.AcceptMode.AcceptOpen)
        self.setLabelText(QFileDialog.DialogLabel.Accept, "Save here")

    def accept(self) -> None:
        """Makes the folder that was named, within one that exists; a failure is told by the dialog itself."""
        for name in self.selectedFiles():
            folder = Path(name)
            if not folder.exists() and folder.parent.is_dir():
                with suppress(OSError):
                    folder.mkdir()
        super().accept()


def ask_folder(parent: QWidget, title: str, start: str) -> str:
    """The folder that a person chooses or names, or "" when the dialog was cancelled."""
    dialog = FolderDialog(parent, title, start)
    try:
        return dialog.selectedFiles()[0] if dialog.exec() and dialog.selectedFiles() else ""
    finally:
        dialog.deleteLater()


def last_folder(studio: Studio) -> str:
    """Where the last export went, while that is there; else the user's own folder."""
    folder = studio.export_folder
    return folder if folder and Path(folder).is_dir() else QDir.homePath()
