"""How far an experiment is: one line of words and a thin bar."""

from __future__ import annotations

from typing import Final

from PySide6.QtWidgets import QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from cnnstudio.runtime.sweep_thread import SweepState
from cnnstudio.ui.widgets.basic import ElidedLabel, set_role

_STEPS: Final = 1_000
_MINUTE_S: Final = 60
_HOUR_S: Final = 3_600


def time_words(seconds: float) -> str:
    """A duration as a person says it: "8 s", "3 min", "2.5 h"."""
    if seconds < _MINUTE_S:
        return f"{max(1, round(seconds))} s"
    if seconds < _HOUR_S:
        return f"{round(seconds / _MINUTE_S)} min"
    return f"{seconds / _HOUR_S:.1f} h"


def runs_words(count: int) -> str:
    """As in "1 run" or "36 runs"."""
    return "1 run" if count == 1 else f"{count:,} runs"


def progress_words(state: SweepState) -> str:
    """How far a sweep is, in words."""
    said = f"{len(state.results)} of {runs_words(state.planned)}"
    if state.failures:
        said += f" · {len(state.failures)} could not be done"
    if state.outcome:
        return said + (" · stopped" if state.outcome == "stopped" else "")
    if state.seconds_left is not None:
        said += f" · about {time_words(state.seconds_left)} left"
    elif not state.under_way:
        said += " · the workers are starting"
    if state.under_way:
        said += f" · {len(state.under_way)} under way"
    return said


class ExperimentProgress(QWidget):
    """Words above a bar.

    Thread: GUI.
    """

    def __init__(self) -> None:
        """Makes it empty."""
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        self.words = ElidedLabel("muted")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, _STEPS)
        policy = self.bar.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.bar.setSizePolicy(policy)
        column.addWidget(self.words)
        column.addWidget(self.bar)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.say("")

    def say(self, text: str, fraction: float | None = None, *, problem: bool = False) -> None:
        """Says how far it is; without a fraction there is no bar."""
        set_role(self.words, "problem" if problem else "muted")
        self.words.set_whole(text)
        self.bar.setVisible(fraction is not None)
        if fraction is not None:
            self.bar.setValue(round(_STEPS * fraction))
