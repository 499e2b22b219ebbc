"""What the panels of experiments have in common that begin with the student's own picture: it first, then the set.

The first tab asks the networks of the moment about the picture, at once, as the views of verdicts do; the second one
is the experiment over a whole set, as in `ExperimentPanel`. A subclass names its view:

    class MovePanel(LiveExperimentPanel):
        INFO = PanelInfo("move", ...)
        EXPERIMENT = "move"

        def build_view(self) -> LiveView:
            return MoveView(self.studio)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QPushButton, QSizePolicy, QWidget

from cnnstudio.core.events import Answering, Evaluated, RunEnded, RunStarted, StepEnd
from cnnstudio.core.experiment import Findings, Order, Result, Settings
from cnnstudio.ui.panels._experiment import ExperimentPanel
from cnnstudio.ui.theme import Theme
from cnnstudio.ui.widgets.basic import button
from cnnstudio.ui.widgets.live_view import LiveView

LIVE: Final = "live"
SWEEP: Final = "sweep"
_LEAST_EM: Final = 34
"""Where the panel is less high than that many times the text, it drops the lines of least need."""


class LiveExperimentPanel(ExperimentPanel):
    """Two tabs: the view of the picture, and the experiment. Only the one that is seen asks.

    Attributes:
        view: What is said of the picture.
        tabs: By "live" and "sweep".

    Thread: GUI.
    """

    TABS: ClassVar[dict[str, tuple[str, str]]] = {
        LIVE: ("Your picture", "What the networks of the moment make of your own picture."),
        SWEEP: ("Whole test set", "The same over test pictures and several seeds, with the spread."),
    }

    def build_view(self) -> LiveView:
        """Makes the view of the picture, once."""
        return LiveView(self.studio)

    def build(self) -> None:
        """Makes tabs, view and experiment."""
        self._group = QButtonGroup(self)
        self.tabs: dict[str, QPushButton] = {}
        for name, (title, tip) in self.TABS.items():
            made = button(title, "tab", tip=tip, checkable=True)
            made.clicked.connect(self._on_tab)
            self._group.addButton(made)
            self.tabs[name] = made
            self.controls.addWidget(made)
        self.tabs[LIVE].setChecked(True)
        super().build()
        if self.view.corner is not None:
            self.controls.addWidget(self.view.corner, 1, Qt.AlignmentFlag.AlignRight)
        self.controls.addStretch(0)
        self.view.join(self.live)
        self.view.set_experiment(self.form.values)
        self._asked_of: tuple[object, ...] = ()
        self.studio.config_changed.connect(self._on_config)
        self._show_tab()

    def build_extra(self) -> QWidget:
        """The view takes the room of the experiment while its tab is open."""
        self.view = self.build_view()
        self.view.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        return self.view

    @property
    def tab(self) -> str:
        """Which tab is open."""
        return next(name for name, one in self.tabs.items() if one.isChecked())

    @property
    def is_live(self) -> bool:
        """Whether the view of the picture is seen, and may ask."""
        return self.answered and self.tab == LIVE and self.isVisible()

    # Hooks

    def sync(self) -> None:
        """Shows the study as it is."""
        super().sync()
        self._refresh_view()

    def on_answered(self) -> None:
        """The view is seen for the first time."""
        self._show_tab()
        self._refresh_view()

    def on_settings(self, settings: Settings) -> None:
        """The view's own runs depend on them."""
        self.view.set_experiment(settings)

    def on_results(self, results: Sequence[Result], findings: Findings) -> None:
        """Runs that are done may have left networks that can be asked."""
        self.view.take_results(results)

    def on_live_progress(self, order: Order, event: Answering) -> None:
        """A run that the view asked for."""
        self.view.on_live_progress(order, event)

    def on_picture(self) -> None:
        """Another picture."""
        if self.is_live:
            self.view.follow_picture()

    def on_moment(self, step: int | None) -> None:
        """Another moment."""
        if self.is_live:
            self.view.follow_moment()

    def on_run_started(self, event: RunStarted) -> None:
        """Other weights, perhaps other networks."""
        self._refresh_view()

    def on_points(self, points: tuple[StepEnd, ...]) -> None:
        """The weights moved."""
        if self.is_live:
            self.view.follow_run()

    def on_evaluated(self, event: Evaluated) -> None:
        """The weights moved, or were just made."""
        if self.is_live:
            self.view.follow_run()

    def on_run_ended(self, event: RunEnded) -> None:
        """The last weights."""
        self._refresh_view()

    def on_theme(self, theme: Theme) -> None:
        """Restyles what paints itself."""
        super().on_theme(theme)
        self.view.set_theme(theme)
        self._fold()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """There is room for all lines, or not."""
        super().resizeEvent(event)
        self._fold()

    def settings(self) -> dict[str, Any]:
        """Also which tab is open, and how the view is set."""
        return super().settings() | {"tab": self.tab, "view": self.view.settings()}

    def restore(self, settings: dict[str, Any]) -> None:
        """Opens the tab and sets the view so again."""
        super().restore(settings)
        found = settings.get("view")
        self.view.restore(found if isinstance(found, dict) else {})
        tab = settings.get("tab")
        self.tabs[tab if tab in self.tabs else LIVE].setChecked(True)
        self._on_tab()

    # Tabs

    @Slot()
    def _on_tab(self) -> None:
        self._show_tab()
        self._refresh_view()

    def _show_tab(self) -> None:
        live = self.tab == LIVE
        self.view.setVisible(live)
        if self.view.corner is not None:
            self.view.corner.setVisible(live and self.answered)
        for part in (self.form, self.row, self.charts, self.verdict):
            part.setVisible(not live)

    def _fold(self) -> None:
        self.view.set_low(self.height() < _LEAST_EM * self.studio.theme.body_px)

    @Slot(object)
    def _on_config(self, config: object) -> None:
        of = (self.studio.reading.dataset, self.studio.reading.networks)
        if self.is_live and of != self._asked_of:
            self._refresh_view()

    def _refresh_view(self) -> None:
        if self.is_live:
            self._asked_of = (self.studio.reading.dataset, self.studio.reading.networks)
            self.view.refresh()
