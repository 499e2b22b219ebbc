"""Trains the weights that ship with the program, through the program's own engine.

    python packaging/make_weights.py                          all of them, about half an hour on two cores
    python packaging/make_weights.py digits-lenet5            some of them
    python packaging/make_weights.py --data-root DIR          also reads MNIST's test set, in torchvision's layout

The seed, one thread and one memory format are fixed, so a machine makes the same numbers again (the header of a
safetensors file may list its entries in another order). They are stored in
half precision, and the table shows how many test pictures the stored numbers read.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from tqdm import tqdm

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from cnnstudio.core.config import RaceConfig  # noqa: E402 the checkout is found first
from cnnstudio.core.dataset import Pictures, Request  # noqa: E402
from cnnstudio.core.errors import StudioError  # noqa: E402
from cnnstudio.core.events import RunEnded, RunStarted, StepEnd  # noqa: E402
from cnnstudio.datasets import all_datasets, load  # noqa: E402
from cnnstudio.engine.race import race  # noqa: E402
from cnnstudio.engine.session import Reader, Session, finish  # noqa: E402
from cnnstudio.engine.weights import WeightsCard, save_weights  # noqa: E402

TEST_SEED: Final = 1_000_003
"""Test pictures are of a seed that no training set has."""

_DIGITS: Final[Mapping[str, Any]] = {
    "dataset": "digits", "examples": 240_000, "epochs": 4, "batch_size": 128, "schedule": "one_cycle",
    "learning_rate": 5e-3, "weight_decay": 0.02, "evaluations": 1,
}  # fmt: skip
_GLYPHS: Final[Mapping[str, Any]] = {
    "dataset": "glyphs", "examples": 4_000, "epochs": 15, "optimiser": "adam", "learning_rate": 3e-3,
    "weight_decay": 0.0, "evaluations": 1,
}  # fmt: skip
_SHAPES: Final[Mapping[str, Any]] = {
    "dataset": "shapes", "examples": 24_000, "epochs": 6, "batch_size": 64, "schedule": "one_cycle",
    "learning_rate": 4e-3, "evaluations": 1,
}  # fmt: skip

RECIPES: Final[Mapping[str, Mapping[str, Any]]] = {
    "digits-mlp": {**_DIGITS, "networks": ("mlp",), "learning_rate": 3e-3},
    "digits-mlp_deep": {**_DIGITS, "networks": ("mlp_deep",), "learning_rate": 3e-3},
    "digits-lenet5": {**_DIGITS, "networks": ("lenet5",), "dropout": 0.3},
    "digits-small_cnn": {**_DIGITS, "networks": ("small_cnn",), "examples": 60_000, "learning_rate": 1e-2},
    "digits-small_resnet": {**_DIGITS, "networks": ("small_resnet",), "examples": 60_000},
    "digits-small_inception": {**_DIGITS, "networks": ("small_inception",)},
    "glyphs-mlp": {**_GLYPHS, "networks": ("mlp",)},
    "glyphs-lenet5": {**_GLYPHS, "networks": ("lenet5",)},
    "glyphs-small_cnn": {**_GLYPHS, "networks": ("small_cnn",)},
    "glyphs-small_resnet": {**_GLYPHS, "networks": ("small_resnet",), "schedule": "one_cycle"},
    "glyphs-small_inception": {
        **_GLYPHS,
        "networks": ("small_inception",),
        "schedule": "one_cycle",
        "examples": 20_000,
    },
    "shapes-mlp": {**_SHAPES, "networks": ("mlp",), "learning_rate": 2e-3},
    "shapes-lenet5": {**_SHAPES, "networks": ("lenet5",)},
    "shapes-small_cnn": {**_SHAPES, "networks": ("small_cnn",), "learning_rate": 1e-2},
    "shapes-small_resnet": {**_SHAPES, "networks": ("small_resnet",)},
    "shapes-small_inception": {**_SHAPES, "networks": ("small_inception",)},
}


def train(config: RaceConfig, session: Session, title: str) -> None:
    """Runs one race to its end, with a bar; the session holds the network afterwards.

    Raises:
        StudioError: The race failed.
    """
    with tqdm(desc=title, unit="step", leave=False) as bar:
        for event in race(config, session):
            if isinstance(event, RunStarted):
                bar.reset(total=event.steps)
            elif isinstance(event, StepEnd):
                bar.update()
            elif isinstance(event, RunEnded) and event.report is not None:
                raise StudioError(event.report.what, event.report.cause, event.report.remedy, event.report.details)


def halved(module: torch.nn.Module) -> dict[str, torch.Tensor]:
    """The weights in half precision; puts the rounded numbers into the module too, so that they are what is tested."""
    state = {name: part.to(torch.float16) for name, part in module.state_dict().items()}
    module.load_state_dict({name: part.float() for name, part in state.items()})
    return state


def accuracy(reader: Reader, pictures: Pictures) -> float:
    """Share of pictures that are read right."""
    guesses = finish(reader.logits(pictures.images)).argmax(1)
    return float(np.mean(guesses == pictures.labels))


def test_sets(dataset: str, data_root: Path | None) -> dict[str, Pictures]:
    """Pictures to test on, by the name of their column."""
    found = {"test": finish(load(all_datasets()[dataset], Request(train=0, test=5_000, seed=TEST_SEED))).test}
    if dataset == "digits" and data_root is not None:
        request = Request(root=data_root, download=False)
        found["MNIST test"] = finish(load(all_datasets()["mnist"], request)).test
    return found


def make(name: str, folder: Path, seed: int, data_root: Path | None) -> str:
    """Trains, tests and writes one file.

    Returns:
        Its row of the table.
    """
    config = RaceConfig(**RECIPES[name]).with_(seed=seed, weights_seed=seed)
    session = Session(threads=1, channels_last=True, device=torch.device("cpu"))
    train(config, session, name)
    run, network = session.open_run, config.networks[0]
    if run is None:
        raise StudioError(f"Nothing was trained for {name}.")
    spec, module, step = run.specs[network], run.modules[network], run.learned[network]
    state = halved(module)
    reader = Reader(network, spec, module.eval(), "run", step, True, session.device)
    shares = {what: accuracy(reader, pictures) for what, pictures in test_sets(config.dataset, data_root).items()}
    card = WeightsCard(
        network, config.dataset, run.started.class_names, step, round(shares["test"], 4), seed, seed, config.examples
    )
    path = folder / f"{name}.safetensors"
    save_weights(path, state, spec, card)
    said = "  ".join(f"{what} {share:7.2%}" for what, share in shares.items())
    return f"{name:18}  {spec.parameters:8,} weights  {path.stat().st_size / 1024:6.0f} kB  {said}"


def main() -> None:
    """Reads the command line and makes what it names."""
    parser = argparse.ArgumentParser(description="Trains the weights that ship with the program.")
    parser.add_argument("names", nargs="*", help="which, as in digits-lenet5; all when none is named")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=ROOT / "resources" / "weights")
    parser.add_argument(
        "--data-root", type=Path, help="folder with MNIST in torchvision's layout, to read its test set"
    )
    options = parser.parse_args()
    unknown = sorted(set(options.names) - set(RECIPES))
    if unknown:
        parser.error(f"no recipe for {', '.join(unknown)}; there are: {', '.join(RECIPES)}")
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:  # a quarter of a million digits are not worth keeping
        os.environ["CNNSTUDIO_HOME"] = home
        for name in options.names or RECIPES:
            tqdm.write(make(name, options.out, options.seed, options.data_root))


if __name__ == "__main__":
    main()
