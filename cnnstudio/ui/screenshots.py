"""Renders the window with every panel, filled and empty, to PNG files: for the README, for review, for tests."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from cnnstudio.core.command_line import WRONG_USE, Parser, WrongUse
from cnnstudio.core.errors import StudioError

_SETTLE_S: Final = 0.4
"""Long enough for images and layouts that come with a later turn of the event loop."""

_TRAIN_S: Final = 180.0
"""A race of the default size takes seconds; a machine that needs longer than this shows the made-up run."""

_STATES: Final = ("empty", "filled")


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = Parser(prog="cnnstudio screenshots", description="Renders every panel to PNG files.")
    parser.add_argument("folder", type=Path, metavar="DIR", help="where the files go; it is made")
    parser.add_argument("--panel", help="only this panel")
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

    app = make_application()
    program = Program(writes=False)
    studio, window = program.studio, program.window
    studio.set_theme(look.THEMES[options.theme])
    window.resize(*size)
    window.show()
    if options.panel is not None and options.panel not in window.panels:
        program.close()
        raise StudioError(f"There is no panel {options.panel!r}.", remedy="Panels: " + ", ".join(window.panels) + ".")
    panels = list(window.panels) if options.panel is None else [options.panel]
    options.folder.mkdir(parents=True, exist_ok=True)
    settle = _settler(app.processEvents)
    settle(lambda: False, _SETTLE_S)
    for state in _STATES:
        if state == "filled":
            _fill(program, settle, made_up=options.made_up)
        for panel_id in panels:
            window.open_panel(panel_id)
            if studio.ready is not None:
                settle(lambda: not studio.awaits, 10 * _SETTLE_S)
            settle(lambda: False, _SETTLE_S)
            path = options.folder / f"{panel_id}-{state}.png"
            if not window.grab().save(str(path)):
                program.close()
                raise StudioError(f"{path} could not be written.")
            sys.stdout.write(f"{path}\n")
    window.close()
    return 0


def _settler(process_events: Callable[[], None]) -> Callable[[Callable[[], bool], float], bool]:
    def settle(done: Callable[[], bool], longest_s: float) -> bool:
        until_s = time.monotonic() + longest_s
        while time.monotonic() < until_s:
            process_events()
            if done():
                return True
            time.sleep(0.01)
        return False

    return settle


def _fill(program: object, settle: Callable[[Callable[[], bool], float], bool], *, made_up: bool) -> None:
    """Runs the default race; where there is no engine, or it takes too long, plays the made-up run."""
    from cnnstudio.ui.app import Program
    from cnnstudio.ui.demo import fill

    assert isinstance(program, Program)
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
