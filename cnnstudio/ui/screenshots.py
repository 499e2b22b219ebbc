"""Renders the window with every panel in every state to PNG files: for the README, for review, for tests.

A panel is shown empty and filled by a race. A panel of an experiment is shown with its question, running with half of
its runs done, and finished; one that begins with the student's picture, with that picture, too. The results of
experiments are made up by formulas (`demo_results`), and the pictures say so.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cnnstudio.core.command_line import WRONG_USE, Parser, WrongUse
from cnnstudio.core.errors import StudioError

if TYPE_CHECKING:
    from cnnstudio.ui.app import Program

_SETTLE_S: Final = 0.4
"""Long enough for images and layouts that come with a later turn of the event loop; less where no timer runs."""

_TURNS: Final = 4
"""Turns of the event loop that a layout may take to come to rest."""

_TRAIN_S: Final = 180.0
"""A race of the default size takes seconds; a machine that needs longer than this shows the made-up run."""

_STATES: Final = ("empty", "filled")
_EXPERIMENT_STATES: Final = ("question", "running", "finished")
_PICTURE: Final = "picture"
_GUESS: Final = 0
"""What the made-up student answers: right in some experiments and wrong in others."""

Settle = Callable[[Callable[[], bool], float], bool]
"""Runs the event loop until something is so, or for some seconds; tells whether it was."""


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = Parser(prog="cnnstudio screenshots", description="Renders every panel to PNG files.")
    parser.add_argument("folder", type=Path, metavar="DIR", help="where the files go; it is made")
    parser.add_argument("--panel", action="append", metavar="ID", help="only this panel; may be given several times")
    parser.add_argument("--state", action="append", help="only this state, as in finished; may be given several times")
    parser.add_argument("--theme", default="light", choices=("light", "dark", "projector"))
    parser.add_argument("--scale", type=float, default=1.0, help="2 renders for a screen at 200 %")
    parser.add_argument("--size", default="1440x900", help="of the window, in device-independent pixels")
    parser.add_argument("--made-up", action="store_true", help="a made-up run instead of a real race: quick, no torch")
    return parser.parse_args(argv)


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdigit() and height.isdigit()):
        raise StudioError(f"A size cannot be {text!r}.", remedy="Write it as 1440x900.")
    return int(width), int(height)


def main(argv: Sequence[str] | None = None) -> int:
    """Writes `<panel>-<state>.png` for every panel and state; gives the exit status."""
    try:
        options = _parse(sys.argv[1:] if argv is None else argv)
        size = _size(options.size)
        if options.folder.exists() and not options.folder.is_dir():
            raise WrongUse(f"The pictures cannot go into {options.folder}, which is a file.", remedy="Name a folder.")
    except StudioError as error:
        sys.stderr.write(f"cnnstudio screenshots: {error}\n")
        return WRONG_USE
    if options.scale != 1.0 and os.environ.get("QT_SCALE_FACTOR") != str(options.scale):
        # Qt reads the factor once, before the first window.
        command = [sys.executable, "-m", "cnnstudio", "screenshots", *(sys.argv[2:] if argv is None else argv)]
        return subprocess.run(command, env=os.environ | {"QT_SCALE_FACTOR": str(options.scale)}, check=False).returncode
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    try:
        return _render(options, size)
    except StudioError as error:
        sys.stderr.write(f"cnnstudio screenshots: {error}\n")
        return WRONG_USE


def _render(options: argparse.Namespace, size: tuple[int, int]) -> int:
    from cnnstudio.ui import theme as look
    from cnnstudio.ui.app import Program, make_application
    from cnnstudio.ui.demo_results import ShownExperiments
    from cnnstudio.ui.panels._panel import all_panels

    panels = _wanted(options, list(all_panels()))
    app = make_application()
    program = Program(writes=False)
    studio, window = program.studio, program.window
    studio.use_experiments(ShownExperiments(studio))
    studio.set_theme(look.THEMES[options.theme])
    window.resize(*size)
    window.show()
    options.folder.mkdir(parents=True, exist_ok=True)
    settle = _settler(app.processEvents)
    camera = _Camera(program, options, settle)
    try:
        for panel_id in panels:
            camera.take(panel_id, states_of(panel_id)[0])
        _fill(program, settle, made_up=options.made_up)
        for panel_id in panels:
            for state in states_of(panel_id)[1:]:
                camera.take(panel_id, state)
    except StudioError:
        program.close()
        raise
    window.close()
    return 0


def _wanted(options: argparse.Namespace, known: list[str]) -> list[str]:
    """The panels that are to be shown.

    Raises:
        StudioError: There is no such panel, or none of them has such a state.
    """
    panels = known if options.panel is None else options.panel
    for panel_id in panels:
        if panel_id not in known:
            raise StudioError(f"There is no panel {panel_id!r}.", remedy="Panels: " + ", ".join(known) + ".")
    there = list(dict.fromkeys(state for panel_id in panels for state in states_of(panel_id)))
    for state in options.state or ():
        if state not in there:
            raise StudioError(f"There is no state {state!r}.", remedy="States: " + ", ".join(there) + ".")
    return panels


def states_of(panel_id: str) -> tuple[str, ...]:
    """In which states a panel is shown: the first one before there is a run, the others after it."""
    from cnnstudio.ui.panels._experiment import ExperimentPanel
    from cnnstudio.ui.panels._live_experiment import LiveExperimentPanel
    from cnnstudio.ui.panels._panel import all_panels

    kind = all_panels()[panel_id].make
    if not (isinstance(kind, type) and issubclass(kind, ExperimentPanel)):
        return _STATES
    first, *others = _EXPERIMENT_STATES
    return (first, *((_PICTURE,) if issubclass(kind, LiveExperimentPanel) else ()), *others)


class _Camera:
    """Brings panels into states, and writes what the window shows.

    Thread: GUI.
    """

    def __init__(self, program: Program, options: argparse.Namespace, settle: Settle) -> None:
        self._program, self._options, self._settle = program, options, settle

    def take(self, panel_id: str, state: str) -> None:
        """Writes `<panel>-<state>.png`, where that state is wanted."""
        if self._options.state is not None and state not in self._options.state:
            return
        studio, window = self._program.studio, self._program.window
        window.open_panel(panel_id)
        if state not in (*_STATES, "question"):
            self._show(panel_id, state)
        if studio.ready is not None:
            self._settle(lambda: not studio.awaits, 10 * _SETTLE_S)
        for _ in range(_TURNS):
            self._settle(self._rests, _SETTLE_S)
        path = self._options.folder / f"{panel_id}-{state}.png"
        if not window.grab().save(str(path)):
            raise StudioError(f"{path} could not be written.")
        sys.stdout.write(f"{path}\n")

    def _rests(self) -> bool:
        """Whether no timer of the panel is about to change what is seen."""
        from PySide6.QtCore import QTimer

        soon_ms = round(1_000 * _SETTLE_S)
        panel = self._program.window.panel
        timers = panel.findChildren(QTimer) if panel is not None else []
        return not any(each.isSingleShot() and 0 <= each.remainingTime() <= soon_ms for each in timers)

    def _show(self, panel_id: str, state: str) -> None:
        """Answers the question of an experiment, and puts made-up results before it."""
        from cnnstudio.ui import demo_results
        from cnnstudio.ui.panels._experiment import ExperimentPanel
        from cnnstudio.ui.panels._live_experiment import LIVE, SWEEP, LiveExperimentPanel

        panel, here = self._program.window.panel, self._program.studio.experiments
        assert isinstance(panel, ExperimentPanel)
        assert isinstance(here, demo_results.ShownExperiments)
        if not panel.answered:
            panel.guess_card.answered.emit(_GUESS)
        if isinstance(panel, LiveExperimentPanel):
            panel.tabs[LIVE if state == _PICTURE else SWEEP].click()
        if state == _PICTURE:
            return
        settings = panel.info.settings()
        done = demo_results.orders_done(panel.info, settings) if state == "running" else None
        kept = here.put(panel.info, demo_results.state(panel.info, settings, done), _GUESS)
        panel.row.results.opened.emit(kept.id)


def _settler(process_events: Callable[[], None]) -> Settle:
    def settle(done: Callable[[], bool], longest_s: float) -> bool:
        until_s = time.monotonic() + longest_s
        while time.monotonic() < until_s:
            process_events()
            if done():
                return True
            time.sleep(0.01)
        return False

    return settle


def _fill(program: Program, settle: Settle, *, made_up: bool) -> None:
    """Runs the default race; where there is no engine, or it takes too long, plays the made-up run."""
    from cnnstudio.ui.demo import fill

    studio = program.studio
    if not made_up:
        program.engine.start()
        if settle(lambda: studio.ready is not None, _TRAIN_S):
            studio.run()
            settle(lambda: studio.outcome is not None, _TRAIN_S)
            program.bridge.drain()
        if studio.outcome is not None:
            return
        studio.stop()
    fill(studio, done=None, end=True)
