"""What the engine remembers between questions: data in memory, the open run with its networks and moments, viewers."""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from cnnstudio import networks
from cnnstudio.core import limits
from cnnstudio.core.config import RaceConfig
from cnnstudio.core.dataset import Images, Labels, Pictures, Progress
from cnnstudio.core.errors import StudioError
from cnnstudio.core.events import RunStarted
from cnnstudio.core.knobs import parse_key
from cnnstudio.core.network import NetworkSpec
from cnnstudio.core.questions import NO_RUN, WeightsFrom
from cnnstudio.datasets import Prepared, all_datasets, prepare
from cnnstudio.engine import device as devices
from cnnstudio.engine import evaluate, weights
from cnnstudio.engine.build import build
from cnnstudio.engine.embed import Features
from cnnstudio.engine.moments import Flat, Moments, flatten, unflatten
from cnnstudio.engine.pixels import lay_out, tensor, to_input
from cnnstudio.engine.records import LayerRecord, Records
from cnnstudio.engine.threads import Setting

Prepare = Callable[[RaceConfig, Path | None, bool], Generator[Progress, None, Prepared]]
R = TypeVar("R")

KEPT_DATA: Final = 2
"""Data sets in memory: the race's, and the one that is being looked at."""

KEPT_GUESSES: Final = 64
"""Moments whose guesses over the test sample are remembered; 8 kB each."""


def finish(work: Generator[object, None, R]) -> R:
    """Runs sliced work to its end and gives what it returns."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: R = end.value
            return result


@dataclass(slots=True)
class OpenRun:
    """The run that questions are about: the one that runs, or ran last, or was brought back from a folder.

    Attributes:
        started: What was known before the first batch.
        specs: The networks, by key.
        moments: The timeline.
        modules: The networks that learn, by key; empty for a run that was brought back.
        test: The sample of the test set that is measured along the run.
        test_index: int64 [n], where each picture of the sample stands in the test set.
        learned: Steps that each network took; in the middle of a step of the race they differ by one.
        left: Networks that left the race: their newest kept moment is their "now".

    Thread: engine.
    """

    started: RunStarted
    specs: Mapping[str, NetworkSpec]
    moments: Moments
    modules: dict[str, nn.Module]
    test: Pictures
    test_index: NDArray[np.int64]
    learned: dict[str, int] = field(default_factory=dict)
    left: set[str] = field(default_factory=set)

    @property
    def config(self) -> RaceConfig:
        """The race's set-up."""
        return self.started.config

    def moment(self, network: str, step: int | None) -> tuple[bool, int]:
        """Which weights of a network answer for a step.

        Args:
            network: Its key.
            step: The newest moment at or before this step; None is now.

        Returns:
            Whether they are those that are being trained, and the step that they belong to.

        Raises:
            StudioError: Nothing of the network was kept.
        """
        if step is None and network in self.modules and network not in self.left:
            return True, self.learned.get(network, 0)
        at = self.moments.nearest(step, network)
        if at is None:
            raise StudioError(f"No weights of {self.specs[network].title} are kept from this run.")
        return False, at

    def weights(self, network: str, live: bool, step: int) -> Flat:
        """The weights that `moment` named."""
        return flatten(self.modules[network]) if live else self.moments.weights(step, network)


@dataclass(frozen=True, slots=True)
class Reader:
    """A network that is ready to be asked, in evaluation mode. It holds until the next reader of the network is made.

    Attributes:
        network: Its key.
        spec: What it is.
        module: With the weights of the moment; never the one that learns.
        weights_from: "run" or "shipped".
        step: The moment's step; None for shipped weights.
        channels_last: Memory format of the pictures to give.
        device: Where to put them.
    """

    network: str
    spec: NetworkSpec
    module: nn.Module
    weights_from: WeightsFrom
    step: int | None
    channels_last: bool
    device: torch.device

    def given(self, images: Images) -> torch.Tensor:
        """uint8 pictures [n, c, h, w] as the network is given them: normalised, a new tensor on its device."""
        return to_input(tensor(images).to(self.device), self.channels_last)

    def logits(self, images: Images) -> Generator[None, None, NDArray[np.float32]]:
        """What the network says of uint8 pictures [n, c, h, w]: float32 [n, classes], in slices."""
        return evaluate.predict(self.module, tensor(images).to(self.device), self.spec.macs, self.channels_last)


