"""Runs and weights as files: saving weights, keeping a run, bringing it back.

A kept run's folder holds `<network>.safetensors` (the newest weights, for other programs too), `moments.safetensors`
(the timeline, of the newest runs only) and `moments.json` (what is needed to ask the networks again); `core.runs`
writes `run.json` beside them.
"""

from __future__ import annotations

import itertools
from collections.abc import Generator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from cnnstudio.core import questions
from cnnstudio.core.dataset import Pictures, Progress
from cnnstudio.core.errors import StudioError, report_from
from cnnstudio.core.events import RunStarted
from cnnstudio.core.history_json import started_from_json, started_to_json
from cnnstudio.core.network import NetworkSpec
from cnnstudio.core.runs import TIMELINE_FILE, trim_timelines
from cnnstudio.core.storage import read_json, write_json
from cnnstudio.engine import weights
from cnnstudio.engine._answer_run import opened
from cnnstudio.engine.build import build
from cnnstudio.engine.evaluate import measure
from cnnstudio.engine.grid import specs_of
from cnnstudio.engine.moments import Flat, Moments, flatten, is_finite, unflatten
from cnnstudio.engine.pixels import Part
from cnnstudio.engine.session import OpenRun, Session

SCHEMA: Final = 1
ABOUT_FILE: Final = "moments.json"

Index = NDArray[np.int64]

_reopened = itertools.count(-1, -1)
"""Ids of runs that were brought back: negative, so that no new run has the same."""


def save_weights(question: questions.SaveWeights, session: Session) -> Generator[Progress, None, tuple[Path, ...]]:
    """Writes every network's weights at a moment."""
    return (yield from _save(opened(session), question.folder, question.step))


def keep_run(question: questions.KeepRun, session: Session) -> Generator[Progress, None, Path]:
    """Writes a run's weights, then `moments.json`, which makes it whole, then the timeline, which may be large."""
    run = opened(session, question.run_id)
    yield from _save(run, question.folder, None)
    about = {"started": started_to_json(run.started), "test_index": run.test_index.tolist()}
    write_json(question.folder / ABOUT_FILE, about, SCHEMA, compact=True)
    yield Progress(None, "saving the timeline")
    try:
        _until_now(run).to_file(question.folder / TIMELINE_FILE)
    except OSError as error:
        report = report_from(error, "Keeping the run")
        raise StudioError(report.what, report.cause, report.remedy) from error
    trim_timelines(question.folder.parent)
    if session.previous_run is run:
        session.previous_run = None
    return question.folder


def _until_now(run: OpenRun) -> Moments:
    """The run's timeline; that of a run which was broken off between two moments ends with the weights of now."""
    newest: dict[int, dict[str, Flat]] = {}
    for network in run.modules:
        live, at = run.moment(network, None)
        flat = run.weights(network, live, at)
        if at > max(run.moments.steps, default=-1) and is_finite(flat):
            newest.setdefault(at, {})[network] = flat
    moments = run.moments.copy()
    for step in sorted(newest):
        moments.keep(step, newest[step])
    return moments


def _save(run: OpenRun, folder: Path, step: int | None) -> Generator[Progress, None, tuple[Path, ...]]:
    """Writes `<network>.safetensors` for every network; another run may begin meanwhile."""
    paths = []
    for done, (network, spec) in enumerate(run.specs.items()):
        progress = Progress(done / len(run.specs), f"saving {spec.title}")
        yield progress
        at, module = _as_it_was(run, network, step)
        accuracy = yield from _test_accuracy(run, module, spec, progress)
        card = weights.WeightsCard(
            network=network,
            dataset=run.config.dataset,
            class_names=run.started.class_names,
            step=at,
            accuracy=accuracy,
            seed=run.config.seed,
            weights_seed=run.config.weights_seed,
            examples=run.started.train_size,
        )
        path = folder / weights.file_name(network)
        weights.save_weights(path, module, spec, card)
        paths.append(path)
    return tuple(paths)


