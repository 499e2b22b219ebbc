"""What an experiment showed, in words: the computed sentences, the student's answer beside them, and the numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.experiment import ExperimentInfo, Findings, Order, Table
from cnnstudio.ui.theme import GRID_PX
from cnnstudio.ui.widgets.basic import Fold, explain_on_focus, label, set_role

_LEAST_LINES: Final = 3
_MOST_LINES: Final = 13
_MOST_SHARE: Final = 0.3
"""Of the height that chart and words share: the chart needs the rest."""
_OPEN: Final = re.compile(r"\b(no|not)\b[^.:]*beyond the seeds|with one seed", re.IGNORECASE)
"""In a headline: the seeds leave open who is ahead."""
_UNSETTLED: Final = " This goes by the averages alone."
_MOST_LISTED: Final = 5
"""More failed runs than this, or more notes, are counted, not listed."""


def guess_words(info: ExperimentInfo, guess: int | None, truth: int | None, *, over: bool, settled: bool = True) -> str:
    """What the student said beside what was found; "" where the question was skipped.

    Args:
        info: Whose question it is.
        guess: What the student said.
        truth: What was found, on average.
        over: Whether all runs are in.
        settled: Whether the seeds allow the verdict.
    """
    choices = info.guess.choices
    if guess is None or not 0 <= guess < len(choices):
        return ""
    said = f"You said: {choices[guess]}"
    if truth is None or not 0 <= truth < len(choices):
        return said
    so_far = "" if over else " so far"
    verdict = f"So it was{so_far}." if truth == guess else f"It was{so_far}: {choices[truth]}"
    return f"{said} {verdict}{'' if settled else _UNSETTLED}"


def is_settled(info: ExperimentInfo, headline: str) -> bool:
    """Whether a verdict on the guess is more than an average: the seeds allow it, or it is about the seeds itself."""
    about_seeds = any("seeds" in choice for choice in info.guess.choices)
    return about_seeds or _OPEN.search(headline) is None


def failure_words(failures: Sequence[tuple[Order, ErrorReport]]) -> str:
    """Which runs could not be done, and why; "" where all could."""
    if not failures:
        return ""
    lines = [_failure_line(order, report) for order, report in failures[:_MOST_LISTED]]
    head = "One run could not be done." if len(failures) == 1 else f"{len(failures)} runs could not be done."
    return "\n".join([head, *lines, *_more(len(failures) - len(lines))])


def note_words(notes: Sequence[str]) -> str:
    """What else happened, each once."""
    different = list(dict.fromkeys(notes))
    listed = different[:_MOST_LISTED]
    return "\n".join([*listed, *_more(len(different) - len(listed))])


def _failure_line(order: Order, report: ErrorReport) -> str:
    """The report, with the run's name where it does not say it itself."""
    return report.sentence if order.title in report.sentence else f"{order.title}: {report.sentence}"


def _more(count: int) -> list[str]:
    return [f"... and {count} more."] if count else []


