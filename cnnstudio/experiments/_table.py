"""A table of measurements, where nothing is a neighbour of anything: read as a list, and laid out as a picture.

W. N. Street, W. H. Wolberg, O. L. Mangasarian: Nuclear feature extraction for breast tumor diagnosis. SPIE 1905, 1993.
569 tumours, 30 numbers each (ten measurements of cell nuclei: mean, standard error, worst), two classes; the copy that
comes with scikit-learn, "Breast cancer Wisconsin (diagnostic)".
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.dataset import Images, Pictures, Progress
from cnnstudio.core.layer_kinds import Conv, Linear
from cnnstudio.core.layer_points import Flatten, ReLU
from cnnstudio.core.layer_pools import GlobalAverage
from cnnstudio.core.layers import Layers
from cnnstudio.core.network import NetworkSpec, Role

SHAPE: Final = (3, 1, 10)
"""Mean, standard error and worst are the channels, the ten measurements lie side by side."""
FOLDS: Final = 5
DIAGNOSES: Final = 2
COMMONER: Final = 357 / 569
"""The share of the commoner diagnosis: what always naming it gives."""
_GREY: Final = 128.0
_STEP: Final = 32.0
"""Grey levels of one standard deviation: pictures hold whole numbers from 0 to 255, so plus and minus 4 of them."""

_SMALL: Final = Conv(8, (1, 3), padding=(0, 1))
_WIDE: Final = Conv(12, (1, 3), padding=(0, 1))
_LAYERS: Final[dict[str, Layers]] = {
    "list": (Flatten(), Linear(16), ReLU(), Linear(DIAGNOSES)),
    "row": (_SMALL, ReLU(), _SMALL, ReLU(), Flatten(), Linear(DIAGNOSES)),
    "anywhere": (_WIDE, ReLU(), _WIDE, ReLU(), GlobalAverage(), Flatten(), Linear(DIAGNOSES)),
}
TITLES: Final = {"list": "MLP", "row": "CNN (dense head)", "anywhere": "CNN (global pooling)"}
ROLES: Final[dict[str, Role]] = {"list": "mlp", "row": "cnn", "anywhere": "cnn"}
ORDERS: Final = {"given": "given order", "permuted": "permuted order"}
RACE: Final = RaceConfig(
    dataset="breast_cancer", batch_size=32, epochs=40, optimiser="adamw", learning_rate=5e-3, schedule="warmup_linear"
)
"""Of rates of 0.002, 0.005 and 0.01 with 20, 40 and 80 epochs the best by validation for two of the networks, and
within a point of it for the third (global pooling)."""


def spec(name: str) -> NetworkSpec:
    """One of the three networks, of 442 to 590 weights."""
    return NetworkSpec(f"table_{name}", TITLES[name], SHAPE, DIAGNOSES, _LAYERS[name])


def table() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Measurements, float64 [569, 30], and diagnoses, int64 [569]."""
    from sklearn.datasets import load_breast_cancer

    numbers, diagnoses = load_breast_cancer(return_X_y=True)
    return np.asarray(numbers, np.float64), np.asarray(diagnoses, np.int64)


def as_pictures(numbers: NDArray[np.float64], learned_from: NDArray[np.int64]) -> Images:
    """Rows of a table as pictures: uint8 [n, 3, 1, 10].

    Args:
        numbers: float64 [n, 30].
        learned_from: Rows whose mean and standard deviation scale all of them.
    """
    known = numbers[learned_from]
    scaled = (numbers - known.mean(0)) / known.std(0)
    images: Images = np.clip(np.rint(_GREY + _STEP * scaled), 0, 255).astype(np.uint8).reshape(-1, *SHAPE)
    return images


def folds(diagnoses: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """A fold from 0 to 4 for every row, int64 [n]: each has the same share of either diagnosis, to within one row."""
    rng, found = np.random.default_rng(seed), np.empty(len(diagnoses), np.int64)
    dealt = 0
    for diagnosis in range(DIAGNOSES):
        rows = rng.permutation(np.flatnonzero(diagnoses == diagnosis))
        found[rows] = (dealt + np.arange(len(rows))) % FOLDS
        dealt += len(rows)
    return found


def column_order(order: str, seed: int) -> NDArray[np.int64]:
    """Which column stands where, int64 [30]: as given, or permuted by the seed."""
    count = int(np.prod(SHAPE))
    return np.arange(count) if order == "given" else np.random.default_rng(seed + 1).permutation(count)


def measure(name: str, order: str, seed: int, epochs: int) -> Generator[Progress | None, None, dict[str, float]]:
    """Cross-validation: every row is in the test once; of the other folds one validates and three are learned from.

    Args:
        name: Of the network.
        order: Of the columns.
        seed: Of folds, first weights and batches.
        epochs: How often every row is seen.

    Returns:
        "train", "validation" and "test": shares read correctly, over all folds.
    """
    from cnnstudio.experiments._learn import learn

    numbers, diagnoses = table()
    numbers, fold_of = numbers[:, column_order(order, seed)], folds(diagnoses, seed)
    config = RACE.with_(seed=seed, weights_seed=seed, epochs=epochs or RACE.epochs)
    right = {"train": 0.0, "validation": 0.0, "test": 0.0}
    rows = dict.fromkeys(right, 0)
    for fold in range(FOLDS):
        tested, validated = fold_of == fold, fold_of == (fold + 1) % FOLDS
        parts = {"train": ~tested & ~validated, "validation": validated, "test": tested}
        images = as_pictures(numbers, np.flatnonzero(parts["train"]))
        sets = {part: Pictures(images[here], diagnoses[here]) for part, here in parts.items()}
        learned = yield from learn(spec(name), sets["train"], DIAGNOSES, config)
        for part, pictures in sets.items():
            right[part] += len(pictures) * (yield from learned.accuracy(pictures))
            rows[part] += len(pictures)
    return {part: right[part] / rows[part] for part in right}
