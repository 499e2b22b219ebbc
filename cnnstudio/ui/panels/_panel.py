"""What every panel is: a card for the bar, one question as its title, and hooks that are fed while it is seen."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final, Literal

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from cnnstudio.core import registry
from cnnstudio.core.events import Evaluated, RunEnded, RunStarted, StepEnd
from cnnstudio.core.questions import Verdicts
from cnnstudio.ui import theme as look
from cnnstudio.ui.studio import Studio, UnitOf
from cnnstudio.ui.theme import GRID_PX, Theme
from cnnstudio.ui.widgets.basic import button, label
from cnnstudio.ui.widgets.view_menu import ViewMenu

Group = Literal["See", "Train", "Look inside", "Test", "Build"]
GROUPS: Final[tuple[Group, ...]] = ("See", "Train", "Look inside", "Test", "Build")


@dataclass(frozen=True, slots=True)
class PanelInfo:
    """The card of one panel.

    Attributes:
        id: Unique; also the name of its text, `resources/lessons/<id>.md`.
        title: The question that it answers, shown above it.
        short: Its name in the bar.
        group: Where it stands in the bar.
        order: Its place within the group.
        make: Builds it for a study; filled in by the panel's class.
    """

    id: str
    title: str
    short: str
    group: Group
    order: int
    make: Callable[[Studio], Panel] | None = None


class Panel(QWidget):
    """A view of the study.

    A subclass sets `INFO`, makes its widgets in `build` (once, into `self.body`, controls into `self.controls`),
    and fills the hooks it needs. Hooks are called only while the panel is seen; when it is shown, `sync` is called
    first and reads everything from `self.studio`. Its module ends with `PANEL = ThatPanel.INFO`.

    Attributes:
        studio: The open study.
        body: The panel's column, below its title and controls.
        controls: The row under the title; put few things there.
        view_menu: Takes the view out of the window; a panel adds what else it can write.

    Thread: GUI.
    """

    INFO: ClassVar[PanelInfo]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Puts the class into its card."""
        super().__init_subclass__(**kwargs)
        if "INFO" in cls.__dict__:
            cls.INFO = replace(cls.INFO, make=cls)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        """Makes the title, the row of controls and the body, then lets the panel build itself."""
        super().__init__(parent)
        self.studio = studio
        self._fed = False
        self.setProperty("role", "panel")
        self.setAccessibleName(self.INFO.title)
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * GRID_PX, 2 * GRID_PX, 3 * GRID_PX, 2 * GRID_PX)
        column.setSpacing(GRID_PX + GRID_PX // 2)
        self.title = label(self.INFO.title, "title")
        self.title.setWordWrap(True)
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        head = QHBoxLayout()
        head.setSpacing(GRID_PX)
        head.addWidget(self.title, 1)
        self.view_menu = ViewMenu(self, studio, self.INFO.title, self.INFO.id)
        self.export_button = button("Export", "slim", tip="This view as a picture or a film. Key: Ctrl+E")
        self.export_button.setMenu(self.view_menu)
        self.view_menu.unseen = (self.export_button,)
        policy = self.export_button.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.export_button.setSizePolicy(policy)
        head.addWidget(self.export_button, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(head)
        self.controls = QHBoxLayout()
        self.controls.setSpacing(GRID_PX)
        column.addLayout(self.controls)
        self.body = QVBoxLayout()
        self.body.setSpacing(GRID_PX)
        column.addLayout(self.body, 1)
        self.build()
        self.on_theme(studio.theme)

    # Hooks

    def build(self) -> None:
        """Makes the widgets, once."""

    def sync(self) -> None:
        """Shows the study as it is now; called whenever the panel comes into sight and when a kept run is opened."""

    def on_run_started(self, event: RunStarted) -> None:
        """A run begins; `studio.history` is new."""

    def on_points(self, points: tuple[StepEnd, ...]) -> None:
        """Batches were learned; they are in `studio.history` already."""

    def on_evaluated(self, event: Evaluated) -> None:
        """All networks were measured; it is in `studio.history` already."""

    def on_run_ended(self, event: RunEnded) -> None:
        """The run is over."""

    def on_moment(self, step: int | None) -> None:
        """Another moment is looked at; None is now."""

    def on_moments(self, steps: tuple[int, ...]) -> None:
        """Other moments are kept."""

    def on_picture(self) -> None:
        """`studio.picture` is another one."""

    def on_verdicts(self, verdicts: Verdicts) -> None:
        """The networks read the picture."""

    def on_unit(self, unit: UnitOf | None) -> None:
        """Another unit is looked at."""

    def on_past(self) -> None:
        """`studio.past` changed."""

    def on_theme(self, theme: Theme) -> None:
        """The look changed; also called once after `build`, seen or not."""

    def settings(self) -> dict[str, Any]:
        """What of the panel is worth keeping until the next start, as JSON types."""
        return {}

    def restore(self, settings: dict[str, Any]) -> None:
        """Takes back what `settings` gave; whatever is not understood is ignored."""

    # Feeding

    def _pairs(self) -> list[tuple[Any, Any]]:
        studio = self.studio
        return [
            (studio.run_started, self.on_run_started),
            (studio.points_arrived, self.on_points),
            (studio.evaluated, self.on_evaluated),
            (studio.run_ended, self.on_run_ended),
            (studio.moment_changed, self.on_moment),
            (studio.moments_changed, self.on_moments),
            (studio.picture_changed, self.on_picture),
            (studio.verdicts_changed, self.on_verdicts),
            (studio.past_changed, self.on_past),
            (studio.unit_changed, self.on_unit),
            (studio.theme_changed, self.on_theme),
        ]

    @Slot()
    def _feed(self) -> None:
        if not self._fed:
            self._fed = True
            for signal, hook in self._pairs():
                signal.connect(hook)
            self.on_theme(self.studio.theme)
            self.sync()

    @Slot()
    def _starve(self) -> None:
        if self._fed:
            self._fed = False
            for signal, hook in self._pairs():
                signal.disconnect(hook)

    def showEvent(self, event: QShowEvent) -> None:
        """Starts the feeding."""
        super().showEvent(event)
        self._feed()

    def hideEvent(self, event: QHideEvent) -> None:
        """Ends the feeding."""
        super().hideEvent(event)
        self._starve()


def all_panels() -> dict[str, PanelInfo]:
    """The cards of all panels by id, in the bar's order: by group, then by their own."""
    found = registry.scan("cnnstudio.ui.panels", "PANEL", PanelInfo)
    cards = sorted(found.values(), key=lambda card: (GROUPS.index(card.group), card.order, card.id))
    return {card.id: card for card in cards}


def run_alone(panel_class: type[Panel], argv: list[str] | None = None) -> int:
    """Shows one panel with a made-up run, for whoever works on it: `python -m cnnstudio.ui.panels.race`.

    `--quit-after-show` ends it after the first paint; `--theme T` chooses the look.
    """
    from cnnstudio.ui.demo import fill

    argv = sys.argv[1:] if argv is None else argv
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    theme = look.THEMES[argv[argv.index("--theme") + 1]] if "--theme" in argv else look.LIGHT
    look.apply(app, theme)
    studio = Studio()
    studio.set_theme(theme)
    fill(studio)
    panel = panel_class(studio)
    panel.resize(840, 740)
    panel.show()
    if "--quit-after-show" in argv:
        QTimer.singleShot(0, app.quit)
    result = app.exec()
    panel.close()
    return int(result)
