"""What the window (or the command line) may ask the engine, and the answers: all frozen, all numpy.

A question is served between two batches by the thread that owns torch. `run_id` and `step` name a moment:
`step=None` is "now" (the newest weights), `run_id=None` is "the run that is open". Where no run has weights for the
data set, shipped weights answer; where there are none either, the network is "not trained yet".
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Generic, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core.dataset import Images, Labels

A_co = TypeVar("A_co", covariant=True)
WeightsFrom = Literal["run", "shipped", "none"]

NO_RUN: Final = "No run is open."
"""What the engine says of a question about a run when there is none."""


class Question(Generic[A_co]):
    """A question whose answer is an `A_co`."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one network says of one picture.

    Attributes:
        network: Its key.
        title: As in "LeNet-5".
        role: "mlp", "cnn", "local" or "".
        weights_from: Where the weights come from; "none" means not trained yet.
        step: The moment's step; None for shipped weights.
        probabilities: float64 [classes], or None when not trained.
        logits: float64 [classes], or None when not trained.
        learned_on: Title of the data set that shipped weights were learned on, where that is another one; else "".
    """

    network: str
    title: str
    role: str
    weights_from: WeightsFrom
    step: int | None
    probabilities: NDArray[np.float64] | None
    logits: NDArray[np.float64] | None
    learned_on: str = ""


@dataclass(frozen=True, slots=True)
class Verdicts:
    """One verdict per chosen network, in the order of the race."""

    verdicts: tuple[Verdict, ...]
    class_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReadPicture(Question[Verdicts]):
    """What do the networks say of this picture?

    Attributes:
        pixels: uint8 [channels, height, width]: exactly what the networks are given.
        dataset: Key of the chosen data set (decides the classes and which shipped weights fit).
        networks: Keys of the networks asked.
        step: The moment; None is now.
    """

    pixels: NDArray[np.uint8]
    dataset: str
    networks: tuple[str, ...]
    step: int | None = None


@dataclass(frozen=True, slots=True)
class LayerWeights:
    """The first weighted layer of one network at a moment.

    Attributes:
        kernels: float32 [filters, channels, height, width]. Convolution: its kernels. Dense: each hidden unit's weights
            folded back to the picture's shape. Locally connected: kernels of evenly spread places.
        total: How many there are; `kernels` may hold only the first of them.
        kind: "kernels", "templates" or "local".
        layer: As in "conv 5x5".
        biases: float32 [filters], what each kernel's sum is added to; None where it has none, or one for each place.
        scaling: Mean and standard deviation that the network's pixels, from 0 to 1, are normalised by.
        learned_on: Title of the data set that shipped weights were learned on, where that is another one; else "".
    """

    network: str
    title: str
    role: str
    step: int | None
    weights_from: WeightsFrom
    kind: Literal["kernels", "templates", "local"]
    layer: str
    kernels: NDArray[np.float32]
    total: int
    biases: NDArray[np.float32] | None = None
    scaling: tuple[float, float] = (0.0, 1.0)
    learned_on: str = ""


@dataclass(frozen=True, slots=True)
class FirstLayers(Question[tuple[LayerWeights, ...]]):
    """What did the first layer of each network learn, at a moment?"""

    dataset: str
    networks: tuple[str, ...]
    step: int | None = None
    most: int = 96


@dataclass(frozen=True, slots=True)
class Shown:
    """Some pictures with what is known of them.

    Attributes:
        images: uint8 [n, channels, height, width].
        labels: int64 [n].
        guesses: int64 [n, networks], or None where no network was asked.
        networks: The keys behind the columns of `guesses`.
        total: How many there are in all.
        index: int64 [n], their places in the set.
    """

    images: Images
    labels: Labels
    guesses: NDArray[np.int64] | None
    networks: tuple[str, ...]
    total: int
    index: NDArray[np.int64]
    class_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConfusionCell(Question[Shown]):
    """Which test pictures of class `truth` does `network` take for class `guess`, at a moment of the open run?"""

    network: str
    truth: int
    guess: int
    step: int | None = None
    most: int = 200


@dataclass(frozen=True, slots=True)
class OnlyOneRight(Question[Shown]):
    """Which test pictures does `right` read correctly and `wrong` not, at a moment of the open run?"""

    right: str
    wrong: str
    step: int | None = None
    most: int = 200


@dataclass(frozen=True, slots=True)
class BothWrong(Question[Shown]):
    """Which test pictures do two networks both read wrongly, at a moment of the open run?"""

    one: str
    other: str
    step: int | None = None
    most: int = 200


@dataclass(frozen=True, slots=True)
class Disagreement:
    """What two networks read of the test sample, at the same moment.

    Attributes:
        only_one: What the first reads and the second does not; the guesses are the first's, then the second's.
        only_other: What the second reads and the first does not; the guesses are the second's, then the first's.
        neither: How many pictures both read wrongly.
        tested: How many pictures the sample has.
    """

    only_one: Shown
    only_other: Shown
    neither: int
    tested: int


@dataclass(frozen=True, slots=True)
class Disagree(Question[Disagreement]):
    """Where do two networks disagree about the test sample, both ways, at a moment of the open run?

    Attributes:
        one: The first network's key.
        other: The second's.
        step: The moment; None is now.
        most: Pictures of each kind; their number is told whatever this is.
    """

    one: str
    other: str
    step: int | None = None
    most: int = 200


@dataclass(frozen=True, slots=True)
class Confusions(Question[dict[str, NDArray[np.int64]]]):
    """The confusion matrix of every network of the open run over the test sample, at a moment."""

    step: int | None = None


@dataclass(frozen=True, slots=True)
class BrowseExamples(Question[Shown]):
    """Pictures of a data set, to look at or to put on the canvas.

    Attributes:
        label: Only this class, or None for all.
        start: Place of the first, in the order of the set (after the class was chosen).
        shuffle_seed: An order by chance, or None for the set's own.
        part: Which of the sets.
    """

    dataset: str
    label: int | None = None
    start: int = 0
    most: int = 1
    shuffle_seed: int | None = None
    part: Literal["train", "test"] = "test"


@dataclass(frozen=True, slots=True)
class SaveWeights(Question[tuple[Path, ...]]):
    """Write `<network>.safetensors` of every network of the open run at a moment into a folder."""

    folder: Path
    step: int | None = None


@dataclass(frozen=True, slots=True)
class Reopened:
    """A kept run that was brought back.

    Attributes:
        run_id: The id it has from now on.
        steps: The moments whose weights are at hand, ascending.
    """

    run_id: int
    steps: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class OpenRun(Question[Reopened]):
    """Bring a kept run back (its weights and moments, from its folder), so that later questions are about it."""

    folder: Path


@dataclass(frozen=True, slots=True)
class KeepRun(Question[Path]):
    """Write the open run's weights and moments into a folder, atomically.

    Attributes:
        folder: Where to.
        run_id: The run, where another one may have been opened meanwhile (the last but one is still known); None is
            the open one.
    """

    folder: Path
    run_id: int | None = None
