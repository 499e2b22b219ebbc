"""Film: one kernel, or one feature map of the picture, at every moment of training beside the next."""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QButtonGroup, QSizePolicy

from cnnstudio import networks
from cnnstudio.core.errors import StudioError
from cnnstudio.core.events import RunEnded, RunStarted
from cnnstudio.core.inside import Film, Unit
from cnnstudio.core.layers import Step
from cnnstudio.core.network import NetworkSpec
from cnnstudio.ui._study import WEIGHTS_LOST, WEIGHTS_OPENING
from cnnstudio.ui.pacer import Pacer
from cnnstudio.ui.panels._panel import Panel, PanelInfo, run_alone
from cnnstudio.ui.studio import UnitOf
from cnnstudio.ui.theme import GRID_PX, Theme, network_colours
from cnnstudio.ui.widgets._names import short_names
from cnnstudio.ui.widgets.basic import button, notice
from cnnstudio.ui.widgets.film_strip import FilmRow, Spacing, What, film_layers, frame_steps
from cnnstudio.ui.widgets.rooms import Scrolled

_GAP_MS: Final = 1_000
"""During a run the film grows once a second at most: every frame is a network of its own to the engine."""

_NO_RUN: Final = "A film is made of the moments of a run: press Run, and watch it grow."


class FilmPanel(Panel):
    """One film for each network of the open run, above each other.

    Thread: GUI.
    """

    INFO = PanelInfo(
        id="film",
        title="How did it come to look like this?",
        short="Film",
        group="Look inside",
        order=50,
    )

    def build(self) -> None:
        """Makes the controls and an empty column of films."""
        self._rows: dict[str, FilmRow] = {}
        self._specs: dict[str, NetworkSpec] = {}
        self._chosen: dict[str, tuple[str, int]] = {}
        self._steps: tuple[int, ...] = ()
        self._pacer = Pacer(self, self._ask, gap_ms=_GAP_MS)
        self._build_controls()
        self.notice = notice()
        self.body.addWidget(self.notice)
        self._scroll = Scrolled()
        self._column = self._scroll.fill(2 * GRID_PX)
        self._column.addStretch(1)
        self.body.addWidget(self._scroll, 1)

    def sync(self) -> None:
        """Shows the open run."""
        self._show_networks()
        self.on_unit(self.studio.unit)
        self._ask()

    def on_run_started(self, event: RunStarted) -> None:
        """Other networks, no moment yet."""
        self._steps = ()
        self._show_networks()
        self._pacer.now()

    def on_moments(self, steps: tuple[int, ...]) -> None:
        """There are further frames."""
        self._pacer.soon()

    def on_run_ended(self, event: RunEnded) -> None:
        """The last frame."""
        self._pacer.now()

    def on_moment(self, step: int | None) -> None:
        """Another frame is the moment."""
        for row in self._rows.values():
            row.show_moment()

    def on_picture(self) -> None:
        """Feature maps of another picture."""
        if self._what == "map":
            self._ask()

    def on_unit(self, unit: UnitOf | None) -> None:
        """The film of another unit's kernel or map."""
        if unit is None or unit.network not in self._specs:
            return
        fitting = self._fitting(unit.network, (unit.unit.layer, unit.unit.map))
        if fitting is not None and fitting != self._chosen.get(unit.network):
            self._chosen[unit.network] = fitting
            self._show_choice(unit.network)
            self._ask_one(unit.network)

    def on_theme(self, theme: Theme) -> None:
        """Restyles what paints itself."""
        for row in self._rows.values():
            row.set_theme(theme)

    def settings(self) -> dict[str, Any]:
        """What is filmed, and how it is shown."""
        chosen = {network: list(choice) for network, choice in self._chosen.items()}
        return {"what": self._what, "spacing": self._spacing, "each": self.each.isChecked(), "chosen": chosen}

    def restore(self, settings: dict[str, Any]) -> None:
        """Shows it so again."""
        (self.maps if settings.get("what") == "map" else self.kernels).setChecked(True)
        (self.even if settings.get("spacing") == "even" else self.log).setChecked(True)
        (self.each if settings.get("each") is True else self.common).setChecked(True)
        chosen = settings.get("chosen")
        for network, choice in chosen.items() if isinstance(chosen, dict) else ():
            if isinstance(choice, list) and len(choice) == 2 and isinstance(choice[1], int):
                self._chosen[str(network)] = (str(choice[0]), choice[1])

    # Controls

    def _build_controls(self) -> None:
        self.kernels, self.maps = self._pair(
            ("Kernels", "The weights: of a convolution its kernel, of a hidden unit its template."),
            ("Maps", "What the networks of each moment compute for the picture on the left."),
        )
        self.controls.addStretch(1)
        self.log, self.even = self._pair(
            ("Log steps", "Frames evenly spaced by the logarithm of the step: most changes come early."),
            ("Even", "Frames evenly spaced by the step."),
        )
        self.controls.addSpacing(GRID_PX)
        self.common, self.each = self._pair(
            ("One scale", "The strongest colour stands for the largest value of the whole film."),
            ("Each its own", "The strongest colour stands for the largest value of the frame: weak patterns show too."),
        )

    def _pair(self, *texts: tuple[str, str]) -> tuple[Any, ...]:
        group = QButtonGroup(self)
        made = tuple(button(text, "tab", tip=tip, checkable=True) for text, tip in texts)
        for one in made:
            one.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            group.addButton(one)
            self.controls.addWidget(one)
        made[0].setChecked(True)
        group.buttonClicked.connect(self._on_controls)
        return made

    @property
    def _what(self) -> What:
        return "map" if self.maps.isChecked() else "kernel"

    @property
    def _spacing(self) -> Spacing:
        return "even" if self.even.isChecked() else "log"

    @Slot()
    def _on_controls(self) -> None:
        for network in self._specs:
            self._show_choice(network)
        self._ask()

    # Choosing

    def _show_networks(self) -> None:
        """One row for each network of the open run; one that cannot be built, as of another version, has none."""
        history, self._specs = self.studio.history, {}
        if history is not None:
            started = history.started
            for one in started.competitors:
                try:
                    spec = networks.spec_for(one.network, started.shape, len(started.class_names))
                except StudioError:
                    continue
                self._specs[one.network] = spec
        for network in set(self._rows) - set(self._specs):
            row = self._rows.pop(network)
            self._column.removeWidget(row)
            row.deleteLater()
        for place, network in enumerate(self._specs):
            if network not in self._rows:
                row = self._rows[network] = FilmRow(self.studio, network)
                row.unit_chosen.connect(self._on_unit_chosen)
                row.step_chosen.connect(self._on_step_chosen)
            self._column.insertWidget(place, self._rows[network])
            self._show_choice(network)

    def _show_choice(self, network: str) -> None:
        layers = film_layers(self._specs[network], self._what)
        choice = self._fitting(network, self._chosen.get(network, ("", 0)))
        if choice is None:
            choice = (layers[0].name, 0)
        self._chosen[network] = choice
        step = next(step for step in layers if step.name == choice[0])
        competitors = self.studio.competitors
        card = next(one for one in competitors if one.network == network)
        row = self._rows[network]
        row.set_what(self._what, len(step.shape) == 1)
        names, colours = short_names(competitors), network_colours(competitors)
        row.show_choice(names[network], card.title, colours[network], layers, step, choice[1])

    def _fitting(self, network: str, wanted: tuple[str, int]) -> tuple[str, int] | None:
        """The layer and number that stand for a unit: its layer's, or the kernel that its map came from."""
        layers = {step.name: step for step in film_layers(self._specs[network], self._what)}
        found: Step | None = None
        for step in self._specs[network].steps():
            if step.name in layers:
                found = step
            if step.name == wanted[0]:
                same = found is not None and found.shape[0] == step.shape[0]
                return (found.name, max(0, min(wanted[1], found.shape[0] - 1))) if found and same else None
        return None

    @Slot(object)
    def _on_unit_chosen(self, choice: tuple[str, str, int]) -> None:
        network = choice[0]
        self._chosen[network] = choice[1:]
        self._show_choice(network)
        self._ask_one(network)
        self.studio.set_unit(UnitOf(network, Unit(*self._chosen[network])))

    @Slot(object)
    def _on_step_chosen(self, step: int) -> None:
        history = self.studio.history
        self.studio.set_moment(None if history is not None and step == history.step else step)

    # Asking

    def _ask(self) -> None:
        self._steps = frame_steps(self.studio.moments, self._spacing)
        self._tell(self._why_nothing())
        for network in self._specs if self._steps else ():
            self._ask_one(network)

    def _why_nothing(self) -> str:
        studio = self.studio
        if studio.history is None:
            return _NO_RUN
        if studio.weights != "there":
            return (WEIGHTS_LOST if studio.weights == "lost" else WEIGHTS_OPENING).sentence
        if not self._steps:
            return "The first moment is about to be kept."
        return ""

    def _ask_one(self, network: str) -> None:
        history, row = self.studio.history, self._rows[network]
        if not self._steps or history is None:
            return
        is_map = self._what == "map"
        if is_map and self.studio.picture is None:
            row.show_problem("There is no picture yet: draw one on the left, or take one of the data set.")
            return
        pixels = self.studio.picture if is_map else None
        question = Film(
            history.started.config.dataset, network, self._steps, self._what, *self._chosen[network], pixels=pixels
        )
        row.ask(question, self.each.isChecked())

    def _tell(self, text: str) -> None:
        self.notice.setText(text)
        self.notice.setVisible(bool(text))
        self._scroll.setVisible(not text)


PANEL = FilmPanel.INFO

if __name__ == "__main__":
    raise SystemExit(run_alone(FilmPanel))