def _as_it_was(run: OpenRun, network: str, step: int | None) -> tuple[int, nn.Module]:
    """A copy of a network at a moment, or now, and the step that is."""
    live, at = run.moment(network, step)
    module = build(run.specs[network], 0)
    unflatten(run.weights(network, live, at), module)
    return at, module


def _test_accuracy(
    run: OpenRun, module: nn.Module, spec: NetworkSpec, progress: Progress
) -> Generator[Progress, None, float | None]:
    """Share right on the test sample, in slices that each tell the same progress; None where there is no sample."""
    if not len(run.test):
        return None
    work = measure(module, Part.of(run.test, torch.device("cpu")), spec.macs, False)
    while True:
        try:
            next(work)
        except StopIteration as end:
            return float(end.value.score.accuracy)
        yield progress


def open_run(question: questions.OpenRun, session: Session) -> Generator[Progress, None, questions.Reopened]:
    """Brings a kept run back, with the moments that are at hand. A race that began meanwhile stays the open run."""
    before = session.open_run
    started, index = _read_about(question.folder)
    specs = specs_of(started.config, started.shape, len(started.class_names))
    moments = _kept_moments(question.folder, specs)
    test, index = yield from _test_pictures(started, index, session)
    if session.open_run is not before:
        raise StudioError("Another run has begun while this one was being opened.", remedy="Open it again afterwards.")
    started = replace(started, run_id=next(_reopened))
    session.open(OpenRun(started, specs, moments, modules={}, test=test, test_index=index))
    return questions.Reopened(started.run_id, moments.steps)


def _kept_moments(folder: Path, specs: Mapping[str, NetworkSpec]) -> Moments:
    """The timeline of a kept run; where that was given up for newer runs, the last weights as its only moment."""
    try:
        return Moments.from_file(folder / TIMELINE_FILE)
    except FileNotFoundError:
        return _last_weights(folder, specs)
    except OSError as error:
        report = report_from(error, "Opening the run")
        raise StudioError(report.what, report.cause, report.remedy) from error


def _last_weights(folder: Path, specs: Mapping[str, NetworkSpec]) -> Moments:
    found: dict[int, dict[str, Flat]] = {}
    for network, spec in specs.items():
        path = folder / weights.file_name(network)
        card, _ = weights.read_card(path)
        module = build(spec, 0)
        module.load_state_dict(weights.load_weights(path, spec))
        found.setdefault(card.step or 0, {})[network] = flatten(module)
    moments = Moments(max(found, default=0), 1)
    for step in sorted(found):
        moments.keep(step, found[step])
    return moments


def _read_about(folder: Path) -> tuple[RunStarted, Index]:
    about = read_json(folder / ABOUT_FILE, SCHEMA)
    if about is None:
        raise StudioError(
            "The weights of this run are not there.",
            "They were not kept, or the folder is incomplete.",
            "Run it again; its curves are still here.",
        )
    try:
        return started_from_json(about["started"]), np.array(about["test_index"], np.int64).reshape(-1)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise StudioError("The record of this run's weights is damaged.", f"Reading it gave: {error!r}.") from error


def _test_pictures(
    started: RunStarted, index: Index, session: Session
) -> Generator[Progress, None, tuple[Pictures, Index]]:
    """The test sample as it was; empty where the data set is gone or has changed, which only some questions need."""
    try:
        prepared = yield from session.load(started.config)
    except StudioError:
        prepared = None
    fits = prepared is not None and prepared.shape == started.shape and len(prepared.test) == started.test_size
    if prepared is None or not fits or (len(index) and index.max() >= started.test_size):
        shape = (0, *started.shape)
        return Pictures(np.empty(shape, np.uint8), np.empty(0, np.int64)), np.empty(0, np.int64)
    return prepared.test.take(index), index
