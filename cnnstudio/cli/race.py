"""`cnnstudio race`: several networks learn the same examples in the same order.

The JSON (`--json FILE`) holds:

    schema        1
    outcome       "finished", "stopped" or "failed"
    config        every field of the set-up
    dataset       key, train, validation, test (numbers of pictures), class_names
    networks      by key: title, parameters, macs, train_acc, validation_acc, test_acc, train_loss, validation_loss,
                  test_loss, gap (train_acc - test_acc), best_validation_acc, own_seconds, images_per_second, step,
                  test_looks, stopped (a sentence where the network left the race, else null)
    seconds       wall time of the whole race
    versions      program, Python, torch, numpy, device
    history       every measurement and point, as the program itself keeps it

Accuracies are shares from 0 to 1; a number that does not exist is null.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Generator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from cnnstudio.cli import _figure, _terminal
from cnnstudio.cli._parser import add_data_root, add_json, add_knob, keys
from cnnstudio.core.command_line import Parser, WrongUse
from cnnstudio.core.config import AUGMENTATIONS, RaceConfig, knobs, validate
from cnnstudio.core.errors import StudioError, report_from
from cnnstudio.core.events import NetworkStopped, Notice, Preparing, RunEnded, RunEvent, RunStarted, StepEnd
from cnnstudio.core.history import History
from cnnstudio.core.percent import percent

SENTENCE: Final = "Let several networks learn the same examples in the same order, and compare them."
SCHEMA: Final = 1
HEADINGS: Final = (
    "network", "weights", "multiply-adds", "train", "validation", "test", "gap", "seconds", "images/s",
)  # fmt: skip


def add_arguments(parser: Parser) -> None:
    """The options; those of the set-up come from its knobs."""
    default = RaceConfig()
    parser.add_argument(
        "--dataset", default=None, metavar="KEY", help=f"as in mnist or digits:jitter=3; default {default.dataset}"
    )
    add_data_root(parser)
    parser.add_argument("--networks", type=keys, metavar="KEYS", help=f"default {','.join(default.networks)}")
    for knob in knobs().values():
        add_knob(parser, knob)
    parser.add_argument("--augmentation", type=keys, metavar="NAMES", help="out of " + ", ".join(AUGMENTATIONS))
    parser.add_argument("--name", default="", help="what to call the run in the figure's title")
    parser.add_argument("--weights-dir", type=Path, metavar="DIR", help="write <network>.safetensors there")
    parser.add_argument("--figure", type=Path, metavar="PNG", help="draw the curves there (.png, .svg or .pdf)")
    parser.add_argument("--no-download", action="store_true", help="use only data that are on this computer")
    add_json(parser)


def config_from(arguments: argparse.Namespace) -> RaceConfig:
    """The set-up: what was typed, over what suits the data set, over the general defaults.

    A seed that is typed alone also decides the first weights.

    Raises:
        WrongUse: It cannot run; every problem is said.
    """
    from cnnstudio import datasets, networks

    typed = {f.name: getattr(arguments, f.name) for f in fields(RaceConfig) if getattr(arguments, f.name) is not None}
    if "seed" in typed:
        typed.setdefault("weights_seed", typed["seed"])
    try:
        preset = dict(datasets.find(typed["dataset"]).info.race) if "dataset" in typed else {}
        config = RaceConfig(**(preset | typed))
        for network in config.networks:
            networks.find(network)
    except StudioError as error:
        raise WrongUse(error.report.what, error.report.cause, error.report.remedy) from None
    problems = validate(config)
    if problems:
        raise WrongUse(" ".join(problem.report.sentence for problem in problems))
    return config


def _check_places(arguments: argparse.Namespace) -> None:
    """Refuses places where no result can be written, before the work begins.

    Raises:
        WrongUse: A file stands where a folder is wanted, or may not be written to.
    """
    if arguments.weights_dir is not None and arguments.weights_dir.exists() and not arguments.weights_dir.is_dir():
        raise WrongUse(f"The weights cannot go into {arguments.weights_dir}, which is a file.", remedy="Name a folder.")
    for path in (arguments.weights_dir, arguments.figure):
        if path is None:
            continue
        there = next(folder for folder in (path, *path.absolute().parents) if folder.is_dir())
        try:
            tempfile.TemporaryFile(dir=there).close()
        except OSError as error:
            raise WrongUse(
                f"{path} cannot be written.", report_from(error, "").cause, "Choose another place."
            ) from None


@dataclass(slots=True)
class _Told:
    """What the race said so far."""

    history: History | None = None
    ended: RunEnded | None = None


def run(arguments: argparse.Namespace) -> None:
    """Runs the race, and writes the table, the JSON, the weights and the figure.

    Raises:
        StudioError: The race failed, or a result cannot be written.
        KeyboardInterrupt: Ctrl-C; what there is was written.
    """
    config = config_from(arguments)
    _figure.check_name(arguments.figure)
    _check_places(arguments)
    _terminal.say("loading PyTorch")
    from cnnstudio.engine.race import race
    from cnnstudio.engine.session import Session

    session = Session(data_root=arguments.data_root, download=not arguments.no_download)
    told, began = _Told(), time.perf_counter()
    interrupted = False
    events = race(config, session, run_id=1)
    try:
        _watch(events, told)
    except KeyboardInterrupt:
        interrupted = True
        events.close()
    seconds = time.perf_counter() - began
    if told.history is not None:
        if told.ended is None:
            told.history.add(RunEnded(1, "stopped", told.history.step, seconds))
        _write_results(arguments, told.history, seconds, session)
    if interrupted:
        raise KeyboardInterrupt
    if told.ended is not None and told.ended.outcome == "failed":
        report = told.ended.report
        raise StudioError(report.what, report.cause, report.remedy) if report else StudioError("The race failed.")


def _watch(events: Generator[RunEvent, None, None], told: _Told) -> None:
    with _terminal.Bar() as bar:
        for event in events:
            if isinstance(event, RunStarted):
                told.history = History(event)
                bar.end()
                for note in event.notes:
                    _terminal.say(note)
            if told.history is not None:
                told.history.add(event)
            _show(event, told, bar)


def _show(event: RunEvent, told: _Told, bar: _terminal.Bar) -> None:
    if isinstance(event, Preparing):
        bar.fraction(event.text, event.fraction)
    elif isinstance(event, StepEnd) and told.history is not None:
        bar.steps("training", event.step, told.history.started.steps, _standing(told.history))
    elif isinstance(event, (Notice, NetworkStopped)):
        _terminal.say(event.report.sentence)
    elif isinstance(event, RunEnded):
        told.ended = event


def _standing(history: History) -> str:
    scores = [(network, history.latest(network)) for network in history.networks]
    return ", ".join(f"{network} {percent(score.test.accuracy)}" for network, score in scores if score is not None)


def _write_results(arguments: argparse.Namespace, history: History, seconds: float, session: Any) -> None:
    stream = _terminal.report_stream(arguments.json)
    stream.write(_terminal.table(HEADINGS, [_row(history, network) for network in history.networks]))
    stream.flush()
    problems: list[StudioError] = []
    for write in (_write_json, _write_weights, _write_figure):
        try:
            write(arguments, history, seconds, session)
        except StudioError as error:  # the other results are worth having
            problems.append(error)
    for problem in problems[1:]:
        _terminal.say(problem.report.sentence)
    if problems:
        raise problems[0]


def _write_json(arguments: argparse.Namespace, history: History, seconds: float, session: Any) -> None:
    _terminal.write_json(arguments.json, results(history, seconds))


def _write_weights(arguments: argparse.Namespace, history: History, seconds: float, session: Any) -> None:
    if arguments.weights_dir is None:
        return
    from cnnstudio.core.questions import SaveWeights
    from cnnstudio.engine.answers import answer_now

    answer_now(SaveWeights(arguments.weights_dir), session)
    _terminal.say(f"The weights are in {arguments.weights_dir}.")


def _write_figure(arguments: argparse.Namespace, history: History, seconds: float, session: Any) -> None:
    if arguments.figure is None:
        return
    _figure.draw_curves(history, arguments.figure, arguments.name)
    _terminal.say(f"The curves are in {arguments.figure}.")


def _row(history: History, network: str) -> tuple[str, ...]:
    card = next(competitor for competitor in history.started.competitors if competitor.network == network)
    score = history.latest(network)
    known = (network, f"{card.parameters:,}", f"{card.macs:,}")
    if score is None:
        return known + ("-",) * (len(HEADINGS) - len(known))
    speed = _speed(history, network)
    gap = 100 * (score.train.accuracy - score.test.accuracy)
    return (
        *known,
        percent(score.train.accuracy),
        percent(score.validation.accuracy),
        percent(score.test.accuracy),
        f"{gap:+.1f}",
        f"{score.own_seconds:.2f}",
        "-" if speed is None else f"{speed:,.0f}",
    )


def results(history: History, seconds: float) -> dict[str, Any]:
    """A race's JSON, as this module's docstring describes it."""
    started = history.started
    return {
        "schema": SCHEMA,
        "outcome": history.ended.outcome if history.ended is not None else "stopped",
        "config": started.config.to_json(),
        "dataset": {
            "key": started.config.dataset,
            "train": started.train_size,
            "validation": started.validation_size,
            "test": started.test_size,
            "class_names": list(started.class_names),
        },
        "networks": {network: _network(history, network) for network in history.networks},
        "seconds": seconds,
        "versions": dict(started.versions),
        "history": history.to_json(),
    }


def _network(history: History, network: str) -> dict[str, Any]:
    card = next(competitor for competitor in history.started.competitors if competitor.network == network)
    score, best = history.latest(network), history.best(network)
    stopped = history.stopped.get(network)
    return {
        "title": card.title,
        "parameters": card.parameters,
        "macs": card.macs,
        "train_acc": score.train.accuracy if score else None,
        "validation_acc": score.validation.accuracy if score else None,
        "test_acc": score.test.accuracy if score else None,
        "train_loss": score.train.loss if score else None,
        "validation_loss": score.validation.loss if score else None,
        "test_loss": score.test.loss if score else None,
        "gap": score.train.accuracy - score.test.accuracy if score else None,
        "best_validation_acc": best.validation.accuracy if best else None,
        "own_seconds": score.own_seconds if score else None,
        "images_per_second": _speed(history, network),
        "step": stopped.step if stopped else history.step,
        "test_looks": history.test_looks,
        "stopped": stopped.report.sentence if stopped else None,
    }


def _speed(history: History, network: str) -> float | None:
    """Training pictures per own second over the whole race."""
    scores = [(at.examples, score) for at in history.evaluations for score in at.scores if score.network == network]
    if not scores or scores[-1][1].own_seconds <= 0:
        return None
    return scores[-1][0] / scores[-1][1].own_seconds
