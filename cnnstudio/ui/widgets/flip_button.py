"""The button that flips the wiring of networks while they learn; where it cannot, it says why."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QPushButton, QToolTip, QWidget

from cnnstudio.ui.widgets.basic import explain_on_focus

KEY: Final = "F"


class FlipButton(QPushButton):
    """A button with a key of its own; while the button cannot be pressed, the key shows why.

    Thread: GUI.
    """

    def __init__(self, owner: QWidget) -> None:
        """Makes it, disabled.

        Args:
            owner: Where the key is heard: the window that this part is seen in.
        """
        super().__init__()
        self._why = ""
        self.setAutoDefault(False)
        self.setEnabled(False)
        explain_on_focus(self)
        QShortcut(QKeySequence(KEY), owner).activated.connect(self._on_key)

    @property
    def why_not(self) -> str:
        """Why it cannot be pressed, one sentence; "" where it can."""
        return self._why

    def show_state(self, text: str, what: str, why_not: str) -> None:
        """Says what it does.

        Args:
            text: On it.
            what: What happens to which runs, a sentence.
            why_not: Why it cannot be pressed, or "".
        """
        self._why = why_not
        tip = why_not or f"{what} ({KEY})"
        self.setText(text)
        self.setToolTip(tip)
        self.setAccessibleName(text)
        self.setAccessibleDescription(tip)
        self.setEnabled(not why_not)

    @Slot()
    def _on_key(self) -> None:
        if self._why:
            QToolTip.showText(self.mapToGlobal(self.rect().bottomLeft()), self._why, self)
        else:
            self.animateClick()
