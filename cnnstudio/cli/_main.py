"""Dispatches a command, and turns what went wrong into one sentence and an exit status.

Exit status: 0 done, 1 it failed (one sentence on standard error), 2 wrong use (one sentence), 130 stopped with Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import Final

from cnnstudio.cli import _terminal, data, evaluate, experiment, networks, race, read
from cnnstudio.core.command_line import WRONG_USE, Parser, WrongUse
from cnnstudio.core.errors import StudioError, report_from
from cnnstudio.core.free_memory import refuse_if_too_little

FAILED: Final = 1
INTERRUPTED: Final = 130

_ADDERS: Final[dict[str, Callable[[Parser], None]]] = {
    "race": race.add_arguments,
    "evaluate": evaluate.add_arguments,
    "read": read.add_arguments,
    "experiment": experiment.add_arguments,
    "data": data.add_arguments,
    "networks": networks.add_arguments,
}

_RUNNERS: Final[dict[str, Callable[[argparse.Namespace], None]]] = {
    "race": race.run,
    "evaluate": evaluate.run,
    "read": read.run,
    "experiment": experiment.run,
    "data": data.run,
    "networks": networks.run,
}

_WITH_TORCH: Final = frozenset({"race", "evaluate", "read"})

COMMANDS: Final = {
    "race": race.SENTENCE,
    "evaluate": evaluate.SENTENCE,
    "read": read.SENTENCE,
    "experiment": experiment.SENTENCE,
    "data": data.SENTENCE,
    "networks": networks.SENTENCE,
}
"""Every command of this package, with what it does."""


def main(argv: Sequence[str]) -> int:
    """Runs one command.

    Args:
        argv: The command's name and what follows it.

    Returns:
        The exit status.
    """
    _terminal.allow_any_letters()
    name, *rest = argv
    parser = Parser(prog=f"cnnstudio {name}", description=COMMANDS[name])
    _ADDERS[name](parser)
    try:
        arguments = parser.parse_args(rest)
    except WrongUse as error:
        _terminal.say(f"cnnstudio {name}: {error.report.sentence}")
        return WRONG_USE
    except SystemExit:  # --help was printed
        return 0
    try:
        _terminal.check_json(arguments.json)
        if name in _WITH_TORCH:
            refuse_if_too_little()
        _RUNNERS[name](arguments)
    except WrongUse as error:
        _terminal.say(f"cnnstudio {name}: {error.report.sentence}")
        return WRONG_USE
    except StudioError as error:
        _terminal.say(error.report.sentence)
        return FAILED
    except MemoryError as error:
        _terminal.say(report_from(error, f"cnnstudio {name}").sentence)
        return FAILED
    except KeyboardInterrupt as error:
        _terminal.say(str(error) or "Stopped with Ctrl-C.")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read standard output went away, as `head` does; Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    return 0
