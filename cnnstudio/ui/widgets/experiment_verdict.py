"""What an experiment showed, in words: the computed sentences, the student's answer beside them, and the numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.experiment import ExperimentInfo, Findings, Order
from cnnstudio.ui.theme import GRID_PX
from cnnstudio.ui.widgets.basic import explain_on_focus, label

_LEAST_LINES: Final = 3
_WANTED_LINES: Final = 5
"""Also where the chart needs the rest: a headline and the student's answer have two lines each."""
_MOST_LINES: Final = 13
_MOST_SHARE: Final = 0.26
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


def part_words(findings: Findings | None) -> list[str]:
    """That the sentences are about some of the runs only; [] where all are in, or nothing is said."""
    if findings is None or not findings.sentences or findings.done >= findings.planned:
        return []
    return [f"This is said of {findings.done} of {findings.planned} runs; the rest may change it."]


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
        self.constructed = label(info.constructed, "small", wrap=True)
        self._parts = (self.headline, self.guess, self.failures, self.rest, self.notes, self.constructed)
        for part in self._parts:
            part.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            rows.addWidget(part)
        self.constructed.setToolTip(info.citation)
        self.constructed.setVisible(bool(info.constructed))
        explain_on_focus(self.constructed)
        rows.addStretch(1)
        self._scroll.setWidget(inner)
        column.addWidget(self._scroll, 1)
        column.addStretch(0)
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
        self._say(self.notes, note_words([*part_words(findings), *notes]))
        self._cut_between_lines()
        self.updateGeometry()

    @staticmethod
    def _say(part: Any, text: str) -> None:
        part.setText(text)
        part.setVisible(bool(text))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The height follows the width; where there is less room, no line is cut in its middle."""
        super().resizeEvent(event)
        self._cut_between_lines()
        self.updateGeometry()

    def _cut_between_lines(self) -> None:
        whole = self._whole_lines(self._words_px(), self.height())
        self._scroll.setMaximumHeight(max(whole, self.minimumSizeHint().height()))

    def _words_px(self) -> int:
        return max(self.width(), 40 * GRID_PX) - 2 * GRID_PX

    def hasHeightForWidth(self) -> bool:
        """No: what has no room scrolls."""
        return False

    def sizeHint(self) -> QSize:
        """As high as the words, up to a limit."""
        width = max(self.width(), 40 * GRID_PX)
        parent = self.parentWidget()
        share = round(_MOST_SHARE * parent.height()) if parent is not None else self._lines(_MOST_LINES)
        most = min(self._lines(_MOST_LINES), max(share, self._lines(_WANTED_LINES)))
        return QSize(width, self._whole_lines(self._words_px(), most))

    def _whole_lines(self, width: int, most: int) -> int:
        """The height of as much of the words as has room in `most` px: no line is cut in its middle."""
        gap, tall = GRID_PX // 2, 0
        for part in (part for part in self._parts if not part.isHidden()):
            line = part.fontMetrics().lineSpacing()
            above, own = tall + (gap if tall else 0), part.heightForWidth(width)
            if above + own > most:
                return max(tall, above + (most - above) // line * line if most - above >= line else tall)
            tall = above + own
        return tall

    def minimumSizeHint(self) -> QSize:
        """The headline and a little more."""
        return QSize(self._scroll.minimumSizeHint().width(), self._lines(_LEAST_LINES))

    def _lines(self, count: int) -> int:
        return int(self.headline.fontMetrics().lineSpacing() * count)
