"""The part of the open study that asks the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from cnnstudio.core.questions import Question
from cnnstudio.ui._questions import OnAnswer, OnError, OnProgress, Questions
from cnnstudio.ui._study import Desk, EngineLike

if TYPE_CHECKING:
    from cnnstudio.ui.experiments import Experiments


class Asking(Desk):
    """A study that can ask.

    Attributes:
        engine: The engine, or None where there is none (a panel alone, some tests).

    Thread: GUI.
    """

    def __init__(self, engine: EngineLike | None = None, parent: QObject | None = None) -> None:
        """Starts with no open question."""
        super().__init__(parent)
        self.engine = engine
        self._questions = Questions()
        self._experiments: Experiments | None = None

    @property
    def experiments(self) -> Experiments:
        """The results of experiments and the sweeps that add to them; made when first asked for."""
        if self._experiments is None:
            from cnnstudio.ui.experiments import Experiments

            self.use_experiments(Experiments(self))
        assert self._experiments is not None
        return self._experiments

    def use_experiments(self, experiments: Experiments) -> None:
        """Puts others in their place, before anybody asked for them."""
        self._experiments = experiments
        experiments.notice.connect(self.notice)

    def close_experiments(self, timeout_s: float | None = None) -> bool:
        """Cancels all sweeps, and with `timeout_s` waits for their threads; gives whether none is left."""
        if self._experiments is None:
            return True
        if timeout_s is None:
            self._experiments.stop()
            return False
        return self._experiments.close(timeout_s)

    def ask(
        self,
        question: Question[Any],
        on_answer: OnAnswer,
        on_error: OnError | None = None,
        slot: str | None = None,
        on_progress: OnProgress | None = None,
    ) -> None:
        """Asks the engine. A failure that has no `on_error` becomes a notice.

        Args:
            question: One of `core.questions`.
            on_answer: Is called with the answer, later, in this thread. A widget's method is held weakly.
            on_error: Is called with the `ErrorReport` instead.
            slot: A newer question of the same slot replaces this one, also while it is being answered.
            on_progress: Is called with `Answering` events meanwhile, where the answer takes long.
        """
        if self.engine is not None:
            self._questions.add(self.engine.ask(question, slot), slot, on_answer, on_error, on_progress)
            self.awaiting.emit()

    def withdraw(self, slot: str) -> None:
        """Gives up the question of a slot: neither answer nor failure follows."""
        self._questions.forget(slot)
        if self.engine is not None:
            self.engine.withdraw(slot)

    @property
    def waits_for_answers(self) -> bool:
        """Whether any question is still open."""
        return len(self._questions) > 0

    @property
    def open_questions(self) -> frozenset[int]:
        """The ids of the questions that are not answered yet; those asked later have larger ones."""
        return self._questions.ids
