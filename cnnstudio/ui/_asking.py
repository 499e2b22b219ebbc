"""The part of the open study that asks the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QObject

from cnnstudio.core.questions import Question
from cnnstudio.ui._questions import OnAnswer, OnError, OnProgress, Questions
from cnnstudio.ui._study import Desk, EngineLike

if TYPE_CHECKING:
    from cnnstudio.ui.experiments import Experiments


_ANY: Final = object()
"""The step of a question that is about no moment."""


class Asking(Desk):
    """A study that can ask.

    Attributes:
        engine: The engine, or None where there is none (a panel alone, some tests).
        moment: The step looked at; None is now.

    Thread: GUI.
    """

    def __init__(self, engine: EngineLike | None = None, parent: QObject | None = None) -> None:
        """Starts with no open question."""
        super().__init__(parent)
        self.engine = engine
        self.moment: int | None = None
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
        *,
        steady: bool = False,
    ) -> None:
        """Asks the engine. A failure that has no `on_error` becomes a notice.

        A question in a slot about the moment looked at (its `step`) is a view's wish: when another moment is looked
        at, or another run begins, it is given up, so that no answer ever comes to a view that shows another moment.
        The view asks again when it hears of the moment, or when it is shown.

        Args:
            question: One of `core.questions`.
            on_answer: Is called with the answer, later, in this thread. A widget's method is held weakly.
            on_error: Is called with the `ErrorReport` instead.
            slot: A newer question of the same slot replaces this one, also while it is being answered.
            on_progress: Is called with `Answering` events meanwhile, where the answer takes long.
            steady: The answer names its own moment, and is wanted also when another one is looked at.
        """
        if self.engine is not None:
            bound = slot is not None and not steady and getattr(question, "step", _ANY) == self.moment
            asked = self.engine.ask(question, slot)
            self._questions.add(asked, slot, on_answer, on_error, on_progress, of_moment=bound)
            self.awaiting.emit()

    def withdraw(self, slot: str) -> None:
        """Gives up the question of a slot: neither answer nor failure follows."""
        self._questions.forget(slot)
        if self.engine is not None:
            self.engine.withdraw(slot)

    def _leave_moment(self) -> None:
        """Gives up what was asked about the moment, before another one is looked at."""
        for slot in self._questions.slots_of_moment:
            self.withdraw(slot)

    @property
    def waits_for_answers(self) -> bool:
        """Whether any question is still open."""
        return len(self._questions) > 0

    @property
    def open_questions(self) -> frozenset[int]:
        """The ids of the questions that are not answered yet; those asked later have larger ones."""
        return self._questions.ids