class Session:
    """Everything of the engine that outlives one question or one run.

    Attributes:
        open_run: The run that questions are about, or None.
        previous_run: The one before, while it may still be asked to be kept, or None.
        device: Where networks live.
        data_root: Folder with stored data sets, or None for the program's own.
        records: What the units of layers do over many pictures, as far as it was asked since the run was opened.
        features: Last hidden layers of many pictures, likewise.
        lay: By network and data set, where test pictures lay in the plane last shown: float64 [n, 2]. The next one is
            turned so.

    Thread: engine.
    """

    def __init__(
        self,
        *,
        data_root: Path | None = None,
        download: bool = True,
        threads: int | None = None,
        channels_last: bool | None = None,
        device: torch.device | None = None,
        prepare_data: Prepare = prepare,
    ) -> None:
        """Begins with nothing in memory.

        Args:
            data_root: Folder with stored data sets, or None for the program's own.
            download: Whether missing data sets may be fetched.
            threads: torch threads of every run; None lets each run measure what is fastest.
            channels_last: Memory format of every run; None lets each run measure what is fastest.
            device: Where networks live; None takes the fastest there is.
            prepare_data: Loads a race's data; tests give their own.
        """
        self.open_run: OpenRun | None = None
        self.previous_run: OpenRun | None = None
        self.data_root = data_root
        self.device = device or devices.choose()
        self.threads = threads
        self.channels_last = channels_last
        self.settings: dict[tuple[object, ...], Setting] = {}
        self.records: Records[LayerRecord] = Records()
        self.features: Records[Features] = Records(limits.FEATURES_BYTES)
        self.lay: dict[tuple[str, str], NDArray[np.float64]] = {}
        self._download = download
        self._prepare = prepare_data
        self._data: OrderedDict[tuple[str, int, int], Prepared] = OrderedDict()
        self._more: tuple[tuple[str, int, int], Prepared] | None = None
        self._viewers: dict[str, tuple[NetworkSpec, nn.Module]] = {}
        self._viewed: dict[str, tuple[bool, int]] = {}
        self._shipped: dict[tuple[str, str], Reader | None] = {}
        self._guesses: OrderedDict[tuple[str, int | None], Labels] = OrderedDict()

    def load(self, config: RaceConfig) -> Generator[Progress, None, Prepared]:
        """The data of a race: out of memory where they are among the last two asked for, else loaded or made.

        Raises:
            StudioError: They cannot be had; the sentence says why.
        """
        key = _data_key(config)
        if key not in self._data:
            while len(self._data) >= KEPT_DATA:
                self._data.popitem(last=False)
            prepared = yield from self._prepare(config, self.data_root, self._download)
            self._data[key] = prepared
            while len(self._data) > KEPT_DATA:  # another question may have loaded a set meanwhile
                self._data.popitem(last=False)
        self._data.move_to_end(key)
        return self._data[key]

    def load_more(self, config: RaceConfig) -> Generator[Progress, None, Prepared]:
        """Further pictures of a kind, beside those that `load` and `loaded` give; only the last ones are kept.

        Raises:
            StudioError: They cannot be had; the sentence says why.
        """
        key = _data_key(config)
        if self._more is None or self._more[0] != key:
            self._more = None  # its memory goes before more is taken
            prepared = yield from self._prepare(config, self.data_root, self._download)
            self._more = (key, prepared)
        return self._more[1]

    def loaded(self, dataset: str) -> Prepared | None:
        """The pictures of a data set that are in memory already, the newest first, whatever their number and seed."""
        found = [prepared for (key, _, _), prepared in self._data.items() if key == dataset]
        return found[-1] if found else None

    def open(self, run: OpenRun) -> None:
        """Questions are about this run from now on; the one before stays until it is kept or a third one is opened."""
        self.previous_run = self.open_run
        self.open_run = run
        self._viewers = {network: kept for network, kept in self._viewers.items() if network in run.specs}
        self._viewed.clear()
        self._guesses.clear()
        self.records.clear()
        self.features.clear()
        self.lay.clear()

    def remember_guesses(self, run: OpenRun, network: str, step: int, guesses: Labels) -> None:
        """Keeps what a measurement found anyway: guesses over the test sample at a step of a run, if it is open."""
        if run is not self.open_run:
            return
        self._guesses[network, step] = guesses
        while len(self._guesses) > KEPT_GUESSES:
            self._guesses.popitem(last=False)

    def test_pictures(self) -> tuple[Pictures, NDArray[np.int64]]:
        """The sample of the open run's test set, and where its pictures stand in the set.

        Raises:
            StudioError: No run is open.
        """
        return self._run().test, self._run().test_index

    def _run(self) -> OpenRun:
        if self.open_run is None:
            raise StudioError(NO_RUN, remedy="Press Run, or open a kept run.")
        return self.open_run

    def has_run(self, network: str, dataset: str) -> bool:
        """Whether the open run trained this network on this data set (its knobs may differ)."""
        run = self.open_run
        return run is not None and network in run.specs and task_of(run.config.dataset) == task_of(dataset)

    def reader(self, network: str, dataset: str, step: int | None = None) -> Reader | None:
        """The network to ask about pictures of a data set.

        Args:
            network: Its key.
            dataset: Key of the data set; decides which weights fit.
            step: A moment of the open run; None is now.

        Returns:
            The open run's network where the run is about this set, else the network with shipped weights, else None.

        Raises:
            StudioError: The network or the data set does not exist.
        """
        if self.has_run(network, dataset):
            return self.viewer(network, step)
        return self._shipped_reader(network, dataset)

    def viewer(self, network: str, step: int | None = None) -> Reader:
        """A second copy of one of the open run's networks, with the weights of a moment.

        Args:
            network: Its key.
            step: The newest moment at or before this step; None is now: the weights that are being trained.

        Raises:
            StudioError: No run is open, or it has no such network, or nothing of it was kept.
        """
        run = self._run()
        if network not in run.specs:
            raise StudioError(f"The open run has no network {network!r}.")
        spec, module = self._viewer_module(network, run)
        live, at = run.moment(network, step)
        if self._viewed.get(network) != (live, at):
            unflatten(run.weights(network, live, at), module)
            self._viewed[network] = (live, at)
        return Reader(network, spec, module, "run", at, run.started.channels_last, self.device)

    def _viewer_module(self, network: str, run: OpenRun) -> tuple[NetworkSpec, nn.Module]:
        spec = run.specs[network]
        known = self._viewers.get(network)
        if known is None or known[0] != spec:
            module = lay_out(build(spec, 0).to(self.device), run.started.channels_last).eval()
            self._viewers[network] = (spec, module)
            self._viewed.pop(network, None)
        return self._viewers[network]

    def _shipped_reader(self, network: str, dataset: str) -> Reader | None:
        identifier, _ = parse_key(dataset)
        key = (identifier, network)
        if key not in self._shipped:
            self._shipped[key] = self._load_shipped(network, identifier)
        return self._shipped[key]

    def _load_shipped(self, network: str, dataset_id: str) -> Reader | None:
        info = all_datasets().get(dataset_id)
        if info is None:
            raise StudioError(f"There is no data set {dataset_id!r}.")
        if not info.class_names:
            return None
        spec = networks.spec_for(network, info.shape, len(info.class_names))
        state = weights.shipped_weights(dataset_id, network, spec)
        if state is None:
            return None
        module = build(spec, 0)
        module.load_state_dict(state)
        return Reader(network, spec, module.to(self.device).eval(), "shipped", None, False, self.device)

    def predict(
        self, network: str, images: Images, step: int | None = None, dataset: str | None = None
    ) -> Generator[None, None, NDArray[np.float32] | None]:
        """What a network says of pictures, in slices.

        Args:
            network: Its key.
            images: uint8 [n, c, h, w].
            step: A moment of the open run; None is now.
            dataset: Key of the data set that decides which weights fit; None takes the open run's.

        Returns:
            Logits, float32 [n, classes]; None where the network is not trained for the set.
        """
        reader = self.viewer(network, step) if dataset is None else self.reader(network, dataset, step)
        if reader is None:
            return None
        return (yield from steady(reader, len(images)).logits(images))

    def guesses(self, network: str, step: int | None = None) -> Generator[None, None, Labels]:
        """The class that a network of the open run gives each picture of the test sample, remembered per moment.

        Returns:
            int64 [n], read-only, in the order of `test_pictures`.

        Raises:
            StudioError: No run is open, it has no such network, or another run was opened meanwhile.
        """
        run, reader = self._run(), self.viewer(network, step)
        if (network, reader.step) not in self._guesses:
            logits = yield from steady(reader, len(run.test)).logits(run.test.images)
            if self.open_run is not run:
                raise StudioError("Another run was opened before its predecessor's pictures were read.")
            found: Labels = logits.argmax(1).astype(np.int64)
            found.setflags(write=False)
            self.remember_guesses(run, network, reader.step or 0, found)
            return found
        return self._guesses[network, reader.step]


def steady(reader: Reader, pictures: int | None = None) -> Reader:
    """A reader that holds over several slices: between two of them other questions may load other weights.

    Args:
        reader: What the session gave.
        pictures: How many are read; where they fit into one slice, nothing needs to be held. None is any number.
    """
    few = pictures is not None and pictures <= evaluate.slice_pictures(reader.spec.macs)
    if reader.weights_from == "shipped" or few:
        return reader
    return replace(reader, module=copy.deepcopy(reader.module))


def _data_key(config: RaceConfig) -> tuple[str, int, int]:
    """What decides the pictures of a race."""
    return config.dataset, config.examples, config.seed


def task_of(dataset: str) -> tuple[str, str]:
    """What two data sets' keys must share for weights of one to fit the other: the id, and the folder if any."""
    identifier, rest = parse_key(dataset)
    info = all_datasets().get(identifier)
    return identifier, rest if info is not None and info.takes_path else ""
