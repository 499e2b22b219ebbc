"""Command-line options that several commands have, and those that are generated from knobs."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from cnnstudio.core.command_line import WrongUse
from cnnstudio.core.config import knobs
from cnnstudio.core.errors import StudioError
from cnnstudio.core.knobs import Knob, Value, split_keys


def knob_type(knob: Knob) -> Callable[[str], Value]:
    """A reader of one option's value for `argparse`."""

    def read(text: str) -> Value:
        try:
            return knob.parse(text)
        except StudioError as error:
            raise WrongUse(error.report.what, error.report.cause, error.report.remedy) from None

    return read


def add_knob(parser: argparse.ArgumentParser, knob: Knob) -> None:
    """Adds `--name VALUE` for a knob; what is not given stays None."""
    unit = f", in {knob.unit}" if knob.unit else ""
    parser.add_argument(
        "--" + knob.name.replace("_", "-"),
        dest=knob.name,
        type=knob_type(knob),
        metavar="VALUE",
        help=f"{knob.sentence} {knob.expected[:1].upper()}{knob.expected[1:]}{unit}; default {knob.default}.",
    )


def add_amount(parser: argparse.ArgumentParser, what: str, text: str) -> None:
    """Adds --examples and --seed for a command that loads pictures, within the bounds of a race.

    Args:
        parser: The command's.
        what: What is counted, for sentences.
        text: The help of --examples.
    """
    known = knobs()
    examples = replace(known["examples"], label=what)
    parser.add_argument("--examples", type=knob_type(examples), metavar="N", help=text)
    parser.add_argument(
        "--seed",
        type=knob_type(known["seed"]),
        default=0,
        metavar="S",
        help="of a set that the program makes; default 0",
    )


def add_data_root(parser: argparse.ArgumentParser) -> None:
    """Adds --data-root."""
    parser.add_argument(
        "--data-root",
        type=Path,
        metavar="DIR",
        help="folder with stored data sets in torchvision's layout; default: the program's own",
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """Adds --json."""
    parser.add_argument("--json", metavar="FILE", help="write the results as JSON; - is standard output")


def keys(text: str) -> tuple[str, ...]:
    """Reads names with commas between them, as in "mlp:hidden=20,dropout=0.1,lenet5".

    Raises:
        WrongUse: Nothing is named.
    """
    found = split_keys(text)
    if not found:
        raise WrongUse("No name is given.", remedy="Write names with commas between them, as in mlp,lenet5.")
    return found
