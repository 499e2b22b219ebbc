"""A problem in words, above the panel: what happened, why, what to try."""

from __future__ import annotations

from PySide6.QtCore import QSize, Slot
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from cnnstudio.core.errors import ErrorReport
from cnnstudio.ui.icons import icon
from cnnstudio.ui.theme import GRID_PX
from cnnstudio.ui.widgets.basic import button, label


class Banner(QFrame):
    """Shows the newest report, or a quiet note, until it is closed.

    Thread: GUI.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        """Makes it hidden."""
        super().__init__(parent)
        self._report: ErrorReport | None = None
        self.setProperty("role", "banner")
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * GRID_PX, GRID_PX, GRID_PX, GRID_PX)
        row.setSpacing(GRID_PX)
        self._sign = QLabel()
        row.addWidget(self._sign)
        column = QVBoxLayout()
        column.setSpacing(2)
        self.what = label("", "heading", wrap=True)
        self.why = label("", wrap=True)
        for made in (self.what, self.why):
            made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
            column.addWidget(made)
        row.addLayout(column, 1)
        self.copy_button = button("Copy details", "quiet", tip="Put the full report on the clipboard")
        self.copy_button.clicked.connect(self._copy)
        row.addWidget(self.copy_button)
        close = button("", "quiet", tip="Close this message")
        close.setAccessibleName("Close this message")
        self._close = close
        close.clicked.connect(self.hide)
        row.addWidget(close)
        self.hide()

    @property
    def report(self) -> ErrorReport | None:
        """What is shown, or None."""
        return self._report if not self.isHidden() else None

    @Slot(object)
    def show_report(self, report: ErrorReport) -> None:
        """Shows a report."""
        self._show(report, quiet=False)

    @Slot(str)
    def show_note(self, text: str) -> None:
        """Says quietly that something was done."""
        self._show(ErrorReport(text), quiet=True)

    def _show(self, report: ErrorReport, *, quiet: bool) -> None:
        self._report = report
        if self.property("quiet") != quiet:
            self.setProperty("quiet", quiet)
            self.style().unpolish(self)
            self.style().polish(self)
        self._sign.setVisible(not quiet)
        self.what.setText(report.what)
        rest = " ".join(part for part in (report.cause, report.remedy) if part)
        self.why.setText(rest)
        self.why.setVisible(bool(rest))
        self.copy_button.setVisible(bool(report.details))
        self._sign.setPixmap(icon("warning").pixmap(QSize(16, 16)))
        self._close.setIcon(icon("close"))
        self.setAccessibleName(report.sentence)
        self.show()

    @Slot()
    def _copy(self) -> None:
        if self._report is not None:
            QApplication.clipboard().setText(f"{self._report.sentence}\n\n{self._report.details}")
