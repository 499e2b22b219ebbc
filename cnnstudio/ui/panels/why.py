"""Why this verdict: the pixels it hangs on, the training pictures it is most like, and where the picture lies."""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtCore import Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QPushButton, QStackedWidget

from cnnstudio.core.events import Evaluated, RunEnded, RunStarted, StepEnd
from cnnstudio.core.questions import Verdicts
from cnnstudio.ui.panels._panel import Panel, PanelInfo, run_alone
from cnnstudio.ui.theme import Theme
from cnnstudio.ui.widgets.attribution_base import VerdictView
from cnnstudio.ui.widgets.attribution_view import AttributionView
from cnnstudio.ui.widgets.basic import button
from cnnstudio.ui.widgets.embedding_view import EmbeddingView
from cnnstudio.ui.widgets.neighbours_view import NeighboursView

_TABS: Final = {
    "pixels": ("Pixels", "Which pixels does each verdict hang on?"),
    "neighbours": ("Neighbours", "Which training pictures does each network hold to be most like this one?"),
    "map": ("Map", "Where does this picture lie among all the others?"),
}
_LEAST_EM: Final = 34
"""Where the panel is less high than that many times the text, it drops the lines of least need."""


class WhyPanel(Panel):
    """Three views, of which only the one that is seen asks.

    Thread: GUI.
    """

    INFO = PanelInfo(id="why", title="Why this verdict?", short="Why", group="Look inside", order=40)

    def build(self) -> None:
        """Makes everything, once."""
        self._group = QButtonGroup(self)
        self.tabs: dict[str, QPushButton] = {}
        for name, (title, tip) in _TABS.items():
            made = button(title, "tab", checkable=True, tip=tip)
            made.clicked.connect(self._on_tab)
            self._group.addButton(made)
            self.tabs[name] = made
            self.controls.addWidget(made)
        self.tabs["pixels"].setChecked(True)
        self.controls.addStretch(1)
        self.pixels = AttributionView(self.studio, self.controls)
        self.neighbours = NeighboursView(self.studio)
        self.map = EmbeddingView(self.studio)
        self.views: dict[str, VerdictView] = {
            "pixels": self.pixels, "neighbours": self.neighbours, "map": self.map,
        }  # fmt: skip
        self.stack = QStackedWidget()
        for view in self.views.values():
            self.stack.addWidget(view)
        self.body.addWidget(self.stack, 1)
        self._asked_of: tuple[object, ...] = ()
        self.studio.config_changed.connect(self._on_config)

    @property
    def tab(self) -> str:
        """Which view is seen."""
        return next(name for name, one in self.tabs.items() if one.isChecked())

    @property
    def view(self) -> VerdictView:
        """The view that is seen."""
        return self.views[self.tab]

    def resizeEvent(self, event: QResizeEvent) -> None:
        """There is room for all lines, or not."""
        super().resizeEvent(event)
        self._fold()

    def _fold(self) -> None:
        low = self.height() < _LEAST_EM * self.studio.theme.body_px
        for view in self.views.values():
            view.set_low(low)

    # Hooks

    def sync(self) -> None:
        """Shows the study as it is."""
        self._refresh()

    def on_picture(self) -> None:
        """Another picture."""
        self.view.follow_picture()

    def on_verdicts(self, verdicts: Verdicts) -> None:
        """The networks read the picture."""
        if self.tab == "neighbours":
            self.neighbours.follow_verdicts()

    def on_moment(self, step: int | None) -> None:
        """Another moment."""
        self.view.follow_moment()

    def on_run_started(self, event: RunStarted) -> None:
        """Other weights, perhaps other networks."""
        self._refresh()

    def on_points(self, points: tuple[StepEnd, ...]) -> None:
        """The weights moved."""
        self.view.follow_run()

    def on_evaluated(self, event: Evaluated) -> None:
        """The weights moved, or were just made."""
        self.view.follow_run()

    def on_run_ended(self, event: RunEnded) -> None:
        """The last weights."""
        self._refresh()

    def on_theme(self, theme: Theme) -> None:
        """Restyles what paints itself."""
        for view in self.views.values():
            view.set_theme(theme)
        self._fold()

    def settings(self) -> dict[str, Any]:
        """How it is set."""
        return {"tab": self.tab} | {name: view.settings() for name, view in self.views.items()}

    def restore(self, settings: dict[str, Any]) -> None:
        """Sets it so again."""
        for name, view in self.views.items():
            found = settings.get(name)
            view.restore(found if isinstance(found, dict) else {})
        tab = settings.get("tab")
        self.tabs[tab if tab in self.tabs else "pixels"].setChecked(True)
        self._on_tab()

    # What a person does

    @Slot()
    def _on_tab(self) -> None:
        self.stack.setCurrentWidget(self.view)
        self.pixels.mode_bar.setVisible(self.tab == "pixels")
        if self.isVisible():
            self._refresh()

    @Slot(object)
    def _on_config(self, config: object) -> None:
        of = (self.studio.reading.dataset, self.studio.reading.networks)
        if self.isVisible() and of != self._asked_of:
            self._refresh()

    def _refresh(self) -> None:
        self._asked_of = (self.studio.reading.dataset, self.studio.reading.networks)
        self.view.refresh()


PANEL = WhyPanel.INFO

if __name__ == "__main__":
    raise SystemExit(run_alone(WhyPanel))
