"""Starts the program: the window, or one command. Imports nothing heavy."""

from __future__ import annotations

import ctypes
import importlib.util
import multiprocessing
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cnnstudio import __version__
from cnnstudio.core.command_line import WRONG_USE, WrongUse

INTERRUPTED: Final = 130
FIGURE: Final = "cnnstudio-race.png"

_HELP: Final = """\
usage: cnnstudio [--data-root DIR]         the window
       cnnstudio COMMAND ...               one command; cnnstudio COMMAND --help says more

{commands}

options:
  --data-root DIR     folder with stored data sets, in torchvision's layout
  --quit-after-show   end when the window has been painted
  --quit-when-ready   end when PyTorch is loaded
  --version           print the version
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the program.

    Args:
        argv: The command line without the program's name; None takes the process's own.

    Returns:
        The exit status.
    """
    multiprocessing.freeze_support()
    arguments = list(sys.argv[1:] if argv is None else argv)
    first = arguments[0] if arguments else ""
    if first == "--version":
        sys.stdout.write(f"CNN Studio {__version__}\n")
        return 0
    if first in ("-h", "--help"):
        sys.stdout.write(_help())
        return 0
    if first and not first.startswith("-"):
        try:
            return _command(arguments)
        except KeyboardInterrupt:  # so early that no command could say what it stopped
            return INTERRUPTED
    if not has_screen():
        return _race_instead(arguments)
    preload_torch_libraries()
    from cnnstudio.ui.app import main as window

    try:
        return window(arguments)
    except WrongUse as error:
        sys.stderr.write(f"cnnstudio: {error.report.sentence}\n")
        return WRONG_USE


def _command(arguments: list[str]) -> int:
    name, rest = arguments[0], arguments[1:]
    if name == "bench":
        from cnnstudio.bench import main as bench

        return bench(rest)
    if name == "screenshots":
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        preload_torch_libraries()
        from cnnstudio.ui.screenshots import main as screenshots

        return screenshots(rest)
    from cnnstudio import cli

    if name in cli.COMMANDS:
        return cli.main(arguments)
    sys.stderr.write(f"There is no command {name!r}; cnnstudio --help lists those there are.\n")
    return WRONG_USE


def _help() -> str:
    from cnnstudio import cli

    commands = cli.COMMANDS | {
        "bench": "Measure speed and memory.",
        "screenshots": "Render every panel into PNG files.",
    }
    return _HELP.format(commands="\n".join(f"  {name:<12}{sentence}" for name, sentence in commands.items()))


def has_screen() -> bool:
    """Whether a window can be shown: on Linux that takes a display, or a Qt platform that needs none."""
    if not sys.platform.startswith(("linux", "freebsd")):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def _race_instead(arguments: list[str]) -> int:
    sys.stderr.write("There is no screen, so the race runs here in the terminal; its curves go into a PNG.\n")
    from cnnstudio import cli

    return cli.main(["race", "--figure", str(Path.cwd() / FIGURE), *arguments])


def preload_torch_libraries() -> None:
    """Loads torch's base library before Qt, on Windows: importing torch after Qt fails there with WinError 1114.

    Only the library is loaded, so the window is not held up (pytorch/pytorch#166628; to be removed when torch can be
    imported after Qt on Windows).
    """
    if sys.platform != "win32":
        return
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return
    folder = Path(spec.origin).parent / "lib"
    try:
        os.add_dll_directory(str(folder))
        ctypes.CDLL(str(folder / "c10.dll"))
    except OSError:
        return  # the engine says what is wrong with torch when it imports it


if __name__ == "__main__":
    sys.exit(main())
