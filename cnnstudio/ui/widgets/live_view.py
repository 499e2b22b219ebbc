"""What the views of experiments that begin with the student's picture have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.experiment import Result, Settings
from cnnstudio.core.questions import Question
from cnnstudio.ui.live_runs import LiveRuns
from cnnstudio.ui.pacer import FOLLOW_GAP_MS, Pacer
from cnnstudio.ui.studio import Studio
from cnnstudio.ui.theme import network_colours
from cnnstudio.ui.widgets._names import short_names
from cnnstudio.ui.widgets.attribution_base import VerdictView


class LiveView(VerdictView):
    """A view of the picture beside an experiment over a whole set.

    Attributes:
        corner: A few controls for the row above the view, or None.

    Thread: GUI.
    """

    corner: QWidget | None = None

    def __init__(self, studio: Studio, gap_ms: int = FOLLOW_GAP_MS) -> None:
        """Makes it empty.

        Args:
            studio: The open study.
            gap_ms: While a run is followed, the least time between two questions.
        """
        super().__init__(studio)
        self._waits = False
        self._pacer = Pacer(self, self._ask, gap_ms)

    def refresh(self) -> None:
        """Asks at once."""
        self._pacer.now()

    def follow_picture(self) -> None:
        """The pen moved: at once; a question that is not answered yet is replaced."""
        self._ask()

    def follow_moment(self) -> None:
        """The timeline moved: at once too."""
        self._ask()

    def follow_run(self) -> None:
        """The weights moved: at most once in every gap."""
        if self.follows:
            self._pacer.soon()

    def _ask(self) -> None:
        """Asks about the study as it is now; filled by a subclass."""

    def can_ask(self, *, shown: bool, needs_picture: bool = True) -> bool:
        """Whether a question can be asked now; what stands in the way is told.

        Args:
            shown: Whether an earlier answer can stay in sight until PyTorch is loaded.
            needs_picture: Whether the question is about the current picture.
        """
        self.tell(self.missing(shown=shown, needs_picture=needs_picture))
        studio = self.studio
        complete = bool(studio.reading.networks) and not (needs_picture and studio.picture is None)
        return complete and studio.engine is not None and self.isVisible()

    def ask(self, question: Question[Any], on_answer: Callable[[Any], None], slot: str) -> None:
        """Asks, in place of what was asked before; `waits` tells until there is an answer."""
        self._on_answer = on_answer
        self._waits = True
        self.studio.ask(question, self._take, self.on_error, slot=slot)

    @property
    def follows(self) -> bool:
        """Whether another step of a run may be asked about: it never replaces a question that is being answered."""
        return self.studio.moment is None and not self._waits

    def on_error(self, report: ErrorReport) -> None:
        """A question had no answer."""
        self._waits = False
        super().on_error(report)

    def _take(self, answer: Any) -> None:
        self._waits = False
        self._on_answer(answer)

    def join(self, live: LiveRuns) -> None:
        """The runs that the view may ask for; called once."""

    def set_experiment(self, settings: Settings) -> None:
        """The experiment's settings, whenever they are others."""

    def take_results(self, results: Sequence[Result]) -> None:
        """What the experiment measured so far, in this window or before."""

    def on_live_progress(self, order: Any, event: Any) -> None:
        """A run that the view asked for is on its way."""


class Answerer(Protocol):
    """What answered: a network of the moment, or one that a run of the experiment trained."""

    @property
    def network(self) -> str:
        """The network's key, or the run's."""

    @property
    def title(self) -> str:
        """As in "LeNet-5", or in "LeNet-5, learned with marks"."""

    @property
    def role(self) -> str:
        """The role: "mlp", "cnn", "local" or ""."""


@dataclass(frozen=True, slots=True)
class Named:
    """How to speak of one that answered.

    Attributes:
        name: Short, in its colour.
        how: What a run's network learned, as in "learned with marks"; "" for one of the moment.
        hue: The network's.
    """

    name: str
    how: str
    hue: QColor


@dataclass(frozen=True, slots=True)
class _Base:
    """The network behind an answer."""

    network: str
    title: str
    role: str


def named(found: Iterable[Answerer], bases: Mapping[str, str]) -> dict[str, Named]:
    """Names and hues by key; a run's network has those of the network that it is, and says what it learned.

    Args:
        found: What answered.
        bases: The networks' keys by the keys of runs.
    """
    found = tuple(found)
    behind: dict[str, _Base] = {}
    for one in found:
        key = bases.get(one.network, one.network)
        behind.setdefault(key, _Base(key, one.title.partition(", ")[0], one.role))
    names, hues = short_names(behind.values()), network_colours(behind.values())
    made = {}
    for one in found:
        key = bases.get(one.network, one.network)
        how = one.title.partition(", ")[2] if one.network in bases else ""
        made[one.network] = Named(names[key], how, hues[key])
    return made
