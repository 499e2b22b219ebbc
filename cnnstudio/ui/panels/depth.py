"""What does depth do? Two networks learn side by side, gradients layer by layer.

While they do, the student flips the shortcut. The engine says after which step that happened; from then on the setting
says so, too, and the runs are those that it would have given from the beginning.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import QSignalBlocker, Qt, Slot
from PySide6.QtGui import QHideEvent, QResizeEvent
from PySide6.QtWidgets import QComboBox, QLabel, QSlider, QWidget

from cnnstudio.core.errors import ErrorReport, StudioError
from cnnstudio.core.events import Answering
from cnnstudio.core.experiment import Findings, Flip, Order, Partly, Result, Settings
from cnnstudio.ui.panels._experiment import ExperimentPanel
from cnnstudio.ui.panels._panel import PanelInfo, run_alone
from cnnstudio.ui.theme import GRID_PX, Theme
from cnnstudio.ui.widgets.basic import button, explain_on_focus, label
from cnnstudio.ui.widgets.flip_button import FlipButton
from cnnstudio.ui.widgets.gradient_strip import GradientStrip, Watched
from cnnstudio.ui.widgets.rooms import bare_row

_SLOT: Final = "depth"
_STEP: Final = 0.05
_LAST: Final = 0.95
_SLIDER_PX: Final = 8 * GRID_PX
_LEAST_EM: Final = 31
"""A panel that is less high than that many times its text leaves the maps to their tabs."""
_LEAST_WIDE_EM: Final = 44
"""A panel that is less wide leaves the slider to the settings."""
_FLIP_SLOT: Final = "depth flip"
_FLIP_TIP: Final = (
    "After this share of the run the plain network gets its shortcuts and the other one loses them; 0 % is never. A "
    "flip by hand, in the middle of a run, moves it to where that was, so that anybody can repeat it. Only the deepest "
    "networks are flipped."
)
_FLIP, _FLIP_LONG = "Flip now", "Flip the shortcut now"
_IDLE: Final = "Nothing learns here now. Press Watch, and flip while the curves grow."
_SWEPT: Final = "The runs of an experiment are decided before they begin. Press Watch to flip one by hand."
_EARLY: Final = "The networks do not learn yet."
_COMES: Final = "The flip is on its way."
_LATE: Final = "The runs are nearly over: what a flip does would hardly be seen."
_ONCE: Final = (
    "They were flipped after step {}, which the setting flip at {} repeats, digit for digit. A run is flipped once."
)
_WATCH: Final = "Watch"
_WATCH_TIP: Final = "Both networks learn now, in turns, with the first seed; curves and gradients are drawn meanwhile."


class DepthPanel(ExperimentPanel):
    """Gradients of two runs above the charts, live.

    Thread: GUI.
    """

    INFO = PanelInfo("depth", "What does depth do?", "Depth", "Test", 80)
    EXPERIMENT = "depth"
    OTHER_WAY = "or Watch for two networks at once"

    def build_extra(self) -> QWidget:
        """Makes the maps and, in the row of the settings, what starts a run."""
        self._partly: dict[str, Result] = {}
        self._fractions: dict[str, float] = {}
        self._told: tuple[Result, ...] = ()
        self._keys: tuple[str, ...] = ()
        self._open_loss = self._pressed = False
        self.strip = GradientStrip(self.studio.theme)
        self._starter, row = bare_row()
        self.watch = button(_WATCH, tip=_WATCH_TIP)
        self.watch.clicked.connect(self._on_watch)
        self.layers = QComboBox()
        self.layers.setAccessibleName("layers of the two networks")
        self.layers.setToolTip("The shallowest or the deepest of the networks that are compared.")
        explain_on_focus(self.layers)
        self.layers.activated.connect(self._on_layers)
        self.flip = QSlider(Qt.Orientation.Horizontal)
        self.flip.setRange(0, round(_LAST / _STEP))
        self.flip.setPageStep(1)
        self.flip.setFixedWidth(_SLIDER_PX)
        self.flip.setAccessibleName("when the shortcut is flipped")
        self.flip.setToolTip(_FLIP_TIP)
        explain_on_focus(self.flip)
        self.flip.valueChanged.connect(self._on_flip)
        self.flip_words: QLabel = label("", "muted", tip=_FLIP_TIP)
        self.flip_now = FlipButton(self)
        self.flip_now.clicked.connect(self._on_flip_now)
        for part in (self.watch, self.layers, self.flip, self.flip_words, self.flip_now):
            row.addWidget(part)
        self._starter.setVisible(False)
        self.controls.insertWidget(0, self._starter)
        return self.strip

    def on_settings(self, settings: Settings) -> None:
        """Other networks: what was on its way is given up."""
        self._forget()
        self._told = ()
        super().on_settings(settings)

    def on_theme(self, theme: Theme) -> None:
        """Restyles."""
        super().on_theme(theme)
        self.strip.set_theme(theme)
        self._fold()

    def hideEvent(self, event: QHideEvent) -> None:
        """What nobody watches is given up."""
        if self._watching() and not event.spontaneous():
            self._give_up()
        super().hideEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leaves out what there is no room for."""
        super().resizeEvent(event)
        self._fold()

    def _fold(self) -> None:
        watched, em_px = self._watching(), self.studio.theme.body_px
        self.strip.setVisible(self.height() >= _LEAST_EM * em_px)
        self.layers.setEnabled(not watched)
        self.flip.setVisible(not watched and self.width() >= _LEAST_WIDE_EM * em_px)
        self.flip_words.setVisible(not watched)

    def on_live_progress(self, order: Order, event: Answering) -> None:
        """Keeps what is known of a run, and lets it be drawn soon."""
        if event.values:
            self._partly[order.key] = Result(self.info.as_done(order, event.values), event.values)
            self._fractions[order.key] = event.fraction or 0.0
            self._pacer.soon()

    def coming(self) -> Sequence[Result]:
        """Runs on their way: those watched here, and those of a sweep that is shown."""
        over = [key for key, result in self._partly.items() if result.order.key in self.live.results]
        for key in over:
            if key not in self.live.going:
                del self._partly[key]
        state = self.studio.experiments.state(self.shown) if self.shown is not None else None
        swept = [
            Result(order, progress.values)
            for order, progress in (state.under_way if state is not None else ())
            if isinstance(progress, Partly) and progress.values
        ]
        return (*swept, *self._partly.values())

    def on_results(self, results: Sequence[Result], findings: Findings) -> None:
        """Draws the two runs that are chosen."""
        self._told = tuple(results)
        self._show_runs()

    def _refresh(self) -> None:
        super()._refresh()
        if self._open_loss and self._partly:
            self._open_loss = False
            self.charts.open("loss")
        if self.live.failure:
            self._partly.clear()
        self._show_watch()

    def _show_watch(self) -> None:
        """Buttons and their neighbours, as it stands."""
        watched, layers = self._watching(), self.layers.currentData()
        self.watch.setText("Stop" if watched else _WATCH)
        self.watch.setEnabled(watched or bool(self._orders()))
        flipped = self._flipped() if watched else 0
        text = f"Flipped after step {flipped}" if flipped else _FLIP_LONG if watched else _FLIP
        what = f"{layers} layers: now the plain network gets its shortcuts, and the other one loses them."
        self.flip_now.show_state(text, what, self._why_not())
        self._fold()

    def _watching(self) -> bool:
        """Whether a run that was asked for here is not over."""
        return any(key in self.live.going for key in self._keys)

    def _flipped(self) -> int:
        """The step after which the runs that are watched were flipped; 0 before that."""
        for key, result in self._partly.items():
            flipped = int(result.values.get("flipped", 0))
            if flipped and (self._pressed or flipped <= self._fractions.get(key, 0.0) * result.values["steps"]):
                return flipped
        return 0

    def _why_not(self) -> str:
        """Why nothing can be flipped now, or ""."""
        from cnnstudio.experiments.depth import LAST_FLIP

        if not self._watching():
            swept = self.shown is not None and self.studio.experiments.is_going(self.shown)
            return _SWEPT if swept else _IDLE
        if not self.flip.isEnabled():
            return f"Only the deepest networks are flipped: those of {self.layers.itemText(0)}."
        if any(key not in self._fractions for key in self._keys):
            return _EARLY
        if self._flipped():
            return _ONCE.format(self._flipped(), self.form.values["flip_at"])
        if self._pressed:
            return _COMES
        return _LATE if max(self._fractions.values()) > LAST_FLIP else ""

    def fit(self) -> None:
        """Chooser and slider as the settings have them."""
        from cnnstudio.experiments.depth import depths

        self._starter.setVisible(self.answered)
        try:
            tried = depths(self.form.values)
        except StudioError:
            tried = ()  # the row above says what is wrong
        chosen = self.layers.currentData()
        with QSignalBlocker(self.layers), QSignalBlocker(self.flip):
            self.layers.clear()
            for count in dict.fromkeys((*tried[-1:], *tried[:1])):
                self.layers.addItem(f"{count} layers", count)
            self.layers.setCurrentIndex(max(0, self.layers.findData(chosen)))
            self.flip.setValue(round(float(self.form.values["flip_at"]) / _STEP))
        self.flip.setEnabled(self.layers.currentIndex() == 0)
        self._say_flip()
        self._show_runs()
        self._show_watch()

    def _say_flip(self) -> None:
        share = float(self.form.values["flip_at"])
        never = not share or not self.flip.isEnabled()
        self.flip_words.setText("no flip" if never else f"flip at {100 * share:.0f} %")
        wide = self.flip_words.fontMetrics().horizontalAdvance("flip at 95 %")
        self.flip_words.setMinimumWidth(wide)

    def _orders(self) -> tuple[Order, ...]:
        """The plain and the residual network of the first seed that are chosen."""
        layers = self.layers.currentData()
        try:
            planned = self.info.plan(self.info.settings(self.form.values))
        except StudioError:
            return ()  # the row above says what is wrong
        flip = float(self.form.values["flip_at"]) if self.flip.isEnabled() else 0.0
        first = planned[0].params["seed"] if planned else 0
        wanted = {"layers": layers, "flip_at": flip, "seed": first}
        return tuple(each for each in planned if all(each.params[name] == value for name, value in wanted.items()))

    def _show_runs(self) -> None:
        from cnnstudio.experiments._depth_findings import WIRINGS

        known = {result.order.key: result for result in (*self._told, *self.coming())}
        runs = []
        for order in self._orders():
            result, title = known.get(order.key), WIRINGS[str(order.params["network"])]
            if result is not None:
                runs.append(Watched(title, result.values, "test" in result.values))
            elif order.key in self._keys:
                runs.append(Watched(title, {}))
        self.strip.set_runs(runs)

    def _give_up(self) -> None:
        self.live.give_up()
        self._forget()

    def _forget(self) -> None:
        self.studio.withdraw(_FLIP_SLOT)
        self._partly.clear()
        self._fractions.clear()
        self._keys, self._pressed = (), False

    @Slot()
    def _on_watch(self) -> None:
        if self._watching():
            self._give_up()
        else:
            self._forget()
            orders = self._orders()
            self._keys = tuple(order.key for order in orders)
            self._open_loss = True
            self.live.failure = ""
            self.live.measure(orders, _SLOT, again=True)
        self._show_runs()
        self._refresh()

    @Slot()
    def _on_flip_now(self) -> None:
        orders = tuple(order for order in self._orders() if order.key in self.live.going)
        self._pressed = True
        self.studio.ask(Flip(orders), self._on_flipped, self._on_not_flipped, _FLIP_SLOT)
        self._show_watch()

    def _on_not_flipped(self, report: ErrorReport) -> None:
        self._pressed = False
        self.studio.notice.emit(report)
        self._show_watch()

    def _on_flipped(self, step: int) -> None:
        """The engine says after which step: from now on these are the runs of the order that repeats them."""
        from cnnstudio.experiments.depth import flip_share

        for key, result in self._partly.items():
            values = {**result.values, "flipped": step}
            self._partly[key] = Result(self.info.as_done(result.order, values), values)
            self.form.set_values({"flip_at": flip_share(step, int(result.values["steps"]))})
        self.fit()
        self._pacer.soon()

    @Slot(int)
    def _on_layers(self, index: int) -> None:
        self.fit()

    @Slot(int)
    def _on_flip(self, place: int) -> None:
        self.form.set_values({"flip_at": round(place * _STEP, 2)})
        self.form.changed.emit()

    def settings(self) -> dict[str, Any]:
        """Also which networks are watched."""
        return super().settings() | {"layers": self.layers.currentData()}

    def restore(self, settings: dict[str, Any]) -> None:
        """Chooses them again."""
        super().restore(settings)
        self.fit()
        place = self.layers.findData(settings.get("layers"))
        if place >= 0:
            self.layers.setCurrentIndex(place)
            self.fit()


PANEL = DepthPanel.INFO

if __name__ == "__main__":
    raise SystemExit(run_alone(DepthPanel))
