"""The question that comes first: what do you expect? Results are covered until it is answered, or skipped."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QVBoxLayout, QWidget

from cnnstudio.core.experiment import Guess
from cnnstudio.ui.theme import GRID_PX
from cnnstudio.ui.widgets.basic import button, label
from cnnstudio.ui.widgets.experiment_choice import Choice
from cnnstudio.ui.widgets.rooms import Scrolled

_MOST_PX = 620
"""Longer lines are hard to read."""


class GuessCard(QWidget):
    """A question with its answers, of which one is chosen.

    Signals:
        answered(index or None): The student chose an answer, or None: skipped the question.

    Thread: GUI.
    """

    answered = Signal(object)

    def __init__(self, guess: Guess, sentence: str = "") -> None:
        """Asks; `sentence` says what will be done."""
        super().__init__()
        self.guess = guess
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        scroll = Scrolled()
        inner = QWidget()
        inner.setMaximumWidth(_MOST_PX)
        rows = QVBoxLayout(inner)
        rows.setContentsMargins(0, GRID_PX, GRID_PX, GRID_PX)
        rows.setSpacing(GRID_PX)
        if sentence:
            rows.addWidget(label(sentence, "muted", wrap=True))
            rows.addSpacing(GRID_PX)
        rows.addWidget(label("First, what do you expect?", "small"))
        self.question = label(guess.question, "heading", wrap=True)
        rows.addWidget(self.question)
        self._group = QButtonGroup(self)
        self.choices: list[Choice] = []
        for place, text in enumerate(guess.choices):
            choice = Choice(text)
            self._group.addButton(choice, place)
            self.choices.append(choice)
            rows.addWidget(choice)
        self._group.idClicked.connect(self._on_choice)
        last = QHBoxLayout()
        self.skip = button("Skip the question", "slim", tip="Shows the results without an answer of yours.")
        self.skip.clicked.connect(self._on_skip)
        last.addWidget(self.skip)
        last.addStretch(1)
        rows.addLayout(last)
        rows.addStretch(1)
        scroll.setWidget(inner)
        column.addWidget(scroll)

    @Slot(int)
    def _on_choice(self, place: int) -> None:
        self.answered.emit(place)

    @Slot()
    def _on_skip(self) -> None:
        self.answered.emit(None)
