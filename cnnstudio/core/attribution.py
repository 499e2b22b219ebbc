"""What may be asked about a verdict: which pixels it hangs on, what it is most like, where it lies. And the answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core.dataset import Images, Labels
from cnnstudio.core.inside import Numbers, Pixels
from cnnstudio.core.questions import Question, WeightsFrom

Method = Literal["saliency", "smoothgrad", "integrated", "gradcam", "guided", "occlusion"]
METHODS: Final[tuple[Method, ...]] = ("saliency", "smoothgrad", "integrated", "gradcam", "guided", "occlusion")


@dataclass(frozen=True, slots=True)
class Attribution:
    """Which pixels a verdict hangs on, as one method sees it.

    Attributes:
        network: Its key.
        method: Which one.
        target: The class explained.
        probability: The network's own for that class.
        map: float32 [height, width], summed over channels; None where the method cannot be (`why_not`).
        signed: Whether values below zero speak against the class.
        why_not: A sentence where the network has nothing to explain in this way (Grad-CAM without a convolution), or is
            not trained; else "".
        agreement: Rank correlation (Spearman 1904) of the map, summed over patches, with the drop of the class's logit
            when each patch is covered; None where that cannot be told (a constant map).
        by_chance: The 95 % range of that correlation for maps with the same values in patches at random places.
        believed: Whether `agreement` lies above what chance gives.
        seconds: What it took.
        step: The moment's step; None for shipped weights.
        weights_from: Where the weights come from.
    """

    network: str
    title: str
    role: str
    method: Method
    target: int
    probability: float
    map: Numbers | None
    signed: bool
    why_not: str
    agreement: float | None
    by_chance: tuple[float, float]
    believed: bool
    seconds: float
    step: int | None
    weights_from: WeightsFrom


@dataclass(frozen=True, slots=True)
class Attribute(Question[tuple[Attribution, ...]]):
    """Which pixels do the networks' verdicts hang on? One attribution per network, in the order asked.

    Attributes:
        target: The class to explain; None takes each network's own verdict.
    """

    pixels: Pixels
    dataset: str
    networks: tuple[str, ...]
    method: Method
    step: int | None = None
    target: int | None = None


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The training pictures that a network's last hidden layer holds to be most like the current one.

    Attributes:
        images: uint8 [n, channels, height, width], nearest first.
        labels: int64 [n].
        distances: float32 [n], Euclidean, in the last hidden layer.
        index: int64 [n], their places in the training set.
        layer: Which layer that is.
        looked_at: How many training pictures were compared.
    """

    network: str
    title: str
    role: str
    images: Images
    labels: Labels
    distances: Numbers
    index: NDArray[np.int64]
    layer: str
    looked_at: int
    class_names: tuple[str, ...]
    step: int | None
    weights_from: WeightsFrom


@dataclass(frozen=True, slots=True)
class FindNeighbours(Question[tuple[Neighbours, ...]]):
    """Which training pictures lie nearest to this one in each network's last hidden layer?"""

    pixels: Pixels
    dataset: str
    networks: tuple[str, ...]
    step: int | None = None
    most: int = 8


@dataclass(frozen=True, slots=True)
class Embedding:
    """The test set's pictures as points of a plane, as one network's last hidden layer arranges them.

    Attributes:
        points: float32 [n, 2].
        labels: int64 [n].
        guesses: int64 [n]: what the network takes them for.
        index: int64 [n], their places in the test set.
        here: float32 [2], where the current picture lies; None without one.
        explained: Of PCA: the share of the variance on each axis; () for t-SNE.
        method: "pca" (Pearson 1901) or "tsne" (van der Maaten and Hinton 2008).
        layer: Which layer.
    """

    network: str
    title: str
    role: str
    points: Numbers
    labels: Labels
    guesses: Labels
    index: NDArray[np.int64]
    here: Numbers | None
    explained: tuple[float, ...]
    method: Literal["pca", "tsne"]
    layer: str
    class_names: tuple[str, ...]
    step: int | None
    weights_from: WeightsFrom


@dataclass(frozen=True, slots=True)
class Embed(Question[tuple[Embedding, ...]]):
    """How does each network's last hidden layer arrange the test set? PCA at once; t-SNE takes long, with progress.

    Attributes:
        pixels: The current picture, to be placed among them; or None.
        most: No more pictures of the test set than this (spread evenly over it).
        seed: Of t-SNE.
    """

    dataset: str
    networks: tuple[str, ...]
    step: int | None = None
    method: Literal["pca", "tsne"] = "pca"
    pixels: Pixels | None = None
    most: int = 1000
    seed: int = 0