def cell_text(value: Any) -> str:
    """One number or text of a table."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.0f}" if value.is_integer() and abs(value) < 1e15 else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


class _Numbers(QWidget):
    """One table as a grid of labels, which are reused.

    Thread: GUI.
    """

    def __init__(self) -> None:
        super().__init__()
        self._table: Table | None = None
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, GRID_PX)
        self._grid.setHorizontalSpacing(2 * GRID_PX)
        self._grid.setVerticalSpacing(2)
        self._title = label("", "heading")
        self._grid.addWidget(self._title, 0, 0, 1, -1)
        self._cells: dict[tuple[int, int], Any] = {}

    def show_table(self, table: Table) -> None:
        if table == self._table:
            return
        self._table = table
        self._title.setText(table.title)
        wanted = {(1, column): text for column, text in enumerate(table.headings)}
        for row, cells in enumerate(table.rows):
            wanted |= {(row + 2, column): cell_text(value) for column, value in enumerate(cells)}
        for place in [place for place in self._cells if place not in wanted]:
            self._cells.pop(place).deleteLater()
        for place, text in wanted.items():
            cell = self._cells.get(place)
            if cell is None:
                cell = self._cells[place] = label("", "small")
                cell.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
                self._grid.addWidget(cell, *place)
            cell.setText(text)
            right = place[1] > 0 and place[0] > 0
            cell.setAlignment(Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft)
            set_role(cell, "small" if place[0] == 1 else "")
        self._grid.setColumnStretch(len(table.headings), 1)


class VerdictCard(QWidget):
    """The words below a chart. They scroll where there is little room.

    Thread: GUI.
    """

    def __init__(self, info: ExperimentInfo) -> None:
        """Makes it empty."""
        super().__init__()
        self._info = info
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID_PX // 2)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._inner = inner = QWidget()
        rows = QVBoxLayout(inner)
        rows.setContentsMargins(0, 0, GRID_PX, 0)
        rows.setSpacing(GRID_PX // 2)
        self.headline = label("", "heading", wrap=True)
        self.guess = label("", wrap=True)
        self.rest = label("", wrap=True)
        self.failures = label("", "problem", wrap=True)
        self.notes = label("", "small", wrap=True)
        for part in (self.headline, self.guess, self.rest, self.failures, self.notes):
            part.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            rows.addWidget(part)
        self.numbers = Fold("Numbers", tip="The tables behind the chart.")
        self.numbers.button.toggled.connect(self.updateGeometry)
        self._tables: list[_Numbers] = []
        rows.addWidget(self.numbers)
        rows.addStretch(1)
        self._scroll.setWidget(inner)
        column.addWidget(self._scroll, 1)
        self.constructed = label(info.constructed, "small", wrap=True)
        self.constructed.setToolTip(info.citation)
        self.constructed.setVisible(bool(info.constructed))
        explain_on_focus(self.constructed)
        column.addWidget(self.constructed)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.show_findings(None, None)

    def show_findings(
        self,
        findings: Findings | None,
        guess: int | None,
        *,
        over: bool = False,
        failures: Sequence[tuple[Order, ErrorReport]] = (),
        notes: Sequence[str] = (),
    ) -> None:
        """Says what is known.

        Args:
            findings: From the results so far; None where there are none.
            guess: What the student answered.
            over: Whether all runs are in.
            failures: Runs that cannot be done.
            notes: What else happened.
        """
        sentences = findings.sentences if findings is not None else ()
        truth = findings.guess if findings is not None else None
        self._say(self.headline, sentences[0] if sentences else "")
        settled = not sentences or is_settled(self._info, sentences[0])
        self._say(self.guess, guess_words(self._info, guess, truth, over=over, settled=settled))
        self._say(self.rest, "\n".join(sentences[1:]))
        self._say(self.failures, failure_words(failures))
        self._say(self.notes, note_words(notes))
        self._show_tables([table for table in (findings.tables if findings is not None else ()) if table.rows])

    @staticmethod
    def _say(part: Any, text: str) -> None:
        part.setText(text)
        part.setVisible(bool(text))

    def _show_tables(self, tables: Sequence[Table]) -> None:
        while len(self._tables) < len(tables):
            self._tables.append(_Numbers())
            self.numbers.body.addWidget(self._tables[-1])
        for place, shown in enumerate(self._tables):
            shown.setVisible(place < len(tables))
            if place < len(tables):
                shown.show_table(tables[place])
        self.numbers.setVisible(bool(tables))
        self.updateGeometry()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The height follows the width."""
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self.updateGeometry()

    def hasHeightForWidth(self) -> bool:
        """No: what has no room scrolls."""
        return False

    def sizeHint(self) -> QSize:
        """As high as the words, up to a limit."""
        width = max(self.width(), 40 * GRID_PX)
        words = self._inner.heightForWidth(width - 2 * GRID_PX)
        below = 0 if self.constructed.isHidden() else self.constructed.heightForWidth(width) + GRID_PX
        parent = self.parentWidget()
        share = round(_MOST_SHARE * parent.height()) - below if parent is not None else words
        most = min(self._lines(_MOST_LINES), max(share, self._lines(_LEAST_LINES)))
        return QSize(width, min(words, most) + below)

    def minimumSizeHint(self) -> QSize:
        """The headline and a little more."""
        wide = self._scroll.minimumSizeHint().width()
        below = 0 if self.constructed.isHidden() else self.constructed.heightForWidth(max(wide, self.width()))
        return QSize(wide, self._lines(_LEAST_LINES) + max(0, below) + GRID_PX // 2)

    def _lines(self, count: int) -> int:
        return int(self.headline.fontMetrics().lineSpacing() * count)
