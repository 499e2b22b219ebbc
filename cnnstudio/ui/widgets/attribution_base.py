"""What the views of a verdict have in common: they follow the study while they are seen, and say what is missing."""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtWidgets import QVBoxLayout, QWidget

from cnnstudio.core.errors import ErrorReport, StudioError
from cnnstudio.ui.studio import Studio
from cnnstudio.ui.theme import GRID_PX, Theme
from cnnstudio.ui.widgets.basic import notice

NO_NETWORK: Final = "No network is chosen. Choose one in the set-up."


class VerdictView(QWidget):
    """A notice, and below it what a subclass puts into `content`. Only the view that is seen is told anything.

    Attributes:
        studio: The open study.
        notice: Why there is nothing to see; hidden where there is.
        content: The column that a subclass fills.

    Thread: GUI.
    """

    def __init__(self, studio: Studio) -> None:
        """Makes it empty."""
        super().__init__()
        self.studio = studio
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID_PX)
        self.notice = notice()
        self.notice.hide()
        self._inner = QWidget()
        self.content = QVBoxLayout(self._inner)
        self.content.setContentsMargins(0, 0, 0, 0)
        self.content.setSpacing(GRID_PX)
        column.addWidget(self.notice)
        column.addWidget(self._inner, 1)

    # What a subclass fills

    def refresh(self) -> None:
        """Anything may have changed: asks for everything at once."""

    def follow_picture(self) -> None:
        """The picture is another one."""

    def follow_moment(self) -> None:
        """Another moment is looked at."""

    def follow_run(self) -> None:
        """The weights moved."""

    def set_theme(self, theme: Theme) -> None:
        """Restyles what paints itself."""

    def set_low(self, low: bool) -> None:
        """Whether there is little height: lines that a tool tip can say go."""

    def settings(self) -> dict[str, Any]:
        """How it is set, as JSON types."""
        return {}

    def restore(self, settings: dict[str, Any]) -> None:
        """Sets it so again; whatever is not understood is ignored."""

    # What a subclass uses

    def tell(self, text: str) -> None:
        """Says why there is nothing to see; "" shows the content."""
        self.notice.setText(text)
        self.notice.setVisible(bool(text))
        self._inner.setVisible(not text)

    def on_error(self, report: ErrorReport) -> None:
        """A question had no answer."""
        self.tell(report.sentence)

    def missing(self, *, shown: bool, needs_picture: bool = True) -> str:
        """What stands in the way of an answer, one sentence; "" where nothing does.

        Args:
            shown: Whether an earlier answer can stay in sight until PyTorch is loaded.
            needs_picture: Whether the question is about the current picture.
        """
        if not self.studio.reading.networks:
            return NO_NETWORK
        if needs_picture and self.studio.picture is None:
            return "There is no picture yet: draw one, or put one of the examples on the canvas."
        if self.studio.engine is None or (self.studio.ready is None and not shown):
            return "This shows as soon as PyTorch is loaded."
        return ""

    def class_names(self) -> tuple[str, ...]:
        """The classes of the data set that the networks read; () where they are not known."""
        verdicts, history = self.studio.verdicts, self.studio.history
        if verdicts is not None and verdicts.class_names:
            return verdicts.class_names
        if history is not None and history.started.config.dataset == self.studio.reading.dataset:
            return history.started.class_names
        from cnnstudio import datasets

        try:
            return datasets.find(self.studio.reading.dataset).info.class_names
        except StudioError:
            return ()


def when_words(step: int | None, weights_from: str) -> str:
    """Which weights answered: "now", "at step 120", or those that came with the program."""
    if weights_from == "shipped":
        return "the weights that came with the program"
    return "now" if step is None else f"at step {step:,}"
